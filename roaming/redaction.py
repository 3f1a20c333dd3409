"""Redaction of OCPI messages: what names a driver or opens a door is left out before a message is kept."""

from __future__ import annotations

import re
from typing import Any

REDACTED = "•••"
SECRET = {"token", "contract_id", "visual_number", "group_id", "auth_id", "response_url", "authorization_reference"}
"""Keys whose texts are left out wherever they stand; objects under these names are looked into."""
OF_A_TOKEN = {"contract_id", "whitelist", "issuer"}
"""An object with one of these is a token, whose uid is what the driver shows."""
LONGEST_TEXT, MOST_ITEMS = 200, 5
_TOKEN_PATH = re.compile(r"(/tokens/)(.+?)(/authorize)?/?(\?.*)?$")


def redact(value: Any) -> Any:
    """A copy that may be kept and shown: long texts and lists are cut."""
    if isinstance(value, dict):
        hidden = SECRET | ({"uid"} if value.keys() & OF_A_TOKEN else set())
        return {
            str(name)[:50]: REDACTED if name in hidden and not isinstance(each, dict) else redact(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        more = [f"and {len(value) - MOST_ITEMS} more"] if len(value) > MOST_ITEMS else []
        return [redact(each) for each in value[:MOST_ITEMS]] + more
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:LONGEST_TEXT]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def redact_path(path: str) -> str:
    """Without the uid of a token, which stands last in its address."""
    return _TOKEN_PATH.sub(lambda match: f"{match[1]}{_parties(match[2])}{match[3] or ''}", path)[:300]


def _parties(rest: str) -> str:
    return "/".join([*rest.split("/")[:-1], REDACTED])
