"""Pages of lists: by number as long as the rows can be counted; of more, each page by the row that it comes after or before.

Page 10,000 of a million costs what the first one does, where an index has the columns by which the list is sorted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.admin.utils import get_fields_from_path
from django.core.paginator import Paginator
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.utils.functional import cached_property

MOST = 10_000
"""So many rows are counted. A larger number would be out of date before it is read, and costs more than the page."""
FIGURES = 3


class ListPages(Paginator):  # type: ignore[type-arg]
    """Counts ``MOST`` rows at most; ``has_more`` says that there are others."""

    object_list: Any
    in_order = False
    """Whether rows are counted by the index of the list's order. Else the database may read the table until it has enough,
    which is all of it where the login's rows stand last; what a search finds is better counted in any order."""

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list if self.in_order else self.object_list.order_by()
        keys: QuerySet[Any] = rows.select_related(None).values("pk")
        return keys[: MOST + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST)

    @property
    def has_more(self) -> bool:
        return self._counted > MOST

    @property
    def estimate(self) -> int:
        """About how many there are, by the database's statistics, in three figures."""
        plan = json.loads(self.object_list.order_by().select_related(None).values("pk").explain(format="json"))
        rows = max(int(plan[0]["Plan"]["Plan Rows"]), MOST)
        return int(round(rows, FIGURES - len(str(rows))))


class RowBeyond(Func):
    """``(a, b) > (1, 2)``, by which an index of both columns is entered at once; ``<`` for the other direction."""

    output_field = BooleanField()
    template = "ROW(%(left)s) %(sign)s ROW(%(right)s)"

    def __init__(self, names: list[str], values: list[Any], sign: str) -> None:
        super().__init__(*map(F, names), *map(Value, values))
        self.sign = sign

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]
        sides = [compiler.compile(each) for each in self.source_expressions]
        middle = len(sides) // 2
        left, right = (", ".join(sql for sql, _ in side) for side in (sides[:middle], sides[middle:]))
        params = [param for _, given in sides for param in given]
        return self.template % {"left": left, "right": right, "sign": self.sign}, params


@dataclass(frozen=True)
class Order:
    """The columns by which a list is sorted, the last of them the key; all in one direction. Of the first alone may be empty."""

    names: tuple[str, ...]
    descending: bool
    first_may_be_empty: bool

    @classmethod
    def of(cls, rows: QuerySet[Any]) -> Order | None:
        """None where the rows are sorted in a way that pages can't follow."""
        parts = [str(each) for each in rows.query.order_by if isinstance(each, str)]
        names = tuple("id" if part.lstrip("-") == "pk" else part.lstrip("-") for part in parts)
        if len(parts) != len(rows.query.order_by) or names[-1:] != ("id",):
            return None
        paths = [get_fields_from_path(rows.model, name) for name in names]
        one_way = len({part.startswith("-") for part in parts}) == 1
        if not one_way or any(path[-1].is_relation for path in paths) or any(map(_may_be_empty, paths[1:])):
            return None
        return cls(names, parts[0].startswith("-"), _may_be_empty(paths[0]))

    def reverse(self) -> Order:
        return replace(self, descending=not self.descending)

    def beyond(self, values: list[Any]) -> list[Q]:
        """Conditions of the rows that come after one with these values; those of each come after those of the one before."""
        sign = "<" if self.descending else ">"
        if not self.first_may_be_empty:
            return [Q(RowBeyond([*self.names], values, sign))]
        empty = Q(**{f"{self.names[0]}__isnull": True})
        if values[0] is None:
            rest = [empty & Q(RowBeyond([*self.names[1:]], values[1:], sign))]
            return [*rest, ~empty] if self.descending else rest
        filled = Q(RowBeyond([*self.names], values, sign))
        return [filled] if self.descending else [filled, empty]


def _may_be_empty(path: list[Any]) -> bool:
    return any(field.null for field in path)


@dataclass(frozen=True)
class KeysetPage:
    """The rows of a page, and whether others come before and after them."""

    rows: list[Any]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True)
class Keyset:
    """Pages of ``rows``, of ``size`` rows each; ``order`` is theirs, and None where pages can't follow it, but by number."""

    rows: QuerySet[Any]
    order: Order | None
    size: int

    def first(self) -> KeysetPage:
        matches = list(self.rows[: self.size + 1])
        return KeysetPage(matches[: self.size], has_previous=False, has_next=len(matches) > self.size)

    def last(self) -> KeysetPage:
        matches = list(self.rows.reverse()[: self.size + 1])
        return KeysetPage(matches[: self.size][::-1], has_previous=len(matches) > self.size, has_next=False)

    def after(self, row: QuerySet[Any]) -> KeysetPage | None:
        """The page after a row, which need not be one of the list any more; None where it is nowhere."""
        values = self.order and row.values_list(*self.order.names).first()
        return self._after(self.order, list(values)) if self.order and values else None

    def before(self, row: QuerySet[Any]) -> KeysetPage | None:
        values = self.order and row.values_list(*self.order.names).first()
        if not self.order or not values:
            return None
        matches = self._beyond(self.rows.reverse(), self.order.reverse(), list(values))
        if len(matches) <= self.size:
            return self.first()
        return KeysetPage(matches[: self.size][::-1], has_previous=True, has_next=True)

    def number(self, number: int) -> KeysetPage:
        """A page by its number, for an address that somebody typed or kept; the last one where there are fewer."""
        if number <= 1:
            return self.first()
        skipped = (number - 1) * self.size
        if self.order is None:
            return self._page(list(self.rows[skipped : skipped + self.size + 1]))
        row = self.rows.select_related(None).values_list(*self.order.names)[skipped - 1 : skipped].first()
        return self.last() if row is None else self._after(self.order, list(row))

    def _after(self, order: Order, values: list[Any]) -> KeysetPage:
        return self._page(self._beyond(self.rows, order, values))

    def _page(self, matches: list[Any]) -> KeysetPage:
        if not matches:
            return self.last()
        return KeysetPage(matches[: self.size], has_previous=True, has_next=len(matches) > self.size)

    def _beyond(self, rows: QuerySet[Any], order: Order, values: list[Any]) -> list[Any]:
        matches: list[Any] = []
        for condition in order.beyond(values):
            if len(matches) <= self.size:
                matches += rows.filter(condition)[: self.size + 1 - len(matches)]
        return matches
