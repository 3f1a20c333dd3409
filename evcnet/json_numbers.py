"""Decimals as numbers of JSON, which read back as the same Decimals."""

from __future__ import annotations

from decimal import Decimal


def json_number(value: object) -> int | float:
    """For ``default`` of json.dumps. Prices and limits have at most 12 digits, which a float keeps: it prints as the
    shortest text that reads so. Raises TypeError for what is no Decimal."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is not JSON")
    return int(value) if value == int(value) else float(value)
