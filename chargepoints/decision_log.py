"""Decision log: keeps what was decided about a card, written in batches by a thread of the process after the answer.

``keep`` puts an entry into a bounded queue and never waits. The writer takes what is there within half a second, and once
more when the process ends; a process that is killed loses what waited: its last second at most, and all of it while
the database is away. The batch is tried again then; a month without a partition gets one. What the queue can't hold is dropped and counted in the log.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import threading
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.utils import timezone

from chargegroups.access import BY_REASON, Facts, Policy
from chargepoints.authorization import Authorization
from evcnet.codes import uid_key

CAPACITY = 20_000
"""So many entries wait in a process while the database can't take them."""
BATCH = 1_000
SECONDS = 0.5
"""So long an entry waits for others before it is written."""
RETRY_SECONDS = 2.0
LONGEST = 100
LOCK = "evcnet.decision_log"
"""Batches share it; an erasure holds it alone, so that none is written that it has not seen."""

logger = structlog.get_logger(__name__)


class Entry(NamedTuple):
    """A row of DecisionEntry; the names are its columns, but for ``asked_card`` and ``holder``: ids of the card that the uid
    is of, whoever's it is, and of its customer. They are not kept: by them the writer knows who was erased meanwhile.
    """

    asked_at: datetime
    at: datetime
    source: str
    provider_id: int
    card_provider_id: int | None
    api_key_id: int | None
    login_id: int | None
    card_uid: str
    identity: str
    card_id: int | None
    customer_id: int | None
    charge_point_id: int | None
    charge_group_id: int | None
    verdict: str
    reason: str
    told: str
    tariff_version_id: int | None
    tariff_source: str
    facts: dict[str, Any]
    answer: dict[str, Any]
    asked_card: int | None
    holder: int | None


COLUMNS = Entry._fields[:-2]


class Asker(NamedTuple):
    """Who asked, by which way, in the name of which provider: one of key and login."""

    source: str
    provider: int
    api_key: int | None = None
    login: int | None = None


def keep_decision(answer: Authorization, asker: Asker, output: dict[str, Any]) -> None:
    """Keep a decision that is about to be told: ``output`` is the object of ``explain --json`` as the asker reads it."""
    row = answer.facts.row
    access = answer.decision.access
    details = {name: output[name] for name in ("charge_group", "tariff", "tariff_valid_from", "currency", "price_text")}
    if (text := access.steps[-1].text) != BY_REASON[access.reason].text:
        details["text"] = text
    LOG.keep(
        Entry(
            asked_at=timezone.now(),
            at=answer.at,
            source=asker.source,
            provider_id=row["point_provider"] or asker.provider,
            card_provider_id=row["card_provider"],
            api_key_id=asker.api_key,
            login_id=asker.login,
            card_uid=_text(answer.card),
            identity=row["identity"] or _text(answer.charge_point),
            card_id=row["card"],
            customer_id=row["customer"],
            charge_point_id=row["point"],
            charge_group_id=row["charge_group"],
            verdict=access.verdict,
            reason=access.reason,
            told=output["reason"],
            tariff_version_id=answer.decision.tariff.version if answer.decision.tariff else None,
            tariff_source=answer.decision.source or "",
            facts=facts_as_json(answer),
            answer={name: value for name, value in details.items() if value is not None},
            asked_card=row["card"],
            holder=row["customer"],
        )
    )


def keep_unknown_point(answer: Authorization, asker: Asker) -> None:
    """Keep that a provider asked about a charge point that is not its own, which looks to it like none at all.

    Of the ``answer`` nothing is kept but what was asked.
    """
    line = BY_REASON["charge_point_unknown"]
    LOG.keep(
        Entry(
            asked_at=timezone.now(),
            at=answer.at,
            source=asker.source,
            provider_id=asker.provider,
            card_provider_id=None,
            api_key_id=asker.api_key,
            login_id=asker.login,
            card_uid=_text(answer.card),
            identity=_text(answer.charge_point),
            card_id=None,
            customer_id=None,
            charge_point_id=None,
            charge_group_id=None,
            verdict=line.verdict,
            reason=line.reason,
            told=line.reason,
            tariff_version_id=None,
            tariff_source="",
            facts={},
            answer={},
            asked_card=answer.facts.row["card"],
            holder=answer.facts.row["customer"],
        )
    )


def _text(asked: str) -> str:
    """As much of it as the table holds, without the character that PostgreSQL refuses."""
    return asked.strip().replace("\x00", "\N{REPLACEMENT CHARACTER}")[:LONGEST]


# Facts in a compact form: what is as by default is left out


def facts_as_json(answer: Authorization) -> dict[str, Any]:
    facts, policy = answer.facts.facts, answer.facts.terms.policy if answer.facts.terms else None
    stored = {
        each.name: _plain(value)
        for each in fields(Facts)
        if each.name not in ("at", "policy") and (value := getattr(facts, each.name)) != each.default
    }
    if policy is not None:
        stored["policy"] = [each.name for each in fields(Policy) if getattr(policy, each.name)]
    return stored


def facts_from_json(stored: dict[str, Any], at: datetime) -> Facts:
    """The facts of a kept decision about the moment ``at``."""
    given = {name: value for name, value in stored.items() if name != "policy"}
    for name in ("card_valid_from", "card_valid_until"):
        if name in given:
            given[name] = datetime.fromisoformat(given[name])
    policy = Policy(**dict.fromkeys(stored["policy"], True)) if "policy" in stored else None
    return Facts(at=at, policy=policy, **given)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


