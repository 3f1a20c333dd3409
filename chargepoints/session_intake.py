"""Intake of many sessions: decided by one statement for many, each distinct set of facts judged once, rated, and inserted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

from django.utils import timezone

from chargepoints.authorization import authorization_of
from chargepoints.authorization_facts import Question, fetch_past_rows
from chargepoints.models import Rating, Session
from chargepoints.rating import Measured, Rater
from chargepoints.session_recorder import SessionDecision
from customers.models import Provider
from evcnet.bulk_insert import insert_rows, refresh_statistics, reserve_ids

OF_THE_DRIVER = frozenset({"card", "uid", "customer", "number", "exception", "token", "known_from"})
"""Columns of a row of facts that the decision does not depend on, beyond whether there is something."""


@dataclass(slots=True)
class IncomingSession:
    """A session that is not stored yet; the names are those of Session, and of its charge point. ``decision`` is JSON,
    ``rating`` the columns of its first rating."""

    provider_id: int
    code: str
    charge_point_id: int
    identity: str
    location_id: int | None
    card_uid: str
    started_at: datetime
    ended_at: datetime
    kwh: Decimal
    parking_seconds: int
    note: str
    pk: int | None = None
    card_id: int | None = None
    customer_id: int | None = None
    verdict: str = ""
    reason: str = ""
    tariff_version_id: int | None = None
    tariff_source: str = ""
    decision: str = ""
    time_zone: str | None = None
    rating: dict[str, Any] | None = None

    def __str__(self) -> str:
        return self.code

    @property
    def question(self) -> Question:
        return self.card_uid, self.identity, self.started_at


class SessionIntake:
    """Sessions of one provider; in the name of ``by``. Nothing is asked for each session."""

    def __init__(self, provider: Provider, by: Any = None) -> None:
        self.rater, self.by, self.now = Rater(provider), by, timezone.now()
        self.refused: Counter[str] = Counter()
        """The sessions without a price, by reason."""
        self._is_analysed = False
        self._decisions: dict[tuple[Any, ...], tuple[SessionDecision, str]] = {}

    def decide(self, sessions: Sequence[IncomingSession]) -> None:
        """Set what held at the start of each, which lies in the past."""
        questions = [session.question for session in sessions]
        for session, question, row in zip(sessions, questions, fetch_past_rows(questions), strict=True):
            decision, content = self._decision(question, row)
            self._pin(session, decision, content, row)

    def _decision(self, question: Question, row: dict[str, Any]) -> tuple[SessionDecision, str]:
        """With what is kept of it as JSON, which lacks its end."""
        key = _facts_key(row, question[2])
        result = self._decisions.get(key)
        if result is None:
            decision = SessionDecision.by(authorization_of(question, row, past=True))
            shared = {name: value for name, value in decision.content.items() if name != "known_from"}
            result = self._decisions[key] = (decision, json.dumps(shared).removesuffix("}"))
        return result

    def _pin(self, session: IncomingSession, decision: SessionDecision, content: str, row: dict[str, Any]) -> None:
        if decision.is_own:
            session.card_id, session.customer_id, session.card_uid = row["card"], row["customer"], row["uid"]
        session.verdict, session.reason = decision.verdict, decision.reason
        session.tariff_version_id, session.tariff_source = decision.tariff_version, decision.tariff_source
        since = row["known_from"] if decision.content.get("known_from") else None
        known_from = f'"{since.isoformat()}"' if since else "null"
        session.decision = f'{content}, "known_from": {known_from}, "decided_at": "{self.now.isoformat()}"}}'
        session.time_zone = row["time_zone"]

    def rate(self, session: IncomingSession) -> None:
        """Set the first rating, where the card was allowed. Raises DomainError for what no meter reports."""
        measured = Measured(session.started_at, session.ended_at, session.kwh, session.parking_seconds)
        zone = session.time_zone or self.rater.zone(session.location_id)
        if session.tariff_version_id is None:
            self.refused[session.reason] += 1
            measured.metered(zone, self.rater.minimum)
            return
        metered = measured.metered(zone, self.rater.minimum)
        session.rating = self.rater.priced(session.tariff_version_id, measured, metered)

    def insert(self, sessions: Sequence[IncomingSession], growth: int) -> None:
        """Write them with their ratings, within a transaction. ``growth``: how many sessions come in with them in all."""
        for session, pk in zip(sessions, reserve_ids(Session, len(sessions)), strict=True):
            session.pk = pk
        insert_rows(Session, ("id", *SESSION_COLUMNS), map(attrgetter("pk", *SESSION_COLUMNS), sessions))
        self._is_analysed = self._is_analysed or refresh_statistics(Session, growth)
        login = self.by.pk if self.by else None
        rated = [(session, session.rating) for session in sessions if session.rating is not None]
        insert_rows(Rating, RATING_COLUMNS, (_rating_row(session, priced, login) for session, priced in rated))


def _facts_key(row: dict[str, Any], at: datetime) -> tuple[Any, ...]:
    """The same for rows of facts that are judged alike: all of them but who the driver is, and since when that is known."""
    begins, ends = row["card_from"], row["card_until"]
    window = (begins is not None and at < begins, ends is not None and at >= ends)
    is_known = (
        row["card"] is not None,
        row["customer"] is not None,
        row["exception"] is not None,
        row["token"] is not None,
    )
    return (*window, *is_known, *_shared_facts(tuple(row))(row))


@lru_cache(maxsize=4)
def _shared_facts(columns: tuple[str, ...]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    return itemgetter(*(name for name in columns if name not in OF_THE_DRIVER))


SESSION_COLUMNS = (
    "provider_id", "code", "charge_point_id", "card_uid", "card_id", "customer_id", "started_at", "ended_at", "kwh",
    "parking_seconds", "note", "verdict", "reason", "tariff_version_id", "tariff_source", "decision",
)  # fmt: skip
PRICED_COLUMNS = ("tariff_version_id", "ended_at", "kwh", "parking_seconds", "currency", "excl_vat", "incl_vat")
RATING_COLUMNS = ("provider_id", "session_id", "number", "reason", "made_by_id", *PRICED_COLUMNS, "lines", "notes")


def _rating_row(session: IncomingSession, priced: dict[str, Any], login: int | None) -> tuple[Any, ...]:
    columns = (priced[name] for name in PRICED_COLUMNS)
    return (
        session.provider_id,
        session.pk,
        1,
        "",
        login,
        *columns,
        json.dumps(priced["lines"]),
        json.dumps(priced["notes"]),
    )
