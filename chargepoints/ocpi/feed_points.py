"""What a feed said of a provider's charge points: which it named, and which of them it has as removed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from chargepoints.models import ChargePoint, FeedPoint
from customers.models import Provider
from evcnet.datetimes import database_clock
from evcnet.history import event_model

BATCH = 1_000
OUT_OF_SERVICE = ChargePoint.Status.OUT_OF_SERVICE


class PointFeed:
    """The charge points that one feed of a provider named, by their primary keys."""

    def __init__(self, provider: Provider, name: str) -> None:
        self.provider, self.name = provider, name
        self.rows = {row.charge_point_id: row for row in FeedPoint.objects.filter(provider=provider, feed=name)}
        self.removals = {pk: row.removed_at for pk, row in self.rows.items() if row.removed_at is not None}
        self._changed = _changed_since(self.removals)

    def staff_changed(self, point: ChargePoint) -> bool:
        """Did anybody change the status since the feed removed the point?"""
        return point.status != OUT_OF_SERVICE or point.pk in self._changed

    def status_before(self, point: ChargePoint) -> str:
        """The status that the point had when the feed removed it; empty where it arrived as removed."""
        return str(self.rows[point.pk].status_before)

    def remember(self, named: Iterable[int], removed: Mapping[int, str], revived: Collection[int]) -> None:
        """Keep that the feed named these points. ``removed``: those that it removes now, with their status before."""
        now, new, changed = database_clock(), [], []
        for pk in named:
            row = self.rows.get(pk) or FeedPoint(provider=self.provider, feed=self.name, charge_point_id=pk)
            if pk in removed:
                row.removed_at, row.status_before = now, removed[pk]
            elif pk in revived:
                row.removed_at, row.status_before = None, ""
            if row.pk is None:
                new.append(row)
            elif pk in removed or pk in revived:
                changed.append(row)
        FeedPoint.objects.bulk_create(new, batch_size=BATCH)
        if changed:
            FeedPoint.objects.bulk_update(changed, ["removed_at", "status_before"], batch_size=BATCH)


def _changed_since(removals: Mapping[int, datetime]) -> set[int]:
    """Those of the points, by primary key, that were given another status after they were removed."""
    events = event_model(ChargePoint)
    if not removals or events is None:
        return set()
    later = events._default_manager.filter(pgh_obj__in=list(removals), pgh_created_at__gt=min(removals.values()))
    given = later.exclude(status=OUT_OF_SERVICE).values_list("pgh_obj", "pgh_created_at")
    return {pk for pk, at in given if at > removals[pk]}
