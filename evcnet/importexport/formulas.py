"""Escaping of spreadsheet formulas: export puts an apostrophe before a cell, import takes it off.

The library's own setting removes the sign, so that what was exported comes in changed. Programs run a cell that begins with one of these signs as a formula. Cells that look escaped already get one more
apostrophe, so that what was exported always reads back as it was.
"""

import re

_DANGEROUS = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


_QUOTED = re.compile(r'="([^"]*)"')
_ERROR = re.compile(
    r"#(N/A|N/B|NV|REF!|BEZUG!|VERW!|NAME\?|NAAM\?|NOM\?|VALUE!|WERT!|WAARDE!|VALEUR!|DIV/0!|DEEL/0!|NUM!|NULL!)"
)


def formula_message(cell: str) -> str | None:
    """Why the cell, as it stands in a file, is no code: it is a formula, such as ="0400" to keep zeros, or what
    spreadsheets show in the place of its value; None for others."""
    if _ERROR.fullmatch(cell.strip()):
        return f"“{cell.strip()}” is an error of a spreadsheet: correct the formula behind it, and paste the result as a value."
    if not cell.startswith("="):
        return None
    quoted = _QUOTED.fullmatch(cell)
    value = f"{quoted[1]} alone" if quoted else "its value"
    return f"“{cell[:40]}” is a formula: write {value}, and format the column as text."


def escaped(cell: str) -> str:
    return f"'{cell}" if _DANGEROUS.match(cell) else cell


def unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _ESCAPED.match(cell) else cell
