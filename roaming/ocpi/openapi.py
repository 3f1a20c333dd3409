"""Description of the endpoints of OCPI as OpenAPI, made from the views and their serializers."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.urls import include, path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from roaming.ocpi.views import OcpiView


class PartnerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """``Authorization: Token`` and the token in base64."""

    target_class = "roaming.ocpi.authentication.PartnerAuthentication"
    name = "token"

    def get_security_definition(self, *_: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token <base64>"}


class OpenApiDescription(OcpiView):
    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """The description, as JSON."""
        return Response(describe())


@cache
def describe() -> dict[str, Any]:
    """Everything below /ocpi/. Raises nothing: what can't be described is left out by the generator with a warning."""
    patterns = [path("ocpi/", include("roaming.ocpi.urls"))]
    generator: Any = SchemaGenerator
    description: dict[str, Any] = generator(patterns=patterns).get_schema(request=None, public=True)
    description["info"] = {"title": "OCPI", "version": "2.2.1, 2.3.0"}
    return description
