"""Redaction: messages of OCPP without what names a person or opens a door."""

from __future__ import annotations

from typing import Any

REDACTED = "•••"
SECRET = {
    "idTag", "parentIdTag", "idToken", "groupIdToken", "additionalIdToken", "localAuthorizationList", "certificate",
    "certificateChain", "csr", "iso15118CertificateHashData", "hashData", "signature", "signedMeterData", "publicKey",
    "vendorData", "encodingMethod",
}  # fmt: skip
"""Keys whose values are left out, whatever they hold."""
VALUE_OF_SECRET_KEY = ("authorizationkey", "password")
"""A configuration key or variable that contains one of these has its ``value`` left out too."""
OPAQUE = {"DataTransfer"}
"""Actions whose data are the vendor's, so that nobody can say what they hold."""
LONGEST_TEXT, MOST_ITEMS = 200, 50


def redact(action: str, payload: Any) -> Any:
    """A copy that may be kept and shown: long texts and lists are cut."""
    if action in OPAQUE and isinstance(payload, dict):
        payload = {name: REDACTED if name == "data" else value for name, value in payload.items()}
    return _redacted(payload)


def _redacted(value: Any) -> Any:
    if isinstance(value, dict):
        secret_key = any(part in str(value.get("key", "")).lower() for part in VALUE_OF_SECRET_KEY)
        hidden = SECRET | ({"value"} if secret_key else set())
        return {str(name): REDACTED if name in hidden else _redacted(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_redacted(each) for each in value[:MOST_ITEMS]]
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:LONGEST_TEXT]
    return value
