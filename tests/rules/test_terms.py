"""The choice of price: by which tariff an allowed driver pays (docs/terms.md). No database."""

from dataclasses import replace

import pytest

from chargegroups.terms import GroupTerms, TariffInForce, as_customer, decide
from tests.rules.test_access import NOBODY, with_lines

GROUP, PREPAID, ROAMING, OWN, AGREED = (TariffInForce(code, version) for version, code in enumerate("GPRXA", start=1))
ALL_SLOTS = GroupTerms(GROUP, prepaid_tariff=PREPAID, roaming_tariff=ROAMING, own_user_group=True, roaming=True)
ROAMER = replace(NOBODY, same_provider=False, card_roams=True)
PARTNERS = with_lines("roaming_partner")


@pytest.mark.parametrize(
    ("facts", "terms", "options", "tariff", "source"),
    [
        (NOBODY, ALL_SLOTS, {}, GROUP, "group"),
        (NOBODY, ALL_SLOTS, {"prepaid": True}, PREPAID, "prepaid"),
        (NOBODY, ALL_SLOTS, {"prepaid": True, "exception_tariff": OWN}, OWN, "exception"),
        (ROAMER, ALL_SLOTS, {}, ROAMING, "roaming"),
        (ROAMER, ALL_SLOTS, {"prepaid": True}, ROAMING, "roaming"),
        (ROAMER, replace(ALL_SLOTS, roaming_tariff=None), {}, GROUP, "group"),
        (ROAMER, replace(ALL_SLOTS, roaming_tariff=None), {"prepaid": True}, PREPAID, "prepaid"),
        (NOBODY, replace(ALL_SLOTS, prepaid_tariff=None), {"prepaid": True}, GROUP, "group"),
        (replace(NOBODY, card_roams=True), ALL_SLOTS, {}, GROUP, "group"),
        (PARTNERS, ALL_SLOTS, {"agreement_tariff": AGREED}, AGREED, "agreement"),
        (PARTNERS, ALL_SLOTS, {}, ROAMING, "roaming"),
        (PARTNERS, replace(ALL_SLOTS, roaming_tariff=None), {}, GROUP, "group"),
        (ROAMER, ALL_SLOTS, {"agreement_tariff": AGREED}, ROAMING, "roaming"),
        (replace(ROAMER, exception="allowed"), ALL_SLOTS, {"exception_tariff": OWN}, ROAMING, "roaming"),
    ],
)
def test_the_first_slot_that_is_set_names_the_price(facts, terms, options, tariff, source):
    decision = decide(facts, terms, **options)
    assert (decision.tariff, decision.source) == (tariff, source)


@pytest.mark.parametrize(
    ("facts", "terms", "options"),
    [
        (NOBODY, ALL_SLOTS, {"exception_tariff": TariffInForce("X")}),
        (NOBODY, replace(ALL_SLOTS, prepaid_tariff=TariffInForce("P")), {"prepaid": True}),
        (ROAMER, replace(ALL_SLOTS, roaming_tariff=TariffInForce("R")), {}),
        (PARTNERS, ALL_SLOTS, {"agreement_tariff": TariffInForce("A")}),
        (NOBODY, replace(ALL_SLOTS, tariff=TariffInForce("G")), {"exception_tariff": OWN}),
    ],
)
def test_a_named_tariff_without_a_version_in_force_is_never_replaced_in_silence(facts, terms, options):
    decision = decide(facts, terms, **options)
    assert (decision.access.verdict, decision.access.reason) == ("NOT_ALLOWED", "no_terms_in_force")
    assert decision.tariff is decision.source is None
    assert [step.outcome for step in decision.access.steps[-2:]] == ["passed", "decided"]


def test_a_refused_driver_has_no_tariff():
    decision = decide(NOBODY, GroupTerms(GROUP))
    assert (decision.access.reason, decision.tariff) == ("no_access", None)


def test_without_terms_nobody_charges():
    assert decide(NOBODY, None).access.reason == "no_terms_in_force"


def test_a_customer_counts_by_the_policy_without_a_card_but_not_by_roaming():
    roaming_only = GroupTerms(GROUP, roaming=True)
    carded = as_customer(replace(NOBODY, card_roams=True, card_known=False), has_card=True)
    assert decide(carded, roaming_only).access.reason == "roaming_card"
    cardless = as_customer(replace(NOBODY, card_roams=True), has_card=False)
    assert decide(cardless, roaming_only).access.reason == "no_access"
    assert decide(cardless, ALL_SLOTS).access.reason == "own_user_group"
