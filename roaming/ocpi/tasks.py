"""Jobs of OCPI: the tokens of a partner that has registered, and each night what the others have changed."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import structlog
from django.db import connection as database
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from evcnet.worker import UNTIL_IT_RUNS
from gateway import commands
from gateway.models import DeviceCommand
from roaming.message_log import keep_days
from roaming.models import PartnerConnection
from roaming.ocpi.push import push_changes, push_statuses
from roaming.ocpi.token_pull import pull_tokens
from roaming.partner_client import PartnerNotReached, call_partner

PUSH_LOCK = 12_221
"""The first half of the key of advisory locks; the other is the connection."""
LOOKS_BACK = timedelta(days=3)
State = PartnerConnection.State
logger = structlog.get_logger(__name__)


@app.task(name="pull_tokens_of_partner", retry=RetryStrategy(max_attempts=8, exponential_wait=4))
def pull_tokens_of_partner(connection: int, since_days: int | None = None) -> None:
    """All of them, or those of the latest days; again for a day where the partner is not reached."""
    row = PartnerConnection.objects.select_related("partner").filter(pk=connection, state=State.REGISTERED).first()
    if row is None:
        return
    since = timezone.now() - timedelta(days=since_days) if since_days else None
    counts = pull_tokens(row, since)
    logger.info("tokens of a partner were read", partner=row.partner.code, **counts)


@app.task(name="push_changes_of_partner", retry=UNTIL_IT_RUNS)
def push_changes_of_partner(connection: int) -> None:
    """What the partner has not been sent yet. Not while another worker sends to it, nor before the next try is due."""
    _push(connection, push_changes)


@app.task(name="push_statuses_of_partner", retry=UNTIL_IT_RUNS)
def push_statuses_of_partner(connection: int) -> None:
    """The status of charge points, soon after it became another."""
    _push(connection, push_statuses)


def _push(connection: int, push: Callable[[PartnerConnection], Counter[str]]) -> None:
    rows = PartnerConnection.objects.select_related("partner__provider", "provider")
    due = rows.filter(pk=connection, state=State.REGISTERED).exclude(push__next_at__gt=timezone.now())
    with only_one(connection) as is_mine:
        row = due.first() if is_mine else None
        if row is not None:
            counts = push(row)
            logger.info("a partner was sent what changed", partner=row.partner.code, **counts)


@contextlib.contextmanager
def only_one(connection: int) -> Iterator[bool]:
    """False where another worker is at it. The lock is the session's: it ends with the worker, and holds no transaction open."""
    key = [PUSH_LOCK, connection % 2**31]
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        (is_mine,) = cursor.fetchone()
    try:
        yield is_mine
    finally:
        if is_mine:
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


@app.periodic(cron="*/5 * * * *")
@app.task(name="push_changes_of_all_partners")
def push_changes_of_all_partners(timestamp: int) -> None:
    """Every five minutes: what changed without a change of terms, and what failed."""
    for pk in PartnerConnection.objects.filter(state=State.REGISTERED).values_list("pk", flat=True):
        push_changes_of_partner.defer(connection=pk)


class NotAnsweredYet(Exception):
    """The device has not answered: the job looks again."""


@app.task(
    name="tell_result_of_command", retry=RetryStrategy(max_attempts=60, wait=2, retry_exceptions={NotAnsweredYet})
)
def tell_result_of_command(command: int, connection: int, url: str) -> None:
    """What the device answered to a partner's command goes to the address that the partner gave for it."""
    row = DeviceCommand.objects.filter(pk=command).first()
    asking = PartnerConnection.objects.filter(pk=connection, state=State.REGISTERED).first()
    if row is None or asking is None:
        return
    late = timezone.now() - row.created_at > commands.EXPIRES_AFTER
    if row.answered_at is None and not late:
        raise NotAnsweredYet
    with contextlib.suppress(PartnerNotReached):  # its log of messages says so
        call_partner(asking, "POST", url, token=asking.partner_token, body={"result": _result(row)})


def _result(row: DeviceCommand) -> str:
    if row.answered_at is None:
        return "TIMEOUT"
    if row.state == DeviceCommand.State.FAILED:
        return "FAILED"
    return "ACCEPTED" if row.outcome == "Accepted" else "REJECTED"


@app.periodic(cron="41 2 * * *")
@app.task(name="pull_tokens_of_all_partners")
def pull_tokens_of_all_partners(timestamp: int) -> None:
    """Every night: what was changed and did not arrive."""
    for pk in PartnerConnection.objects.filter(state=State.REGISTERED).values_list("pk", flat=True):
        pull_tokens_of_partner.defer(connection=pk, since_days=LOOKS_BACK.days)


@app.periodic(cron="19 3 * * *")
@app.task(name="keep_days_of_partner_messages")
def keep_days_of_partner_messages(timestamp: int) -> None:
    """Every night: partitions for this day and the next ones are made, those of more than a month ago dropped."""
    keep_days(timezone.now())
