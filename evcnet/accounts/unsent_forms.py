"""Forms that were sent and not taken: a page that says why, and holds what was typed until it can be sent again.

The page itself holds the fields. Nothing is stored: not for strangers, who could fill a table, and no password.
What is not answered at all, or by an error, waits in the browser (static/evcnet/unanswered.js), which is told here of the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

CODES = {"code", "credential"}
PAGES_WITH_CODES = "mfa_"
"""Beginning of the names of pages on which these fields are secrets; elsewhere a code is that of a tariff."""

SENDING = "sending_id"
"""The field by which unanswered.js knows a form that it keeps. What it says is handed back with the answer."""
ASKS_FIRST = ("account_login", "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn")
"""To be led there is no answer yet: the form is sent again afterwards."""


def unsent_fields(request: HttpRequest) -> dict[str, Any]:
    """For the template accounts/unsent_fields.html: what was typed, but for passwords, codes and files."""
    view = getattr(request.resolver_match, "url_name", None) or ""
    secret = {"csrfmiddlewaretoken"} | (CODES if view.startswith(PAGES_WITH_CODES) else set())
    names = [name for name in request.POST if name not in secret]
    # One that was left empty stays empty: asked for here, it would be taken for that of who confirms.
    typed = [name for name in names if "password" in name and any(request.POST.getlist(name))]
    return {
        "path": request.get_full_path(),
        "fields": [(name, value) for name in names if name not in typed for value in request.POST.getlist(name)],
        "passwords": [(name, name.replace("_", " ").capitalize()) for name in typed],
        "has_files": bool(request.FILES),
    }


def signed_out(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: what was posted after the session ended is answered by the page, not by a way to the sign-in."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        location = response.headers.get("Location", "")
        if request.method != "POST" or request.user.is_authenticated or not _asks_to_sign_in(location):
            return response
        return _page(request, "accounts/signed_out.html", way=reverse("account_login"))

    return middleware


def _asks_to_sign_in(location: str) -> bool:
    return location.startswith(f"{settings.LOGIN_URL}?next=")


def answered(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: an answer that leads on says at the end of its address which form it answers; a page says it itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "POST" and "Location" in response.headers:
            response["Location"] = _with_answered(response["Location"], request.POST.get(SENDING, ""))
        return response

    return middleware


def _with_answered(location: str, sending: str) -> str:
    if not re.fullmatch("[0-9a-f]{32}", sending) or urlsplit(location).path in map(reverse, ASKS_FIRST):
        return location
    return f"{location}{'&' if '#' in location else '#'}answered={sending}"


def second_factor_missing(request: HttpRequest, way: str) -> HttpResponse:
    """The same for a session that has not shown its second factor; ``way``: where it does."""
    return _page(request, "accounts/second_factor_missing.html", way=way)


def proof_too_old(request: HttpRequest, way: str) -> HttpResponse:
    """The same for a form that must not wait in the session while the password is asked again."""
    return _page(request, "accounts/proof_too_old.html", way=way)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW. What another site may have sent is not offered to be sent again."""
    return _page(request, "accounts/stale_form.html", same_site=_is_from_here(request))


def _is_from_here(request: HttpRequest) -> bool:
    source = urlsplit(request.headers.get("Origin") or request.headers.get("Referer", ""))
    ours = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return f"{source.scheme}://{source.netloc}" in ours


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """allauth's handler429."""
    return _page(request, "accounts/too_many_requests.html", status=HTTPStatus.TOO_MANY_REQUESTS)


def _page(request: HttpRequest, template: str, *, status: int = HTTPStatus.FORBIDDEN, **context: Any) -> HttpResponse:
    page = TemplateResponse(request, template, unsent_fields(request) | context, status=status)
    add_never_cache_headers(page)
    return page.render()
