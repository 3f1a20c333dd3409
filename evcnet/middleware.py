"""Middleware: which host a request may name, how large it may be, what caches may keep, what browsers tell of an address,
the time zone of a login, and how far the replica must be to show its own writes to it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from evcnet import replica
from evcnet.secret_addresses import SECRET_PATHS

HEALTH_CHECKS = frozenset({"/healthz", "/readyz"})


class AllowedHosts(CommonMiddleware):
    """Django's, which refuses hosts that are not in ALLOWED_HOSTS; but a probe asks for health by an address."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path_info in HEALTH_CHECKS:
            return None
        return super().process_request(request)


def provider_time_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """That of the login's first provider; the platform's where it has none."""

    def middleware(request: HttpRequest) -> HttpResponse:
        providers = getattr(request.user, "providers", [])
        if not providers:
            return get_response(request)
        with timezone.override(providers[0].zone):
            return get_response(request)

    return middleware


def limit_request_size(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Refuses a request above LARGEST_REQUEST bytes, on import pages above LARGEST_UPLOAD, before any of it is read or
    written to disk."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.LARGEST_UPLOAD if request.path_info.endswith("/import/") else settings.LARGEST_REQUEST
        if length.isdecimal() and int(length) <= most:
            return get_response(request)
        most //= 1_000_000
        return HttpResponse(f"This is larger than the {most} MB that a page takes.\n", "text/plain", status=413)

    return middleware


def never_cache_pages_of_logins(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """What a login was shown stays in no browser and no proxy, unless the page says otherwise."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    return middleware


class Writes:
    """Notices by the first word of a statement whether anything was written by it."""

    WORDS = ("INSERT", "UPDATE", "DELETE", "COPY", "MERGE")

    def __init__(self) -> None:
        self.any = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.any = self.any or sql.lstrip().upper().startswith(self.WORDS)
        return execute(sql, params, many, context)


def note_position_of_writes(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Who has written reads from the first database until the replica has replayed that: the browser keeps the position."""
    if not replica.is_configured():
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponse:
        writes = Writes()
        with connection.execute_wrapper(writes):
            response = get_response(request)
        if writes.any or request.method not in ("GET", "HEAD", "OPTIONS"):
            _keep_position(response)
        return response

    return middleware


def _keep_position(response: HttpResponse) -> None:
    try:
        position = replica.current_position()
    except DatabaseError:
        return  # the next page will say so
    response.set_cookie(replica.COOKIE, position, secure=settings.HTTPS, httponly=True, samesite="Lax")


def no_key_in_referrer(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Style sheets, links and the next page learn the host alone. Not "no-referrer": forms would be sent without an origin,
    and be refused as forged."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(SECRET_PATHS):
            response.headers["Referrer-Policy"] = "strict-origin"
        return response

    return middleware
