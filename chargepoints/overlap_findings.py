"""Findings about stored sessions that overlap at their charge point."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, OuterRef, RowRange, Subquery, Window

from chargepoints.models import ChargePoint, Session
from evcnet.together import Reading

LATEST = 10_000
"""So many sessions are looked at, the latest by their start: a page that everybody opens reads no more."""
MOST = 1_000
"""So many that overlap are told."""
NAMED = 3


@dataclass(frozen=True)
class Overlaps:
    """Sessions of a charge point, each with the id of one that was not over when it began; the latest first."""

    point: ChargePoint
    pairs: tuple[tuple[str, str], ...]

    @property
    def named(self) -> str:
        """ "S2 and S1, S7 and S6, ..."."""
        pairs = ", ".join(f"{one} and {other}" for one, other in self.pairs[:NAMED])
        return f"{pairs}, ..." if len(self.pairs) > NAMED else pairs


def overlapping_sessions(points: Any, sessions: Any) -> Reading[list[Overlaps]]:
    """Among these sessions (a queryset) at these points (a queryset), by charge point; in three steps."""
    rows = yield from _begun_too_early(sessions.filter(charge_point__in=points.order_by().values("pk")))
    by_point: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for point, code, other in rows:
        by_point[point].append((code, other))
    places = points.order_by().filter(pk__in=by_point)
    yield [places]
    named = {point.pk: point for point in places}
    return [Overlaps(named[pk], tuple(pairs)) for pk, pairs in by_point.items() if pk in named]


def _begun_too_early(sessions: Any) -> Reading[list[tuple[int, str, str]]]:
    """(charge point, id, id of the other): sessions that began before all earlier ones of their point were over."""
    latest = sessions.order_by("-started_at", "-pk").values("pk")[:LATEST]
    busy_until = Window(
        Max("ended_at"),
        partition_by="charge_point",
        order_by=["started_at", "ended_at", "pk"],
        frame=RowRange(end=-1),
    )
    rows = Session.objects.filter(pk__in=latest).annotate(busy_until=busy_until).filter(started_at__lt=F("busy_until"))
    others = Session.objects.filter(
        charge_point=OuterRef("charge_point"),
        started_at__lte=OuterRef("started_at"),
        started_at__lt=OuterRef("ended_at"),
        ended_at__gt=OuterRef("started_at"),
    ).exclude(pk=OuterRef("pk"))
    other = Subquery(others.order_by("-started_at", "-pk").values("code")[:1])
    early = rows.order_by("-started_at", "-pk").values_list("pk", flat=True)[:MOST]
    yield [early]
    pairs = (
        Session.objects.filter(pk__in=list(early))
        .annotate(other=other)
        .order_by("-started_at", "-pk")
        .values_list("charge_point", "code", "other")
    )
    yield [pairs]
    return [(point, code, other) for point, code, other in pairs if other is not None]
