"""Summary of an import: how many rows change what matters, such as their status or their customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model

from evcnet.importexport.results import RowResult
from evcnet.text import counted_rows


def new_states(model: type[Model], column: str, results: Iterable[RowResult], usual: Any) -> list[str]:
    """Rows whose status becomes another, and new ones whose status is not the usual one of a new row."""
    changed: Counter[str] = Counter()
    added: Counter[str] = Counter()
    for each in results:
        value = each.new_values[column]
        if each.old_values is None:
            added[value] += value != usual
        elif each.old_values[column] != value:
            changed[value] += 1
    names = dict(model._meta.get_field(column).choices or ())  # type: ignore[union-attr]
    become = [
        _sentence(model, count, "becomes", "become", str(names[value]).lower()) for value, count in _sorted(changed)
    ]
    return become + [
        _sentence(model, count, "is", "are", str(names[value]).lower(), new=True) for value, count in _sorted(added)
    ]


def switched(model: type[Model], column: str, results: Iterable[RowResult], words: tuple[str, str]) -> list[str]:
    """Rows whose switch is turned on, and off, in these words: "becomes published", "become published"."""
    counts: Counter[bool] = Counter()
    for each in results:
        old, new = bool((each.old_values or {}).get(column)), bool(each.new_values[column])
        counts[new] += old != new
    on, off = words
    return [
        f"{counted_rows(model, counts[value])} {text}." for value, text in ((True, on), (False, off)) if counts[value]
    ]


def other_references(model: type[Model], column: str, results: Iterable[RowResult]) -> list[str]:
    """Rows that pointed at something and point at something else now, and those that point at nothing any more."""
    changed = lost = 0
    for each in results:
        old, new = (each.old_values or {}).get(column), each.new_values[column]
        changed += bool(old and new and old != new)
        lost += bool(old and not new)
    sentences = [(changed, "changes its", "change their"), (lost, "loses its", "lose their")]
    noun = str(model._meta.get_field(column).verbose_name)  # type: ignore[union-attr]
    return [_sentence(model, count, one, many, noun) for count, one, many in sentences if count]


def _sorted(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted((value, count) for value, count in counts.items() if count)


def _sentence(model: type[Model], count: int, one: str, many: str, end: str, *, new: bool = False) -> str:
    rows = counted_rows(model, count)
    if new:
        number, _, noun = rows.partition(" ")
        rows = f"{number} new {noun}"
    return f"{rows} {one if count == 1 else many} {end}."
