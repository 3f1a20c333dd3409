"""Forms of signing in, where they differ from allauth's: wrong secrets are counted, and each code is taken once."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import StaffMember
from evcnet.accounts.attempts import Kind, counted
from evcnet.accounts.models import UsedCode


class PasskeyForm(AddWebAuthnForm):
    """A passkey that proves who holds it signs in by itself, unless somebody wants it as a second factor alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"passwordless": True} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        alone = self.fields["passwordless"]
        alone.label = "Signs in without a password"
        alone.help_text = (
            "Your device then asks for your fingerprint, your face or its PIN. Untick this for a security key that "
            "only comes after the password."
        )


class CodeForm(AuthenticateForm):
    """A code of the app or a recovery code, while signing in."""

    def clean_code(self) -> str:
        with counted(Kind.CODE, context.request, self.user.email):
            code: str = super().clean_code()
            if self.authenticator.type == Authenticator.Type.TOTP:
                use_code(self.user, decrypt(self.authenticator.data["secret"]), code)
        return code


class CodeAgainForm(CodeForm, ReauthenticateForm):
    """The same before something dangerous."""

    save = ReauthenticateForm.save
    _emit_authentication_failed = ReauthenticateForm._emit_authentication_failed


class AppForm(ActivateTOTPForm):
    """The code that sets up an app is used by that."""

    def clean_code(self) -> str:
        with counted(Kind.CODE, context.request, self.user.email):
            code: str = super().clean_code()
            use_code(self.user, self.secret, code)
        return code


class OwnPasswordForm(ChangePasswordForm):
    """Who sits at a session that was left open guesses the old password no faster than elsewhere."""

    def clean_oldpassword(self) -> str:
        with counted(Kind.PASSWORD, context.request, self.user.email):
            password: str = super().clean_oldpassword()
        return password


def use_code(login: StaffMember, secret: str, code: str) -> None:
    """ValidationError where the code was used before, be it by another request at this moment."""
    steps = (
        step
        for step in yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
    )
    try:
        with transaction.atomic():
            UsedCode.objects.create(login=login, step=next(steps), used_at=timezone.now())
    except (IntegrityError, StopIteration) as error:
        raise get_adapter().validation_error("incorrect_code") from error
