"""Message log: what devices and gateway sent, redacted, written in batches by the gateway process, kept for seven days."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import structlog
from django.db import connection, transaction
from django.utils import timezone

from evcnet.partitions import drop_days_before
from gateway.redaction import redact

CAPACITY = 50_000
"""So many messages wait in a process while the database is away; then the oldest are dropped."""
DAYS = 7
DAYS_AHEAD = 2
TABLE = "gateway_message"
COLUMNS = ("at", "charge_point_id", "direction", "kind", "action", "unique_id", "payload")

logger = structlog.get_logger(__name__)


class Line(NamedTuple):
    """A row of Message; the names are its columns."""

    at: datetime
    charge_point_id: int
    direction: str
    kind: str
    action: str
    unique_id: str
    payload: str


class MessageLog:
    """The messages of one process that wait to be written."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=CAPACITY)
        self._writing = threading.Lock()

    def keep(self, charge_point: int, direction: str, kind: str, action: str, unique_id: str, payload: Any) -> None:
        """Never waits and never raises."""
        text = json.dumps(redact(action, payload), default=str)
        line = Line(timezone.now(), charge_point, direction, kind, action[:50], unique_id[:50], text)
        self._lines.append(line)

    def flush(self) -> int:
        """Write what waits; how many. Raises what the database raises, and what waits goes on waiting.

        One thread writes at a time: the gateway that ends writes beside the one that is still at it.
        """
        with self._writing:
            lines = list(self._lines)
            if lines:
                _write(lines)
            self._forget(lines)
        return len(lines)

    def _forget(self, lines: Sequence[Line]) -> None:
        """Some may be gone already: a full queue drops its oldest to take new ones."""
        for line in lines:
            if not self._lines or self._lines[0] is not line:
                continue
            self._lines.popleft()


def _write(lines: Sequence[Line]) -> None:
    try:
        _copy(lines)
    except psycopg.errors.CheckViolation:
        make_partitions({line.at.date(): line.at for line in lines}.values())
        _copy(lines)


def _copy(lines: Sequence[Line]) -> None:
    statement = f"COPY {TABLE} ({', '.join(COLUMNS)}) FROM STDIN"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(statement) as copy:
        for line in lines:
            copy.write_row(line)


def make_partitions(moments: Iterable[datetime]) -> None:
    """The partitions of the days in which the moments lie, those that are not there yet."""
    with transaction.atomic(), connection.cursor() as cursor:
        for moment in moments:
            cursor.execute("SELECT evcnet_message_partition(%s)", [moment])


def keep_days(now: datetime) -> None:
    """Partitions for this day and the next ones are made, and those of more than seven days ago dropped."""
    make_partitions(now + timedelta(days=days) for days in range(DAYS_AHEAD + 1))
    drop_days_before(TABLE, now - timedelta(days=DAYS))
