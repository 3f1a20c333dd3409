"""Descriptions of answers for OpenAPI: the envelope around each object, and the errors that every endpoint has."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

ERRORS = {
    400: "What was sent makes no sense.",
    401: "There is no valid token.",
    404: "There is no such object.",
    405: "The endpoint has no such method, or not now.",
    415: "The body is not application/json.",
    429: "Too many requests in this minute.",
}
PAGE = [
    OpenApiParameter("date_from", OpenApiTypes.DATETIME, description="Changed at or after this moment."),
    OpenApiParameter("date_to", OpenApiTypes.DATETIME, description="Changed before this moment."),
    OpenApiParameter("offset", {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 10**15 - 1}),
]


def described(serializer: Any = None, *, many: bool = False, also: tuple[int, ...] = ()) -> dict[int, Any]:
    """The answers of an endpoint: the object in the envelope, and the errors."""
    name = f"{serializer.__name__.removesuffix('Serializer')}{'List' if many else ''}" if serializer else "Done"
    answers: dict[int, Any] = {200: _enveloped(name, serializer, many)}
    answers |= {status: _enveloped(name, serializer, many) for status in also}
    return answers | {code: OpenApiResponse(_error(), text) for code, text in ERRORS.items()}


@cache
def _enveloped(name: str, serializer: Any, many: bool) -> Any:
    fields: dict[str, Any] = {} if serializer is None else {"data": serializer(many=many)}
    return inline_serializer(f"{name}Answer", {**fields, **_status_fields()})


@cache
def _error() -> Any:
    return inline_serializer("ErrorAnswer", _status_fields())


def _status_fields() -> dict[str, Any]:
    return {
        "status_code": serializers.IntegerField(min_value=1000, max_value=4999),
        "status_message": serializers.CharField(required=False),
        "timestamp": serializers.DateTimeField(),
    }
