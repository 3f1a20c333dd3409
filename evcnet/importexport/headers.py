"""Does the first row name the columns of the kind? A column that is not known is refused, never left out in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evcnet.importexport.problems import Problem, quoted
from evcnet.importexport.sheets import Sheet

if TYPE_CHECKING:
    from evcnet.importexport.kinds import Kind

PROVIDER = "provider"


def known_columns(kind: Kind | type[Kind]) -> list[str]:
    return [*([PROVIDER] if kind.owned else []), *(column.name for column in kind.columns)]


def header_problems(kind: Kind, sheet: Sheet) -> list[Problem]:
    """All that is wrong with row 1."""
    known, problems = known_columns(kind), []
    for position, name in enumerate(sheet.header, 1):
        if not name:
            problems.append(Problem(1, "", f"Column {position} has no name: name it, or delete it."))
        elif name not in known:
            problems.append(Problem(1, name, f"The column {quoted(name)} is not known: use {', '.join(known)}."))
        elif name in sheet.header[: position - 1]:
            problems.append(Problem(1, name, f"The column {quoted(name)} stands there twice: delete one of them."))
    missing = [each.name for each in kind.columns if each.required and each.name not in sheet.header]
    problems += [
        Problem(1, name, f"The column {quoted(name)} is missing: it is required, so add it.") for name in missing
    ]
    return problems
