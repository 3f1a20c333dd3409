"""Preserved filters: search, filters and page of the list that one came from, handed on from page to page as Django does."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import QueryDict

PARAMETER = "_changelist_filters"


def with_list_filters(query: QueryDict, address: str) -> str:
    """The address of another page of the row, with what the query of this one says of the list. It has none of its own."""
    filters = query.get(PARAMETER, "")
    return f"{address}?{urlencode({PARAMETER: filters})}" if filters else address


def list_as_it_was(query: QueryDict, address: str) -> str:
    """The address of the list, with the search, the filters and the page with which one left it."""
    filters = query.get(PARAMETER, "")
    return f"{address}?{filters}" if filters else address
