"""Summary of an import: how many rows change what matters, such as their status or their customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model

from evcnet.importexport.results import RowResult
from evcnet.text import counted_rows

NEW = "new"  # what a new row had before


class ValueChanges:
    """How many rows went from which value to which, in each of some columns. A row that is pointed at counts as the
    change that it makes, whichever it is."""

    def __init__(self, columns: Iterable[str], results: Iterable[RowResult] = ()) -> None:
        self.moves: dict[str, Counter[tuple[Any, Any]]] = {name: Counter() for name in columns}
        for each in results:
            self.add(each)

    def add(self, result: RowResult) -> None:
        for name, moves in self.moves.items():
            old = NEW if result.old_values is None else result.old_values[name]
            moves[_move(old, result.new_values[name])] += 1

    def add_new(self, column: str, values: Iterable[Any]) -> None:
        """Many new rows by their values in one column; for columns that point at other rows none matters."""
        for value, count in Counter(values).items():
            self.moves[column][NEW, value] += count


def _move(old: Any, new: Any) -> tuple[Any, Any]:
    if isinstance(old, Model) or isinstance(new, Model):
        return (
            ("", "other")
            if not isinstance(old, Model)
            else ("one", "none" if new is None else "same" if old == new else "other")
        )
    return old, new


def new_states(model: type[Model], column: str, changes: ValueChanges, usual: Any) -> list[str]:
    """Rows whose status becomes another, and new ones whose status is not the usual one of a new row."""
    changed: Counter[str] = Counter()
    added: Counter[str] = Counter()
    for (old, value), count in changes.moves[column].items():
        if old is NEW:
            added[value] += count if value != usual else 0
        elif old != value:
            changed[value] += count
    names = dict(model._meta.get_field(column).choices or ())  # type: ignore[union-attr]
    become = [
        _sentence(model, count, "becomes", "become", str(names[value]).lower()) for value, count in _sorted(changed)
    ]
    return become + [
        _sentence(model, count, "is", "are", str(names[value]).lower(), new=True) for value, count in _sorted(added)
    ]


def switched(model: type[Model], column: str, changes: ValueChanges, words: tuple[str, str]) -> list[str]:
    """Rows whose switch is turned on, and off, in these words: "becomes published", "become published"."""
    counts: Counter[bool] = Counter()
    for (old, new), count in changes.moves[column].items():
        was = old is not NEW and bool(old)
        counts[bool(new)] += count if was != bool(new) else 0
    on, off = words
    return [
        f"{counted_rows(model, counts[value])} {text}." for value, text in ((True, on), (False, off)) if counts[value]
    ]


def other_references(model: type[Model], column: str, changes: ValueChanges) -> list[str]:
    """Rows that pointed at something and point at something else now, and those that point at nothing any more."""
    moves = changes.moves[column]
    sentences = [
        (moves["one", "other"], "changes its", "change their"),
        (moves["one", "none"], "loses its", "lose their"),
    ]
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
