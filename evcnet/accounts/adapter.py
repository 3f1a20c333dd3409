"""Adapters: what the portal does differently from allauth, on which the sign-in is built."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from customers.models import StaffMember
from evcnet.accounts.attempts import (
    Kind,
    TooManyAttempts,
    begin_attempt,
    check_limits,
    client_of,
    login_of,
    succeed,
)
from evcnet.accounts.audit import record_lock
from evcnet.accounts.devices import remember_device
from evcnet.accounts.reauthentication import is_fresh
from evcnet.accounts.unsent_forms import unsent_fields


class SignIn(DefaultAccountAdapter):
    """Nobody signs up; wrong passwords are counted by device and login; a recent sign-in counts as proof."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "This e-mail address and this password don’t belong together.",
        "rate_limited": "Too many attempts. Wait a few minutes, then try again.",
        "incorrect_code": "This code is not right, or not any more: type the one that is shown now.",
        "incorrect_password": "This is not your password.",
        "enter_current_password": "This is not your password.",
        "invalid_password_reset": "This link has expired or was used already. Ask for a new one.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> StaffMember | None:
        """Looks at a password unless too many were wrong; raises what the page says then."""
        email = login_of(request, credentials)
        try:
            attempt = begin_attempt(Kind.PASSWORD, email, client_of(request, email))
        except TooManyAttempts as error:
            raise self._too_many(request, error) from error
        login: StaffMember | None = super().authenticate(request, **credentials)
        if login is not None:
            succeed(attempt)
            return login
        try:
            check_limits(attempt)
        except TooManyAttempts as error:
            record_lock(request, email)
            raise self._too_many(request, error) from error
        return None

    def reauthenticate(self, user: StaffMember, password: str) -> bool:
        return self.authenticate(context.request, email=user.email, password=password) == user

    def _too_many(self, request: HttpRequest, error: TooManyAttempts) -> Exception:
        if request.user.is_authenticated:
            return ValidationError(f"Too many failed attempts. Try again in {error}.")
        page = TemplateResponse(
            request, "account/locked_out.html", unsent_fields(request) | {"wait": error}, status=429
        )
        page["Retry-After"] = str(error.seconds)
        refusal: Exception = ImmediateHttpResponse(page)
        return refusal

    def post_login(self, request: HttpRequest, user: StaffMember, **kwargs: Any) -> HttpResponse:
        """From now on this is a device of theirs."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember_device(request, response, user)
        return response

    def set_password(self, user: StaffMember, password: str) -> None:
        user.set_password(password)
        user.save(update_fields=["password"])

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not is_fresh(context.request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")


class SecondFactorAdapter(DefaultMFAAdapter):
    """What codes are made from is kept encrypted: a copy of the database alone does not sign in."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is not right, or not any more: type the one that is shown now.",
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: StaffMember, type: Any) -> str:
        return "Passkey"


def _cipher() -> MultiFernet:
    """Keys made from SECRET_KEY and, for what was written before it was replaced, SECRET_KEY_FALLBACKS."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [hashlib.sha256(b"second factor:" + secret.encode()).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
