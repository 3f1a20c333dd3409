"""Primary keys as a browser sends them."""

from __future__ import annotations

from collections.abc import Iterable

MOST_DIGITS = 18
"""Longer numbers are no key of ours, and the database would refuse to compare with them."""


def parse_pk(text: str | None) -> int | None:
    """The key that the text is; None for what can't be one."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def parse_pks(texts: Iterable[str]) -> list[int]:
    """The keys among the texts; what can't be one is left out."""
    return [pk for text in texts if (pk := parse_pk(text)) is not None]
