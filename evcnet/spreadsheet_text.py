"""What a spreadsheet makes of texts: numbers that it shortened."""

from __future__ import annotations

import re

MOST_DIGITS = 15
"""Spreadsheets count with so many digits: what stands behind them is lost."""

FORMAT_AS_TEXT = "format the column as text, and enter the value again"
_SHORTENED = re.compile(r"[+-]?[0-9]{1,3}([.,][0-9]+)?E\+[0-9]{1,3}|[+-]?[0-9][.,][0-9]+E-[0-9]{1,3}", re.IGNORECASE)


def is_shortened_number(text: str) -> bool:
    """Whether the text is a number as a spreadsheet shortens it, such as 4.17574E+12; 04E10 is hexadecimal."""
    return _SHORTENED.fullmatch(text.strip()) is not None


def shortened_number_message(text: str) -> str:
    return f"“{text.strip()}” is a number that a spreadsheet shortened: {FORMAT_AS_TEXT}."
