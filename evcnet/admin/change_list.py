"""The list of an admin: its order, its pages and how many rows it has, and what its columns show."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from unfold.views import ChangeList

from evcnet.admin.list_pages import Keyset, KeysetPage, ListPages, Order
from evcnet.admin.requests import StaffRequest
from evcnet.primary_keys import parse_pk
from evcnet.tenancy import visible_order

AFTER, BEFORE = "after", "before"
LAST = "last"


class AnnotatedChangeList(ChangeList):
    """A list whose admin fetches what its rows need for the whole page at once.

    Where there are more rows than are counted, ``page_links`` lead to the pages around, from row to row.
    """

    queryset: Any
    result_list: Any
    page_num: int
    page_links: list[tuple[str, str]] | None = None
    """(word, address) each, of a list whose pages have no numbers; None where they do."""
    total = ""
    """How many rows there are, in words, where they are not counted."""

    def get_queryset(self, request: StaffRequest, exclude_parameters: Any = None) -> Any:
        for name in (AFTER, BEFORE):
            # Where a page begins is no filter, and links to other filters and orders begin anew.
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        return super().get_queryset(request, exclude_parameters)

    def url_for_result(self, result: Any) -> str:
        """The page that a row opens on."""
        address: str = self.model_admin.page(quote(getattr(result, self.pk_attname)))
        return address

    def get_filters(self, request: StaffRequest) -> Any:
        try:
            return super().get_filters(request)
        except DisallowedModelAdminLookup as error:
            raise IncorrectLookupParameters from error

    def get_ordering(self, request: StaffRequest, queryset: Any) -> list[Any]:
        """By a row that the login does not see, as by nothing: the order would tell what the column hides."""
        ordering = one_way(super().get_ordering(request, queryset), self._get_default_ordering())
        return [visible_order(request.user, self.model, self.model_admin.open_relations, each) for each in ordering]

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Made once each: the table asks for those of its headers again in every row."""
        asked = (repr(self.filter_params), repr(new_params), repr(remove))
        if asked not in self._query_strings:
            self._query_strings[asked] = super().get_query_string(new_params, remove)
        return self._query_strings[asked]

    @cached_property
    def _query_strings(self) -> dict[tuple[str, str, str], str]:
        return {}

    def get_results(self, request: StaffRequest) -> None:
        paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        if isinstance(paginator, ListPages):
            self._get_pages(request, paginator)
        else:
            super().get_results(request)
        self.result_list = self.rows_of_page()
        self.model_admin.fetch_columns(request, self.result_list)

    def _get_pages(self, request: StaffRequest, pages: ListPages) -> None:
        pages.in_order = not self.query
        self.paginator, self.result_count = pages, pages.count
        self.full_result_count, self.show_full_result_count, self.show_admin_actions = None, False, True
        self.can_show_all = not pages.has_more and pages.count <= self.list_max_show_all
        self.multi_page = self.list_per_page < pages.count and not pages.has_more
        if pages.has_more:
            self.total = self._total(request, pages)
            keyset = Keyset(self.queryset, Order.of(self.queryset), self.list_per_page)
            self.result_list = self._keyset_page(request, keyset)
        else:
            self._get_numbered_page(pages)

    def _get_numbered_page(self, pages: ListPages) -> None:
        if self.query and ORDER_VAR not in self.params:
            self.queryset = pages.object_list = self.model_admin.rank_matches(self.queryset, self.query)
        if self.show_all and self.can_show_all:
            self.result_list = self.queryset._clone()
        else:
            self.page_num = min(max(self.page_num, 1), pages.num_pages)
            self.result_list = pages.page(self.page_num).object_list

    def _total(self, request: StaffRequest, pages: ListPages) -> str:
        """Exact where that is known without counting; estimated where a search does not make that a guess."""
        if not self.query:
            exact = None if self.has_active_filters else self.model_admin.exact_total(request)
            return f"about {pages.estimate:,}" if exact is None else f"{exact:,}"
        return f"more than {pages.count:,}"

    def _keyset_page(self, request: StaffRequest, keyset: Keyset) -> list[Any]:
        page = self._asked_page(request, keyset)
        self.page_links = self._links(page, last=request.GET.get(PAGE_VAR) == LAST)
        return page.rows

    def _asked_page(self, request: StaffRequest, keyset: Keyset) -> KeysetPage:
        """By the row before or after it; where that is gone, by its number. Never an error."""
        if request.GET.get(PAGE_VAR) == LAST:
            return keyset.last()
        page = None
        if (after := parse_pk(request.GET.get(AFTER))) is not None:
            page = keyset.after(self.root_queryset.filter(pk=after))
        elif (before := parse_pk(request.GET.get(BEFORE))) is not None:
            page = keyset.before(self.root_queryset.filter(pk=before))
        return page or keyset.number(self.page_num)

    def _links(self, page: KeysetPage, *, last: bool) -> list[tuple[str, str]]:
        links: list[tuple[str, str]] = []

        def add(word: str, **params: Any) -> None:
            links.append((word, self.get_query_string(params)))

        if page.has_previous:
            add("First")
            number = {} if last else {PAGE_VAR: max(self.page_num - 1, 1)}
            add("Previous", **{BEFORE: page.rows[0].pk}, **number)
        if page.has_next:
            add("Next", **{AFTER: page.rows[-1].pk}, **{PAGE_VAR: self.page_num + 1})
            add("Last", **{PAGE_VAR: LAST})
        return links

    def rows_of_page(self) -> list[Any]:
        return list(self.result_list)


def one_way(ordering: list[Any], default: list[Any]) -> list[Any]:
    """Rows that are alike in the chosen order stand by the list's own, in the same direction, so that one index serves
    both ways. Orders of another kind stay as they are."""
    chosen = [each for each in ordering if each not in ("pk", "-pk")]
    if not chosen or not all(isinstance(each, str) for each in [*chosen, *default]):
        return ordering
    if any(each.startswith("-") for each in default):
        return ordering
    sign = "-" if chosen[-1].startswith("-") else ""
    names = {each.lstrip("-") for each in chosen}
    more = [f"{sign}{each}" for each in default if each not in names]
    ordered = [*chosen, *more]
    return ordered if {"id", "pk"} & {each.lstrip("-") for each in ordered} else [*ordered, f"{sign}pk"]
