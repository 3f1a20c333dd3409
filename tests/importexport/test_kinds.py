"""The columns of each kind of row, and what they mean."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargepoints.models import ChargePoint, Location
from customers.models import ChargeCard, Customer, UserGroup
from tests import factories as make

pytestmark = pytest.mark.django_db


def card(uid):
    return ChargeCard.objects.get(uid=uid)


# User groups


def test_a_parent_may_stand_below_its_child(world, take):
    answer = take("user_groups", "code,name,parent", "LEAF,Leaf,BRANCH", "BRANCH,Branch,NORTH")
    assert answer.counts == (2, 0, 0, 0)
    assert UserGroup.objects.get(code="LEAF").parent.parent == world.north


def test_user_groups_in_a_ring_are_refused(world, take):
    answer = take("user_groups", "code,name,parent", "NORTH,North,SOUTH", "SOUTH,South,NORTH")
    assert (answer.status, answer.errors) == (1, [(3, "parent")])
    assert not UserGroup.objects.exclude(parent=None).exists()


# Charge cards


def test_a_card_with_a_customer_is_active_and_one_without_is_not(world, take):
    take("charge_cards", "uid,customer", "NEW1,1001", "NEW2,")
    assert (card("NEW1").status, card("NEW2").status) == ("active", "inactive")


def test_attaching_a_customer_activates_a_card_unless_a_status_is_given(world, take):
    for uid in ("SPARE1", "SPARE2"):
        make.ChargeCardFactory(customer=None, provider=world.greengrid, uid=uid, status="inactive")
    take("charge_cards", "uid,customer", "SPARE1,1001")
    take("charge_cards", "uid,customer,status", "SPARE2,1001,inactive")
    assert (card("SPARE1").status, card("SPARE2").status) == ("active", "inactive")


def test_a_card_that_loses_its_customer_is_inactive(world, take):
    assert take("charge_cards", "uid,customer", "04AA11,").counts == (0, 1, 0, 0)
    assert card("04AA11").status == "inactive"


def test_a_blocked_card_stays_blocked_when_other_columns_change(world, take):
    ChargeCard.objects.filter(uid="04AA11").update(status="deactivated")
    take("charge_cards", "uid,customer,visual_number", "04AA11,1001,new print")
    assert (card("04AA11").status, card("04AA11").visual_number) == ("deactivated", "new print")


def test_an_active_card_without_a_customer_is_refused(world, take):
    answer = take("charge_cards", "uid,customer,status", "NEW1,,active")
    assert (answer.status, answer.errors) == (1, [(2, "status")])
    assert not ChargeCard.objects.filter(uid="NEW1").exists()


def test_a_prepaid_customers_card_does_not_roam(world, take):
    Customer.objects.filter(pk=world.jansen.pk).update(payment="prepaid")
    answer = take("charge_cards", "uid,customer,roaming", "04AA11,1001,true")
    assert (answer.status, answer.errors) == (1, [(2, "roaming")])
    assert not card("04AA11").roaming


def test_a_uid_of_another_provider_cannot_be_used_and_no_more_is_said(world, take):
    answer = take("charge_cards", "uid,customer", "04cc33,1001", "NEW1,1001")
    assert answer.errors == [(2, "uid")]
    assert answer.messages == "This uid cannot be used."
    assert not ChargeCard.objects.filter(uid="NEW1").exists()


def test_times_without_an_offset_are_the_providers(world, take):
    take("charge_cards", "uid,customer,valid_from,valid_until", "NEW1,1001,2026-07-01,2026-12-01T09:00:00+02:00")
    assert card("NEW1").valid_from == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert card("NEW1").valid_until == datetime(2026, 12, 1, 7, tzinfo=UTC)


# Charge groups


def test_terms_found_a_new_charge_group(world, take):
    header = "user_group,code,name,type,tariff,roaming_tariff,own_user_group,valid_from"
    answer = take("charge_groups", header, "NORTH,CG-NEW,New,other,STANDARD,CHEAP,true,2026-01-01")
    assert answer.counts == (1, 0, 0, 0)
    terms = Terms.objects.get(charge_group__code="CG-NEW")
    assert (terms.tariff, terms.roaming_tariff, terms.own_user_group, terms.roaming) == (
        world.standard,
        world.cheap,
        True,
        False,
    )
    assert terms.valid_from == datetime(2025, 12, 31, 23, tzinfo=UTC)


def test_without_a_moment_terms_hold_from_the_import_on(world, take):
    before = timezone.now()
    take("charge_groups", "user_group,code,name,type,tariff", "NORTH,CG-NEW,New,home,STANDARD")
    assert before <= Terms.objects.get(charge_group__code="CG-NEW").valid_from <= timezone.now() + timedelta(seconds=5)


def test_a_new_charge_group_needs_a_tariff(world, take):
    answer = take("charge_groups", "user_group,code,name,type", "NORTH,CG-NEW,New,other")
    assert (answer.status, answer.errors) == (1, [(2, "tariff")])
    assert not ChargeGroup.objects.filter(code="CG-NEW").exists()


@pytest.mark.parametrize("cells", [",", "STANDARD,true", "STANDARD,"])
def test_terms_columns_of_a_group_that_exists_are_empty_or_as_they_are(world, take, cells):
    header = "user_group,code,name,type,tariff,own_user_group"
    answer = take("charge_groups", header, f"NORTH,CG-LEUSDEN,Leusden,other,{cells}")
    assert answer.counts == (0, 1, 0, 0)
    assert Terms.objects.filter(charge_group=world.leusden).count() == 1


@pytest.mark.parametrize(
    ("header", "cell"),
    [("tariff", "CHEAP"), ("own_user_group", "false"), ("roaming", "true"), ("valid_from", "2026-01-01")],
)
def test_terms_of_a_group_that_exists_are_not_changed_by_a_file(world, take, header, cell):
    answer = take(
        "charge_groups", f"user_group,code,name,type,{header}", f"NORTH,CG-LEUSDEN,Leusden centre,other,{cell}"
    )
    assert (answer.status, answer.errors) == (1, [(2, header)])
    assert "change through their own page" in answer.messages
    assert Terms.objects.filter(charge_group=world.leusden).count() == 1


def test_a_home_group_that_roams_is_refused(world, take):
    answer = take("charge_groups", "user_group,code,name,type,tariff,roaming", "NORTH,CG-NEW,New,home,STANDARD,true")
    assert (answer.status, answer.errors) == (1, [(2, "roaming")])
    assert not ChargeGroup.objects.filter(code="CG-NEW").exists()


def test_tariffs_of_a_group_share_one_currency(world, take):
    make.TariffFactory(provider=world.greengrid, code="KRONE", currency="NOK")
    header = "user_group,code,name,type,tariff,roaming_tariff"
    answer = take("charge_groups", header, "NORTH,CG-NEW,New,other,STANDARD,KRONE")
    assert (answer.status, answer.errors) == (1, [(2, "roaming_tariff")])
    assert "choose another" in answer.messages
    assert not ChargeGroup.objects.filter(code="CG-NEW").exists()


# Exceptions


def test_an_exception_is_one_customer_in_one_group(world, take):
    header = "charge_group,customer,access,tariff,note"
    assert take("exceptions", header, "CG-LEUSDEN,1002,allowed,CHEAP,neighbour").counts == (1, 0, 0, 0)
    assert take("exceptions", header, "CG-LEUSDEN,1002,denied,,unpaid").counts == (0, 1, 0, 0)
    exception = CustomerException.objects.get()
    assert (exception.customer, exception.access, exception.tariff, exception.note) == (
        world.bakker,
        "denied",
        None,
        "unpaid",
    )


def test_an_exception_in_another_currency_is_refused_beside_good_rows(world, take):
    make.TariffFactory(provider=world.greengrid, code="KRONE", currency="NOK")
    answer = take("exceptions", "charge_group,customer,tariff", "CG-LEUSDEN,1001,CHEAP", "CG-LEUSDEN,1002,KRONE")
    assert (answer.status, answer.errors) == (1, [(3, "tariff")])
    assert not CustomerException.objects.exists()


# Locations and charge points


def test_a_location_takes_the_providers_time_zone_and_is_not_published(world, take):
    take("locations", "code,name,country,latitude,longitude", "L9,Square,nl,52.13214567890,-5.4")
    location = Location.objects.get(code="L9")
    assert (location.time_zone, location.published, location.country.code) == ("Europe/Amsterdam", False, "NL")
    assert (location.latitude, location.longitude) == (Decimal("52.1321457"), Decimal("-5.4"))


def test_a_location_of_a_home_group_is_not_published(world, take):
    home = make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home", terms={"tariff": world.standard})
    point = make.ChargePointFactory(charge_group=home)
    answer = take("locations", "code,name,country,published", f"{point.location.code},Home,NL,true")
    assert (answer.status, answer.errors) == (1, [(2, "published")])
    assert not Location.objects.filter(published=True).exists()


def test_a_charge_point_arrives_inactive(world, take):
    take("charge_points", "identity,max_power_kw", "CP1,7.36")
    point = ChargePoint.objects.get(identity="CP1")
    assert (point.status, point.max_power_kw, point.charge_group) == ("inactive", Decimal("7.36"), None)


def test_a_charge_point_is_activated_with_a_group_and_a_location_only(world, take):
    header = "identity,location,charge_group,status"
    answer = take("charge_points", header, "CP1,,CG-LEUSDEN,active")
    assert (answer.status, answer.errors) == (1, [(2, "status")])
    assert not ChargePoint.objects.filter(identity="CP1").exists()


def test_an_active_charge_point_that_loses_its_group_ends_inactive(world, take):
    assert take("charge_points", "identity,charge_group", "NLGRGE0001,").counts == (0, 1, 0, 0)
    world.market.refresh_from_db()
    assert (world.market.charge_group, world.market.status) == (None, "inactive")


def test_an_active_charge_point_without_a_group_is_refused(world, take):
    answer = take("charge_points", "identity,charge_group,status", "NLGRGE0001,,active")
    assert (answer.status, answer.errors) == (1, [(2, "status")])
    world.market.refresh_from_db()
    assert (world.market.charge_group, world.market.status) == (world.leusden, "active")


def test_an_identity_of_another_provider_cannot_be_used_and_no_more_is_said(world, take):
    answer = take("charge_points", "identity", "noblve0001")
    assert answer.errors == [(2, "identity")]
    assert answer.messages == "This identity cannot be used."


@pytest.mark.parametrize(
    ("kind", "header", "row", "column"),
    [
        ("customers", "user_group,number,name", "FJORD,1003,Visser", "user_group"),
        ("charge_cards", "uid,customer", "NEW1,9001", "customer"),
        ("charge_points", "identity,charge_group", "CP1,CG-OSLO", "charge_group"),
        ("charge_groups", "user_group,code,name,type,tariff", "NORTH,CG-NEW,New,other,FJORDPRICE", "tariff"),
        ("exceptions", "charge_group,customer", "CG-LEUSDEN,9001", "customer"),
        ("user_groups", "code,name,parent", "EAST,East,FJORD", "parent"),
    ],
)
def test_another_providers_row_is_as_unknown_as_none_at_all(world, take, kind, header, row, column):
    code = row.split(",")[header.split(",").index(column)]
    theirs = take(kind, header, row)
    none = take(kind, header, row.replace(code, "NOTHING"))
    assert (theirs.status, theirs.errors) == (1, [(2, column)])
    assert theirs.messages.replace(code, "NOTHING") == none.messages
