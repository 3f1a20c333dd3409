"""Addresses that hold a key, such as a driver's link: no log keeps the key, and no browser passes it on. Pure."""

from __future__ import annotations

import re

SECRET_PATHS = ("/forgotten/", "/invitation/", "/my/")
"""Below these an address holds a key that opens something; nginx.conf has the same ones."""

_KEYS = re.compile(rf"((?:{'|'.join(SECRET_PATHS)}))[^\s\"'<>)\\]+")


def without_keys(text: str) -> str:
    """A line of a log, whoever wrote it, without what follows such a path."""
    return _KEYS.sub(r"\1***", text)
