"""Recording of sessions: the decision at their start is kept, the tariff version pinned, and the first rating made."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.utils import timezone

from chargegroups.access import CONFIDENTIAL, NOT_ACCEPTED
from chargepoints.authorization import Authorization, authorize_at
from chargepoints.models import Rating, Session
from chargepoints.rating import Measured, Rater
from customers.models import Provider


class Recorder:
    """Decides and rates sessions of one provider as if each card were held to its reader when the session started."""

    def __init__(self, provider: Provider, by: Any = None) -> None:
        self.rater, self.by, self.now = Rater(provider), by, timezone.now()
        self.refused: Counter[str] = Counter()

    def record(self, session: Session) -> Rating | None:
        """Set what was decided; the first rating, unsaved, if the card was allowed. Raises DomainError for what no meter
        reports."""
        answer = authorize_at(session.card_uid, session.charge_point.identity, session.started_at, now=self.now)
        pin(session, answer)
        if session.tariff_version_id is None:
            self.refused[session.reason] += 1
            self.rater.metered(Measured.of(session), session.charge_point.location_id)
            return None
        return self.rater.rating(session, session.tariff_version_id, made_by=self.by)


def pin(session: Session, answer: Authorization) -> None:
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
