"""Search: who is meant by what somebody types, found by an index rather than by reading every row."""

import pytest
from django.db import connection

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


def test_the_outsider_finds_nobody_by_the_same_words(world):
    assert not search_customers(Customer.objects.visible_to(world.otto), "jansen").exists()
    assert not search_cards(ChargeCard.objects.visible_to(world.otto), "jansen").exists()


def test_indexes_find_the_parts_of_words(world):
    customers = plan(search_customers(Customer.objects.visible_to(world.anna), "jansen"))
    for index in ("customer_name_parts", "customer_number_parts", "customer_email_parts"):
        assert index in customers
    assert "card_uid_parts" in plan(search_cards(ChargeCard.objects.visible_to(world.anna), "jansen"))
