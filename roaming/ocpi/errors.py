"""Errors of OCPI: every answer that is no success has a status code of OCPI and the HTTP status that goes with it."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, Throttled, ValidationError
from rest_framework.response import Response

from roaming.ocpi.envelope import envelope

GENERIC, INVALID, NOT_ENOUGH, UNKNOWN_LOCATION, UNKNOWN_TOKEN = 2000, 2001, 2002, 2003, 2004
SERVER, UNUSABLE, VERSION, ENDPOINTS = 3000, 3001, 3002, 3003
LONGEST = 255
logger = structlog.get_logger(__name__)


class OcpiError(APIException):
    """``code`` is OCPI's status code, ``http`` the HTTP status beside it."""

    def __init__(self, message: str, code: int = INVALID, http: int = status.HTTP_400_BAD_REQUEST) -> None:
        super().__init__(message)
        self.ocpi_status, self.status_code = code, http


def handle_error(error: Exception, context: dict[str, Any]) -> Response:
    """For every exception of a view, the unexpected ones too: none is answered without the envelope."""
    refusal = error if isinstance(error, APIException) else _as_api_exception(error)
    code = getattr(refusal, "ocpi_status", INVALID)
    response = Response(envelope(None, code, _message(refusal)), status=refusal.status_code)
    if isinstance(error, Throttled) and error.wait is not None:
        response["Retry-After"] = str(int(error.wait))
    if refusal.status_code == status.HTTP_401_UNAUTHORIZED:
        response["WWW-Authenticate"] = "Token"
    return response


def _as_api_exception(error: Exception) -> APIException:
    if isinstance(error, Http404):
        return OcpiError("There is no such object.", UNKNOWN_LOCATION, status.HTTP_404_NOT_FOUND)
    if isinstance(error, PermissionDenied | RequestDataTooBig):
        return OcpiError(str(error) or "This is refused.")
    logger.exception("a request of a partner failed")
    return OcpiError("This failed on our side.", SERVER, status.HTTP_500_INTERNAL_SERVER_ERROR)


def _message(error: APIException) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(_details(error.detail))[:LONGEST]
    return str(error.detail)[:LONGEST]


def _details(detail: Any, path: str = "") -> list[str]:
    """Each error with the field where it is: ``roles[0].party_id: ...``."""
    if isinstance(detail, dict):
        return [line for name, each in detail.items() for line in _details(each, _joined(path, name))]
    if isinstance(detail, list):
        nested = any(isinstance(each, dict) for each in detail)
        return [
            line for index, each in enumerate(detail) for line in _details(each, f"{path}[{index}]" if nested else path)
        ]
    return [f"{path}: {detail}" if path else str(detail)]


def _joined(path: str, name: object) -> str:
    if name == "non_field_errors":
        return path
    return f"{path}.{name}" if path else str(name)
