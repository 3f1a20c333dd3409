"""The access rules, line by line (rules of access in docs/terms.md). No database."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargegroups.access import ACCESS_RULES, OCPP16, OCPP201, Facts, Policy, judge
from tests.structure.source import ROOT
from tests.tables import for_each

AT = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLOSED = Policy(tariff_in_force=True)

NOBODY = Facts(
    at=AT,
    point_known=True,
    point_status="active",
    point_in_group=True,
    point_located=True,
    card_known=True,
    card_status="active",
    customer_status="active",
    same_provider=True,
    same_user_group=True,
    policy=CLOSED,
)
"""A good card of the own user group at a working point whose group opens to nobody: the last line decides."""


def policy(facts, **changes):
    return {"policy": replace(facts.policy or CLOSED, **changes)}


PARTNERS = {"card_known": False, "customer_status": None, "same_provider": False, "same_user_group": False}
PARTNERS |= {"partner_vouches": True, "token_valid": True}
"""The token of a partner, which is no card of the platform."""

# The line, and what makes it apply. Each is tried with the line before it and the line after it in force as well.
LINES = {
    "charge_point_unknown": lambda f: {"point_known": False},
    "charge_point_not_active": lambda f: {"point_status": "out_of_service"},
    "card_unknown": lambda f: {"card_known": False},
    "card_ambiguous": lambda f: PARTNERS | {"token_ambiguous": True},
    "card_not_active": lambda f: {"card_status": "deactivated"},
    "customer_blocked": lambda f: {"customer_status": "blocked"},
    "customer_pending": lambda f: {"customer_status": "pending"},
    "card_not_yet_valid": lambda f: {"card_valid_from": AT + HOUR},
    "card_expired": lambda f: {"card_valid_until": AT},
    "exception_denied": lambda f: {"exception": "denied"},
    "no_terms_in_force": lambda f: {"policy": replace(f.policy, tariff_in_force=False)},
    "queue_held": lambda f: {"held_for_another": True, **policy(f, social_charging=True)},
    "exception_allowed": lambda f: {"exception": "allowed"},
    "own_user_group": lambda f: policy(f, own_user_group=True),
    "other_user_group": lambda f: {"same_user_group": False, **policy(f, other_user_groups=True)},
    "roaming_card": lambda f: {"card_roams": True, **policy(f, roaming=True)},
    "partner_not_reached": lambda f: PARTNERS | {"partner_says": "not_reached"} | policy(f, roaming=True),
    "partner_refused": lambda f: PARTNERS | {"partner_says": "refused"} | policy(f, roaming=True),
    "roaming_partner": lambda f: PARTNERS | policy(f, roaming=True),
    "no_access": lambda f: {},
}
ORDER = list(LINES)
OF_TOKENS = {"card_ambiguous", "partner_not_reached", "partner_refused", "roaming_partner"}
OF_CARDS = {"card_not_active", "customer_blocked", "customer_pending", "card_not_yet_valid", "card_expired"}
OF_CARDS |= {"exception_denied", "exception_allowed", "own_user_group", "other_user_group", "roaming_card"}
EXCLUDE_EACH_OTHER = [
    {"customer_blocked", "customer_pending"},
    {"exception_denied", "exception_allowed"},
    {"own_user_group", "other_user_group"},
    {"partner_not_reached", "partner_refused"},
    *({"card_unknown", reason} for reason in OF_TOKENS),
    *({card, token} for card in OF_CARDS for token in OF_TOKENS),
]
PAIRS = [
    (first, second)
    for place, first in enumerate(ORDER)
    for second in ORDER[place + 1 :]
    if {first, second} not in EXCLUDE_EACH_OTHER
]
"""Every two lines that one card can meet at once."""
NEIGHBOURS = [pair for pair in PAIRS if pair in pairwise(ORDER)]
VERDICTS = {
    "charge_point_unknown": "NOT_ALLOWED",
    "charge_point_not_active": "NOT_ALLOWED",
    "card_unknown": "UNKNOWN",
    "card_ambiguous": "UNKNOWN",
    "card_not_active": "BLOCKED",
    "customer_blocked": "BLOCKED",
    "customer_pending": "BLOCKED",
    "card_not_yet_valid": "EXPIRED",
    "card_expired": "EXPIRED",
    "exception_denied": "NOT_ALLOWED",
    "no_terms_in_force": "NOT_ALLOWED",
    "queue_held": "NOT_ALLOWED",
    "exception_allowed": "ALLOWED",
    "own_user_group": "ALLOWED",
    "other_user_group": "ALLOWED",
    "roaming_card": "ALLOWED",
    "partner_not_reached": "NOT_ALLOWED",
    "partner_refused": "NOT_ALLOWED",
    "roaming_partner": "ALLOWED",
    "no_access": "NOT_ALLOWED",
}


def with_lines(*reasons):
    facts = NOBODY
    for reason in reasons:
        facts = replace(facts, **LINES[reason](facts))
    return facts


TABLE = re.compile(r"^\| (\d+[ab]?) \|.*\| ([A-Z_]+) \| `(\w+)` \|$", re.MULTILINE)
"""Number, verdict and reason of a row of the table in docs/terms.md."""


def test_the_access_rules_are_the_table_of_the_page():
    table = TABLE.findall((ROOT / "docs" / "terms.md").read_text())
    assert [(line.number, line.verdict, line.reason) for line in ACCESS_RULES] == table
    assert [line.reason for line in ACCESS_RULES] == ORDER


@for_each("reason", ORDER)
def test_each_line_decides_when_it_alone_applies(reason):
    access = judge(with_lines(reason))
    assert (access.reason, access.verdict) == (reason, VERDICTS[reason])


@for_each(("first", "second"), NEIGHBOURS)
def test_of_two_neighbouring_lines_the_first_decides(first, second):
    assert judge(with_lines(first, second)).reason == first
    assert judge(with_lines(second, first)).reason == first


@for_each(("first", "second"), PAIRS)
def test_of_any_two_lines_the_first_decides(first, second):
    assert judge(with_lines(second, first)).reason == first


def test_the_lines_passed_are_told_in_order_and_the_last_one_decided():
    access = judge(with_lines("own_user_group"))
    assert [step.rule for step in access.steps] == [
        reason
        for reason in ORDER[: ORDER.index("own_user_group") + 1]
        if reason not in ("card_ambiguous", "queue_held")
    ]
    assert {step.outcome for step in access.steps[:-1]} == {"passed"}
    assert access.steps[-1].outcome == "decided"


@pytest.mark.parametrize(
    "incomplete", [{"point_in_group": False}, {"point_located": False}, {"point_status": "inactive"}]
)
def test_a_point_without_group_or_location_is_not_active(incomplete):
    assert judge(replace(with_lines("own_user_group"), **incomplete)).reason == "charge_point_not_active"


def test_a_card_is_valid_from_its_first_moment_until_before_its_last():
    open_to_all = with_lines("own_user_group")
    assert judge(replace(open_to_all, card_valid_from=AT)).allowed
    assert judge(replace(open_to_all, card_valid_until=AT + timedelta(microseconds=1))).allowed
    assert judge(replace(open_to_all, card_valid_until=AT)).reason == "card_expired"


def test_a_card_without_a_customer_is_not_active():
    assert judge(replace(with_lines("own_user_group"), customer_status=None)).reason == "card_not_active"


def test_customers_of_other_providers_have_no_exception():
    for access in ("allowed", "denied"):
        assert judge(replace(NOBODY, same_provider=False, exception=access)).reason == "no_access"


def test_an_exception_that_says_policy_changes_nothing():
    assert judge(replace(with_lines("own_user_group"), exception="policy")).reason == "own_user_group"
    assert judge(replace(NOBODY, exception="policy")).reason == "no_access"


def test_a_roaming_card_may_be_of_the_groups_own_provider():
    assert judge(with_lines("roaming_card")).reason == "roaming_card"
    assert judge(replace(with_lines("roaming_card"), same_provider=False)).reason == "roaming_card"


def test_a_token_counts_where_the_partner_has_an_agreement():
    partners = with_lines("roaming_partner")
    assert judge(partners).reason == "roaming_partner"
    assert judge(replace(partners, partner_vouches=False)).reason == "card_unknown"
    assert judge(replace(partners, **policy(partners, roaming=False))).reason == "no_access"


def test_a_card_of_the_platform_wins_over_a_token_with_the_same_uid():
    both = replace(with_lines("roaming_partner"), card_known=True, customer_status="active", token_ambiguous=True)
    assert judge(both).reason == "no_access"
    assert judge(replace(both, card_roams=True)).reason == "roaming_card"
    assert judge(replace(both, card_status="deactivated")).reason == "card_not_active"
    assert "card_ambiguous" not in [step.rule for step in judge(both).steps]


def test_a_token_that_is_not_valid_is_blocked_unless_its_partner_was_asked():
    stored = replace(with_lines("roaming_partner"), token_valid=False)
    assert (judge(stored).verdict, judge(stored).reason) == ("BLOCKED", "card_not_active")
    assert judge(replace(stored, partner_says="allowed")).reason == "roaming_partner"
    assert judge(replace(stored, partner_says="refused")).reason == "partner_refused"
    assert judge(replace(stored, partner_says="not_reached")).reason == "partner_not_reached"


def test_what_a_partner_says_opens_no_group_that_is_closed_to_roaming():
    closed = replace(with_lines("roaming_partner"), partner_says="allowed", policy=CLOSED)
    assert judge(closed).reason == "no_access"
    assert judge(replace(closed, partner_says="not_reached")).reason == "no_access"


def test_the_line_of_the_queue_stands_only_with_social_charging():
    social = replace(with_lines("own_user_group"), **policy(with_lines("own_user_group"), social_charging=True))
    assert "queue_held" in [step.rule for step in judge(social).steps]
    assert "queue_held" not in [step.rule for step in judge(with_lines("own_user_group")).steps]


def test_a_held_point_counts_only_with_social_charging():
    assert judge(replace(with_lines("own_user_group"), held_for_another=True)).reason == "own_user_group"


def test_what_is_left_out_opens_no_door():
    assert judge(Facts(at=AT)).reason == "charge_point_unknown"
    assert judge(Facts(at=AT, point_known=True)).reason == "charge_point_not_active"


def test_ocpp_is_told_what_its_versions_know():
    assert OCPP16 == {
        "ALLOWED": "Accepted",
        "BLOCKED": "Blocked",
        "EXPIRED": "Expired",
        "UNKNOWN": "Invalid",
        "NOT_ALLOWED": "Invalid",
    }
    assert OCPP201["UNKNOWN"] == "Unknown"
    assert OCPP201["NOT_ALLOWED"] == "NotAtThisLocation"


moments = st.one_of(st.none(), st.sampled_from([AT - HOUR, AT, AT + HOUR]))
policies = st.builds(
    Policy,
    own_user_group=st.booleans(),
    other_user_groups=st.booleans(),
    roaming=st.booleans(),
    social_charging=st.booleans(),
    tariff_in_force=st.booleans(),
)
any_facts = st.builds(
    Facts,
    at=st.just(AT),
    point_known=st.booleans(),
    point_status=st.sampled_from(["inactive", "active", "out_of_service"]),
    point_in_group=st.booleans(),
    point_located=st.booleans(),
    card_known=st.booleans(),
    card_status=st.sampled_from(["inactive", "active", "deactivated"]),
    card_roams=st.booleans(),
    card_valid_from=moments,
    card_valid_until=moments,
    customer_status=st.sampled_from([None, "pending", "active", "blocked", "deactivated"]),
    same_provider=st.booleans(),
    same_user_group=st.booleans(),
    exception=st.sampled_from([None, "policy", "allowed", "denied"]),
    policy=st.one_of(st.none(), policies),
    partner_vouches=st.booleans(),
    token_ambiguous=st.booleans(),
    token_valid=st.booleans(),
    partner_says=st.sampled_from([None, None, "allowed", "refused", "not_reached"]),
    held_for_another=st.booleans(),
)
mostly_good = st.one_of(any_facts, st.builds(lambda f, p: replace(NOBODY, policy=p, card_roams=f.card_roams,
    same_provider=f.same_provider, same_user_group=f.same_user_group, exception=f.exception,
    held_for_another=f.held_for_another, partner_vouches=f.partner_vouches, token_ambiguous=f.token_ambiguous,
    token_valid=f.token_valid, partner_says=f.partner_says, card_known=f.card_known), any_facts, policies))  # fmt: skip


def naive(f):
    """The table read again, by itself, as one would read it aloud."""
    if not f.point_known:
        return "NOT_ALLOWED", "charge_point_unknown"
    if f.point_status != "active" or not f.point_in_group or not f.point_located:
        return "NOT_ALLOWED", "charge_point_not_active"
    if not f.card_known:
        if not f.partner_vouches:
            return "UNKNOWN", "card_unknown"
        if f.token_ambiguous:
            return "UNKNOWN", "card_ambiguous"
        if not f.token_valid and not f.partner_says:
            return "BLOCKED", "card_not_active"
    else:
        if f.card_status != "active" or f.customer_status is None:
            return "BLOCKED", "card_not_active"
        if f.customer_status in {"blocked", "deactivated"}:
            return "BLOCKED", "customer_blocked"
        if f.customer_status == "pending":
            return "BLOCKED", "customer_pending"
        if f.card_valid_from and f.at < f.card_valid_from:
            return "EXPIRED", "card_not_yet_valid"
        if f.card_valid_until and f.at >= f.card_valid_until:
            return "EXPIRED", "card_expired"
    if f.same_provider and f.exception == "denied":
        return "NOT_ALLOWED", "exception_denied"
    if not f.policy or not f.policy.tariff_in_force:
        return "NOT_ALLOWED", "no_terms_in_force"
    if f.policy.social_charging and f.held_for_another:
        return "NOT_ALLOWED", "queue_held"
    if f.same_provider and f.exception == "allowed":
        return "ALLOWED", "exception_allowed"
    if f.same_provider and f.same_user_group and f.policy.own_user_group:
        return "ALLOWED", "own_user_group"
    if f.same_provider and not f.same_user_group and f.policy.other_user_groups:
        return "ALLOWED", "other_user_group"
    if f.policy.roaming and f.card_known and f.card_roams:
        return "ALLOWED", "roaming_card"
    if f.policy.roaming and f.partner_vouches and not f.card_known:
        if f.partner_says == "not_reached":
            return "NOT_ALLOWED", "partner_not_reached"
        if f.partner_says == "refused":
            return "NOT_ALLOWED", "partner_refused"
        return "ALLOWED", "roaming_partner"
    return "NOT_ALLOWED", "no_access"


@given(mostly_good)
def test_any_facts_are_judged_as_the_table_reads(facts):
    access = judge(facts)
    assert (access.verdict, access.reason) == naive(facts)
