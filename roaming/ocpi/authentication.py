"""Authentication of partners by ``Authorization: Token <base64>``, and the limit of their requests: one query does both."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from customers.models.api_keys import digest
from roaming.models import PartnerConnection

REFUSED = "Send a valid token: Authorization: Token <base64 of the token>."
LONGEST = 400
_COUNT = """
WITH asking AS (SELECT id, rate_per_minute FROM roaming_partnerconnection WHERE token_hash = %s),
counted AS (
    INSERT INTO roaming_partnerconnectionuse AS used (connection_id, minute, requests, latest_at)
    SELECT id, date_trunc('minute', clock_timestamp()), 1, clock_timestamp() FROM asking
    ON CONFLICT (connection_id) DO UPDATE SET
        minute = excluded.minute,
        latest_at = excluded.latest_at,
        requests = CASE WHEN used.minute = excluded.minute THEN used.requests + 1 ELSE 1 END
    RETURNING requests, latest_at
)
SELECT id, requests > rate_per_minute, latest_at FROM asking, counted
"""


@dataclass(frozen=True)
class AuthenticatedPartner:
    connection: PartnerConnection
    token: str


class PartnerAuthentication(BaseAuthentication):
    """A partner is no login: the user stays anonymous, and who asks is in ``auth``. Without a valid token: refused."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, AuthenticatedPartner]:
        token = _token(request.headers.get("Authorization", ""))
        row = _count(token)
        if row is None:
            raise AuthenticationFailed(REFUSED)
        pk, over_limit, at = row
        if over_limit:
            raise Throttled(60 - at.second)
        asking = PartnerConnection.objects.select_related("partner", "provider").get(pk=pk)
        return AnonymousUser(), AuthenticatedPartner(asking, token)

    def authenticate_header(self, request: Request) -> str:
        return "Token"


def _token(header: str) -> str:
    """The token that a header holds; raises AuthenticationFailed where there is none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "token" or not encoded.strip() or len(header) > LONGEST:
        raise AuthenticationFailed(REFUSED)
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise AuthenticationFailed(f"The token is not written in base64. {REFUSED}") from error


def _count(token: str) -> tuple[int, bool, datetime] | None:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [digest(token)])
        row: tuple[int, bool, datetime] | None = cursor.fetchone()
    return row
