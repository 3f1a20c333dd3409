"""In whose time zone does a login read and type times?"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


def provider_time_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """That of the login's first provider; the platform's where it has none."""

    def middleware(request: HttpRequest) -> HttpResponse:
        providers = getattr(request.user, "providers", [])
        if not providers:
            return get_response(request)
        with timezone.override(providers[0].zone):
            return get_response(request)

    return middleware
