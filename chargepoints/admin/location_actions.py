"""Actions on locations: publish, and no longer publish."""

from __future__ import annotations

from collections.abc import Sequence

from chargepoints.models import Location
from chargepoints.status_text import locations_become
from evcnet.admin.status_actions import StatusAction, StatusKind
from evcnet.bulk import BulkResult, change_rows

PUBLICATION = StatusKind("published", locations_become, labels={True: "published", False: "not published"})


def _publish(published: bool) -> StatusAction:
    def perform(keys: Sequence[int]) -> BulkResult:
        rows = Location.objects.filter(pk__in=keys)
        return change_rows(rows, {"published": published}, is_unchanged=lambda row: row.published == published)

    return StatusAction(
        "publish" if published else "unpublish",
        "Publish" if published else "Don’t publish",
        "published" if published else "not published any more",
        perform,
        is_available=lambda location: location.published != published,
        kind=PUBLICATION,
        target=published,
        permission="publish",
        sources=frozenset([not published]),
    )


PUBLISH, UNPUBLISH = _publish(True), _publish(False)
