"""Access rules: whether a card may charge at a charge point. The first line that applies decides, and says why. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Verdict = Literal["ALLOWED", "BLOCKED", "EXPIRED", "NOT_ALLOWED", "UNKNOWN"]
PointStatus = Literal["inactive", "active", "out_of_service"]
CardStatus = Literal["inactive", "active", "deactivated"]
CustomerStatus = Literal["pending", "active", "blocked", "deactivated"]
ExceptionAccess = Literal["policy", "allowed", "denied"]
PartnerSays = Literal["allowed", "refused", "not_reached"]
"""What the e-MSP answered that was asked about its token; None: the stored token decides."""
Outcome = Literal["passed", "decided"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the terms in force say of access. ``tariff_in_force``: the group's own tariff has a version in force."""

    own_user_group: bool = False
    other_user_groups: bool = False
    roaming: bool = False
    social_charging: bool = False
    tariff_in_force: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the access rules look at: one driver, one charge point, one moment.

    The defaults are those of nobody at an unknown point, so that what is left out never gives access. ``exception``
    is that of an exception in force at ``at``, ``policy`` that of the terms in force. ``partner_vouches``: it is the token
    of a partner that has an agreement in force with the point's provider; ``token_ambiguous``: of several.
    """

    at: datetime
    point_known: bool = False
    point_status: PointStatus = "inactive"
    point_in_group: bool = False
    point_located: bool = False
    card_known: bool = False
    card_status: CardStatus = "inactive"
    card_roams: bool = False
    card_valid_from: datetime | None = None
    card_valid_until: datetime | None = None
    customer_status: CustomerStatus | None = None
    same_provider: bool = False
    same_user_group: bool = False
    exception: ExceptionAccess | None = None
    policy: Policy | None = None
    partner_vouches: bool = False
    token_ambiguous: bool = False
    token_valid: bool = False
    partner_says: PartnerSays | None = None
    held_for_another: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the access rules: when it applies, what it then says, and what it means that it was passed.

    ``number`` is that of the table in docs/terms.md. A line that does not stand for these facts is not read at all.
    """

    number: str
    reason: str
    verdict: Verdict
    applies: Callable[[Facts], bool]
    text: str
    passed: str
    stands: Callable[[Facts], bool] = lambda facts: True


@dataclass(frozen=True, slots=True)
class Step:
    """One line as it was read for these facts."""

    rule: str
    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class Access:
    verdict: Verdict
    reason: str
    steps: tuple[Step, ...]

    @property
    def allowed(self) -> bool:
        return self.verdict == "ALLOWED"


def _of_platform(facts: Facts) -> bool:
    """Is it a card of this platform, which has a status, a customer and a window to look at?"""
    return facts.card_known


def _inactive_point(facts: Facts) -> bool:
    return facts.point_status != "active" or not facts.point_in_group or not facts.point_located


def _of_partner(facts: Facts) -> bool:
    """Is it the token of one partner? A card of this platform wins over a token with the same uid."""
    return facts.partner_vouches and not facts.card_known


def _inactive_card(facts: Facts) -> bool:
    if _of_partner(facts):
        return not facts.token_valid and facts.partner_says is None
    return _of_platform(facts) and (facts.card_status != "active" or facts.customer_status is None)


def _not_yet_valid(facts: Facts) -> bool:
    return _of_platform(facts) and facts.card_valid_from is not None and facts.at < facts.card_valid_from


def _expired(facts: Facts) -> bool:
    return _of_platform(facts) and facts.card_valid_until is not None and facts.at >= facts.card_valid_until


def _exception_access(facts: Facts) -> ExceptionAccess | None:
    """Only customers of the group's own provider can have an exception in it."""
    return facts.exception if facts.same_provider else None


def _no_terms(facts: Facts) -> bool:
    return facts.policy is None or not facts.policy.tariff_in_force


def _social(facts: Facts) -> bool:
    return facts.policy is not None and facts.policy.social_charging


def _own_group(facts: Facts) -> bool:
    policy = facts.policy
    return policy is not None and policy.own_user_group and facts.same_provider and facts.same_user_group


def _other_group(facts: Facts) -> bool:
    policy = facts.policy
    return policy is not None and policy.other_user_groups and facts.same_provider and not facts.same_user_group


def _roaming_card(facts: Facts) -> bool:
    return facts.policy is not None and facts.policy.roaming and _of_platform(facts) and facts.card_roams


def _roaming_partner(facts: Facts) -> bool:
    return facts.policy is not None and facts.policy.roaming and _of_partner(facts)


def _partner_says(answer: PartnerSays) -> Callable[[Facts], bool]:
    return lambda facts: _roaming_partner(facts) and facts.partner_says == answer


