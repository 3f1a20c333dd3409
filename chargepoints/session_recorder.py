"""Recording of sessions: the decision at their start is kept, the tariff version pinned, and the first rating made."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

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


def pin(session: Session, answer: Authorization, decided_at: datetime) -> None:
    """Of another provider's card only the uid is kept: its customer, and why it is refused, are not ours to know."""
    row, tariff = answer.facts.row, answer.decision.tariff
    own = answer.facts.facts.same_provider
    session.card_id = row["card"] if own else None
    session.customer_id = row["customer"] if own else None
    session.card_uid = row["uid"] if own else session.card_uid
    session.verdict = answer.verdict
    session.reason = answer.reason if answer.own_card or answer.reason not in CONFIDENTIAL else NOT_ACCEPTED
    session.tariff_version_id = tariff.version if tariff else None
    session.tariff_source = answer.decision.source or ""
    session.decision = _decision_json(answer, decided_at)


def _decision_json(answer: Authorization, decided_at: datetime) -> dict[str, Any]:
    """The answer as the provider may read it, the facts of its own cards, and the time zone where the point stood."""
    output = answer.as_provider_json(steps=True)
    decision = {name: value for name, value in output.items() if name not in ("card", "customer", "at")}
    decision |= {"decided_at": decided_at.isoformat(), "time_zone": answer.facts.row["time_zone"]}
    return decision | ({"facts": facts_as_json(answer)} if answer.own_card else {})


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
    return {"currency": rating.currency, **totals, "lines": rating.lines}
