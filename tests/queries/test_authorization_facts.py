"""The one statement of a decision: in any world it fetches the facts that the objects themselves tell."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargepoints.authorization import authorize
from tests import factories as make
from tests.rules.test_access import Facts, Policy, naive

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
UID = "04FEED01"

window = st.sampled_from([(None, None), (AT, None), (AT + DAY, None), (None, AT), (None, AT + DAY), (AT - DAY, AT)])
versions = st.lists(st.sampled_from([AT - 2 * DAY, AT - DAY, AT, AT + DAY]), unique=True, max_size=3)
tokens = st.fixed_dictionaries(
    {
        "partner": st.sampled_from([0, 0, 0, 1, 2]),
        "type": st.sampled_from(["RFID", "APP_USER", "OTHER"]),
        "valid": st.sampled_from([True, True, False]),
    }
)
agreed_at = st.sampled_from([(AT - DAY, None), (AT - DAY, None), (AT, AT + DAY), (AT - DAY, AT), (AT + DAY, None)])
agreements = st.none() | st.tuples(agreed_at, st.booleans())
"""Of the three partners the third is another provider's."""
worlds = st.fixed_dictionaries(
    {
        "point_status": st.sampled_from(["active", "active", "active", "inactive"]),
        "policies": st.dictionaries(
            st.sampled_from([AT - 2 * DAY, AT - DAY, AT, AT + DAY]),
            st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans()),
            max_size=3,
        ),
        "group_versions": versions.filter(bool) | versions,
        "group_until": st.sampled_from([None, None, AT, AT + DAY]),
        "own_versions": versions,
        "card_status": st.sampled_from(["active", "active", "active", "deactivated"]),
        "card_window": window,
        "roams": st.booleans(),
        "customer_status": st.sampled_from(["active", "active", "active", "pending", "blocked"]),
        "whose": st.sampled_from(["own", "own", "other_group", "other_provider"]),
        "prepaid": st.booleans(),
        "exception": st.none() | st.tuples(st.sampled_from(["policy", "allowed", "denied"]), window, st.booleans()),
        "carded": st.booleans(),
        "tokens": st.lists(tokens, max_size=4, unique_by=lambda token: (token["partner"], token["type"])),
        "agreements": st.tuples(agreements, agreements, agreements),
    }
)


def begun(valid_from, valid_until):
    return (valid_from is None or valid_from <= AT) and (valid_until is None or AT < valid_until)


def tariff_with(provider, moments, until=None):
    tariff = make.TariffFactory(provider=provider, per_kwh=None)
    for moment in sorted(moments):
        ends = until if until and until > moment else None
        make.tariff_writes.add_version(
            tariff, [make.TariffElement(energy_price=1)], valid_from=moment, valid_until=ends
        )
    return tariff


def in_force(tariff):
    latest = max((v for v in tariff.versions.all() if v.valid_from <= AT), key=lambda v: v.valid_from, default=None)
    return latest is not None and begun(None, latest.valid_until)


def build(drawn):
    """The world as rows, and what a person reads off these rows: (card, point, facts, expected tariff)."""
    north = make.UserGroupFactory()
    driver_group = {
        "own": north,
        "other_group": make.UserGroupFactory(provider=north.provider),
        "other_provider": make.UserGroupFactory(),
    }[drawn["whose"]]
    standard = tariff_with(north.provider, drawn["group_versions"], drawn["group_until"])
    own = tariff_with(north.provider, drawn["own_versions"])
    group = make.ChargeGroupFactory(user_group=north, terms=None)
    for moment, flags in sorted(drawn["policies"].items()):
        names = ("own_user_group", "other_user_groups", "roaming", "social_charging", "prepaid")
        terms = dict(zip(names, flags, strict=True))
        slot = own if terms.pop("prepaid") else None
        make.TermsFactory(charge_group=group, tariff=standard, prepaid_tariff=slot, valid_from=moment, **terms)
    point = make.ChargePointFactory(charge_group=group, status=drawn["point_status"])
    roams = drawn["roams"] and not drawn["prepaid"]
    customer = make.CustomerFactory(
        user_group=driver_group,
        status=drawn["customer_status"],
        payment="prepaid" if drawn["prepaid"] else "subscription",
    )
    card = drawn["carded"] and make.ChargeCardFactory(
        customer=customer,
        uid=UID,
        roaming=roams,
        status=drawn["card_status"],
        valid_from=drawn["card_window"][0],
        valid_until=drawn["card_window"][1],
    )
    exception = None
    build_partners(drawn, north.provider, own)
    if drawn["exception"] and drawn["whose"] != "other_provider":
        access, (first, last), with_tariff = drawn["exception"]
        exception = make.CustomerExceptionFactory(
            charge_group=group,
            customer=customer,
            access=access,
            valid_from=first,
            valid_until=last,
            tariff=own if with_tariff else None,
        )
    return card, point, group, exception, standard, own


