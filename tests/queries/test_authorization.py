"""Authorization asked of the database, as a reader asks."""

from datetime import UTC, datetime, timedelta

import pytest

from chargegroups.models import CustomerException
from chargepoints.authorization import authorize
from tests import factories as make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def asked(world, card="04AA11", point="NLGRGE0001", at=NOW):
    return authorize(card, point, at)


def test_a_customer_of_the_own_user_group_charges_at_the_groups_tariff(world):
    answer = asked(world)
    assert (answer.verdict, answer.reason) == ("ALLOWED", "own_user_group")
    assert answer.as_json(steps=False)["tariff"] == "STANDARD"
    assert answer.as_json(steps=False)["tariff_source"] == "group"
    assert "0.35 EUR" in answer.price_text


def test_one_decision_is_one_query(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        asked(world).as_json(steps=True)


def test_letter_case_of_card_and_charge_point_do_not_matter(world):
    assert asked(world, "04aa11", "nlgrge0001").verdict == "ALLOWED"


def test_a_customer_of_another_user_group_is_not_let_in_by_the_own_one(world):
    assert asked(world, "04BB22").reason == "no_access"


def test_an_exception_that_allows_opens_the_group_at_its_own_tariff(world):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, tariff=world.cheap)
    answer = asked(world, "04BB22").as_json(steps=False)
    assert (answer["reason"], answer["tariff"], answer["tariff_source"]) == ("exception_allowed", "CHEAP", "exception")


def test_an_exception_that_only_names_a_tariff_changes_the_price_not_the_access(world):
    policy = CustomerException.Access.POLICY
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, tariff=world.cheap, access=policy)
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=world.cheap, access=policy)
    assert asked(world, "04BB22").reason == "no_access"
    answer = asked(world, "04AA11").as_json(steps=False)
    assert (answer["reason"], answer["tariff"]) == ("own_user_group", "CHEAP")


def test_an_exception_whose_tariff_has_no_version_in_force_never_falls_through_to_another_price(world):
    empty = make.TariffFactory(provider=world.greengrid, per_kwh=None)
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=empty)
    answer = asked(world)
    assert (answer.verdict, answer.reason) == ("NOT_ALLOWED", "no_terms_in_force")
    assert answer.as_json(steps=False)["tariff"] is None


def test_an_ended_version_leaves_no_earlier_one_in_force(world):
    tariff = make.TariffFactory(provider=world.greengrid)
    make.tariff_writes.add_version(
        tariff,
        [make.TariffElement(energy_price=1)],
        valid_from=NOW - timedelta(days=2),
        valid_until=NOW - timedelta(days=1),
    )
    group = make.ChargeGroupFactory(user_group=world.north, terms={"tariff": tariff, "own_user_group": True})
    make.ChargePointFactory(charge_group=group, identity="NLGRGE0002")
    assert asked(world, point="NLGRGE0002").reason == "no_terms_in_force"
    assert asked(world, point="NLGRGE0002", at=NOW - timedelta(days=1, seconds=1)).verdict == "ALLOWED"


def test_scheduled_terms_hold_from_their_very_second(world):
    make.TermsFactory(charge_group=world.leusden, tariff=world.cheap, valid_from=datetime(2030, 1, 1, tzinfo=UTC))
    assert asked(world, at=datetime(2029, 12, 31, 23, 59, 59, tzinfo=UTC)).verdict == "ALLOWED"
    assert asked(world, at=datetime(2030, 1, 1, tzinfo=UTC)).reason == "no_access"


def test_another_providers_card_shows_neither_customer_nor_why_it_is_not_accepted(world):
    world.olsen.status = "blocked"
    world.olsen.save()
    told = asked(world, "04CC33").as_provider_json(steps=True)
    assert (told["verdict"], told["reason"], told["customer"]) == ("BLOCKED", "card_not_accepted", None)
    assert "blocked" not in str(told["steps"])
    assert asked(world, "04CC33").as_json(steps=False)["reason"] == "customer_blocked"


def test_unknown_cards_and_points_are_verdicts(world):
    assert asked(world, "nobody's").verdict == "UNKNOWN"
    assert asked(world, point="\x00").reason == "charge_point_unknown"
