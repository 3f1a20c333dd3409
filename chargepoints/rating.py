"""Rating of sessions by the tariff version pinned at their start, and corrections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from chargepoints.models import Location, Rating, Session
from customers.models import Provider
from evcnet.errors import DomainError
from tariffs.conversion import price_list
from tariffs.models import TariffVersion
from tariffs.pricing import CompiledTariff, Cost, InvalidSession, Minimum, Tariff, price
from tariffs.pricing import Session as Metered
from tariffs.pricing.session import MOST_SECONDS

SECOND = timedelta(seconds=1)
_FIELDS = {"start": "started_at", "time_zone": "charge_point"}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a meter says of a session: aware moments, kWh, and how long of it the car only parked, at the end."""

    started_at: datetime
    ended_at: datetime
    kwh: Decimal
    parking_seconds: int = 0

    @classmethod
    def of(cls, row: Session | Rating) -> Measured:
        """As the meter had it (a session), or as it was corrected (a rating)."""
        started_at = row.session.started_at if isinstance(row, Rating) else row.started_at
        return cls(started_at, row.ended_at, row.kwh, row.parking_seconds)

    @property
    def seconds(self) -> int:
        return (self.ended_at - self.started_at) // SECOND

    @property
    def charging_seconds(self) -> int:
        return self.seconds - self.parking_seconds

    def metered(self, time_zone: str, minimum: Minimum | None, periods: Iterable[Any] = ()) -> Metered:
        """The session as it is priced, by its ``periods`` where it has some. Raises DomainError, with the field that is wrong."""
        seconds, charging = self.seconds, self.charging_seconds
        if seconds < 0:
            raise DomainError("The session ends before it starts: exchange the two times, or correct one.", "ended_at")
        if charging < 0:
            why = f"Parking is the last part of the session, which lasts {seconds:,} s in all"
            raise DomainError(f"{why}: give at most that.", "parking_seconds")
        if seconds > MOST_SECONDS:
            raise DomainError("The session lasts longer than a year: correct one of the two times.", "ended_at")
        rows: list[Any] = [tuple(period) for period in periods]
        if not rows:
            rows = [("charging", charging, self.kwh)]
            rows += [("parking", self.parking_seconds, 0)] if self.parking_seconds else []
        try:
            return Metered.of(self.started_at, time_zone, rows, minimum)
        except InvalidSession as wrong:
            first = wrong.problems[0]
            field = _FIELDS.get(first.path, "kwh")
            raise DomainError(f"{first.reason[:1].upper()}{first.reason[1:]}: {first.remedy}.", field) from wrong


def periods_of(session: Session, measured: Measured) -> Sequence[Any]:
    """The periods that the meter reported of the session; none where what was measured has been corrected since."""
    return session.periods if measured == Measured.of(session) else ()


def minimum_of(provider: Provider) -> Minimum:
    """The provider's small-session rule: a shorter or smaller session is kept and costs nothing."""
    return Minimum(provider.minimum_seconds, provider.minimum_kwh)


