"""Adapters: what the portal does differently from allauth, on which the sign-in is built."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context, ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from evcnet.accounts.reauthentication import is_fresh


class SignIn(DefaultAccountAdapter):
    """Nobody signs up; guesses at one login are counted over all addresses; a recent sign-in counts as proof."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "This e-mail address and this password don’t belong together.",
        "too_many_login_attempts": "Too many failed attempts. Wait a quarter of an hour, then try again.",
        "rate_limited": "Too many attempts. Wait a quarter of an hour, then try again.",
        "incorrect_code": "This code is not right, or not any more: type the one that is shown now.",
        "incorrect_password": "This is not your password.",
        "enter_current_password": "This is not your password.",
        "invalid_password_reset": "This link has expired or was used already. Ask for a new one.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Axes stops an address that guesses; this stops many addresses that guess at one login."""
        if not ratelimit.consume(request, action="password", key=str(credentials.get("email", "")).lower()):
            raise self.validation_error("too_many_login_attempts")

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

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return "Passkey"


def _cipher() -> MultiFernet:
    """Keys made from SECRET_KEY and, for what was written before it was replaced, SECRET_KEY_FALLBACKS."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [hashlib.sha256(b"second factor:" + secret.encode()).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
