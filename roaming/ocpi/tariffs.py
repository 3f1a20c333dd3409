"""Endpoint of tariffs, sender: what the partner's tokens pay, with the versions to come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from roaming.ocpi.descriptions import PAGE, described
from roaming.ocpi.pagination import PageQuery, paged_objects
from roaming.ocpi.partner_view import PartnerView
from roaming.ocpi.serializers import TariffSerializer
from roaming.ocpi.views import OcpiView


class TariffList(OcpiView):
    @extend_schema(parameters=PAGE, responses=described(TariffSerializer, many=True))
    def get(self, request: Request) -> Response:
        """One tariff for each connector that the partner sees, and for each its versions to come."""
        query = PageQuery.of(request)
        objects = PartnerView(self.partner, self.version).export_tariffs().objects
        return paged_objects(request, [each for each in objects if _is_within(each, query)], query)


def _is_within(written: dict[str, Any], query: PageQuery) -> bool:
    updated = datetime.fromisoformat(written["last_updated"])
    return (query.date_from is None or query.date_from <= updated) and (
        query.date_to is None or updated < query.date_to
    )
