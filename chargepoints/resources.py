"""CSV of locations, charge points and sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from changes.file_changes import ProposedRows, by_provider
from changes.proposals.points import Move, PointMoves
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Location, Rating, Session
from chargepoints.session_recorder import Recorder
from customers.models import Customer
from evcnet.errors import DomainError
from evcnet.importexport.columns import Choice, Code, Column, Country, Flag, Moment, Number, Reference, Whole
from evcnet.importexport.kinds import Kind, Row, checked, same_letters
from evcnet.importexport.outcomes import Effect
from evcnet.importexport.problems import quoted

ACTIVE, INACTIVE = ChargePoint.Status.ACTIVE.value, ChargePoint.Status.INACTIVE.value


class Locations(Kind):
    name, model, key = "locations", Location, ("code",)
    mended_at: ClassVar = {"social_charging": "country"}
    columns = (
        Code("code", required=True),
        Column("name", required=True),
        Column("address"),
        Column("postal_code"),
        Column("city"),
        Country("country", required=True),
        Number("latitude", decimals=7, least=-90, most=90, rounded=True, what="degrees"),
        Number("longitude", decimals=7, least=-180, most=180, rounded=True, what="degrees"),
        Code("time_zone", default=None, needed="else the provider’s"),
        Flag("published"),
    )

    def settle(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        if wanted["time_zone"] is None:
            wanted["time_zone"] = row.provider.time_zone


class ChargePoints(Kind):
    name, model, key, folded = "charge_points", ChargePoint, ("identity",), True
    mended_at: ClassVar = {"published": "location", "social_charging": "location"}
    changes_terms = True
    columns = (
        Code("identity", required=True),
        Column("name"),
        Reference("location", Location),
        Reference("charge_group", ChargeGroup),
        Reference("owner", Customer, by="number"),
        Code("evse_id", default=""),
        Number("max_power_kw", decimals=3, most=1_000, what="kW"),
        Choice("status", ChargePoint.Status.values, default=INACTIVE),
    )

    def __init__(self, reach: Any) -> None:
        super().__init__(reach)
        self.numbers: dict[Any, int] = {}

    def settle(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        same_letters(wanted, stored, "identity")
        missing = [name for name in ("charge_group", "location") if wanted[name] is None]
        if wanted["status"] != ACTIVE or not missing:
            return
        if row.said("status"):
            raise DomainError(
                f"It can't be active without a {' and a '.join(missing)}: name it, or write inactive.", "status"
            )
        wanted["status"] = INACTIVE  # one that is taken out of its group or place stops working

    def proposed(self, effects: list[Effect]) -> Iterator[ProposedRows]:
        """All points of a provider that get into groups, or out of them, are one change. The rows are written whole."""
        moving = [
            effect for effect in effects if effect.wanted["charge_group"] != (effect.stored or NOWHERE)["charge_group"]
        ]
        new = [effect for effect in moving if effect.is_new]
        self.numbers = {effect.row.key: pk for effect, pk in zip(new, _numbers(len(new)), strict=True)}
        for together in by_provider(moving):
            yield ProposedRows(PointMoves([self._move(effect) for effect in together]), together)

    def _move(self, effect: Effect) -> Move:
        wanted = effect.wanted
        if effect.is_new:
            point = ChargePoint(
                pk=self.numbers[effect.row.key], provider=effect.row.provider, identity=wanted["identity"]
            )
        else:
            point = copy(effect.thing)  # as it was: the row itself is about to change
        kept = INACTIVE if wanted["charge_group"] is None and point.status == ACTIVE else point.status
        return Move(point, wanted["charge_group"], wanted["status"] if wanted["status"] != kept else None)

    def build(self, row: Row, thing: Any, wanted: dict[str, Any]) -> Any:
        made = super().build(row, thing, wanted)
        made.pk = made.pk or self.numbers.get(row.key)
        return made


NOWHERE = {"charge_group": None}


def _numbers(many: int) -> list[int]:
    """For rows that a change names before they are written."""
    with connection.cursor() as cursor:
        table = ChargePoint._meta.db_table
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, many])
        return [pk for (pk,) in cursor.fetchall()]


class Instant(Moment):
    """A moment that did happen. In the hour that the clock repeats it is the first, unless it has its offset."""

    def parse(self, cell: str, row: Any) -> datetime:
        local = self._local(cell, row)
        moment = local.astimezone(UTC)
        if moment.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
            raise DomainError(
                f"{quoted(cell)} does not exist there: the clock was put forward over it. Write its offset."
            )
        return moment


class Sessions(Kind):
    """A row is decided and rated when it first comes in. What is rated stays: another file changes its note alone."""

    name, model, key = "sessions", Session, ("id",)
    columns = (
        Code("id", field="code", required=True),
        Reference("charge_point", ChargePoint, by="identity", folded=True, required=True),
        Code("card_uid"),
        Instant("started_at", required=True),
        Instant("ended_at", required=True),
        Number("kwh", required=True, decimals=4, most=1_000_000, what="kWh"),
        Whole("parking_seconds", default=0, most=366 * 86_400, what="seconds"),
        Column("note"),
    )

    def __init__(self, reach: Any) -> None:
        super().__init__(reach)
        self.now = timezone.now()
        self.recorders: dict[int, Recorder] = {}

    def within(self, queryset: Any, rows: Iterable[Row]) -> Any:
        return super().within(queryset, rows).annotate(rated=Exists(Rating.objects.filter(session=OuterRef("pk"))))

    def stored(self, thing: Any) -> dict[str, Any]:
        return super().stored(thing) | {"rated": getattr(thing, "rated", False)}

    def settle(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        if wanted["started_at"] > self.now:
            raise DomainError("The session has not begun yet: no price is pinned before it holds.", "started_at")
        if wanted["ended_at"] > self.now:
            raise DomainError("The session has not ended yet: import it when it has.", "ended_at")
        if stored is None:
            return
        if wanted["card_uid"].upper() == stored["card_uid"].upper():
            wanted["card_uid"] = stored["card_uid"]
        changed = [each.name for each in self.columns if wanted[each.name] != stored[each.name]]
        if stored["rated"] and set(changed) - {"note"}:
            why = "The session is rated, so what was measured stays; only its note can be changed here"
            raise DomainError(f"{why}. Correct its price on the session's own page, with a reason.", changed[0])

    def build(self, row: Row, thing: Any, wanted: dict[str, Any]) -> Any:
        thing = thing or Session(provider=row.provider)
        for column in self.columns:
            setattr(thing, column.field, wanted[column.name])
        if not getattr(thing, "rated", False):
            thing.first_rating = self._recorder(row.provider).record(thing)
        return checked(thing)

    def write(self, row: Row, thing: Any, wanted: dict[str, Any]) -> Any:
        """A session that is there already: its note, or all of it, where no price was ever said."""
        thing = self.build(row, thing, wanted)
        thing.save()
        if not thing.rated and thing.first_rating is not None:
            thing.first_rating.save()
        return thing

    def create(self, things: list[Any]) -> None:
        super().create(things)
        ratings = [thing.first_rating for thing in things if thing.first_rating is not None]
        for rating in ratings:
            rating.session_id = rating.session.pk  # which it has only now
        Rating.objects.bulk_create(ratings)

    def _recorder(self, provider: Any) -> Recorder:
        return self.recorders.setdefault(provider.pk, Recorder(provider, self.reach.login))

    def remarks(self) -> list[str]:
        refused = sum((recorder.refused for recorder in self.recorders.values()), start=Counter())
        told = [f"{count:,} {reason}" for reason, count in sorted(refused.items())]
        total = sum(refused.values())
        sessions = "session was" if total == 1 else "sessions were"
        return [f"{total:,} {sessions} not allowed, and taken in without a price: {', '.join(told)}."] if told else []
