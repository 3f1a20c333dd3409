"""The summary of a file: what matters of its rows, before it is written."""

import pytest

from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def summary_of(world, take):
    """What a file of GreenGrid says it would do."""

    def of(kind, *lines):
        return take(kind, *lines, dry_run=True).said.get("summary")

    return of


def test_customers_that_change_their_status_are_counted_by_what_they_become(world, summary_of):
    make.CustomerFactory(user_group=world.north, number="1003", status="pending")
    lines = [
        "NORTH,1001,Jansen,blocked",
        "NORTH,1002,Bakker,blocked",
        "NORTH,1003,Smit,active",
        "SOUTH,1004,Vos,pending",
    ]
    assert summary_of("customers", "user_group,number,name,status", *lines) == [
        "1 customer becomes active.",
        "2 customers become blocked.",
        "1 new customer is pending.",
        "1 customer changes its user group.",
    ]


def test_a_file_that_changes_nothing_that_matters_says_nothing_more(world, summary_of):
    assert summary_of("customers", "number,name", "1001,Jansen and son") is None


def test_a_card_that_changes_its_customer_and_one_that_gets_its_first_are_told_apart(world, summary_of):
    make.ChargeCardFactory(customer=None, provider=world.greengrid, uid="04DD44", status="inactive")
    lines = ["04AA11,1002", "04DD44,1001", "04BB22,"]
    assert summary_of("charge_cards", "uid,customer", *lines) == [
        "1 charge card becomes active.",
        "1 charge card becomes inactive.",
        "1 charge card changes its customer.",
        "1 charge card loses its customer.",
    ]


def test_new_cards_whose_visual_number_exists_are_counted_however_it_is_spelled(world, summary_of):
    lines = [
        "04EE01,1001,nl grg 000002 b",
        "04EE02,1001,NL-GRG-7",
        "04EE03,1001,NL-GRG-7",
        "04EE04,1001,NO-BLV-000003-C",
    ]
    said = summary_of("charge_cards", "uid,customer,visual_number", *lines)
    assert said == ["2 new charge cards bear a visual number that exists."]


def test_locations_that_are_published_are_counted(world, summary_of):
    place = world.market.location
    line = f"{place.code},{place.name},NL,{not place.published}"
    word = "no longer published" if place.published else "published from now on"
    assert summary_of(
        "locations", "code,name,country,published", line.lower().replace(place.code.lower(), place.code)
    ) == [f"1 location {word}."]


def test_charge_points_say_their_status_their_group_and_their_owner(world, summary_of):
    south = make.ChargeGroupFactory(user_group=world.south, code="CG-SOUTH", terms={"tariff": world.standard})
    lines = [f"{world.market.identity},{south.code},out_of_service"]
    assert summary_of("charge_points", "identity,charge_group,status", *lines) == [
        "1 charge point becomes out of service.",
        "1 charge point changes its charge group.",
    ]
