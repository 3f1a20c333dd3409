"""Asking the e-MSP: what the partner says about its token that is held to a reader now, where the token wants it asked.

Readers come here: the gateway and the API. Explainer, previews, lists, and questions about other moments go by the stored
token.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore

from chargegroups.access import PartnerSays
from chargepoints.authorization import Authorization, authorize
from chargepoints.models import ChargePoint
from roaming.models import PartnerToken
from roaming.realtime import ask_emsp
from roaming.whitelist import Answer, is_asked, partner_says

AT_ONCE = 2
"""So many questions to one partner a process has at once."""
WAIT = 1.0
"""So many seconds a further one waits for one of them to be answered; then it counts as not answered."""
_slots: defaultdict[int, BoundedSemaphore] = defaultdict(lambda: BoundedSemaphore(AT_ONCE))


@dataclass(frozen=True, slots=True)
class TokenQuestion:
    """May this token (id) of this partner (id) charge at this charge point (id)?"""

    token: int
    partner: int
    charge_point: int


def ask_partner(question: TokenQuestion) -> Answer | None:
    """What the e-MSP answers within ``whitelist.TIMEOUT`` seconds; None: it has no connection, or gave no answer. Never raises."""
    token = PartnerToken.objects.get(pk=question.token)
    point = ChargePoint.objects.select_related("location").get(pk=question.charge_point)
    return ask_emsp(token, point)


def authorize_now(uid: str, charge_point: str, at: datetime) -> Authorization:
    """May this card charge here now? ``at`` is now."""
    return asked_if_need_be(authorize(uid, charge_point, at))


def asked_if_need_be(answer: Authorization) -> Authorization:
    """The decision by what the e-MSP says; as it was where nobody is to be asked."""
    return answer.with_partner(answer_of_partner(answer))


def as_if_unanswered(answer: Authorization) -> Authorization:
    """The decision where the e-MSP would be asked and gives no answer: nobody is asked."""
    row = answer.facts.row
    if row["token"] is None or answer.with_partner("allowed").reason != "roaming_partner":
        return answer
    asks = is_asked(row["token_whitelist"], valid=row["token_valid"])
    return answer.with_partner(partner_says(row["token_whitelist"], None)) if asks else answer


def answer_of_partner(answer: Authorization) -> PartnerSays | None:
    """Asks where the token wants it, and where line 15 of the access rules would allow. None: the stored token decides."""
    row = answer.facts.row
    if row["token"] is None or not is_asked(row["token_whitelist"], valid=row["token_valid"]):
        return None
    if answer.with_partner("allowed").reason != "roaming_partner":
        return None
    question = TokenQuestion(row["token"], row["partner"], row["point"])
    return partner_says(row["token_whitelist"], _ask_in_turn(question))


def _ask_in_turn(question: TokenQuestion) -> Answer | None:
    """A partner that leaves everybody waiting takes a few threads of the gateway at a time, and not all of them."""
    slot = _slots[question.partner]
    if not slot.acquire(timeout=WAIT):
        return None
    try:
        return ask_partner(question)
    finally:
        slot.release()
