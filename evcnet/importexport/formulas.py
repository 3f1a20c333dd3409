"""Escaping of spreadsheet formulas: export puts an apostrophe before a cell, import takes it off.

The library's own setting removes the sign, so that what was exported comes in changed. Programs run a cell that begins with one of these signs as a formula. Cells that look escaped already get one more
apostrophe, so that what was exported always reads back as it was.
"""

import re

_DANGEROUS = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escaped(cell: str) -> str:
    return f"'{cell}" if _DANGEROUS.match(cell) else cell


def unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _ESCAPED.match(cell) else cell
