"""The form by which a passkey is added."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm


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
