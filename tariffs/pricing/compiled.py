"""What can be known of a tariff before a session is seen? Made once, used for every session of a time zone."""

from functools import lru_cache
from typing import Final, NamedTuple

from .clock import zone_of
from .currencies import MINOR_UNITS
from .integer_weights import Scale, scaled
from .restrictions import Holding
from .session import ACTIVITIES, PARTS_OF_KWH, Activity
from .spans import Mask, Span
from .tariff import Component, Dimension, Reservation, Tariff


class Choice(NamedTuple):
    """Who prices a moment: positions in `Prepared.components`, None where that dimension costs nothing."""

    energy: int | None
    time: int | None  # time that is charged, parked or reserved, by what is going on
    flat: int | None


class Prepared:
    """A tariff made ready for the sessions at locations of one time zone. It holds no session: share it."""

    def __init__(self, tariff: Tariff, time_zone: str) -> None:
        zone_of(time_zone)
        self.tariff: Final = tariff
        self.time_zone: Final = time_zone
        self.minor_units: Final = MINOR_UNITS[tariff.currency]
        self.components: Final[tuple[tuple[int, Component], ...]] = tuple(
            (index, component) for index, element in enumerate(tariff.elements) for component in element.components
        )
        self.dimensions: Final = tuple(component.dimension for _, component in self.components)
        self.holding: Final = Holding(tariff.elements, time_zone)
        self.choices: Final[dict[Activity, dict[Mask, Choice]]] = {activity: {} for activity in ACTIVITIES}
        self._scales: Final[dict[int, tuple[Scale, tuple[Span, ...]]]] = {}

    def scale(self, parts: int = PARTS_OF_KWH) -> tuple[Scale, tuple[Span, ...]]:
        """Weights, and what the energy lets hold, for a session that counts in `parts` of a kWh."""
        found = self._scales.get(parts)
        if found is None:
            found = (scaled(self.tariff, parts), self.holding.in_energy(parts))
            if len(self._scales) < _SCALES:
                self._scales[parts] = found
        return found

    def choice(self, activity: Activity, mask: Mask) -> Choice:
        """For each dimension the first of the elements in `mask` that has it, by what is going on. Remembered."""
        choice = self.choices[activity].get(mask)
        if choice is None:
            choice = self.choices[activity][mask] = self._chosen(activity, mask)
        return choice

    def _chosen(self, activity: Activity, mask: Mask) -> Choice:
        if activity == "reservation":
            return Choice(None, self._first("TIME", mask, "RESERVATION"), self._first("FLAT", mask, "RESERVATION"))
        if activity == "reservation_expired":
            return Choice(None, self._expired("TIME", mask), self._expired("FLAT", mask))
        timed: Dimension = "TIME" if activity == "charging" else "PARKING_TIME"
        return Choice(self._first("ENERGY", mask), self._first(timed, mask), self._first("FLAT", mask))

    def _expired(self, dimension: Dimension, mask: Mask) -> int | None:
        """An expired reservation: what is said for its expiry, else what is said for any reservation."""
        said = self._first(dimension, mask, "RESERVATION_EXPIRES")
        return self._first(dimension, mask, "RESERVATION") if said is None else said

    def _first(self, dimension: Dimension, mask: Mask, reservation: Reservation | None = None) -> int | None:
        for position, (index, component) in enumerate(self.components):
            fits = self.tariff.elements[index].restrictions.reservation == reservation
            if fits and mask >> index & 1 and component.dimension == dimension:
                return position
        return None


_SCALES: Final = 16  # sessions with odd decimals are rare; what they need is not kept for ever


@lru_cache(maxsize=1024)
def prepare(tariff: Tariff, time_zone: str) -> Prepared:
    """The tariff made ready, remembered for equal tariffs. Raises DoubtfulTime for an unknown zone."""
    return Prepared(tariff, time_zone)
