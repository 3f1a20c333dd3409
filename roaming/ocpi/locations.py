"""Endpoints of locations, sender: the list, and single locations, EVSEs and connectors."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from roaming.ocpi.descriptions import PAGE, described
from roaming.ocpi.errors import UNKNOWN_LOCATION, OcpiError
from roaming.ocpi.pagination import PageQuery, paged
from roaming.ocpi.partner_view import PartnerView
from roaming.ocpi.serializers import ConnectorSerializer, EvseSerializer, LocationSerializer
from roaming.ocpi.views import OcpiView


class LocationList(OcpiView):
    @extend_schema(parameters=PAGE, responses=described(LocationSerializer, many=True))
    def get(self, request: Request) -> Response:
        """The published locations whose charge groups are accessible for roaming, as far as the partner may charge there."""
        view, query = PartnerView(self.partner, self.version), PageQuery.of(request)
        return paged(request, view.locations(query.date_from, query.date_to), view.write_locations, query)


class LocationLookup(OcpiView):
    """Finds one object of what the partner sees, by its ids. Raises OcpiError where there is none."""

    def location(self, code: str) -> dict[str, Any]:
        view = PartnerView(self.partner, self.version)
        rows = list(view.locations().filter(code__iexact=code)[:1]) if "\x00" not in code else []
        return _only(view.write_locations(rows), "location")

    def evse(self, location: str, uid: str) -> dict[str, Any]:
        return _only([each for each in self.location(location)["evses"] if _same(each["uid"], uid)], "EVSE")


class LocationObjectView(LocationLookup):
    @extend_schema(responses=described(LocationSerializer))
    def get(self, request: Request, location: str) -> Response:
        """One location."""
        return self.answer(self.location(location))


class EvseObjectView(LocationLookup):
    @extend_schema(responses=described(EvseSerializer))
    def get(self, request: Request, location: str, evse: str) -> Response:
        """One EVSE of a location, by its uid."""
        return self.answer(self.evse(location, evse))


class ConnectorObjectView(LocationLookup):
    @extend_schema(responses=described(ConnectorSerializer))
    def get(self, request: Request, location: str, evse: str, connector: str) -> Response:
        """One connector of an EVSE."""
        connectors = self.evse(location, evse)["connectors"]
        return self.answer(_only([each for each in connectors if _same(each["id"], connector)], "connector"))


def _same(one: str, other: str) -> bool:
    """Ids of OCPI are alike whatever their letter case."""
    return one.lower() == other.lower()


def _only(written: list[dict[str, Any]], what: str) -> dict[str, Any]:
    if not written:
        raise OcpiError(f"There is no such {what}.", UNKNOWN_LOCATION, status.HTTP_404_NOT_FOUND)
    return written[0]
