"""Uids and identities in files: found however they are spelled, and kept as they were first given."""

import pytest

from chargegroups.models import CustomerException
from chargepoints.models import ChargePoint, Session
from customers.models import ChargeCard
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("uid", ["04aa11", "04:AA:11", "04 aa 11"])
def test_a_card_is_updated_however_its_uid_is_spelled_and_keeps_its_spelling(world, take, uid):
    assert take("charge_cards", "uid,visual_number", f"{uid},NEW-1").counts == (0, 1, 0, 0)
    world.jansens_card.refresh_from_db()
    assert (world.jansens_card.uid, world.jansens_card.visual_number) == ("04AA11", "NEW-1")
    assert take("charge_cards", "uid,visual_number", f"{uid},NEW-1").counts == (0, 0, 1, 0)
    assert ChargeCard.objects.count() == 3


def test_a_charge_point_is_updated_by_its_evse_id_and_keeps_its_identity(world, take):
    assert take("charge_points", "identity,name", "nl*grg*e0001,Market").counts == (0, 1, 0, 0)
    world.market.refresh_from_db()
    assert (world.market.identity, world.market.name) == ("NLGRGE0001", "Market")
    assert ChargePoint.objects.count() == 2


def test_a_new_card_keeps_the_spelling_of_its_first_file(world, take):
    assert take("charge_cards", "uid", " 04:ee:55 ").counts == (1, 0, 0, 0)
    assert ChargeCard.objects.get(uid__uid_key="04EE55").uid == "04:ee:55"


def test_sessions_name_points_and_cards_as_readers_spell_them(world, take):
    header = "id,charge_point,card_uid,started_at,ended_at,kwh"
    row = "2026-03-03T10:00,2026-03-03T11:00,7"
    assert take("sessions", header, f"S1,NL*GRG*E0001,04:aa:11,{row}").counts == (1, 0, 0, 0)
    session = Session.objects.get()
    assert (session.charge_point, session.card, session.card_uid) == (world.market, world.jansens_card, "04AA11")
    assert take("sessions", header, f"S1,nlgrge0001,04-aa-11,{row}").counts == (0, 0, 1, 0)
    assert take("sessions", header, f"S2,NLGRGE0001,04aa11,{row}").errors == [(2, "id")]


def test_a_reference_to_a_customer_is_found_whatever_separators_the_number_has(world, take):
    make.CustomerFactory(user_group=world.north, number="C-100.7")
    assert take("exceptions", "charge_group,customer,access", "CG-LEUSDEN,c1007,denied").counts == (1, 0, 0, 0)
    assert CustomerException.objects.get().customer.number == "C-100.7"


def test_of_two_numbers_that_differ_by_separators_the_one_as_spelled_is_meant_and_neither_is_guessed(world, take):
    for number in ("AB-1", "A-B1"):
        make.CustomerFactory(user_group=world.north, number=number)
    assert take("charge_cards", "uid,customer", "04EE66,A-B1").counts == (1, 0, 0, 0)
    assert ChargeCard.objects.get(uid="04EE66").customer.number == "A-B1"
    refused = take("charge_cards", "uid,customer", "04EE77,ab1")
    assert refused.errors == [(2, "customer")]
    assert "“A-B1” or “AB-1”" in refused.said["errors"][0]["message"]
    assert not ChargeCard.objects.filter(uid="04EE77").exists()


def test_zeros_are_compared_with_the_same_providers_cards_only(world, take):
    """Olsen's card of BlueVolt is 04CC33: GreenGrid hears nothing of it."""
    assert take("charge_cards", "uid", "4CC33").counts == (1, 0, 0, 0)
    assert take("charge_cards", "uid", "4AA11").errors == [(2, "uid")]


def test_a_card_that_is_there_is_updated_although_another_differs_by_zeros(world, take):
    make.ChargeCardFactory(customer=world.jansen, uid="4AA11")
    assert take("charge_cards", "uid,visual_number", "4AA11,N", "04AA11,M").counts == (0, 2, 0, 0)
