"""Recording of sessions: the decision at their start is kept, the tariff version pinned, and the first rating made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone

from chargegroups.access import CONFIDENTIAL, NOT_ACCEPTED
from chargepoints.authorization import Authorization, authorize_at
from chargepoints.decision_log import facts_as_json
from chargepoints.models import Rating, Session
from chargepoints.rating import Measured, Rater
from customers.models import Provider
from tariffs.pricing.currencies import MINOR_UNITS


class Recorder:
    """Decides and rates sessions of one provider as if each card were held to its reader when the session started."""

    def __init__(self, provider: Provider, by: Any = None) -> None:
        self.rater, self.by, self.now = Rater(provider), by, timezone.now()
        self.refused: Counter[str] = Counter()

    def record(self, session: Session, answer: Authorization | None = None) -> Rating | None:
        """Set what was decided; the first rating, unsaved, if the card was allowed. ``answer`` is that of the session's
        start where it was asked before. Raises DomainError for what no meter reports."""
        if answer is None:
            answer = authorize_at(session.card_uid, session.charge_point.identity, session.started_at, now=self.now)
        pin(session, answer, self.now)
        if session.tariff_version_id is None:
            self.refused[session.reason] += 1
            self.rater.metered_session(session, Measured.of(session))
            return None
        return self.rater.rating(session, session.tariff_version_id, made_by=self.by)


class Pinned(Protocol):
    """What keeps a decision at its start: a session, or a transaction that will be one."""

    card_id: int | None
    customer_id: int | None
    card_uid: str
    verdict: str
    reason: str
    tariff_version_id: int | None
    tariff_source: str
    decision: Any


PINNED = ("card_id", "customer_id", "card_uid", "verdict", "reason", "tariff_version_id", "tariff_source", "decision")
"""The names of what ``pin`` sets."""


@dataclass(frozen=True, slots=True)
class SessionDecision:
    """What a session keeps of the decision at its start, whatever its card and customer."""

    verdict: str
    reason: str
    tariff_version: int | None
    tariff_source: str
    is_own: bool
    """False for another provider's card: only its uid is kept, and its customer, and why it is refused, are not ours to know."""
    content: dict[str, Any]
    """The answer as the provider may read it, the facts of its own cards, and the time zone where the point stood."""

    @classmethod
    def by(cls, answer: Authorization) -> SessionDecision:
        tariff = answer.decision.tariff
        output = answer.as_provider_json(steps=True)
        content = {name: value for name, value in output.items() if name not in ("card", "customer", "at")}
        content["time_zone"] = answer.facts.row["time_zone"]
        return cls(
            verdict=answer.verdict,
            reason=answer.reason if answer.own_card or answer.reason not in CONFIDENTIAL else NOT_ACCEPTED,
            tariff_version=tariff.version if tariff else None,
            tariff_source=answer.decision.source or "",
            is_own=answer.facts.facts.same_provider,
            content=content | ({"facts": facts_as_json(answer)} if answer.own_card else {}),
        )


def pin(session: Pinned, answer: Authorization, decided_at: datetime) -> None:
    """Set what was decided at the start."""
    row, decision = answer.facts.row, SessionDecision.by(answer)
    session.card_id = row["card"] if decision.is_own else None
    session.customer_id = row["customer"] if decision.is_own else None
    session.card_uid = row["uid"] if decision.is_own else session.card_uid
    session.verdict, session.reason = decision.verdict, decision.reason
    session.tariff_version_id, session.tariff_source = decision.tariff_version, decision.tariff_source
    session.decision = decision.content | {"decided_at": decided_at.isoformat()}


def explain_session(session: Session) -> dict[str, Any]:
    """What was decided when the session was recorded, as kept: the object of ``explain --session --json``."""
    decision = {
        name: value for name, value in session.decision.items() if name not in ("time_zone", "facts", "decided_at")
    }
    output: dict[str, Any] = {"verdict": session.verdict, "reason": session.reason, "card": session.card_uid}
    output |= {"customer": session.customer.number if session.customer else None}
    output |= {name: decision.pop(name, None) for name in ("charge_point", "charge_group")}
    output |= {"at": session.started_at.isoformat()} | decision | {"verdict": session.verdict, "reason": session.reason}
    decided_at = session.decision.get("decided_at")
    return output | {"session": session.code, "decided_at": decided_at, "price": _first_price(session)}


def _first_price(session: Session) -> dict[str, Any] | None:
    """The price of the first rating; None where the card was not allowed, also if a correction gave it one later."""
    rating = session.ratings.filter(number=1, reason="").first()
    if rating is None:
        return None
    decimals = MINOR_UNITS.get(rating.currency, 2)
    totals = {name: f"{getattr(rating, name):.{decimals}f}" for name in ("excl_vat", "incl_vat")}
    price = {"currency": rating.currency, **totals, "lines": rating.lines}
    return price | ({"notes": rating.notes} if rating.notes else {})
