"""Handshake of OCPI credentials: what the partner says is tried out before it counts, and both sides get their tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from procrastinate.contrib.django import app

from customers.models import Provider
from roaming import connections
from roaming.models import PartnerConnection
from roaming.partner_client import PartnerNotReached, call_partner

VERSIONS = ("2.2.1", "2.3.0")
"""What the portal speaks, from the oldest."""
LONGEST_URL = 255
PULL, PUSH = "pull_tokens_of_partner", "push_changes_of_partner"
"""The names of jobs, which lie among the entry points (roaming/ocpi/tasks.py)."""


def own_address(path: str, of_request: Callable[[str], str]) -> str:
    """An address of ours as partners reach it: by PUBLIC_URL, else as the request at hand was reached."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}" if settings.PUBLIC_URL else of_request(path)


class HandshakeRefused(Exception):
    """The partner's side can't be used; the message says why. ``status``: OCPI's status code for it."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class PartnerSide:
    """What the partner's own endpoints say: the version that both speak, and its addresses in it."""

    version: str
    endpoints: list[dict[str, str]]


def accept_credentials(
    connection: PartnerConnection, credentials: Mapping[str, Any], *, version: str, versions_url: str
) -> dict[str, Any]:
    """The partner's POST or PUT: fetch its versions back with its token, register it, and answer with a new token C.

    Raises HandshakeRefused, and then nothing is changed.
    """
    side = fetch_side(connection, credentials["url"], credentials["token"], version)
    token = connections.register(
        connection.partner,
        partner_token=credentials["token"],
        versions_url=credentials["url"],
        version=side.version,
        endpoints=side.endpoints,
    )
    _begin_exchange(connection)
    return own_credentials(connection.provider, token, versions_url)


def begin_handshake(
    connection: PartnerConnection, partner_versions_url: str, token: str, *, versions_url: str
) -> PartnerConnection:
    """The other way round: the partner gave us a token A and its address, and we register there.

    Raises HandshakeRefused. The token that the partner is to use counts before its answer, since it fetches our versions
    meanwhile; where there is no answer the connection is as it was.
    """
    side = fetch_side(connection, partner_versions_url, token, newest=VERSIONS[-1])
    url = next((each["url"] for each in side.endpoints if each["identifier"] == "credentials"), None)
    if url is None:
        raise HandshakeRefused("It lists no endpoint for credentials.", 3003)
    ours = own_credentials(connection.provider, connections.invite(connection.partner), versions_url)
    try:
        theirs = call_partner(connection, "POST", url, token=token, body=ours, seconds=30).data
    except PartnerNotReached as error:
        connections.restore(connection)
        raise HandshakeRefused(f"It did not take our credentials: {error}", 3001) from error
    if not isinstance(theirs, Mapping) or not _is_token(theirs.get("token")):
        connections.restore(connection)
        raise HandshakeRefused("Its answer to our credentials holds no token.", 3001)
    connections.confirm(
        connection.partner,
        partner_token=str(theirs["token"]),
        versions_url=partner_versions_url,
        version=side.version,
        endpoints=side.endpoints,
    )
    return _begin_exchange(connection)


def _begin_exchange(connection: PartnerConnection) -> PartnerConnection:
    """The connection as it is registered; its tokens are read, and it is sent what it sees, by jobs."""
    registered: PartnerConnection = PartnerConnection.objects.get(pk=connection.pk)
    if registered.endpoint("tokens", "SENDER"):
        app.configure_task(PULL).defer(connection=registered.pk)
    app.configure_task(PUSH).defer(connection=registered.pk)
    return registered


def own_credentials(provider: Provider, token: str, versions_url: str) -> dict[str, Any]:
    """The Credentials object of a provider, with the token that the partner is to send."""
    return {
        "token": token,
        "url": versions_url,
        "roles": [
            {
                "role": "CPO",
                "business_details": {"name": provider.name},
                "party_id": provider.party_id,
                "country_code": provider.country_code.code,
            }
        ],
    }


def fetch_side(connection: PartnerConnection, url: str, token: str, newest: str) -> PartnerSide:
    """The partner's versions, and its endpoints in the newest one that both speak, up to ``newest``. Raises HandshakeRefused."""
    try:
        listed = call_partner(connection, "GET", url, token=token).data
        version, details_url = _choose_version(listed, newest)
        details = call_partner(connection, "GET", details_url, token=token).data
    except PartnerNotReached as error:
        raise HandshakeRefused(f"Its versions can't be read: {error}", 3001) from error
    return PartnerSide(version, _endpoints(details))


def _choose_version(listed: Any, newest: str) -> tuple[str, str]:
    if not isinstance(listed, list):
        raise HandshakeRefused("What it lists as versions is no list.", 3001)
    named = [each for each in listed if isinstance(each, Mapping) and isinstance(each.get("version"), str)]
    offered = {each["version"]: each.get("url") for each in named}
    for version in reversed(VERSIONS[: VERSIONS.index(newest) + 1]):
        url = offered.get(version)
        if isinstance(url, str):
            return version, url
    raise HandshakeRefused(f"It speaks none of our versions: {', '.join(VERSIONS)}.", 3002)


def _endpoints(details: Any) -> list[dict[str, str]]:
    """Those that can be used: module, role, address. Raises HandshakeRefused where there is none."""
    listed = details.get("endpoints") if isinstance(details, Mapping) else None
    usable = [each for each in listed if _is_endpoint(each)] if isinstance(listed, list) else []
    if not usable:
        raise HandshakeRefused("It lists no endpoints.", 3003)
    return [{name: each[name] for name in ("identifier", "role", "url")} for each in usable[:100]]


def _is_endpoint(each: Any) -> bool:
    names = ("identifier", "role", "url")
    return isinstance(each, Mapping) and all(
        isinstance(each.get(name), str) and 0 < len(each[name]) <= LONGEST_URL for name in names
    )


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64 and value.isascii() and value.isprintable()
