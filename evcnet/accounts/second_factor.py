"""The second factor: which logins need one, and whether a session has shown it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from customers.models import StaffMember
from evcnet.accounts.unsent_forms import second_factor_missing

SET_UP_BY = "second_factor_set_up_by"
"""In the session: the login that set up a factor in it. To set one up is to show it."""

REAL = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
TO_SET_UP = "mfa_"
TO_SHOW = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
ALWAYS = {"account_logout", "account_reauthenticate", "sign_in_go_on"}


def listen() -> None:
    authenticator_added.connect(_set_up, dispatch_uid="sign_in.second_factor")


def _set_up(request: HttpRequest, user: StaffMember, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type in REAL:
        request.session[SET_UP_BY] = user.pk


def is_verified(request: HttpRequest) -> bool:
    """Was a code or passkey shown in this session, by the login that it belongs to?"""
    if request.session.get(SET_UP_BY) == request.user.pk:
        return True
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def has_one(login: StaffMember) -> bool:
    return bool(Authenticator.objects.filter(user=login, type__in=REAL).exists())


def remove_all(login: StaffMember) -> int:
    """For a login that lost its phone and its codes: takes every factor away, so that a new one can be set up."""
    return int(Authenticator.objects.filter(user=login).delete()[0])


class SecondFactorMiddleware:
    """Lets nobody past who needs a second factor and has not shown it: leads to showing it, or to setting it up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        login = request.user
        if not login.is_authenticated or not login.needs_second_factor or is_verified(request):
            return None
        name = getattr(request.resolver_match, "url_name", None) or ""
        if has_one(login):
            return None if name in ALWAYS | TO_SHOW else _to(_page_to_show(login), request)
        return None if name in ALWAYS or name.startswith(TO_SET_UP) else _to("mfa_index", request)


def _page_to_show(login: StaffMember) -> str:
    by_code = Authenticator.objects.filter(user=login, type=Authenticator.Type.TOTP).exists()
    return "mfa_reauthenticate" if by_code else "mfa_reauthenticate_webauthn"


def _to(page: str, request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return second_factor_missing(request, reverse(page))
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")
