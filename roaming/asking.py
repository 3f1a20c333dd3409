"""Asking the e-MSP: the decision on a card that is held to a reader now, for which its partner may have to be asked.

Readers (gateway, API) decide by ``authorize_now``. Explainer, previews, lists and questions about other moments decide by
the stored token and never come here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from chargepoints.authorization import Authorization, authorize
from roaming.whitelist import Answer, is_asked, partner_says

Asking = Callable[["AskedToken"], Answer | None]
"""Asks a partner; None where it has no connection, or did not answer in time. Never raises, and takes no longer than
``whitelist.TIMEOUT``."""


@dataclass(frozen=True, slots=True)
class AskedToken:
    """What is asked: about which token (id), at which charge point (id), by which uid as it was read."""

    token: int
    partner: int
    charge_point: int
    uid: str


def nobody_answers(token: AskedToken) -> Answer | None:
    """As long as nothing connects partners."""
    return None


def authorize_now(uid: str, charge_point: str, at: datetime, *, ask: Asking | None = None) -> Authorization:
    """May this card charge here now? Where its token says so, its e-MSP is asked, for five seconds at most."""
    return ask_if_need_be(authorize(uid, charge_point, at), ask=ask)


def ask_if_need_be(answer: Authorization, *, ask: Asking | None = None) -> Authorization:
    """The decision by what the e-MSP says, or as it was where there is nothing to ask, or no use in asking."""
    row = answer.facts.row
    if row["token"] is None or not is_asked(row["token_whitelist"], valid=row["token_valid"]):
        return answer
    if answer.facts.with_answer("allowed").decide().access.reason != "roaming_partner":
        return answer
    asked = AskedToken(row["token"], row["partner"], row["point"], answer.card)
    facts = answer.facts.with_answer(partner_says(row["token_whitelist"], (ask or ask_partner)(asked)))
    return replace(answer, facts=facts, decision=facts.decide())


ask_partner: Asking = nobody_answers
"""How partners are asked; set once by what connects them."""
