"""Removal of charge points that a complete feed named before and its file lacks."""

from __future__ import annotations

from collections.abc import Sequence

from chargepoints.models import ChargePoint
from chargepoints.ocpi.import_charge_points import KnownPoints
from chargepoints.ocpi.location_object import LocationObject
from evcnet.importexport.report import Report
from tariffs.ocpi.feed import Feed

ACTIVE, OUT_OF_SERVICE = ChargePoint.Status.ACTIVE, ChargePoint.Status.OUT_OF_SERVICE


def remove_missing_points(feed: Feed, known: KnownPoints, parsed: Sequence[LocationObject], report: Report) -> None:
    """Take them out of service, as if the file said REMOVED. Refused, with an error, where it takes too many."""
    evses = [evse for each in parsed for evse in each.evses]
    if any(not each.code for each in parsed) or any(not evse.identity for evse in evses):
        report.warn(
            f"feed {feed.name}", "", "Nothing is removed: what the file lacks can't be said while an id is missing."
        )
        return
    named = known.taken | {point.pk for evse in evses for point in known.find(evse)}
    rows = known.feed.rows
    missing = [
        point
        for point in known.by_identity.values()
        if point.pk in rows and point.pk not in named and rows[point.pk].removed_at is None
    ]
    active = sum(point.status == ACTIVE for point in missing)
    if problem := feed.removal_problem(active, known.active, "active charge points"):
        report.refuse_for(f"feed {feed.name}", "", problem)
        return
    known.feed.remember([point.pk for point in missing], {point.pk: point.status for point in missing}, ())
    for point in missing:
        report.warn(point.identity, "", "The file lacks it: it is out of service now.")
    ChargePoint.objects.filter(pk__in=[point.pk for point in missing]).update(status=OUT_OF_SERVICE)
    report.updated += len(missing)
