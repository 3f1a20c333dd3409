"""Running transactions, and the sentence which says before a change that it ends none of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from django.db.models import Count, QuerySet

from chargepoints.models import ChargePoint
from customers.models import StaffMember
from evcnet.text import counted
from gateway.models import Transaction

NAMED = 3
"""So many charge points are named, the others counted."""


def running_transactions() -> QuerySet[Transaction]:
    """Those that began and have not ended."""
    return Transaction.objects.filter(session=None, ended_at=None, started_at__isnull=False)


def running_sentence(login: StaffMember, of: Literal["card", "customer", "charge_point"], keys: Collection[int]) -> str:
    """That a change of these rows ends no running session, and how many run, as far as the login sees them. Three queries."""
    rows = running_transactions().filter(**{f"{of}__in": keys})
    visible = Transaction.objects.visible_to(login).filter(pk__in=rows.values("pk")).order_by()
    at = dict(visible.values_list("charge_point").annotate(number=Count("pk")))
    if not at:
        return "This ends no running session; none that you see runs now."
    number = sum(at.values())
    what = "1 runs now and keeps" if number == 1 else f"{number:,} run now and keep"
    return f"This ends no running session: {what} the price of the start, at {_places(login, at)}."


def _places(login: StaffMember, points: Collection[int]) -> str:
    """Points that the login does not see are counted, not named."""
    rows = ChargePoint.objects.visible_to(login).filter(pk__in=points)
    names = [str(point) for point in rows.order_by("identity")[:NAMED]]
    if more := len(points) - len(names):
        names.append(counted(more, "more charge point") if names else counted(more, "charge point"))
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
