"""Rows that a login opened lately, which the box offers first: their ids in a cookie that counts for this login alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from evcnet.admin.requests import StaffRequest
from evcnet.site.search.lines import SearchLine, SearchSection
from evcnet.site.search.rows import kinds_of
from evcnet.together import read, reading_of, side_by_side

COOKIE = "opened"
MOST = 8


def note_opened_rows(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Puts the row of a page that was opened before the others. No name is kept, and nothing is written to the database."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        key = match.kwargs.get("object_id", "") if match and match.app_name == "admin" else ""
        if request.method != "GET" or response.status_code != 200 or not key.isdecimal() or not match:
            return response
        app_and_model = "_".join((match.url_name or "").split("_")[:2])
        row = f"{app_and_model}.{key}"
        rows = [row, *(each for each in _rows(request) if each != row)][:MOST]
        response.set_signed_cookie(
            COOKIE,
            " ".join(rows),
            salt=_salt(request),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    return middleware


def recent_section(request: StaffRequest) -> Iterable[SearchSection]:
    """What is still in sight of it, the latest first; one statement."""
    opened = _rows(request)
    ids = {
        kind: [each.partition(".")[2] for each in opened if each.startswith(f"{kind.name}.")]
        for kind in kinds_of(request.user)
    }
    asked = [(kind, kind.rows(request.user).filter(pk__in=keys)) for kind, keys in ids.items() if keys]
    read(side_by_side(*(reading_of(rows) for _, rows in asked)))
    lines: dict[str, SearchLine] = {f"{kind.name}.{row.pk}": kind.line(row) for kind, rows in asked for row in rows}
    if lines:
        yield SearchSection("Opened lately", [lines[each] for each in opened if each in lines])


def _rows(request: HttpRequest) -> list[str]:
    return str(request.get_signed_cookie(COOKIE, default="", salt=_salt(request))).split()


def _salt(request: HttpRequest) -> str:
    return f"{COOKIE} by {request.user.pk}"
