"""Audit log of signing in: receivers that record each sign-in, refusal and change of what one signs in with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import password_changed, password_reset
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest, HttpResponse

from customers.audit import record
from customers.models import AuditEntry, StaffMember
from evcnet.accounts.attempts import address_of, login_of

Event = AuditEntry.Event
UNKNOWN = "no login has this address"


def listen() -> None:
    for signal, receiver in (
        (user_logged_in, _signed_in),
        (user_logged_out, _signed_out),
        (user_login_failed, _wrong_password),
        (authentication_failed, _wrong_code),
        (password_changed, _password_set),
        (password_reset, _password_set),
        (authenticator_added, _factor_added),
        (authenticator_reset, _factor_added),
        (authenticator_removed, _factor_removed),
    ):
        signal.connect(receiver, dispatch_uid=f"record.{receiver.__name__}")


def refusals(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a page that refused a login (403) is recorded by its name, without the row that it was about."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 403 and request.user.is_authenticated:
            page = request.resolver_match.view_name if request.resolver_match else ""
            _record(Event.PAGE_REFUSED, request, request.user, about=page)
        return response

    return middleware


def _record(event: str, request: HttpRequest, login: StaffMember | None, **details: Any) -> None:
    record(event, login, address=address_of(request), **details)


def _signed_in(request: HttpRequest, user: StaffMember, **kwargs: Any) -> None:
    steps = get_authentication_records(request, user)
    how = [str(step.get("type") or step.get("method")) for step in steps]
    words = {"totp": "app", "webauthn": "passkey", "recovery_codes": "recovery code"}
    _record(Event.SIGNED_IN, request, user, about=" and ".join(words.get(each, each) for each in how))


def _signed_out(request: HttpRequest, user: StaffMember | None, **kwargs: Any) -> None:
    if user is not None:
        _record(Event.SIGNED_OUT, request, user)


def _wrong_password(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    if request is not None:
        login = _login(login_of(request, credentials))
        _record(Event.SIGN_IN_REFUSED, request, login, about="wrong password" if login else UNKNOWN)


def _wrong_code(request: HttpRequest, user: StaffMember, **kwargs: Any) -> None:
    _record(Event.SIGN_IN_REFUSED, request, user, about="wrong code")


def record_lock(request: HttpRequest, address: str) -> None:
    """Too many wrong passwords for the login with this e-mail address."""
    login = _login(address)
    _record(Event.LOCKED_OUT, request, login, about="" if login else UNKNOWN)


def _login(address: str) -> StaffMember | None:
    login: StaffMember | None = StaffMember.objects.filter(email=address).first()
    return login


def _password_set(request: HttpRequest, user: StaffMember, **kwargs: Any) -> None:
    _record(Event.PASSWORD_SET, request, user, about="own")


def _factor_added(request: HttpRequest, user: StaffMember, authenticator: Any, **kwargs: Any) -> None:
    _record(Event.FACTOR_ADDED, request, user, about=_sort(authenticator))


def _factor_removed(request: HttpRequest, user: StaffMember, authenticator: Any, **kwargs: Any) -> None:
    _record(Event.FACTOR_REMOVED, request, user, about=_sort(authenticator))


def _sort(authenticator: Any) -> str:
    return {"totp": "app", "webauthn": "passkey"}.get(authenticator.type, "recovery codes")
