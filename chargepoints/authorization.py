"""Authorization of one card at one charge point at one moment. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chargegroups.access import CONFIDENTIAL, NOT_ACCEPTED, OCPP16, OCPP201, PartnerSays
from chargegroups.terms import Decision
from chargepoints.authorization_facts import (
    AuthorizationFacts,
    Question,
    facts_of_row,
    fetch_facts,
    fetch_past_facts,
    fetch_past_rows,
    fetch_rows,
    slot_of,
)
from tariffs.pricing import PriceTexts


@dataclass(frozen=True, slots=True)
class Authorization:
    """The answer for one card at one charge point at one moment."""

    card: str
    charge_point: str
    at: datetime
    decision: Decision
    facts: AuthorizationFacts
    past: bool = False

    @property
    def own_card(self) -> bool:
        """False for a card of another provider or partner, of which the charge point's provider is told no more than the
        verdict."""
        row = self.facts.row
        return self.facts.facts.same_provider or (row["card"] is None and row["token"] is None)

    def with_partner(self, partner_says: PartnerSays | None) -> Authorization:
        """The same with what the token's e-MSP answered; as it is where the stored token decides (None)."""
        if partner_says is None:
            return self
        facts = self.facts.with_answer(partner_says)
        return replace(self, facts=facts, decision=facts.decide())

    @property
    def not_known_yet(self) -> bool:
        """Is the moment before the first entry of the card, the customer, the point or the charge group, or has one none?"""
        known = self.facts.known_from
        return self.past and (self.facts.unrecorded or (known is not None and self.at < known))

    @property
    def verdict(self) -> str:
        return self.decision.access.verdict

    @property
    def reason(self) -> str:
        return self.decision.access.reason

    @property
    def price_texts(self) -> PriceTexts | None:
        """The price excluding and including VAT in words; None where the card may not charge."""
        return self.facts.price_texts(self.decision.source) if self.decision.source else None

    @property
    def price_text(self) -> str | None:
        """The reading excluding VAT."""
        return self.price_texts.excl_vat if self.price_texts else None

    @property
    def tariff_name(self) -> str | None:
        return self.facts.row[f"{slot_of(self.decision.source)}_name"] if self.decision.source else None

    @property
    def without_exception(self) -> Decision:
        """What would hold if the customer had no exception here."""
        return self.facts.decide_without(frozenset({"exception_denied", "exception_allowed"}))

    def as_json(self, *, steps: bool) -> dict[str, Any]:
        """The object of ``explain --json``: everything, for the platform's operator."""
        row, tariff, texts = self.facts.row, self.decision.tariff, self.price_texts
        slot = slot_of(self.decision.source) if self.decision.source else None
        answer = {
            "verdict": self.verdict,
            "reason": self.reason,
            "card": row["uid"] or self.card,
            "customer": row["number"],
            "charge_point": row["identity"] or self.charge_point,
            "charge_group": row["group_code"],
            "at": self.at.isoformat(),
            "tariff": tariff.code if tariff else None,
            "tariff_source": self.decision.source,
            "tariff_valid_from": row[f"{slot}_from"].isoformat() if slot else None,
            "currency": row[f"{slot}_currency"] if slot else None,
            "price_text": self.price_text,
            "price_text_incl_vat": texts.incl_vat if texts else None,
            "ocpi": self.verdict,
            "ocpp16": OCPP16[self.decision.access.verdict],
            "ocpp201": OCPP201[self.decision.access.verdict],
        }
        if self.past:
            known = self.facts.known_from
            answer["known_from"] = known.isoformat() if known else None
        return answer | {"steps": [_step(step) for step in self.decision.access.steps]} if steps else answer

    def as_provider_json(self, *, steps: bool, card_visible: bool = True) -> dict[str, Any]:
        """The same for the charge point's provider: of the card of another provider or partner only uid, verdict and one reason.

        ``card_visible`` is False for a login that does not see the card, which then is told no more than that.
        """
        answer = self.as_json(steps=steps)
        if self.own_card and card_visible:
            return answer
        answer |= {"customer": None, "card": self.card}
        if self.past:
            answer["known_from"] = None  # since when a card is known is its own provider's to know
        if self.reason in CONFIDENTIAL:
            answer["reason"] = NOT_ACCEPTED
            if steps:
                answer["steps"] = self._steps_for_others()
        return answer

    def _steps_for_others(self) -> list[dict[str, str]]:
        public = [_step(step) for step in self.decision.access.steps if step.rule not in CONFIDENTIAL]
        return [
            *public,
            {"rule": NOT_ACCEPTED, "outcome": "decided", "text": "The card's provider does not accept it."},
        ]


def _step(step: Any) -> dict[str, str]:
    return {"rule": step.rule, "outcome": step.outcome, "text": step.text}


def authorize(uid: str, charge_point: str, at: datetime, *, now: datetime | None = None) -> Authorization:
    """By the rows of today: for now, or a moment to come. ``at`` is aware. Unknown cards and points are verdicts, not errors.

    ``now``: when it is asked, by which a point is held or not; None: at ``at``. At a moment to come no point is held.
    """
    asked = now or at
    facts = fetch_facts(uid, charge_point, at, held_at=asked if at <= asked else None)
    return Authorization(uid.strip(), charge_point.strip(), at, facts.decide(), facts)


def authorize_at(uid: str, charge_point: str, at: datetime, *, now: datetime) -> Authorization:
    """For any moment: one that has passed is judged by the facts that the kept history has of it."""
    if at >= now:
        return authorize(uid, charge_point, at, now=now)
    facts = fetch_past_facts(uid, charge_point, at)
    return Authorization(uid.strip(), charge_point.strip(), at, facts.decide(), facts, past=True)


def authorize_many(questions: Sequence[Question], *, now: datetime) -> list[Authorization]:
    """What ``authorize_at`` answers to each question, in their order: by two statements for those about moments that have
    passed, two for those about now, and two for moments to come. Prices are read once a version."""
    past = [question for question in questions if question[2] < now]
    present = [question for question in questions if question[2] == now]
    to_come = [question for question in questions if question[2] > now]
    answers = iter(authorize_past(past)), iter(_today(present, now)), iter(_today(to_come, None))
    return [next(answers[(at >= now) + (at > now)]) for _, _, at in questions]


def _today(questions: Sequence[Question], held_at: datetime | None) -> list[Authorization]:
    rows = fetch_rows(questions, held_at=held_at) if questions else []
    return [authorization_of(question, row, past=False) for question, row in zip(questions, rows, strict=True)]


def authorize_past(questions: Sequence[Question]) -> list[Authorization]:
    """The same for many cards, points and moments that have passed, by one statement and one for prices."""
    rows = fetch_past_rows(questions) if questions else []
    return [authorization_of(question, row, past=True) for question, row in zip(questions, rows, strict=True)]


def authorization_of(question: Question, row: dict[str, Any], *, past: bool) -> Authorization:
    """By the row of facts that was fetched for this question."""
    uid, charge_point, at = question
    facts = facts_of_row(row, at)
    return Authorization(uid.strip(), charge_point.strip(), at, facts.decide(), facts, past=past)
