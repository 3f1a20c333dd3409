"""Map of charge points: whether a page has one, and what it shows, each point by its state or, of very many, areas by counts.

The page holds the map's address alone; the browser asks it once the map comes into sight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Avg, Count, F, FloatField, Max, Min, Q, QuerySet
from django.db.models.functions import Cast, Floor
from django.http import JsonResponse
from django.urls import reverse

from chargepoints.models import ChargePoint, Location
from customers.models import StaffMember
from evcnet.admin.base import page_of_row
from evcnet.admin.requests import StaffRequest
from evcnet.badges import BADGES
from evcnet.primary_keys import parse_pks
from evcnet.together import Reading, totals
from gateway.states import CONNECTIONS, NOT_CONNECTED, UNKNOWN, PointState, point_states

MOST = 2_000
"""More charge points than these are shown as counts of areas, until a part of the map with fewer is looked at."""
ROWS, COLUMNS = 12, 24
"""Areas into which the map is divided then."""
FILTERS = ("charge_group", "location", "charge_point")
LATITUDE, LONGITUDE = "location__latitude", "location__longitude"
_ACTIVE = Q(status=ChargePoint.Status.ACTIVE)


@dataclass(frozen=True)
class PointMap:
    """What a page says to the script that draws its map: where the points are asked for, and where they are listed; ``list_url``
    is empty for a single one."""

    url: str
    list_url: str
    tiles: str
    attribution: str


@dataclass(frozen=True)
class Box:
    """A part of the map, in degrees."""

    south: float
    west: float
    north: float
    east: float

    @classmethod
    def parse(cls, text: str) -> Box | None:
        """Of "south,west,north,east"; None for anything else."""
        try:
            south, west, north, east = map(float, text.split(","))
        except ValueError:
            return None
        return cls(_within(south, 90), _within(west, 180), _within(north, 90), _within(east, 180))


def _within(degrees: float, most: int) -> float:
    """Maps go on beyond the poles and around the earth."""
    return max(-most, min(most, degrees))


# Of a page


def point_map(**of: int) -> PointMap:
    """Of the charge points of a ``charge_group`` or ``location``, of one ``charge_point``, or of all in sight."""
    listed = urlencode({f"{name}__id__exact": pk for name, pk in of.items()})
    every = f"{reverse('admin:chargepoints_chargepoint_changelist')}?{listed}".removesuffix("?")
    data = f"{reverse('admin:point_map')}?{urlencode(of)}"
    return PointMap(data, "" if "charge_point" in of else every, settings.MAP_TILES_URL, settings.MAP_ATTRIBUTION)


def map_of_place(place: Location | None, **of: int) -> PointMap | None:
    """None where it is not known on what spot it lies."""
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return point_map(**of)


def map_reading(points: QuerySet[ChargePoint], **of: int) -> Reading[PointMap | None]:
    """None where no charge point has coordinates."""
    first = _located(points).order_by().values("pk")[:1]
    yield [first]
    return point_map(**of) if first else None


# What it shows


def map_data(request: StaffRequest) -> JsonResponse:
    """Of the charge points in sight those that ``charge_group``, ``location``, ``charge_point`` and ``within``, a box, ask for."""
    if not request.user.has_perm("chargepoints.view_chargepoint"):
        raise PermissionDenied
    points = _asked_for(request.user, request.GET)
    box = Box.parse(request.GET.get("within", ""))
    if box is not None:
        points = points.filter(location__latitude__range=(box.south, box.north))
        points = points.filter(location__longitude__range=(box.west, box.east))
    columns = ("pk", "identity", "name", "status", LATITUDE, LONGITUDE, "location__address", "location__city")
    rows = list(points.order_by().values(*columns)[: MOST + 1])
    places = _points(rows) if len(rows) <= MOST else _areas(points, box)
    kinds = {kind for each in places for kind in each["kinds"]}
    return JsonResponse(
        {
            "places": places,
            "in_areas": len(rows) > MOST,
            "kinds": {kind: BADGES[kind] for kind in BADGES if kind in kinds},
        }
    )


def kind_of(status: str, state: PointState) -> str:
    """The badge of a charge point: what its device says of an active one, the status of any other."""
    if status != ChargePoint.Status.ACTIVE or state.state == UNKNOWN:
        return status
    return state.state


def _located(points: QuerySet[Any]) -> QuerySet[Any]:
    return points.filter(**{f"{LATITUDE}__isnull": False, f"{LONGITUDE}__isnull": False})


def _asked_for(login: StaffMember, asked: Mapping[str, str]) -> QuerySet[Any]:
    rows: QuerySet[Any] = ChargePoint.objects.visible_to(login)
    chosen = {f"{name}__in": parse_pks([asked[name]]) for name in FILTERS if name in asked}
    if "charge_point__in" in chosen:
        chosen["pk__in"] = chosen.pop("charge_point__in")
    return _located(rows).filter(**chosen)


def _points(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    states = point_states([row["pk"] for row in rows])
    page = page_of_row(ChargePoint, 0)
    rows.sort(key=itemgetter("identity"))
    return [
        {
            "at": [float(row[LATITUDE]), float(row[LONGITUDE])],
            "kinds": {kind_of(row["status"], states.get(row["pk"], NOT_CONNECTED)): 1},
            "label": row["identity"],
            "name": row["name"],
            "address": row["location__address"],
            "city": row["location__city"],
            "page": page.replace("/0/", f"/{row['pk']}/"),
        }
        for row in rows
    ]


def _areas(points: QuerySet[Any], box: Box | None) -> list[dict[str, Any]]:
    """How many stand in each, and how many of them are offline, inactive or out of service."""
    degrees = {"lat": Cast(F(LATITUDE), FloatField()), "lon": Cast(F(LONGITUDE), FloatField())}
    [edge] = totals(points.annotate(**degrees), south=Min("lat"), west=Min("lon"), north=Max("lat"), east=Max("lon"))
    whole = box or Box(**edge)
    cells = points.annotate(**degrees).annotate(
        row=Floor((F("lat") - whole.south) / _step(whole.south, whole.north, ROWS)),
        column=Floor((F("lon") - whole.west) / _step(whole.west, whole.east, COLUMNS)),
    )
    counted = (
        cells.order_by()
        .values("row", "column")
        .annotate(
            count=Count("pk"),
            at_lat=Avg("lat"),
            at_lon=Avg("lon"),
            offline=Count("pk", filter=_ACTIVE & CONNECTIONS["offline"]),
            inactive=Count("pk", filter=Q(status=ChargePoint.Status.INACTIVE)),
            out_of_service=Count("pk", filter=Q(status=ChargePoint.Status.OUT_OF_SERVICE)),
        )
    )
    return [{"at": [row["at_lat"], row["at_lon"]], "kinds": dict(_kinds(row))} for row in counted]


def _kinds(row: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    others = {kind: row[kind] for kind in ("offline", "out_of_service", "inactive") if row[kind]}
    if active := row["count"] - sum(others.values()):
        yield "active", active
    yield from others.items()


def _step(least: float, most: float, parts: int) -> float:
    """Degrees of one area; all at one spot are one area."""
    return (most - least) / parts or 1.0
