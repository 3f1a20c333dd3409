"""Pages of the list of decisions: each part of what the login sees is read in the order of its own index, and no further."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any

from django.core.paginator import Page
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property

from chargepoints.admin.session_filters import REACHED, LatestPages
from evcnet.admin.change_list import AnnotatedChangeList

PAGES_AHEAD = 9


class DecisionPages(LatestPages):
    """Pages of a queryset that is put together from ``parts``, conditions that don't overlap.

    One statement with all of them joined by OR has no index for its order, and would sort all that the login sees.
    """

    def __init__(self, rows: Any, per_page: int, parts: Sequence[Q], asked: int = 1) -> None:
        """``asked`` is the number of the page that is shown: no more than the next ones are counted."""
        super().__init__(rows, per_page)
        self.parts = [rows.filter(part) for part in parts]
        self.reached = min(REACHED, (max(asked, 1) + PAGES_AHEAD) * per_page)

    @cached_property
    def count(self) -> int:
        """At most as many as are paged through; there may be more."""
        number_of_rows: int = sum(part.order_by("-asked_at", "-id")[: self.reached].count() for part in self.parts)
        return min(self.reached, number_of_rows)

    def page(self, number: Any) -> Any:
        number = self.validate_number(number)
        bottom = (number - 1) * self.per_page
        return Page(self._rows(bottom, min(bottom + self.per_page, self.count)), number, self)

    def _rows(self, bottom: int, top: int) -> list[Any]:
        """Keys first, by the indexes alone; then the rows of this page, within the months in which they lie."""
        order = ["id" if each == "pk" else "-id" if each == "-pk" else each for each in self._order()]
        parts = [part.order_by(*order).values_list("asked_at", "id")[:top] for part in self.parts]
        merged = merge(*parts, key=itemgetter(0), reverse=order[0].startswith("-"))
        keys = list(islice(merged, bottom, top))
        if not keys:
            return []
        moments = [asked_at for asked_at, _ in keys]
        rows = self.object_list.filter(asked_at__range=(min(moments), max(moments))).in_bulk([pk for _, pk in keys])  # type: ignore[attr-defined]
        return [rows[pk] for _, pk in keys]

    def _order(self) -> Sequence[str]:
        return [str(each) for each in self.object_list.query.order_by]  # type: ignore[attr-defined]


class DecisionList(AnnotatedChangeList):
    def rows_of_page(self) -> list[Any]:
        """Django takes the whole queryset, not the paginator's page, where there is one page only."""
        if isinstance(self.result_list, QuerySet):
            return list(self.paginator.page(1).object_list)
        return list(self.result_list)