ACCESS_RULES: tuple[Line, ...] = (
    Line(
        "1",
        "charge_point_unknown",
        "NOT_ALLOWED",
        lambda facts: not facts.point_known,
        "The charge point is unknown.",
        "The charge point is known.",
    ),
    Line(
        "2",
        "charge_point_not_active",
        "NOT_ALLOWED",
        _inactive_point,
        "The charge point is not active, or has no charge group or no location.",
        "The charge point is active.",
    ),
    Line(
        "3",
        "card_unknown",
        "UNKNOWN",
        lambda facts: not facts.card_known and not facts.partner_vouches,
        "The card is unknown, and no roaming partner vouches for it.",
        "The card is known.",
    ),
    Line(
        "3a",
        "card_ambiguous",
        "UNKNOWN",
        lambda facts: _of_partner(facts) and facts.token_ambiguous,
        "Several roaming partners vouch for a card with this uid, and nobody can say whose it is.",
        "One roaming partner vouches for the card.",
        stands=_of_partner,
    ),
    Line(
        "4",
        "card_not_active",
        "BLOCKED",
        _inactive_card,
        "The card is inactive or deactivated, or its e-MSP says that it is not valid.",
        "The card is active.",
    ),
    Line(
        "5",
        "customer_blocked",
        "BLOCKED",
        lambda facts: _of_platform(facts) and facts.customer_status in ("blocked", "deactivated"),
        "The customer is blocked or deactivated.",
        "The customer is not blocked.",
    ),
    Line(
        "6",
        "customer_pending",
        "BLOCKED",
        lambda facts: _of_platform(facts) and facts.customer_status == "pending",
        "The customer still waits for approval.",
        "The customer is active.",
    ),
    Line(
        "7",
        "card_not_yet_valid",
        "EXPIRED",
        _not_yet_valid,
        "The card is not valid yet.",
        "The card's validity has begun.",
    ),
    Line("8", "card_expired", "EXPIRED", _expired, "The card has expired.", "The card has not expired."),
    Line(
        "9",
        "exception_denied",
        "NOT_ALLOWED",
        lambda facts: _exception_access(facts) == "denied",
        "An exception denies this customer at this charge group.",
        "No exception denies this customer.",
    ),
    Line(
        "10",
        "no_terms_in_force",
        "NOT_ALLOWED",
        _no_terms,
        "The charge group has no terms in force, or its tariff no version in force.",
        "The charge group has terms and a tariff in force.",
    ),
    Line(
        "10a",
        "queue_held",
        "NOT_ALLOWED",
        lambda facts: facts.held_for_another,
        "The charge point is held for somebody else in its queue.",
        "The charge point is not held for somebody else.",
        stands=_social,
    ),
    Line(
        "11",
        "exception_allowed",
        "ALLOWED",
        lambda facts: _exception_access(facts) == "allowed",
        "An exception allows this customer at this charge group.",
        "No exception allows this customer.",
    ),
    Line(
        "12",
        "own_user_group",
        "ALLOWED",
        _own_group,
        "The customer belongs to the charge group's own user group, which may charge here.",
        "Not open to this customer as one of the own user group.",
    ),
    Line(
        "13",
        "other_user_group",
        "ALLOWED",
        _other_group,
        "The customer belongs to another user group of the provider, and those may charge here.",
        "Not open to this customer as one of another user group.",
    ),
    Line(
        "14",
        "roaming_card",
        "ALLOWED",
        _roaming_card,
        "The charge group is accessible for roaming, and the card may roam.",
        "Not open to this card as a roaming card.",
    ),
    Line(
        "14a",
        "partner_not_reached",
        "NOT_ALLOWED",
        _partner_says("not_reached"),
        "The card's e-MSP must be asked each time, and did not answer.",
        "The card's e-MSP answered.",
        stands=lambda facts: facts.partner_says is not None,
    ),
    Line(
        "14b",
        "partner_refused",
        "NOT_ALLOWED",
        _partner_says("refused"),
        "The card's e-MSP was asked, and refused.",
        "The card's e-MSP allows it.",
        stands=lambda facts: facts.partner_says is not None,
    ),
    Line(
        "15",
        "roaming_partner",
        "ALLOWED",
        _roaming_partner,
        "The charge group is accessible for roaming, and the card's e-MSP has an agreement in force.",
        "No roaming agreement opens it to this card.",
    ),
    Line(
        "16", "no_access", "NOT_ALLOWED", lambda facts: True, "Nothing gives this card access to this charge group.", ""
    ),
)
"""docs/terms.md, May this card charge here?, in order. A line with a letter stands only where there is something to say."""

BY_REASON: dict[str, Line] = {line.reason: line for line in ACCESS_RULES}
NOT_ACCEPTED = "card_not_accepted"
"""The one reason that another provider may read for lines 4 to 8."""
CONFIDENTIAL: frozenset[str] = frozenset(line.reason for line in ACCESS_RULES if line.number in "45678")


def judge(facts: Facts, *, without: frozenset[str] = frozenset()) -> Access:
    """Read the access rules from the top. ``without`` leaves lines out: “what if this exception were not there?”."""
    steps: list[Step] = []
    for line in ACCESS_RULES:
        if line.reason in without or not line.stands(facts):
            continue
        if line.applies(facts):
            steps.append(Step(line.reason, "decided", line.text))
            return Access(line.verdict, line.reason, tuple(steps))
        steps.append(Step(line.reason, "passed", line.passed))
    raise AssertionError("the last line applies to everyone")


def _ocpp(accepted: str, blocked: str, expired: str, unknown: str, elsewhere: str) -> dict[Verdict, str]:
    return {
        "ALLOWED": accepted,
        "BLOCKED": blocked,
        "EXPIRED": expired,
        "UNKNOWN": unknown,
        "NOT_ALLOWED": elsewhere,
    }


OCPP16: dict[Verdict, str] = _ocpp("Accepted", "Blocked", "Expired", "Invalid", "Invalid")
OCPP201: dict[Verdict, str] = _ocpp("Accepted", "Blocked", "Expired", "Unknown", "NotAtThisLocation")
