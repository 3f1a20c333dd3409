"""A validator that refuses leaked passwords. Asks a file of the installation, never the network."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured, ValidationError

LINE = 128
"""Longer than any line: 40 hexadecimal digits, a colon, a count."""


class BreachedPasswordValidator:
    """Refuses a password whose SHA-1 stands in a file ordered by hash, one ``HASH:COUNT`` a line.

    That is the form in which Have I Been Pwned publishes its list. Installations without one refuse the 20,000
    common passwords that Django brings.
    """

    def __init__(self, path: str) -> None:
        if not Path(path).is_file():
            raise ImproperlyConfigured(f"BREACHED_PASSWORDS names {path}, which is no file that can be read.")
        self.path = path

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if self._is_breached(hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()):
            raise ValidationError("This password is known from a data breach. Choose another.", code="breached")

    def get_help_text(self) -> str:
        return "Your password can’t be one that is known from a data breach."

    def _is_breached(self, digest: str) -> bool:
        """A binary search over the bytes: the list has tens of gigabytes."""
        with open(self.path, "rb") as lines:
            low, high = 0, lines.seek(0, 2)
            while low < high:
                middle = (low + high) // 2
                line = _line_from(lines, middle)
                if line[:40] == digest:
                    return True
                if line and line < digest:
                    low = middle + 1
                else:
                    high = middle
        return False


def _line_from(lines: IO[bytes], position: int) -> str:
    """The first line that begins at or after the position; empty at the end of the file."""
    lines.seek(max(position - 1, 0))
    if position:
        lines.readline(LINE)
    return lines.readline(LINE).decode("ascii", "replace").strip().upper()
