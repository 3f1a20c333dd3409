"""New sessions of a file in the order of their start: the staged ones, and those that are held as rows of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from django.db import connection

from chargepoints.session_intake import IncomingSession
from chargepoints.session_overlaps import Span
from evcnet.importexport.results import RowResult
from evcnet.importexport.rows import Row
from evcnet.importexport.stage import NUMBER, Stage

FETCHED = 2_000  # rows
COLUMNS = (
    "provider_id", "code", "charge_point_id", "p.identity", "p.location_id", "card_uid", "started_at", "ended_at", "kwh",
    "parking_seconds", "note",
)  # fmt: skip
"""What an IncomingSession begins with."""


@dataclass(slots=True)
class Arrival:
    """A row that is to become a session: ``result`` is None where it is staged, ``session`` where one is stored that it
    changes."""

    row: Row
    span: Span
    session: IncomingSession | None
    result: RowResult | None = None

    @property
    def order(self) -> tuple[datetime, int]:
        return self.span.started_at, self.row.number

    @property
    def is_staged(self) -> bool:
        return self.result is None

    @classmethod
    def of(cls, result: RowResult) -> Arrival:
        """Of a row with all of its values."""
        values = result.new_values
        point, provider = values["charge_point"], result.row.provider
        span = Span(values["id"], point.pk, values["card_uid"], values["started_at"], values["ended_at"])
        if result.instance is not None:
            return cls(result.row, span, None, result)
        assert provider is not None  # a row without errors has one
        numbers = (values[name] for name in ("started_at", "ended_at", "kwh", "parking_seconds", "note"))
        card = values["card_uid"]
        session = IncomingSession(
            provider.pk, values["id"], point.pk, point.identity, point.location_id, card, *numbers
        )
        return cls(result.row, span, session, result)


def in_order(stage: Stage, held: Iterable[RowResult], together: int) -> Iterator[list[Arrival]]:
    """All of them, so many at a time; none but these is in memory beside the ``held`` ones."""
    arrivals = merge(_staged(stage), sorted(map(Arrival.of, held), key=_order), key=_order)
    while part := list(islice(arrivals, together)):
        yield part


def _order(arrival: Arrival) -> tuple[datetime, int]:
    return arrival.order


def _staged(stage: Stage) -> Iterator[Arrival]:
    if stage.is_empty:
        return
    nobody: Mapping[Any, Any] = {}
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {NUMBER}, {', '.join(COLUMNS)} FROM {stage.table} s"
            f" JOIN (SELECT id AS point, identity, location_id FROM chargepoints_chargepoint) p"
            f" ON p.point = s.charge_point_id ORDER BY started_at, {NUMBER}"
        )
        while rows := cursor.fetchmany(FETCHED):
            for number, *columns in rows:
                session = IncomingSession(*columns)
                yield Arrival(Row(number, (), nobody), _span(session), session)


def _span(session: IncomingSession) -> Span:
    return Span(session.code, session.charge_point_id, session.card_uid, session.started_at, session.ended_at)
