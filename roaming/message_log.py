"""Message log of partners: each request by OCPI with its answer, of either side, redacted; kept for thirty days."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from evcnet.partitions import drop_days_before
from roaming.models import PartnerConnection
from roaming.redaction import redact, redact_path

DAYS = 30
DAYS_AHEAD = 2
TABLE = "roaming_partnermessage"
_COLUMNS = (
    "at", "provider_id", "partner_id", "direction", "method", "path", "http_status", "ocpi_status", "milliseconds",
    "sent", "answer", "note",
)  # fmt: skip
_INSERT = f"INSERT INTO {TABLE} ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Exchange:
    """A request and its answer. ``direction``: in or out, ``http_status`` None: there was no answer."""

    direction: str
    method: str
    path: str
    http_status: int | None
    began: datetime
    sent: Any = None
    answer: Any = None
    note: str = ""


def keep_message(of: PartnerConnection, exchange: Exchange) -> None:
    """Never raises: a message that can't be written is said in the log of the process."""
    values = _values(of, exchange)
    try:
        _insert(values)
    except IntegrityError:  # no partition for this day yet
        make_partitions(exchange.began, 1)
        _insert(values)
    except DatabaseError:
        logger.exception("a message of a partner was not kept", partner=of.partner_id)


def _values(of: PartnerConnection, exchange: Exchange) -> list[Any]:
    answer = exchange.answer if isinstance(exchange.answer, dict) else {}
    status = answer.get("status_code")
    return [
        exchange.began,
        of.provider_id,
        of.partner_id,
        exchange.direction,
        exchange.method[:7],
        redact_path(exchange.path),
        exchange.http_status,
        status if isinstance(status, int) and 0 <= status < 32_000 else None,
        max(0, int((timezone.now() - exchange.began).total_seconds() * 1000)),
        _text(exchange.sent),
        _text(exchange.answer),
        (exchange.note or str(answer.get("status_message") or ""))[:300].replace("\x00", ""),
    ]


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(redact(value))


def _insert(values: list[Any]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_INSERT, values)


def make_partitions(first: datetime, days: int) -> None:
    """Those of so many days that are not there yet."""
    with transaction.atomic(), connection.cursor() as cursor:
        for day in range(days):
            cursor.execute("SELECT evcnet_partner_message_partition(%s)", [first + timedelta(days=day)])


def keep_days(now: datetime) -> None:
    """Partitions of this day and the next ones are made, and those of more than thirty days ago dropped."""
    make_partitions(now, DAYS_AHEAD + 1)
    drop_days_before(TABLE, now - timedelta(days=DAYS))
