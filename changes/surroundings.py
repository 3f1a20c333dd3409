"""What do charge points and sessions add to the preview of a change of terms?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from changes.preview import Around
from chargepoints.models import ChargePoint, Session

REGULAR = timedelta(days=365)
"""Who charged in the group this long before the change is among its regulars (rules, section 5)."""


def surroundings(groups: Sequence[int], at: datetime) -> Around:
    points = ChargePoint.objects.filter(charge_group_id__in=groups)
    sessions = Session.objects.order_by().filter(
        charge_point__charge_group_id__in=list(groups) or [0],  # never an empty list, which makes no SQL
        customer__isnull=False,
        started_at__gte=at - REGULAR,
        started_at__lt=at,
    )
    return Around(points.count(), sessions.values("customer_id").query.sql_with_params())
