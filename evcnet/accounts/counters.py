"""Cache of allauth's own rate limits: on the database, shared by all workers, and never culled before its time."""

from __future__ import annotations

from datetime import datetime

from django.core.cache.backends.db import DatabaseCache
from django.db.backends.utils import CursorWrapper


class Counters(DatabaseCache):
    """Only what has expired goes: Django's culls what still counts, so that made-up names would flush a counter."""

    def _cull(self, db: str, cursor: CursorWrapper, now: datetime, num: int) -> None:
        cursor.execute("DELETE FROM evcnet_cache WHERE expires < %s", [now])
