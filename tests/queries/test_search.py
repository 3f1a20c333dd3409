"""Search: who is meant by what somebody types, found by an index rather than by reading every row."""

import pytest
from django.db import connection

from chargepoints.models import ChargePoint, Location
from chargepoints.search import locations_named, points_named
from customers.models import ChargeCard, Customer, SearchText
from customers.privacy.erase import erase
from customers.search import begins_with, search_cards, search_customers
from evcnet.history import event_model
from tests import factories as make

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


def test_words_are_found_without_their_accents_and_separators(world):
    Customer.objects.filter(pk=world.jansen.pk).update(name="Müller-Strauß, Åse d’Œuvre")
    everyone = Customer.objects.visible_to(world.anna)
    for typed in ("muller", "MÜLLER", "mullerstrauss", "strauß ase", "d'oeuvre", "doeuvre 1001", "mu\u0308ller"):
        assert list(search_customers(everyone, typed)) == [world.jansen], typed


def test_words_that_begin_one_come_first(world):
    other = make.CustomerFactory(user_group=world.north, name="Aaltje Sjansen")
    found = search_customers(Customer.objects.visible_to(world.anna).order_by("name"), "jansen")
    assert list(found) == [other, world.jansen]
    assert list(begins_with(found, "jansen")) == [world.jansen, other]


def test_numbers_of_two_cards_find_the_customer_who_has_both_and_no_card(world):
    make.ChargeCardFactory(customer=world.jansen, uid="04EE55", visual_number="NL-GRG-000009-Z")
    assert list(search_customers(Customer.objects.visible_to(world.anna), "04AA11 jansen 04EE55")) == [world.jansen]
    assert not search_cards(ChargeCard.objects.visible_to(world.anna), "04AA11 04EE55").exists()


FROM_SCRATCH = """
    SELECT id, NULL, evcnet_customer_text(name, number, email) FROM customers_customer
    UNION ALL
    SELECT k.customer_id, k.id, coalesce(evcnet_customer_text(c.name, c.number, c.email), '')
        || evcnet_card_text(k.uid, k.visual_number)
    FROM customers_chargecard k LEFT JOIN customers_customer c ON c.id = k.customer_id
"""


def assert_texts_are_as_written_from_scratch():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT customer_id, card_id, text FROM customers_searchtext EXCEPT ALL ({FROM_SCRATCH})")
        assert cursor.fetchall() == []
        cursor.execute(f"({FROM_SCRATCH}) EXCEPT ALL SELECT customer_id, card_id, text FROM customers_searchtext")
        assert cursor.fetchall() == []


CUSTOMER = "provider_id, user_group_id, number, kind, name, email, language, payment, status"
CARD = "provider_id, customer_id, uid, visual_number, type, roaming, status"
STATEMENTS = """
UPDATE customers_customer SET name = name || ' Ö', email = '';
UPDATE customers_customer SET status = 'blocked' WHERE number = '1001';
UPDATE customers_chargecard SET uid = '04-FF-' || id, visual_number = 'A B ' || id;
UPDATE customers_chargecard k SET customer_id = c.id FROM customers_customer c
    WHERE c.number = '1002' AND c.provider_id = k.provider_id;
UPDATE customers_chargecard SET customer_id = NULL, status = 'inactive';
INSERT INTO customers_customer (CUSTOMER) SELECT provider_id, user_group_id, number || 'X', kind, 'Łukasz', '', language,
    payment, status FROM customers_customer;
INSERT INTO customers_chargecard (CARD) SELECT provider_id, id, 'N' || id, '', 'RFID', false, 'active'
    FROM customers_customer WHERE number LIKE '%X';
DELETE FROM customers_chargecard WHERE uid LIKE 'N%';
DELETE FROM customers_customer WHERE number LIKE '%X'
"""


def test_whatever_statement_writes_the_texts_follow(world):
    assert_texts_are_as_written_from_scratch()
    with connection.cursor() as cursor:
        for statement in STATEMENTS.replace("CUSTOMER", CUSTOMER).replace("CARD", CARD).split(";"):
            cursor.execute(statement)
            assert cursor.rowcount, statement
            assert_texts_are_as_written_from_scratch()
        with cursor.copy(f"COPY customers_customer ({CUSTOMER}) FROM STDIN") as copy:
            copy.write_row(
                (world.greengrid.pk, world.north.pk, "77", "private", "Çelik", "", "en", "prepaid", "active")
            )
    assert_texts_are_as_written_from_scratch()
    assert search_customers(Customer.objects.visible_to(world.anna), "celik 77").exists()


def test_a_change_of_what_is_searched_is_one_event_of_the_history(world):
    before = events(world.jansen)
    Customer.objects.filter(pk=world.jansen.pk).update(name="Jansen, Theo")
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(visual_number="")
    assert events(world.jansen) == before + 1


def events(customer) -> int:
    return event_model(Customer).objects.filter(pgh_obj=customer.pk).count()


def test_an_erased_customer_is_found_by_the_number_alone(world):
    erase(world.jansen, world.anna)
    everyone = Customer.objects.visible_to(world.anna)
    for typed in ("jansen", "jansen@example.org", "04AA11", "NL-GRG-000001-A"):
        assert not search_customers(everyone, typed).exists(), typed
        assert not search_cards(ChargeCard.objects.visible_to(world.anna), typed).exists(), typed
    assert list(search_customers(everyone, "1001")) == [world.jansen]
    assert not SearchText.objects.filter(text__contains="jansen").exists()
    assert_texts_are_as_written_from_scratch()


def test_indexes_find_the_parts_of_words_and_of_codes(world):
    assert "search_text_parts" in plan(SearchText.objects.filter(text__contains="jansen"))
    points = plan(points_named(ChargePoint.objects.visible_to(world.anna), "NL*GRG*E148"))
    for index in ("charge_point_identity_parts", "charge_point_evse_id_parts", "charge_point_name_parts"):
        assert index in points
