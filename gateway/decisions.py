"""Decisions of the gateway: the access rules, and nothing but them; each is kept in the decision log."""

from __future__ import annotations

from django.utils import timezone

from chargepoints.authorization import Authorization
from chargepoints.decision_log import Asker, keep_decision
from roaming.asking import authorize_now

SOURCE = "gateway"


def decide(uid: str, identity: str, provider: int | None) -> Authorization:
    """May this card charge at this point now? One statement; nothing is written before the answer.

    Where the token of a partner wants it, its e-MSP is asked as well.
    """
    answer = authorize_now(uid, identity, timezone.now())
    keep(answer, provider)
    return answer


def keep(answer: Authorization, provider: int | None) -> None:
    """``provider`` is the charge point's. At a point that nobody knows the decision is its card's provider's, if there is one."""
    owner = provider or answer.facts.row["card_provider"]
    if owner is not None:
        keep_decision(answer, Asker(SOURCE, owner), answer.as_provider_json(steps=False))
