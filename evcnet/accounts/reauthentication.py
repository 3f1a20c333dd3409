"""Re-authentication: dangerous actions ask for the password again once the last proof is 15 minutes old."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.signals import authentication_step_completed
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from evcnet.accounts.unsent_forms import proof_too_old
from evcnet.admin.requests import StaffRequest

PROVED_AT = "proved_at"
INTERRUPTED = "interrupted"
MAX_CHARACTERS = 500_000
"""Characters of a form that wait in the session while the password is asked; of more, the page holds them."""

View = TypeVar("View", bound=Callable[..., Any])


def listen() -> None:
    """A password, code or passkey that was right is a proof, and so is the sign-in itself."""
    user_logged_in.connect(_proved, dispatch_uid="sign_in.proved")
    authentication_step_completed.connect(_proved, dispatch_uid="sign_in.proved")


def _proved(request: HttpRequest, **kwargs: Any) -> None:
    request.session[PROVED_AT] = time.time()


def is_fresh(request: HttpRequest) -> bool:
    """Did this session prove who it is within ACCOUNT_REAUTHENTICATION_TIMEOUT (15 minutes)?"""
    if not request.user.is_authenticated:
        return False
    age = time.time() - float(request.session.get(PROVED_AT, 0))
    return bool(age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def asks_password_again(view: View) -> View:
    """For a dangerous view, a function or a method: what is posted within 15 minutes of a proof runs, later it asks.

    What was posted waits in the session meanwhile; what can't (a form with a password, or a very long one) in a page.
    Files are not kept: pages that take files should act on a second, confirming post.
    """

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        request = next(each for each in args if isinstance(each, HttpRequest))
        return _asking(request) if _must_ask(request) else view(*args, **kwargs)

    return checked  # type: ignore[return-value]


def ask_password_again(request: HttpRequest) -> None:
    """The same from within a view, before it writes anything: leaves the view unless the proof is fresh."""
    if _must_ask(request):
        raise ImmediateHttpResponse(_asking(request))


class AsksPasswordAgain:
    """For a ModelAdmin of dangerous things: adding, changing, removing and bulk actions ask."""

    @asks_password_again
    def changeform_view(self, request: StaffRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]

    @asks_password_again
    def delete_view(self, request: StaffRequest, *args: Any, **kwargs: Any) -> Any:
        return super().delete_view(request, *args, **kwargs)  # type: ignore[misc]

    @asks_password_again
    def changelist_view(self, request: StaffRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]

    @asks_password_again
    def action_view(self, request: StaffRequest, *args: Any, **kwargs: Any) -> Any:
        return super().action_view(request, *args, **kwargs)  # type: ignore[misc]


def _must_ask(request: HttpRequest) -> bool:
    return request.method == "POST" and request.user.is_authenticated and not is_fresh(request)


class ReauthenticationMiddleware:
    """Asks in allauth's place where one of its own pages raises that it must: allauth would store all that was posted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ReauthenticationRequired) or not request.user.is_authenticated:
            return None
        return _asking_page(request, request.get_full_path())


def _asking(request: HttpRequest) -> HttpResponse:
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    if request.FILES or _has_password(request) or sum(len(value) for _, value in fields) > MAX_CHARACTERS:
        return proof_too_old(request, _way(request))
    fields = [(name, value) for name, value in fields if name != "csrfmiddlewaretoken"]
    request.session[INTERRUPTED] = {"path": request.get_full_path(), "fields": fields}
    return _asking_page(request, reverse("sign_in_go_on"))


def _has_password(request: HttpRequest) -> bool:
    """Of a form with a password nothing waits in the session: the page holds the rest of it."""
    return any("password" in name for name in request.POST)


def _asking_page(request: HttpRequest, after: str) -> HttpResponse:
    return HttpResponseRedirect(f"{_way(request)}?{urlencode({'next': after})}")


def _way(request: HttpRequest) -> str:
    """Where this login confirms who it is; without a way it has to sign in anew."""
    ways = get_adapter(request).get_reauthentication_methods(request.user)
    return str(ways[0]["url"]) if ways else reverse("account_logout")


@never_cache
def go_on(request: HttpRequest) -> HttpResponse:
    """Sends again what was interrupted: by itself where scripts run, else by a button."""
    interrupted = request.session.get(INTERRUPTED)
    if not interrupted or not is_fresh(request):
        return HttpResponseRedirect(reverse("admin:index"))
    del request.session[INTERRUPTED]
    return TemplateResponse(request, "accounts/go_on.html", interrupted)
