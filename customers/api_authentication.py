"""Authentication of API requests by key, and the key's rate limit: one query does both.

The count is one row a key for all processes. A process adds what it has answered in parts of a hundredth of the rate, the
first of a minute at once; what it has not added yet counts for itself alone. So no process answers more than the
rate, and several together a hundredth more for each further one at most.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from customers.models.api_keys import digest
from evcnet.statements import fetch_prepared

PARTS = 100
_KEY = """
SELECT k.id AS key, k.provider_id AS provider, k.rate_per_minute AS rate, now.minute,
    CASE WHEN used.minute = now.minute THEN used.requests ELSE 0 END AS requests
FROM customers_apikey k CROSS JOIN (SELECT date_trunc('minute', clock_timestamp()) AS minute) now
LEFT JOIN customers_apikeyuse used ON used.api_key_id = k.id
WHERE k.key_hash = %(digest)s AND k.active
"""
# The commit is not waited for: all requests with a key wait for its row, and a count that a crash loses is no loss.
_ADD = """
WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO customers_apikeyuse AS used (api_key_id, minute, requests)
SELECT id, %(minute)s, %(requests)s FROM customers_apikey, unhurried WHERE id = %(key)s
ON CONFLICT (api_key_id) DO UPDATE SET
    minute = excluded.minute,
    requests = CASE WHEN used.minute = excluded.minute THEN used.requests ELSE 0 END + excluded.requests
WHERE used.minute <= excluded.minute
RETURNING requests
"""


@dataclass(frozen=True, slots=True)
class AuthenticatedKey:
    key: int
    provider: int
    over_limit: bool


@dataclass(slots=True)
class _Count:
    """Requests with a key in a minute: as many as the row is known to have, and those of this process that it lacks."""

    minute: datetime
    stored: int = 0
    waiting: int = 0


_counts: dict[str, _Count] = {}
_counting = threading.Lock()


def authenticate_key(header: str) -> AuthenticatedKey | None:
    """Who sends ``Authorization: Token <key>``; None without a valid, active key. Counts the request."""
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "token" or not key.strip():
        return None
    hashed = digest(key.strip())
    rows = fetch_prepared(_KEY, {"digest": hashed})
    if not rows:
        return None
    [row] = rows
    requests, to_add = _count(hashed, row)
    if to_add:
        fetch_prepared(_ADD, {"key": row["key"], "minute": row["minute"], "requests": to_add})
    return AuthenticatedKey(row["key"], row["provider"], requests > row["rate"])


def _count(hashed: str, row: dict[str, Any]) -> tuple[int, int]:
    """How many requests the minute has had with this one, and how many of them are to be added to the row now."""
    with _counting:
        count = _counts.get(hashed)
        if count is None or count.minute < row["minute"]:
            count = _counts[hashed] = _Count(row["minute"])
        count.stored = max(count.stored, row["requests"])
        count.waiting += 1
        requests = count.stored + count.waiting
        if count.stored and count.waiting * PARTS < row["rate"]:
            return requests, 0
        to_add, count.waiting = count.waiting, 0
        count.stored += to_add
        return requests, to_add
