"""Who stands where in a charge group: counts and lists follow from the rule, judged once a set of facts."""

from datetime import UTC, datetime

import pytest

from chargegroups.customer_access import GroupAt, audience_of
from chargegroups.models import ChargeGroup
from customers.models import Customer
from tests import factories as make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 3, 9, tzinfo=UTC)


def reasons(group: ChargeGroup) -> dict[str, str]:
    at = GroupAt(group, AT)
    return {each.number: at.standing_of(each).reason for each in at.annotated(Customer.objects.all())}


def test_the_policy_counts_for_customers_without_a_card(world):
    make.CustomerFactory(user_group=world.north, number="1003")
    assert reasons(world.leusden) == {"1001": "own_user_group", "1002": "no_access", "1003": "own_user_group"}


def test_roaming_counts_by_the_best_valid_card_only(world):
    group = make.ChargeGroupFactory(user_group=world.north, terms={"tariff": world.standard, "roaming": True})
    for status, until in (("active", AT), ("deactivated", None)):
        make.ChargeCardFactory(customer=world.jansen, roaming=True, status=status, valid_until=until)
    make.ChargeCardFactory(customer=world.bakker, roaming=True)
    assert reasons(group) == {"1001": "no_access", "1002": "roaming_card"}


def test_an_exception_counts_while_it_is_in_force(world):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied", valid_until=AT)
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, valid_from=AT)
    assert reasons(world.leusden) == {"1001": "own_user_group", "1002": "exception_allowed"}


def test_customers_who_are_not_active_have_no_access(world):
    for number, status in (("1", "pending"), ("2", "blocked"), ("3", "deactivated")):
        make.CustomerFactory(user_group=world.north, number=number, status=status)
    found = reasons(world.leusden)
    assert [found[number] for number in "123"] == ["customer_pending", "customer_blocked", "customer_blocked"]


def test_an_exceptions_own_tariff_holds_and_one_without_a_version_gives_no_access(world):
    dead = make.TariffFactory(provider=world.greengrid, valid_until=AT)
    make.CustomerExceptionFactory(
        charge_group=world.leusden, customer=world.jansen, access="policy", tariff=world.cheap
    )
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, tariff=dead)
    at = GroupAt(world.leusden, AT)
    found = {each.number: at.standing_of(each).decision for each in at.annotated(Customer.objects.all())}
    assert (found["1001"].source, found["1001"].tariff.code) == ("exception", str(world.cheap.pk))
    assert found["1002"].access.reason == "no_terms_in_force"


def test_counts_and_lists_agree(world):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker)
    make.CustomerFactory.create_batch(3, user_group=world.north)
    make.CustomerFactory(user_group=world.north, payment="prepaid")
    at = GroupAt(world.leusden, AT)
    everyone = Customer.objects.all()
    standings = at.standings(everyone)
    for reason in {each.reason for each in standings}:
        wanted = [each for each in standings if each.reason == reason]
        assert at.among(everyone, wanted).count() == sum(each.count for each in wanted)
    assert sum(each.count for each in standings) == Customer.objects.filter(provider=world.greengrid).count()
    assert {audience_of(each) for each in standings} == {"own", "allowed"}


def test_customers_of_another_provider_are_never_counted(world):
    found = GroupAt(world.leusden, AT).annotated(Customer.objects.all())
    assert world.olsen not in found


def test_one_grouped_query_counts_everybody(world, django_assert_num_queries):
    at = GroupAt(world.leusden, AT)
    with django_assert_num_queries(5):  # terms, exceptions' tariffs, versions, their elements, and the one count
        at.standings(Customer.objects.all())
