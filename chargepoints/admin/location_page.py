"""Overview page of a location: may apps show it, which charge points stand there, and how they are used."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse

from chargepoints.admin.point_map import map_of_place
from chargepoints.admin.use_tiles import session_list, use_tiles
from chargepoints.models import ChargePoint, Location
from chargepoints.publication import visible_publication
from chargepoints.recent_use import recent_use
from customers.models import StaffMember
from customers.status_changes import undoable_of
from evcnet.admin.overview import MenuEntry, Overview, OverviewAdmin, Tile
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.together import read, reading_of, side_by_side, totals
from gateway.states import connection_counts

LISTED = 50
"""So many charge points are listed; their own list has the rest."""
ACTIVE = Q(status=ChargePoint.Status.ACTIVE)


def location_overview(admin: OverviewAdmin[Location], request: StaffRequest, location: Location) -> Overview:
    login, now = request.user, database_clock()
    points = ChargePoint.objects.visible_to(login).filter(location=location)
    of = {"charge_point__in": points.order_by().values("pk")}
    use, counts, connections, listed, history = read(
        side_by_side(
            recent_use(login, now, sessions=of, decisions=of),
            reading_of(totals(points, all=Count("pk"), active=Count("pk", filter=ACTIVE))),
            reading_of(connection_counts(points)),
            reading_of(points.select_related("charge_group__user_group").order_by("identity")[: LISTED + 1]),
            admin.latest_entries(request, location),
        )
    )
    actions, every = admin.action_entries(request, location), _points_of(location)
    numbers = {name: many for row in (*counts, *connections) for name, many in row.items()}
    return Overview(
        code=location.code,
        name=location.name or str(location),
        badges=["published" if location.published else "unpublished"],
        facts=[_address(location)],
        tiles=[_points_tile(numbers, every), *use_tiles(use, "", "")],
        menu=[*actions, *_add_point(login, location), *admin.edit_entry(request, location)],
        buttons=actions[:1],
        undo=undoable_of(login, location),
        lists=[session_list(use, "")],
        history=history,
        map=map_of_place(location, location=location.pk) if listed else None,
        template="chargepoints/location.html",
        context={
            "location": location,
            "points": list(listed)[:LISTED],
            "more_points": len(listed) > LISTED,
            "publication": visible_publication(location, now, login),
            "points_url": every,
        },
    )


def _address(location: Location) -> str:
    parts = (location.address, location.postal_code, location.city, str(location.country or ""))
    return ", ".join(filter(None, parts))


def _points_of(location: Location) -> str:
    return reverse("admin:chargepoints_chargepoint_changelist") + f"?location__id__exact={location.pk}"


def _points_tile(numbers: dict[str, int], address: str) -> Tile:
    many, offline = numbers.get("all", 0), numbers.get("offline", 0)
    detail = f"{numbers.get('active', 0):,} active" + (f", {offline:,} offline" if offline else "")
    return Tile(f"{many:,}", "charge point" if many == 1 else "charge points", detail, address)


def _add_point(login: StaffMember, location: Location) -> Iterator[MenuEntry]:
    if login.has_perm("chargepoints.add_chargepoint"):
        address = reverse("admin:chargepoints_chargepoint_add")
        yield MenuEntry("Add a charge point here", f"{address}?{urlencode({'location': location.pk})}")
