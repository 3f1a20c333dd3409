"""Search: who is meant by what somebody types, found by an index rather than by reading every row."""

import pytest
from django.db import connection

from chargepoints.models import ChargePoint, Location
from chargepoints.search import locations_named, points_named
from customers.models import ChargeCard, Customer
from customers.search import search_cards, search_customers

pytestmark = pytest.mark.django_db


def plan(rows):
    """How the database would find them if the tables were large."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return rows.explain()


@pytest.mark.parametrize("part", ["ansen, ", "t.", "100", "N@example", "04aa1", "GRG-000001"])
def test_a_customer_is_found_by_any_part_of_what_names_them_or_their_cards(world, part):
    assert world.jansen in search_customers(Customer.objects.visible_to(world.anna), part)


def test_every_word_has_to_be_found(world):
    customers = Customer.objects.visible_to(world.anna)
    assert list(search_customers(customers, "jansen 1001")) == [world.jansen]
    assert not search_customers(customers, "jansen 1002").exists()


def test_a_card_is_found_by_its_holder(world):
    assert list(search_cards(ChargeCard.objects.visible_to(world.anna), "jansen")) == [world.jansens_card]


@pytest.mark.parametrize(
    "typed", ["04:aa:11", "04 AA 11", "04-aa", "nl grg 000001 a", "NL*GRG*000001*A", "10-01", "1 001"]
)
def test_cards_and_numbers_are_found_whatever_their_separators_and_case(world, typed):
    assert list(search_customers(Customer.objects.visible_to(world.anna), typed)) == [world.jansen]
    assert list(search_cards(ChargeCard.objects.visible_to(world.anna), typed)) == [world.jansens_card]


@pytest.mark.parametrize(
    "typed", ["nl*grg*e0001", "NL-GRG-E0001", "nl grg e0001", "e148*2", "NLGRGE1482", "Market e148"]
)
def test_charge_points_are_found_by_identity_and_evse_id_however_they_are_spelled(world, typed):
    ChargePoint.objects.filter(pk=world.market.pk).update(evse_id="NL*GRG*E148*2")
    assert list(points_named(ChargePoint.objects.visible_to(world.anna), typed)) == [world.market]
    assert not points_named(ChargePoint.objects.visible_to(world.otto), typed).exists()


def test_what_the_portal_shows_of_a_row_finds_it_as_it_stands_there(world):
    """Pasted from a list or a page, with the commas and brackets that join its parts."""
    place = world.market.location
    place.address, place.city = "Monaco road 3", "'s-Heer Arendskerke"
    place.save()
    customers, cards = Customer.objects.visible_to(world.anna), ChargeCard.objects.visible_to(world.anna)
    points = ChargePoint.objects.visible_to(world.anna)
    assert list(search_customers(customers, str(world.jansen))) == [world.jansen]
    assert list(search_customers(customers, '"Jansen" (1001);')) == [world.jansen]
    assert list(search_cards(cards, str(world.jansen))) == [world.jansens_card]
    assert list(locations_named(Location.objects.visible_to(world.anna), str(place))) == [place]
    for typed in (str(place), "’s-Heer Arendskerke, Monaco road"):
        assert list(points_named(points, typed)) == list(points.filter(location=place)), typed


@pytest.mark.parametrize("typed", ["4431 BK", "4431bk", "4431-BK, Market"])
def test_a_place_is_found_by_its_postal_code_with_and_without_the_blank(world, typed):
    Location.objects.filter(pk=world.market.location_id).update(postal_code="4431 BK", name="Market")
    assert list(locations_named(Location.objects.visible_to(world.anna), typed)) == [world.market.location]
    assert world.market in points_named(ChargePoint.objects.visible_to(world.anna), typed)
    assert not locations_named(Location.objects.visible_to(world.otto), typed).exists()


def test_signs_that_join_words_are_words_where_nothing_else_was_typed(world):
    assert not search_customers(Customer.objects.visible_to(world.anna), "()").exists()


@pytest.mark.parametrize("typed", ["-", ":", " * ", "\0", "04 \0"])
def test_separators_alone_name_no_code(world, typed):
    everyone = Customer.objects.visible_to(world.anna)
    assert not search_cards(ChargeCard.objects.filter(customer=None), typed).exists()
    assert search_customers(everyone, typed).count() <= everyone.count()


def test_the_outsider_finds_nobody_by_the_same_words(world):
    assert not search_customers(Customer.objects.visible_to(world.otto), "jansen").exists()
    assert not search_cards(ChargeCard.objects.visible_to(world.otto), "jansen").exists()


def test_indexes_find_the_parts_of_words_and_of_codes(world):
    customers = plan(search_customers(Customer.objects.visible_to(world.anna), "jansen 10-01"))
    for index in ("customer_name_parts", "customer_number_key_parts", "customer_email_parts", "card_visual_key_parts"):
        assert index in customers
    assert "card_uid_key_parts" in plan(search_cards(ChargeCard.objects.visible_to(world.anna), "jansen"))
    points = plan(points_named(ChargePoint.objects.visible_to(world.anna), "NL*GRG*E148"))
    for index in ("charge_point_identity_parts", "charge_point_evse_id_parts", "charge_point_name_parts"):
        assert index in points
