"""Authentication of API requests by key, and the key's rate limit: one query does both."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from customers.models.api_keys import digest

_COUNT = """
WITH key AS (SELECT id, provider_id, rate_per_minute FROM customers_apikey WHERE key_hash = %s AND active),
counted AS (
    INSERT INTO customers_apikeyuse AS used (api_key_id, minute, requests)
    SELECT id, date_trunc('minute', clock_timestamp()), 1 FROM key
    ON CONFLICT (api_key_id) DO UPDATE SET
        minute = excluded.minute,
        requests = CASE WHEN used.minute = excluded.minute THEN used.requests + 1 ELSE 1 END
    RETURNING requests
)
SELECT id, provider_id, requests > rate_per_minute FROM key, counted
"""


@dataclass(frozen=True, slots=True)
class AuthenticatedKey:
    key: int
    provider: int
    over_limit: bool


def authenticate_key(header: str) -> AuthenticatedKey | None:
    """Who sends ``Authorization: Token <key>``; None without a valid, active key. Counts the request."""
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "token" or not key.strip():
        return None
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [digest(key.strip())])
        row = cursor.fetchone()
    return AuthenticatedKey(*row) if row else None
