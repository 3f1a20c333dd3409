"""Endpoints of versions: which ones the portal speaks, and where its modules are in each."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from roaming.handshake import VERSIONS, own_address
from roaming.ocpi.descriptions import described
from roaming.ocpi.errors import GENERIC, OcpiError
from roaming.ocpi.serializers import VersionDetailsSerializer, VersionSerializer
from roaming.ocpi.views import OcpiView

MODULES = (
    ("credentials", "SENDER"),
    ("locations", "SENDER"),
    ("tariffs", "SENDER"),
    ("tokens", "RECEIVER"),
    ("sessions", "SENDER"),
    ("cdrs", "SENDER"),
    ("commands", "RECEIVER"),
)
"""The modules, each with the side that the portal is of it; of credentials there is no side, and OCPI advises this one."""


class VersionList(OcpiView):
    @extend_schema(responses=described(VersionSerializer, many=True))
    def get(self, request: Request) -> Response:
        """The versions of OCPI that the portal speaks."""
        return self.answer([{"version": each, "url": _address(request, "details", each)} for each in VERSIONS])


class VersionDetails(OcpiView):
    @extend_schema(responses=described(VersionDetailsSerializer))
    def get(self, request: Request) -> Response:
        """The endpoints of one version."""
        endpoints = [
            {"identifier": module, "role": role, "url": _address(request, module, self.version)}
            for module, role in MODULES
        ]
        return self.answer({"version": self.version, "endpoints": endpoints})


def _address(request: Request, name: str, version: str) -> str:
    return own_address(reverse(f"ocpi:{name}", args=[version]), request.build_absolute_uri)


class NothingHere(OcpiView):
    """Whatever else is asked for below /ocpi: a version that the portal does not speak, or no module of it."""

    @extend_schema(exclude=True)
    def get(self, request: Request, path: str = "") -> Response:
        spoken = " and ".join(VERSIONS)
        message = f"There is nothing here. The portal speaks OCPI {spoken}: see /ocpi/versions."
        raise OcpiError(message, GENERIC, status.HTTP_404_NOT_FOUND)

    post = put = patch = delete = get
