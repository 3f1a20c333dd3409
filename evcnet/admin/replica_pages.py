"""Pages that may read from a replica: the decorator of their methods, and how far the replica must be for a request."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http.response import HttpResponseBase

from evcnet import replica
from evcnet.admin.requests import StaffRequest

View = TypeVar("View", bound=Callable[..., Any])
POSITION = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")
"""A position in the log of the database, as it writes them."""


def reads_replica(view: View) -> View:
    """A decorator of a page's method: to show the page, it may read from the replica. What is sent to it may not."""

    @wraps(view)
    def routed(page: Any, request: StaffRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method not in ("GET", "HEAD"):
            return view(page, request, *args, **kwargs)
        return replica.read(lambda: _rendered(view(page, request, *args, **kwargs)), position_of(request))

    return cast(View, routed)


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    """Templates read rows too."""
    if replica.is_configured() and hasattr(response, "render"):
        response.render()
    return response


def position_of(request: StaffRequest) -> str:
    """The position of what this browser has last written; empty where it is not known to have written."""
    position = request.COOKIES.get(replica.COOKIE, "")
    return position if POSITION.fullmatch(position) else ""
