"""Pagination of OCPI lists: date_from, date_to, offset and limit, with the headers Link, X-Total-Count and X-Limit.

The order is that of the rows' ids. The next page's address also says behind which row it begins, so that the last page
costs no more than the first; an offset that somebody typed is counted off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from roaming.handshake import own_address
from roaming.ocpi.envelope import envelope
from roaming.ocpi.errors import OcpiError
from tariffs.ocpi.fields import Fields

MOST = 100
LARGEST = 10**15


@dataclass(frozen=True)
class PageQuery:
    """What a partner asks of a list. ``after`` is the id of the row behind which the page begins, where it is known."""

    date_from: datetime | None
    date_to: datetime | None
    offset: int
    limit: int
    after: int | None

    @classmethod
    def of(cls, request: Request) -> PageQuery:
        """Raises OcpiError for what makes no sense; names that nobody knows are read over."""
        given = request.query_params
        return cls(
            date_from=_moment(given, "date_from"),
            date_to=_moment(given, "date_to"),
            offset=_number(given, "offset", least=0) or 0,
            limit=min(_number(given, "limit", least=1) or MOST, MOST),
            after=_number(given, "after", least=0),
        )


def _moment(given: Any, name: str) -> datetime | None:
    fields = Fields({name: given.get(name) or None})
    moment = fields.moment(name)
    if fields.problems:
        raise OcpiError(f"{fields.problems[0]}.")
    return moment


def _number(given: Any, name: str, *, least: int) -> int | None:
    text = given.get(name, "")
    if text == "":
        return None
    if not text.isascii() or not text.isdecimal() or not least <= int(text[:20]) < LARGEST:
        raise OcpiError(f"{name}: “{text[:20]}” is no number of at least {least}.")
    return int(text)


Write = Callable[[Sequence[Any]], list[Any]]


def paged(request: Request, rows: QuerySet[Any], write: Write, query: PageQuery) -> Response:
    """One page of the rows, each page a slice of their ids; ``write`` makes objects of them."""
    return paged_in_turn(request, [rows], write, query)


def paged_in_turn(request: Request, parts: Sequence[QuerySet[Any]], write: Write, query: PageQuery) -> Response:
    """As ``paged``, of rows of several kinds, one kind after the other; of the first the ids say where a page begins."""
    counts = [rows.count() for rows in parts]
    page = list(_behind(parts[0].order_by("pk"), query)[: query.limit])
    last, offset = page[-1].pk if page else None, query.offset
    for rows, before in zip(parts[1:], counts, strict=False):
        offset = max(offset - before, 0)
        if more := list(rows.order_by("pk")[offset : offset + query.limit - len(page)]):
            page, last = page + more, None
    return page_response(request, query, write(page), sum(counts), last=last, rows=len(page))


def _behind(rows: QuerySet[Any], query: PageQuery) -> QuerySet[Any]:
    return rows.filter(pk__gt=query.after) if query.after is not None else rows[query.offset :]


def paged_objects(request: Request, objects: Sequence[Any], query: PageQuery) -> Response:
    """One page of objects that are all at hand."""
    page = list(objects[query.offset : query.offset + query.limit])
    return page_response(request, query, page, len(objects), last=None, rows=len(page))


def page_response(
    request: Request, query: PageQuery, written: list[Any], total: int, *, last: int | None, rows: int
) -> Response:
    """``rows`` are those that were read for it, of which not all need to be written. ``last``: behind it the next page begins;
    None: by the offset alone."""
    response = Response(envelope(written))
    response["X-Total-Count"], response["X-Limit"] = str(total), str(MOST)
    if rows and query.offset + rows < total:
        values = {name: value for name, value in request.query_params.items() if name in ("date_from", "date_to")}
        values |= {"offset": str(query.offset + rows), "limit": str(query.limit)}
        values |= {} if last is None else {"after": str(last)}
        response["Link"] = f'<{own_address(request.path, request.build_absolute_uri)}?{urlencode(values)}>; rel="next"'
    return response