# The writer


class DecisionLog:
    """The queue of one process and the thread that empties it. Forked processes have one each."""

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.close)

    def _forget(self) -> None:
        self._queue: queue.Queue[Entry] = queue.Queue(CAPACITY)
        self._starting, self._closing = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._dropped = 0

    def keep(self, entry: Entry) -> None:
        """Never waits and never raises; what does not fit is dropped and counted."""
        try:
            self._queue.put_nowait(entry)
        except queue.Full:
            self._dropped += 1
            return
        if self._thread is None and settings.DECISION_LOG_WRITER:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="decision-log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._closing.wait(SECONDS)
            while batch := self._take():
                self._write_until_done(batch)
        connection.close()

    def _take(self) -> list[Entry]:
        batch: list[Entry] = []
        while len(batch) < BATCH:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return batch

    def _write_until_done(self, batch: Sequence[Entry]) -> None:
        close_old_connections()
        while not write(batch):
            # A connection that broke is made anew.
            connection.close()
            if self._closing.wait(RETRY_SECONDS) and not write(batch):
                self._dropped += len(batch)
                break
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            logger.error("decisions_dropped", number=dropped)

    def flush(self) -> int:
        """Write what waits, in the caller's own transaction; how many entries. Raises what the database raises."""
        number = 0
        while batch := self._take():
            _copy(batch)
            number += len(batch)
        return number

    def clear(self) -> None:
        """Forget what waits."""
        while self._take():
            continue

    def close(self) -> None:
        """Write what waits before the process ends."""
        thread, self._thread = self._thread, None
        self._closing.set()
        if thread is None:
            return
        thread.join(timeout=2 * RETRY_SECONDS)


LOG = DecisionLog()


def write(batch: Sequence[Entry]) -> bool:
    """Append the batch; False where the database can't take it now. An entry that it never takes is logged and left out."""
    try:
        with transaction.atomic():
            _copy(batch)
    except (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError) as away:
        logger.warning("decisions_wait", number=len(batch), reason=str(away))
        return False
    except psycopg.errors.CheckViolation:
        return _make_partitions(batch)
    except Exception:
        if len(batch) == 1:
            logger.exception("decision_refused")
            return True
        written = [write([entry]) for entry in batch]
        return all(written)
    return True


def _make_partitions(batch: Sequence[Entry]) -> bool:
    """No partition takes the batch: make those of its months. False, since it is to be written again."""
    months = {(entry.asked_at.year, entry.asked_at.month): entry.asked_at for entry in batch}
    try:
        make_partitions(months.values())
    except DatabaseError:
        # Another process may be making the same ones.
        logger.warning("decision_partition_missing", months=list(months))
    return False


def make_partitions(moments: Iterable[datetime]) -> None:
    """The partitions of the months in which the moments lie, those that are not there yet."""
    with transaction.atomic(), connection.cursor() as cursor:
        for moment in moments:
            cursor.execute("SELECT evcnet_decision_partition(%s)", [moment])


def _copy(batch: Sequence[Entry]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext(%s))", [LOCK])
        erased = Erased.since(batch)
        with cursor.copy(f"COPY chargepoints_decisionentry ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for entry in map(erased.without_person, batch):
                values = entry._asdict() | {"facts": json.dumps(entry.facts), "answer": json.dumps(entry.answer)}
                copy.write_row([values[name] for name in COLUMNS])


ERASED = "erased"


class Erased(NamedTuple):
    """Who was erased since a batch was decided: customers, and cards with the words that stand for their uids now.

    ``latest`` is the last erasure. What was asked before it and was nobody's card may have named that person: a name, or a
    uid that their card had once. It is not compared with anything, since what names the person is nowhere any more.
    """

    customers: set[int]
    cards: dict[int, str]
    latest: datetime | None

    @classmethod
    def since(cls, batch: Sequence[Entry]) -> Erased:
        people = {pk for entry in batch for pk in (entry.customer_id, entry.holder) if pk is not None}
        cards = {entry.asked_card for entry in batch if entry.asked_card is not None}
        unmatched = [entry.asked_at for entry in batch if entry.asked_card is None]
        latest = None
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM customers_customer WHERE id = ANY(%s) AND erased_at IS NOT NULL", [list(people)]
            )
            customers = {pk for (pk,) in cursor.fetchall()}
            cursor.execute(
                "SELECT k.id, k.uid FROM customers_chargecard k LEFT JOIN customers_customer c ON c.id = k.customer_id"
                " WHERE k.id = ANY(%s) AND (c.id IS NULL OR c.erased_at IS NOT NULL)",
                [list(cards)],
            )
            uids = dict(cursor.fetchall())
            if unmatched:
                cursor.execute("SELECT max(erased_at) FROM customers_customer WHERE erased_at >= %s", [min(unmatched)])
                (latest,) = cursor.fetchone()
        return cls(customers, uids, latest)

    def without_person(self, entry: Entry) -> Entry:
        """The entry as it may be written."""
        if entry.customer_id in self.customers or entry.holder in self.customers:
            return entry._replace(card_uid=ERASED, card_id=None)
        if entry.asked_card is None and self.latest is not None and entry.asked_at <= self.latest:
            return entry._replace(card_uid=ERASED)
        now = self.cards.get(entry.asked_card or 0, entry.card_uid)
        return entry if uid_key(now) == uid_key(entry.card_uid) else entry._replace(card_uid=now)
