"""Overview page of a charge point: does it work, for whom, at which price; its use, refusals, and the latest decisions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from changes.owner_exception import owner_charges_free, owner_exception
from chargegroups.access_summary import AccessSummary, access_summaries
from chargepoints.admin import point_actions
from chargepoints.admin.point_map import map_of_place
from chargepoints.admin.use_tiles import session_list, use_tiles
from chargepoints.attach_detach import why_not_activate
from chargepoints.decision_views import decision_counts, latest_decisions
from chargepoints.models import ChargePoint
from chargepoints.recent_use import recent_use
from customers.status_changes import undoable_of
from evcnet.admin.overview import MenuEntry, Overview, OverviewAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.admin.scoped import sees_target
from evcnet.datetimes import database_clock
from evcnet.together import read, side_by_side
from gateway.states import PointState, point_state


def point_overview(admin: OverviewAdmin[ChargePoint], request: StaffRequest, obj: ChargePoint) -> Overview:
    login, now = request.user, database_clock()
    point = _with_relations(request, obj)
    of, addresses = {"charge_point": point}, _lists(point)
    use, history = read(
        side_by_side(recent_use(login, now, sessions=of, decisions=of), admin.latest_entries(request, point))
    )
    group, state = point.charge_group, point_state(point.pk)
    access = access_summaries([group], now, login)[group.pk] if group else None
    owner = _owner(admin, request, point, now)
    free = f"{point_actions.FREE_FOR_OWNER.label}…"
    actions = [each for each in admin.action_entries(request, point) if each.label != free or owner["for_owner"]]
    ask = reverse("admin:may_charge") + f"?{urlencode({'charge_point': point.identity})}"
    return Overview(
        code=point.identity,
        name=point.name,
        badges=list(_badges(point, state, access)),
        facts=[str(point.location) if point.location else "no location"],
        price=access.prices[0].tag if access and access.prices else None,
        notes=list(_notes(point)),
        tiles=list(use_tiles(use, *addresses)),
        menu=[*actions, *admin.edit_entry(request, point)],
        buttons=[MenuEntry("May this card charge here?", ask), *_first(actions)],
        undo=undoable_of(login, point),
        lists=[session_list(use, addresses[0])],
        history=history,
        map=map_of_place(point.location, charge_point=point.pk),
        template="chargepoints/point.html",
        context=owner
        | {
            "point": point,
            "access": access,
            "decisions": latest_decisions(login, charge_point=point),
            "counts": decision_counts(login, charge_point=point),
        },
    )


def _with_relations(request: StaffRequest, obj: ChargePoint) -> ChargePoint:
    rows = ChargePoint.objects.select_related("location", "charge_group__user_group", "owner")
    point: ChargePoint = rows.get(pk=obj.pk)
    if not sees_target(request.user, point, ChargePoint._meta.get_field("owner")):
        point.owner = None  # not saved: an owner out of sight is not told of
    return point


def _lists(point: ChargePoint) -> tuple[str, str]:
    """The addresses of the point's sessions and of its refusals."""
    sessions = reverse("admin:chargepoints_session_changelist")
    decisions = reverse("admin:chargepoints_decisionentry_changelist")
    return (
        f"{sessions}?charge_point__id__exact={point.pk}",
        f"{decisions}?charge_point__id__exact={point.pk}&verdict=refused",
    )


def _badges(point: ChargePoint, state: PointState, access: AccessSummary | None) -> Iterator[str]:
    yield point.status
    if state.since:
        yield state.state
    if access is not None:
        if access.group.type == "home":
            yield "home"
        if access.terms and access.terms.roaming:
            yield "roaming"


def _notes(point: ChargePoint) -> Iterator[tuple[str, str]]:
    """Why nobody can charge here."""
    why_not = why_not_activate(point)
    if point.status == ChargePoint.Status.ACTIVE:
        return
    if why_not:
        yield "warn", f"It can't be activated yet. {why_not}"
    elif point.status == ChargePoint.Status.OUT_OF_SERVICE:
        yield "warn", "It is out of service: nobody can charge until it is activated."
    else:
        yield "warn", "It is inactive: nobody can charge until it is activated."


def _first(actions: list[MenuEntry]) -> list[MenuEntry]:
    """The action that stands beside the menu: activate or deactivate, and else the first."""
    status = {f"{action.label}…" for action in (point_actions.ACTIVATE, point_actions.DEACTIVATE)}
    return [each for each in actions if each.label in status][:1] or actions[:1]


def _owner(
    admin: OverviewAdmin[ChargePoint], request: StaffRequest, point: ChargePoint, now: datetime
) -> dict[str, Any]:
    """What holds for the owner, and the button that lets them charge for free as long as no exception says otherwise."""
    exception = owner_exception(point)
    buttons = [] if exception else admin.action_buttons(request, point)
    return {
        "owner_exception": exception,
        "owner_free": owner_charges_free(exception, now),
        "for_owner": [each for each in buttons if each["action"] is point_actions.FREE_FOR_OWNER],
    }
