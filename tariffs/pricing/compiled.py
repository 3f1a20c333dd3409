"""Compiled tariffs: what is known of a tariff before any session. Made once, used for every session of a time zone."""

from functools import lru_cache
from typing import Final, NamedTuple

from .clock import zone_of
from .currencies import MINOR_UNITS
from .integer_weights import IntegerWeights, integer_weights
from .restrictions import ActiveElements
from .session import ACTIVITIES, PARTS_OF_KWH, Activity
from .spans import Mask, Span
from .tariff import Component, Dimension, Reservation, Tariff
from .vat import gross_price, net_price


class ActiveComponents(NamedTuple):
    """What prices a moment: positions in `CompiledTariff.components`, None where that dimension costs nothing."""

    energy: int | None
    time: int | None  # time that is charged, parked or reserved, by what is going on
    flat: int | None


class CompiledTariff:
    """A tariff compiled for the sessions at locations of one time zone. It holds no session, so it is shared.

    Raises DoubtfulTime for an unknown zone.
    """

    def __init__(self, tariff: Tariff, time_zone: str) -> None:
        zone_of(time_zone)
        self.tariff: Final = tariff
        self.time_zone: Final = time_zone
        self.minor_units: Final = MINOR_UNITS[tariff.currency]
        self.components: Final[tuple[tuple[int, Component], ...]] = tuple(
            (index, component) for index, element in enumerate(tariff.elements) for component in element.components
        )
        self.dimensions: Final = tuple(component.dimension for _, component in self.components)
        self.prices: Final = tuple(
            (net_price(component, tariff), gross_price(component, tariff)) for _, component in self.components
        )
        self.active_elements: Final = ActiveElements(tariff.elements, time_zone)
        self.active_components: Final[dict[Activity, dict[Mask, ActiveComponents]]] = {
            activity: {} for activity in ACTIVITIES
        }
        self._weights: Final[dict[int, tuple[IntegerWeights, tuple[Span, ...]]]] = {}

    def weights(self, parts: int = PARTS_OF_KWH) -> tuple[IntegerWeights, tuple[Span, ...]]:
        """Weights, and what the energy lets hold, for a session that counts in `parts` of a kWh."""
        weights = self._weights.get(parts)
        if weights is None:
            weights = (integer_weights(self.tariff, parts), self.active_elements.in_energy(parts))
            if len(self._weights) < _MOST_WEIGHTS:
                self._weights[parts] = weights
        return weights

    def components_of(self, activity: Activity, mask: Mask) -> ActiveComponents:
        """For each dimension the first of the elements in `mask` that has it, by what is going on. Remembered."""
        active = self.active_components[activity].get(mask)
        if active is None:
            active = self.active_components[activity][mask] = self._first_components(activity, mask)
        return active

    def _first_components(self, activity: Activity, mask: Mask) -> ActiveComponents:
        if activity == "reservation":
            return ActiveComponents(
                None, self._first("TIME", mask, "RESERVATION"), self._first("FLAT", mask, "RESERVATION")
            )
        if activity == "reservation_expired":
            return ActiveComponents(None, self._expired("TIME", mask), self._expired("FLAT", mask))
        timed: Dimension = "TIME" if activity == "charging" else "PARKING_TIME"
        return ActiveComponents(self._first("ENERGY", mask), self._first(timed, mask), self._first("FLAT", mask))

    def _expired(self, dimension: Dimension, mask: Mask) -> int | None:
        """An expired reservation: what is said for its expiry, else what is said for any reservation."""
        expired = self._first(dimension, mask, "RESERVATION_EXPIRES")
        return self._first(dimension, mask, "RESERVATION") if expired is None else expired

    def _first(self, dimension: Dimension, mask: Mask, reservation: Reservation | None = None) -> int | None:
        for position, (index, component) in enumerate(self.components):
            fits = self.tariff.elements[index].restrictions.reservation == reservation
            if fits and mask >> index & 1 and component.dimension == dimension:
                return position
        return None


_MOST_WEIGHTS: Final = 16  # sessions with odd decimals are rare; what they need is not kept for ever


@lru_cache(maxsize=1024)
def compile_tariff(tariff: Tariff, time_zone: str) -> CompiledTariff:
    """The compiled tariff, remembered for equal tariffs. Raises DoubtfulTime for an unknown zone."""
    return CompiledTariff(tariff, time_zone)
