"""Replica: lists, exports and looks into the past read from a second database, which replays what the first one writes.

Only what asks for it reads there, only outside transactions, and only where the replica has replayed what its reader
has written and what the portal held a few seconds ago. In all other cases, and where it fails, the first one answers.
Without REPLICA_URL there is none, and nothing here does anything. See docs/decisions/0066.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from itertools import chain, islice
from threading import Lock
from typing import Any, TypeVar

import structlog
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
    connections,
)
from django.db.models import Model

logger = structlog.get_logger(__name__)

ALIAS = "replica"
FRESH = 5.0
"""Seconds: what the first database held so long ago, a page that reads from the replica shows."""
AWAY = 10.0
"""Seconds for which a replica that failed is not asked."""
LOST = (OperationalError, InterfaceError, InternalError)
"""By these a replica fails: it is away, ends a statement that is in the way of replaying, or is asked to write."""
ON_PRIMARY = {"account", "auth", "contenttypes", "django_cache", "mfa", "procrastinate", "sessions", "usersessions"}
"""Apps that are never read from the replica: who signs in, and what is still to do."""

Result = TypeVar("Result")
_reading: ContextVar[str] = ContextVar("reading_from_replica", default="")
OUTSIDE, ALSO_WITHIN = "outside", "within"
"""Whether a step reads from the replica outside transactions of the first database alone, or within them too."""


def is_configured() -> bool:
    return ALIAS in connections.settings


class Router:
    """Django's way to ask where a model is read; everything is written to the first database."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str:
        return alias_to_read() if is_replicated(model) else DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Model], **_hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **_hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def is_replicated(model: type[Model]) -> bool:
    """False for models that say who may see what (``reads_primary``): a role that was taken away counts at once."""
    return model._meta.app_label not in ON_PRIMARY and not getattr(model, "reads_primary", False)


def alias_to_read() -> str:
    """Where this step of the work reads. Within a transaction it reads what the transaction does."""
    where = _reading.get()
    return ALIAS if where and (where == ALSO_WITHIN or not connection.in_atomic_block) else DEFAULT_DB_ALIAS


def connection_to_read() -> Any:
    """The connection for statements that no queryset makes."""
    return connections[alias_to_read()] if _reading.get() else connection


@contextmanager
def reading(where: str = OUTSIDE) -> Iterator[None]:
    """Reads from the replica, without asking whether it is up to date."""
    token = _reading.set(where)
    try:
        yield
    finally:
        _reading.reset(token)


def read(step: Callable[[], Result], after: str = "", where: str = OUTSIDE) -> Result:
    """What ``step`` returns. It reads from the replica where that has replayed the position ``after``; it runs again on the
    first database where the replica fails meanwhile, and so does nothing that may not happen twice."""
    if not _is_usable(after, where):
        return step()
    try:
        with reading(where):
            return step()
    except LOST as lost:
        _STATE.leave(lost)
        return step()


def read_pieces(pieces: Callable[[], Iterator[bytes]], after: str = "") -> Iterator[bytes]:
    """An export, of which the header and the first rows are read at once: until then the first database can take over."""
    if not _is_usable(after):
        return pieces()
    try:
        held = _pieces_within(pieces)
        return chain(list(islice(held, 2)), held)
    except LOST as lost:
        _STATE.leave(lost)
        return pieces()


def _pieces_within(pieces: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """Each piece is read from the replica, and what happens between two of them is not."""
    with reading():
        source = pieces()
    while True:
        with reading():
            try:
                piece = next(source)
            except StopIteration:
                return
        yield piece


COOKIE = "read-after"
"""Keeps how far a browser has written."""


def current_position() -> str:
    """The position of all that has been written to the first database; empty where there is no replica."""
    if not is_configured():
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        position: str = cursor.fetchone()[0]
        return position


# Is the replica fit to be read?


class _State:
    """What a process knows of the replica: a position of the first database, and when that and the last failure were."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.forget()

    def forget(self) -> None:
        self.position, self.noted_at, self.away_until = "", -FRESH, 0.0

    def position_to_reach(self) -> str:
        """Where the first database was a moment ago, ``FRESH`` seconds at most."""
        with self.lock:
            if time.monotonic() - self.noted_at >= FRESH:
                self.position, self.noted_at = current_position(), time.monotonic()
            return self.position

    def is_away(self) -> bool:
        return time.monotonic() < self.away_until

    def leave(self, reason: Exception) -> None:
        """Don't ask it for a while."""
        self.away_until = time.monotonic() + AWAY
        logger.warning("replica_failed", reason=str(reason).strip())
        with suppress(DatabaseError):
            connections[ALIAS].close()


_STATE = _State()
REPLAYED = "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= GREATEST(%s::pg_lsn, %s::pg_lsn)"


def _is_usable(after: str, where: str = OUTSIDE) -> bool:
    is_within = connection.in_atomic_block and where == OUTSIDE
    if not is_configured() or is_within or _STATE.is_away():
        return False
    position = _STATE.position_to_reach()
    try:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(REPLAYED, [position, after or position])
            return bool(cursor.fetchone()[0])
    except DatabaseError as lost:
        _STATE.leave(lost)
        return False


def forget_state() -> None:
    """Ask the replica anew, whatever was known of it."""
    _STATE.forget()


BEHIND = "SELECT pg_is_in_recovery(), pg_wal_lsn_diff(%s::pg_lsn, pg_last_wal_replay_lsn())"


def describe() -> str:
    """How the replica is, in words: "ok", or what is wrong with it."""
    position = current_position()
    try:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(BEHIND, [position])
            is_replica, behind = cursor.fetchone()
    except DatabaseError:
        return "it does not answer"
    if not is_replica:
        return "REPLICA_URL names a database that replays nothing"
    return f"it is {behind:,.0f} bytes of log behind" if behind > 0 else "ok"
