"""Attach charge points to charge groups, detach, activate and deactivate them: row by row, each whole or not at all.

A CSV row or an EVSE of a feed writes its charge point itself, with all of its columns, and takes the rule of statuses from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Case, Value, When

from chargegroups.models import ChargeGroup, Terms
from chargepoints.models import ChargePoint
from evcnet.bulk import BulkResult, RowMessage, change_rows
from evcnet.datetimes import database_clock

Points = Iterable[ChargePoint | int]
ACTIVE, INACTIVE = ChargePoint.Status.ACTIVE, ChargePoint.Status.INACTIVE
STOPPED = "It was active and is inactive now: without a charge group nobody can charge there."


def attach(points: Points, charge_group: ChargeGroup) -> BulkResult:
    """Put charge points into a charge group, out of another one if need be. Their status stays as it is.

    The group is locked, so that nobody closes it meanwhile. Rows of the result are as they were before.
    """
    with transaction.atomic():
        group = ChargeGroup.objects.select_for_update(no_key=True).get(pk=charge_group.pk)
        social = has_social_charging(group)
        return _change(
            points,
            is_unchanged=lambda point: point.charge_group_id == group.pk,
            why_not=lambda point: why_not_attach(point, group, social_charging=social),
            charge_group=group,
        )


def detach(points: Points) -> BulkResult:
    """Take charge points out of their charge groups. Those that were active become inactive, as the notes say."""
    result = _change(
        points,
        is_unchanged=lambda point: point.charge_group_id is None,
        charge_group=None,
        status=Case(
            *(When(status=status, then=Value(status_in(None, status))) for status in ChargePoint.Status.values)
        ),
    )
    stopped = tuple(RowMessage(point, STOPPED) for point in result.changed if point.status == ACTIVE)
    return BulkResult(result.changed, result.unchanged, result.refusals, notes=stopped)


def activate(points: Points) -> BulkResult:
    """Put charge points into service: refused without a charge group or a location."""
    return _change(
        points, is_unchanged=lambda point: point.status == ACTIVE, why_not=why_not_activate, status=Value(ACTIVE)
    )


def deactivate(points: Points) -> BulkResult:
    """Take charge points out of service. What was out of service for another reason stays so."""
    return _change(points, is_unchanged=lambda point: point.status != ACTIVE, status=Value(INACTIVE))


def status_in(group: ChargeGroup | str | None, status: str) -> str:
    """The status that a charge point of this status has in a group, or in that of a code; without one (None), an active one is inactive."""
    return INACTIVE if group is None and status == ACTIVE else status


def why_not_activate(point: ChargePoint) -> str:
    """What is missing before this charge point can be activated; empty where nothing is (rules: guards)."""
    if point.charge_group_id is None and point.location_id is None:
        return "It has neither a charge group nor a location: give it both first."
    if point.charge_group_id is None:
        return "It has no charge group: attach it to one first."
    if point.location_id is None:
        return "It has no location: choose one first."
    return ""


def why_not_attach(point: ChargePoint, group: ChargeGroup, *, social_charging: bool) -> str:
    """Why this charge point can't be in the group; empty where it can (rules: guards)."""
    location = point.location
    if point.provider_id != group.provider_id:
        return "It belongs to another provider than the charge group."
    if group.closed_at is not None:
        return f"{group} is closed: choose another charge group."
    if group.type == ChargeGroup.Type.HOME and location is not None and location.published:
        return f"{group} is a Home group, whose locations are not published: unpublish “{location}” first."
    if social_charging and location is None:
        return f"{group} has social charging, for the Netherlands only, and it has no location: choose one first."
    if social_charging and location is not None and location.country != "NL":
        return f"{group} has social charging, for the Netherlands only, and it stands in {location.country.name}."
    return ""


def has_social_charging(group: ChargeGroup) -> bool:
    """Now, or by terms that are scheduled."""
    now = database_clock()
    terms = Terms.objects.filter(charge_group=group)
    return any(terms.in_force(now).union(terms.scheduled(now)).values_list("social_charging", flat=True))


def _change(
    points: Points,
    *,
    is_unchanged: Callable[[ChargePoint], bool],
    why_not: Callable[[ChargePoint], str] = lambda point: "",
    **values: Any,
) -> BulkResult:
    return change_rows(_rows(points), values, is_unchanged=is_unchanged, why_not=why_not)


def _rows(points: Points) -> Any:
    keys = [point if isinstance(point, int) else point.pk for point in points]
    return ChargePoint.objects.filter(pk__in=keys).select_related("location", "charge_group").order_by("identity")
