"""Envelope of OCPI around every answer, its JSON, and the JSON of requests."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from evcnet.json_numbers import json_number
from tariffs.ocpi.fields import format_moment
from tariffs.pricing.json_text import NotJson, read_json

SUCCESS = 1000


def envelope(data: Any, status: int = SUCCESS, message: str = "Success") -> dict[str, Any]:
    """``data`` None is left out, as OCPI has it of errors and of answers that need none."""
    now = timezone.now().replace(microsecond=0)
    state = {"status_code": status, "status_message": message, "timestamp": format_moment(now)}
    return state if data is None else {"data": data, **state}


class OcpiRenderer(BaseRenderer):
    """JSON whose decimals are numbers."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        if data is None:
            return b""
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=json_number).encode()


class OcpiParser(BaseParser):
    """JSON read to the last digit; a text that is none, or says two things at once, is refused."""

    media_type = "application/json"

    def parse(self, stream: BinaryIO, *_: Any, **__: Any) -> Any:
        try:
            return read_json(stream.read())
        except NotJson as error:
            raise ParseError(f"The body {error}.") from error
