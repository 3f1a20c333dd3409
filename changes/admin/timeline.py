"""Timeline of a charge group's terms, or of a tariff's prices: past, in force, and to come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from changes.models import Change
from changes.proposals.later_terms import maker_of
from chargegroups.access_summary import who_may_charge
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS
from evcnet.together import Reading, reading_of, side_by_side
from tariffs.conversion import price_list
from tariffs.current_price import CurrentPrice, current_price, with_elements, without_price
from tariffs.models import Tariff, TariffVersion
from tariffs.pricing import price_text

LISTED = 50
PAST_DOTS = 7
MAX_DOTS = 10


@dataclass(frozen=True)
class Moment:
    """What begins at a moment: past, in force now, or scheduled. ``change`` is the record of it, if there is one."""

    at: datetime
    state: str
    price: CurrentPrice | None
    words: str
    change: Change | None


@dataclass(frozen=True)
class Dot:
    """A moment in the picture, ``x`` percent from the left."""

    moment: Moment
    x: float


@dataclass(frozen=True)
class Timeline:
    """The latest first. In the picture time runs to the right: the dots stand in their order, evenly apart."""

    moments: list[Moment]
    more: bool

    @property
    def dots(self) -> list[Dot]:
        drawn = self._moments_in_picture
        return [Dot(moment, _place(index, len(drawn) + 1)) for index, moment in enumerate(drawn)]

    @property
    def next(self) -> Moment | None:
        """What comes first of all that is scheduled."""
        return next((moment for moment in reversed(self.moments) if moment.state == "scheduled"), None)

    @property
    def now(self) -> float:
        """Where now stands: after the last moment that has begun."""
        begun = sum(moment.state != "scheduled" for moment in self._moments_in_picture)
        return _place(begun - 0.5, len(self._moments_in_picture) + 1)

    @property
    def _moments_in_picture(self) -> list[Moment]:
        begun = [moment for moment in self.moments if moment.state != "scheduled"][:PAST_DOTS]
        to_come = [moment for moment in self.moments if moment.state == "scheduled"]
        return [*reversed(begun), *reversed(to_come[-(MAX_DOTS - len(begun)) :])]


def _place(index: float, count: int) -> float:
    return round(100 * (index + 1) / count, 2)


def of_group(group: ChargeGroup, now: datetime) -> Timeline:
    rows = Terms.objects.filter(charge_group=group).select_related(*SLOTS).prefetch_related("changes__made_by")
    newest = list(rows.order_by("-valid_from")[: LISTED + 1])
    page = newest[:LISTED]
    states = list(_states([row.valid_from for row in page], now))
    tags = _tags([(row, now if state == "now" else row.valid_from) for row, state in zip(page, states, strict=True)])
    moments = [
        Moment(row.valid_from, state, tags.get(row.pk), who_may_charge(group, row), maker_of(row))
        for row, state in zip(page, states, strict=True)
    ]
    return Timeline(moments, len(newest) > LISTED)


def next_of_group(group: ChargeGroup, now: datetime, number: int) -> Reading[list[Moment]]:
    """The scheduled terms, the next ones first, no more than a ``number``; in one step."""
    scheduled = Terms.objects.scheduled(now).filter(charge_group=group)
    rows = scheduled.select_related(*SLOTS).order_by("valid_from")[:number]
    ties = Change.terms.through.objects.filter(terms__in=scheduled.order_by().values("pk"))
    versions = TariffVersion.objects.filter(tariff__in=scheduled.order_by().values("tariff")).select_related("tariff")
    _, ties, versions = yield from side_by_side(
        reading_of(rows), reading_of(ties.select_related("change__made_by")), with_elements(versions)
    )
    makers: dict[int, Change] = {}
    for tie in sorted(ties, key=lambda tie: tie.change_id, reverse=True):
        makers[tie.terms_id] = tie.change
    tags = _tags_of([(row, row.valid_from) for row in rows], versions)
    return [
        Moment(row.valid_from, "scheduled", tags.get(row.pk), who_may_charge(group, row), makers.get(row.pk))
        for row in rows
    ]


def of_tariff(tariff: Tariff, now: datetime) -> Timeline:
    rows = tariff.versions.select_related("tariff").prefetch_related("elements", "changes__made_by")
    newest = list(rows.order_by("-valid_from")[: LISTED + 1])
    page = newest[:LISTED]
    moments = [
        Moment(row.valid_from, state, None, price_text(price_list(row)), _change(row))
        for row, state in zip(page, _states([row.valid_from for row in page], now), strict=True)
    ]
    return Timeline(moments, len(newest) > LISTED)


def _change(row: TariffVersion) -> Change | None:
    """The change that wrote the version; None where it arose with its tariff."""
    return next(iter(row.changes.all()), None)


def _states(begins: Sequence[datetime], now: datetime) -> Iterable[str]:
    """Of moments from the latest to the earliest, one is in force: the first that has begun."""
    in_force = False
    for at in begins:
        state = "scheduled" if at > now else "past" if in_force else "now"
        in_force = in_force or at <= now
        yield state


def _tags(asked: Sequence[tuple[Terms, datetime]]) -> dict[int, CurrentPrice]:
    """For each row the price of its tariff at a moment: the versions are read once."""
    named = TariffVersion.objects.filter(tariff__in={row.tariff_id for row, _ in asked})
    return _tags_of(asked, named.select_related("tariff").prefetch_related("elements"))


def _tags_of(asked: Sequence[tuple[Terms, datetime]], named: Iterable[TariffVersion]) -> dict[int, CurrentPrice]:
    versions: dict[int, list[TariffVersion]] = {}
    for version in sorted(named, key=lambda version: version.valid_from, reverse=True):
        versions.setdefault(version.tariff_id, []).append(version)
    return {row.pk: _tag(row.tariff, versions.get(row.tariff_id, []), at) for row, at in asked}


def _tag(tariff: Any, versions: Sequence[TariffVersion], at: datetime) -> CurrentPrice:
    current = next((version for version in versions if version.valid_from <= at), None)
    if current is None or (current.valid_until is not None and current.valid_until <= at):
        return without_price(tariff)
    return current_price(current)