def build_partners(drawn, provider, own):
    providers = (provider, provider, make.ProviderFactory())
    partners = [make.PartnerFactory(provider=each, agreed=False) for each in providers]
    for partner, agreement in zip(partners, drawn["agreements"], strict=True):
        if agreement:
            (first, last), with_tariff = agreement
            tariff = own if with_tariff and partner.provider == provider else None
            make.AgreementFactory(partner=partner, valid_from=first, valid_until=last, tariff=tariff)
    for token in drawn["tokens"]:
        partner = partners[token["partner"]]
        make.PartnerTokenFactory(partner=partner, uid=f"04:{UID[2:]}", type=token["type"], valid=token["valid"])


def token_read_off(drawn):
    """What counts of the tokens: facts, and whether the agreement names a tariff."""
    agreed = {number for number, each in enumerate(drawn["agreements"]) if each and begun(*each[0])} - {2}
    counting = [token for token in drawn["tokens"] if token["partner"] in agreed]
    if drawn["carded"] or not counting:
        return {}, False
    several = len({token["partner"] for token in counting}) > 1
    cards = [token for token in counting if token["type"] == "RFID"] or counting
    priced = drawn["agreements"][cards[0]["partner"]][1]
    valid = cards[0]["valid"]
    return {"partner_vouches": True, "token_ambiguous": several, "token_valid": valid}, priced


def read_off(drawn, exception, standard, own):
    """The facts and the tariff, from what was drawn, with no query of the portal's."""
    passed = [moment for moment in drawn["policies"] if moment <= AT]
    policy, prepaid_slot = None, False
    if passed:
        inside, outside, roaming, social, prepaid_slot = drawn["policies"][max(passed)]
        policy = Policy(inside, outside, roaming, social, in_force(standard))
    holds = drawn["carded"] and exception is not None and begun(exception.valid_from, exception.valid_until)
    of_token, priced = token_read_off(drawn)
    facts = Facts(
        at=AT,
        **of_token,
        point_known=True,
        point_status=drawn["point_status"],
        point_in_group=True,
        point_located=True,
        card_known=drawn["carded"],
        card_status=drawn["card_status"],
        card_roams=drawn["roams"] and not drawn["prepaid"],
        card_valid_from=drawn["card_window"][0],
        card_valid_until=drawn["card_window"][1],
        customer_status=drawn["customer_status"],
        same_provider=drawn["carded"] and drawn["whose"] != "other_provider",
        same_user_group=drawn["carded"] and drawn["whose"] == "own",
        exception=exception.access if holds else None,
        policy=policy,
    )
    paid = standard
    if (prepaid_slot and drawn["prepaid"] and drawn["carded"]) or priced:
        paid = own
    if holds and exception.tariff_id:
        paid = own
    return facts, paid


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=worlds)
def test_the_statement_tells_what_the_objects_tell(db, drawn):
    with transaction.atomic():
        _card, point, _group, exception, standard, own = build(drawn)
        facts, paid = read_off(drawn, exception, standard, own)
        verdict, reason = naive(facts)
        if verdict == "ALLOWED" and not in_force(paid):
            verdict, reason, paid = "NOT_ALLOWED", "no_terms_in_force", None
        answer = authorize(UID.lower(), point.identity.lower(), AT)
        assert (answer.verdict, answer.reason) == (verdict, reason)
        if verdict == "ALLOWED":
            assert answer.decision.tariff.code == paid.code
        transaction.set_rollback(True)


# The decision's prepared statement


@pytest.mark.django_db
def test_the_statement_of_a_decision_is_planned_once(world):
    for _ in range(3):
        authorize("04AA11", "NLGRGE0001", timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        prepared = [statement for (statement,) in cursor.fetchall()]
    assert [statement for statement in prepared if "chargepoints_chargepoint" in statement and "LATERAL" in statement]
    assert not [statement for statement in prepared if "pg_prepared_statements" in statement]
