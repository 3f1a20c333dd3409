"""What there is, on the home page: charge points, charge groups and customers within reach, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format

from chargegroups.counts import exception_counts
from chargegroups.group_prices import free_for_everyone, price_reading
from chargegroups.models import ChargeGroup, Terms
from chargepoints.models import ChargePoint
from customers.counts import customer_count
from customers.models import Customer, StaffMember
from evcnet.site.home.to_do import list_of
from evcnet.text import counted
from evcnet.together import Reading, reading_of, side_by_side, totals
from gateway.models import UnknownDevice
from gateway.states import connection_counts
from tariffs.models import TariffVersion


@dataclass(frozen=True)
class Number:
    label: str
    count: int
    details: tuple[str, ...]
    link: str


def point_counts(login: StaffMember) -> Reading[dict[str, int]]:
    """Of charge points, and of devices that are none yet."""
    active, loose = Q(status=ChargePoint.Status.ACTIVE), Q(charge_group=None)
    rows = ChargePoint.objects.visible_to(login)
    counts = totals(rows, all=Count("pk"), active=Count("pk", filter=active), loose=Count("pk", filter=loose))
    connections, knocking = (
        connection_counts(rows),
        totals(UnknownDevice.objects.visible_to(login), knocking=Count("pk")),
    )
    yield [counts, connections, knocking]
    return Counter({name: many for row in (*counts, *connections, *knocking) for name, many in row.items()})


def group_counts(login: StaffMember, now: datetime) -> Reading[dict[str, Any]]:
    """Open groups: how many, which are free for everyone, and which nobody can use for want of terms or a price."""
    groups = ChargeGroup.objects.visible_to(login).open()
    rows = totals(groups, all=Count("pk"))
    _, prices, coming = yield from side_by_side(reading_of(rows), price_reading(groups, now), _coming(login, now))
    free = totals(free_for_everyone(groups, now, prices), free=Count("pk"))
    yield [free]
    count = sum(row["all"] for row in rows)
    dead = count - sum(many for many, price in prices.values() if price.version)
    return {"all": count, "free": sum(row["free"] for row in free), "dead": dead, "coming": coming}


def _coming(login: StaffMember, now: datetime) -> Reading[tuple[str, ...]]:
    """How many terms and prices are scheduled, and when the next come into force."""
    terms = Terms.objects.visible_to(login).scheduled(now).values_list("valid_from", flat=True)
    versions = TariffVersion.objects.visible_to(login).filter(valid_from__gt=now).distinct()
    versions = versions.values_list("valid_from", flat=True)
    yield [terms, versions]
    moments = [*terms, *versions]
    if not moments:
        return ()
    changes = counted(len(moments), "change")
    return (f"{changes} to come, the next on {date_format(timezone.localtime(min(moments)), 'j M')}",)


def customer_counts(login: StaffMember, now: datetime) -> Reading[dict[str, int]]:
    """How many there are and wait; and how many exceptions are in force at charge groups in sight, of those in sight."""
    everyone, pending = customer_count(login), customer_count(login, status=Customer.Status.PENDING)
    groups = ChargeGroup.objects.visible_to(login).order_by()
    if not login.has_perm("chargegroups.view_customerexception"):
        groups = groups.none()
    excepted = exception_counts(groups.values("pk"), now, login)
    count, waiting, exceptions = yield from side_by_side(everyone, pending, excepted)
    return {"all": count, "waiting": waiting, "exceptions": exceptions.total()}


def numbers(
    login: StaffMember, points: dict[str, int], groups: dict[str, Any], customers: dict[str, int]
) -> Iterable[Number]:
    if login.has_perm("chargepoints.view_chargepoint"):
        details = [f"{points['active']:,} active", f"{points['loose']:,} without a group"]
        if points["connected"] or points["offline"]:
            details += [f"{points['connected']:,} connected, {points['charging']:,} of them charging"]
            details += [f"{points['offline']:,} offline"]
        yield Number("Charge points", points["all"], tuple(details), list_of(ChargePoint))
    if login.has_perm("chargegroups.view_chargegroup"):
        yield Number("Charge groups", groups["all"], groups["coming"], list_of(ChargeGroup))
    if login.has_perm("customers.view_customer"):
        details = [f"{counted(customers['exceptions'], 'exception')} in force"]
        yield Number("Customers", customers["all"], tuple(details), list_of(Customer))
