"""Authentication of API requests by key, and the key's rate limit: one query does both."""

from __future__ import annotations

from dataclasses import dataclass

from customers.models.api_keys import digest
from evcnet.statements import fetch_prepared

# The commit is not waited for: all requests with a key wait for its row, and a count that a crash loses is no loss.
_COUNT = """
WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
key AS (SELECT id, provider_id, rate_per_minute FROM customers_apikey WHERE key_hash = %(digest)s AND active),
counted AS (
    INSERT INTO customers_apikeyuse AS used (api_key_id, minute, requests)
    SELECT id, date_trunc('minute', clock_timestamp()), 1 FROM key
    ON CONFLICT (api_key_id) DO UPDATE SET
        minute = excluded.minute,
        requests = CASE WHEN used.minute = excluded.minute THEN used.requests + 1 ELSE 1 END
    RETURNING requests
)
SELECT id AS key, provider_id AS provider, requests > rate_per_minute AS over_limit FROM key, counted, unhurried
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
    rows = fetch_prepared(_COUNT, {"digest": digest(key.strip())})
    return AuthenticatedKey(**rows[0]) if rows else None
