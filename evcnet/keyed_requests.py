"""Middleware: requests of programs that carry a key and no cookie go past what pages alone need: sessions, logins, forms,
messages and the policies of browsers. Each has its id in the log all the same.

A view says so of itself by ``@takes_keys``. It looks at neither ``request.user`` nor ``request.session``: they aren't there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.handlers.exception import convert_exception_to_response
from django.http import Http404, HttpRequest
from django.urls import resolve

from evcnet.logs import RequestLog

PREFIX = "/api/"

Handler = Callable[[HttpRequest], Any]
View = TypeVar("View", bound=Callable[..., Any])


def takes_keys(view: View) -> View:
    """Marks a view that is asked with a key alone."""
    view.takes_keys = True  # type: ignore[attr-defined]
    return view


class KeyedRequests:
    def __init__(self, get_response: Handler) -> None:
        self.pages = get_response
        self.programs: dict[Handler, Handler] = {}

    def __call__(self, request: HttpRequest) -> Any:
        view = _keyed_view(request.path_info) if request.path_info.startswith(PREFIX) else None
        if view is None:
            return self.pages(request)
        if view not in self.programs:
            self.programs[view] = _ProgramLog(convert_exception_to_response(view))
        return self.programs[view](request)


def _keyed_view(path: str) -> Handler | None:
    """The view that takes keys at this address, which has no arguments."""
    try:
        view: Handler = resolve(path).func
    except Http404:
        return None
    return view if getattr(view, "takes_keys", False) else None


class _ProgramLog(RequestLog):
    """The log of requests, whose exceptions that of pages notes already: it hears of all of them."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
