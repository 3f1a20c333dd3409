"""Customers' access in a charge group: counts and lists follow from the access rules, judged once a set of facts."""

from datetime import UTC, datetime

import pytest

from chargegroups.customer_access import CustomerAccess, access_of, filter_customers, grouped_access
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup
from customers.models import Customer
from tests import factories as make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 3, 9, tzinfo=UTC)


def accesses(group: ChargeGroup) -> dict[str, CustomerAccess]:
    numbers = dict(Customer.objects.values_list("pk", "number"))
    return {numbers[pk]: access for pk, access in access_of(GroupSnapshot.of(group, AT), list(numbers)).items()}


def reasons(group: ChargeGroup) -> dict[str, str]:
    return {number: access.reason for number, access in accesses(group).items()}


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
    found = {number: access.decision for number, access in accesses(world.leusden).items()}
    assert (found["1001"].source, found["1001"].tariff.code) == ("exception", str(world.cheap.pk))
    assert found["1002"].access.reason == "no_terms_in_force"


def test_counts_and_lists_agree(world):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker)
    make.CustomerFactory.create_batch(3, user_group=world.north)
    make.CustomerFactory(user_group=world.north, payment="prepaid")
    snapshot = GroupSnapshot.of(world.leusden, AT)
    everyone = Customer.objects.all()
    found = grouped_access(snapshot, world.ben)
    for reason in {each.reason for each in found}:
        chosen = [each for each in found if each.reason == reason]
        assert filter_customers(snapshot, everyone, chosen).count() == sum(each.count for each in chosen)
    assert sum(each.count for each in found) == Customer.objects.filter(provider=world.greengrid).count()
    assert {each.audience for each in found} == {"own", "allowed"}


def test_roaming_customers_are_counted_and_listed_apart(world):
    group = make.ChargeGroupFactory(user_group=world.north, terms={"tariff": world.standard, "roaming": True})
    make.ChargeCardFactory(customer=world.bakker, roaming=True)
    snapshot = GroupSnapshot.of(group, AT)
    found = {each.reason: each for each in grouped_access(snapshot, world.ben)}
    listed = {reason: filter_customers(snapshot, Customer.objects.all(), [each]) for reason, each in found.items()}
    assert {reason: [row.number for row in rows] for reason, rows in listed.items()} == {
        "no_access": ["1001"],
        "roaming_card": ["1002"],
    }


def test_a_list_looks_at_cards_only_where_they_tell_who_is_listed(world):
    make.ChargeCardFactory(customer=world.jansen, roaming=True)
    make.CustomerFactory(user_group=world.north, number="1003")

    def listed(**terms: bool) -> tuple[list[str], bool]:
        group = make.ChargeGroupFactory(
            user_group=world.north, terms={"tariff": world.standard, "roaming": True} | terms
        )
        snapshot = GroupSnapshot.of(group, AT)
        found = grouped_access(snapshot, world.ben)
        chosen, others = [each for each in found if each.allowed], [each for each in found if not each.allowed]
        rows = filter_customers(snapshot, Customer.objects.order_by("number"), chosen, others)
        assert list(rows) == list(filter_customers(snapshot, Customer.objects.order_by("number"), chosen))
        return [row.number for row in rows], "customers_chargecard" in str(rows.query)

    assert listed(own_user_group=True) == (["1001", "1003"], False)
    assert listed() == (["1001"], True)


def test_no_chosen_set_of_facts_lists_nobody(world):
    assert not filter_customers(GroupSnapshot.of(world.leusden, AT), Customer.objects.all(), []).exists()


def test_customers_of_another_provider_are_never_counted(world):
    assert access_of(GroupSnapshot.of(world.leusden, AT), [world.olsen.pk]) == {}


def test_a_login_counts_the_customers_that_it_sees(world):
    counted = grouped_access(GroupSnapshot.of(world.leusden, AT), world.ben)
    assert sum(each.count for each in counted) == Customer.objects.visible_to(world.ben).count()


def test_one_grouped_query_counts_everybody(world, django_assert_num_queries):
    # The terms with the exceptions' tariffs, the versions with their elements, the login's roles, the count.
    with django_assert_num_queries(4):
        grouped_access(GroupSnapshot.of(world.leusden, AT), world.ben)
