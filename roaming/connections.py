"""Connections of partners: invited with a token A, registered by the handshake, ended. Tokens are shown once."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.models.api_keys import digest
from roaming.models import Partner, PartnerConnection, PushedObject, PushState

State = PartnerConnection.State
UNREGISTERED: dict[str, Any] = {
    "partner_token": "",
    "versions_url": "",
    "version": "",
    "endpoints": [],
    "registered_at": None,
}


def new_token() -> str:
    """43 random characters; OCPI allows 64 printable ones of ASCII."""
    return secrets.token_urlsafe(32)


@transaction.atomic
def invite(partner: Partner) -> str:
    """A new token A, with which the partner can register. What it had before, the registration too, ends."""
    token = new_token()
    _write(partner, state=State.INVITED, token_hash=digest(token), **UNREGISTERED)
    _forget_pushes(partner)
    return token


@transaction.atomic
def end(partner: Partner) -> None:
    """No token opens anything any more, and nothing is sent to the partner."""
    if PartnerConnection.objects.filter(partner=partner).exists():
        _write(partner, state=State.ENDED, token_hash=None, **UNREGISTERED)
        _forget_pushes(partner)


@transaction.atomic
def register(partner: Partner, *, partner_token: str, versions_url: str, version: str, endpoints: list[Any]) -> str:
    """Keep what the handshake has brought; a new token C, by which the partner signs in from now on."""
    token = new_token()
    _write(partner, token_hash=digest(token))
    confirm(partner, partner_token=partner_token, versions_url=versions_url, version=version, endpoints=endpoints)
    return token


def confirm(partner: Partner, *, partner_token: str, versions_url: str, version: str, endpoints: list[Any]) -> None:
    """Registered by our own request: the token that we sent with it stays the partner's."""
    _write(
        partner,
        state=State.REGISTERED,
        partner_token=partner_token,
        versions_url=versions_url,
        version=version,
        endpoints=endpoints,
        registered_at=timezone.now(),
    )


def restore(former: PartnerConnection) -> None:
    """As it was before a handshake that came to nothing."""
    names = ("state", "token_hash", *UNREGISTERED)
    _write(former.partner, **{name: getattr(former, name) for name in names})


@transaction.atomic
def _write(partner: Partner, **columns: Any) -> None:
    PartnerConnection.objects.update_or_create(
        partner=partner, defaults=columns, create_defaults={"provider_id": partner.provider_id, **columns}
    )


def _forget_pushes(partner: Partner) -> None:
    """A partner that registers anew is sent everything."""
    PushState.objects.filter(partner=partner).delete()
    PushedObject.objects.filter(partner=partner).delete()