class Rater:
    """Prices the sessions of one provider, few or a million: every price list is read and prepared once."""

    def __init__(self, provider: Provider) -> None:
        self.provider, self.minimum = provider, minimum_of(provider)
        self._lists: dict[int, Tariff] = {}
        self._ready: dict[tuple[int, str], CompiledTariff] = {}
        self._zones: dict[int, str] | None = None

    def zone(self, location_id: int | None) -> str:
        """Times of day in tariffs are those of the location; of a point without one they are the provider's."""
        if self._zones is None:
            self._zones = dict(Location.objects.filter(provider=self.provider).values_list("pk", "time_zone"))
        return self._zones.get(location_id or 0, self.provider.time_zone)

    def listed(self, version_id: int) -> Tariff:
        if version_id not in self._lists:
            versions = TariffVersion.objects.select_related("tariff").prefetch_related("elements")
            self._lists[version_id] = price_list(versions.get(pk=version_id, provider=self.provider))
        return self._lists[version_id]

    def metered(self, measured: Measured, location_id: int | None, periods: Iterable[Any] = ()) -> Metered:
        return measured.metered(self.zone(location_id), self.minimum, periods)

    def metered_session(self, session: Session, measured: Measured) -> Metered:
        """By the clock of where the charge point stood when the session was decided."""
        zone_name = session.decision.get("time_zone")
        zone_name = zone_name or self.zone(session.charge_point.location_id)
        return measured.metered(zone_name, self.minimum, periods_of(session, measured))

    def cost(self, version_id: int, metered: Metered) -> Cost:
        key = (version_id, metered.time_zone)
        if key not in self._ready:
            self._ready[key] = CompiledTariff(self.listed(version_id), metered.time_zone)
        return price(self._ready[key], metered)

    def rating(self, session: Session, version_id: int, measured: Measured | None = None, **fields: Any) -> Rating:
        """An unsaved rating. ``measured`` where a correction says otherwise than the session. Raises DomainError."""
        measured = measured or Measured.of(session)
        priced = self.priced(version_id, measured, self.metered_session(session, measured))
        return Rating(provider_id=session.provider_id, session=session, **priced, **fields)

    def priced(self, version_id: int, measured: Measured, metered: Metered) -> dict[str, Any]:
        """The columns of a rating that follow from a version and what was measured."""
        cost = self.cost(version_id, metered)
        return {
            "tariff_version_id": version_id,
            "ended_at": measured.ended_at,
            "kwh": measured.kwh,
            "parking_seconds": measured.parking_seconds,
            "currency": cost.currency,
            "excl_vat": cost.excl_vat,
            "incl_vat": cost.incl_vat,
            "lines": [line.as_dict() for line in cost.lines],
            "notes": [period.as_text() for period in cost.spread_periods],
        }


def rate_all(sessions: Iterable[Session], by: Any = None) -> int:
    """Give stored sessions that have a pinned version, and no rating yet, their first one; how many."""
    raters: dict[int, Rater] = {}
    ratings = []
    for session in sessions:
        if session.tariff_version_id is not None:
            rater = raters.setdefault(session.provider_id, Rater(session.provider))
            ratings.append(rater.rating(session, session.tariff_version_id, made_by=by))
    Rating.objects.bulk_create(ratings, batch_size=1_000)
    return len(ratings)


def correct(session: Session, version: TariffVersion, measured: Measured, reason: str, by: Any = None) -> Rating:
    """Append a rating that counts from now on; the earlier ones stay readable. Raises DomainError."""
    reason = reason.strip()
    if not reason:
        raise DomainError("Say why: a correction is kept beside the earlier rating, with its reason.", "reason")
    if version.provider_id != session.provider_id:
        raise DomainError("Choose a tariff of the session's own provider.", "tariff")
    with transaction.atomic():
        locked = Session.objects.select_for_update(of=("self",), no_key=True).select_related("provider", "charge_point")
        row = locked.get(pk=session.pk)
        last = row.ratings.first()
        rating = Rater(row.provider).rating(
            row, version.pk, measured, reason=reason, made_by=by, number=last.number + 1 if last else 1
        )
        if last is not None and _same(rating, last):
            raise DomainError(
                "Nothing would change: the session has this price already, for the same reasons.", "tariff"
            )
        rating.save()
    return rating


def _same(one: Rating, other: Rating) -> bool:
    names = ("tariff_version_id", "ended_at", "kwh", "parking_seconds", "incl_vat", "excl_vat", "lines")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def ratings_of(sessions: Iterable[Session]) -> dict[int, Rating]:
    """The rating that counts of each of these sessions, by the session's id. One query."""
    ids = [session.pk for session in sessions]
    latest = Rating.objects.filter(session__in=ids).order_by("session_id", "-number").distinct("session_id")
    return {rating.session_id: rating for rating in latest}
