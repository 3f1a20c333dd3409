"""The command ``explain``, as the operator reads it."""

import json
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from customers.models import ChargeCard
from tests import factories as make
from tests.sessions import record

pytestmark = pytest.mark.django_db
KEYS = [
    *("verdict", "reason", "card", "customer", "charge_point", "charge_group", "at", "tariff", "tariff_source"),
    *("tariff_valid_from", "currency", "price_text", "price_text_incl_vat", "ocpi", "ocpp16", "ocpp201", "steps"),
]


def explained(*args):
    out = StringIO()
    call_command("explain", *args, stdout=out)
    return out.getvalue()


def test_json_has_every_key_in_order(world):
    told = json.loads(explained("--card", "04AA11", "--charge-point", "NLGRGE0001", "--json"))
    assert list(told) == KEYS
    assert (told["customer"], told["charge_group"], told["ocpp16"]) == ("1001", "CG-LEUSDEN", "Accepted")


def test_nobody_at_no_charge_point_is_a_verdict_too(world):
    told = json.loads(explained("--card", "x", "--charge-point", "y", "--json"))
    assert (told["verdict"], told["reason"], told["tariff"]) == ("NOT_ALLOWED", "charge_point_unknown", None)


def test_words_name_the_line_that_decided_and_the_price(world):
    told = explained("--card", "04AA11", "--charge-point", "NLGRGE0001")
    assert "decided: The customer belongs to the charge group's own user group" in told
    assert "Tariff STANDARD (group): 0.35 EUR/kWh" in told


def test_the_price_reads_excluding_and_including_vat(world):
    make.reprice(world.standard, energy_price="0.3223", energy_vat=21)
    told = json.loads(explained("--card", "04AA11", "--charge-point", "NLGRGE0001", "--json"))
    assert told["price_text"] == "0.3223 EUR/kWh, excl. 21% VAT"
    assert told["price_text_incl_vat"] == "0.39 EUR/kWh, incl. 21% VAT"


def test_the_operator_sees_why_another_providers_card_is_refused(world):
    world.jansens_card.status = "deactivated"
    world.jansens_card.save()
    told = json.loads(explained("--card", "04AA11", "--charge-point", "NOBLVE0001", "--json"))
    assert (told["reason"], told["customer"]) == ("card_not_active", "1001")


def test_a_time_that_is_none_is_refused_with_an_example(world):
    with pytest.raises(CommandError, match="2026-12-01T09:00") as refusal:
        explained("--card", "x", "--charge-point", "y", "--at", "soon")
    assert refusal.value.returncode == 2


@pytest.mark.django_db(transaction=True)
def test_a_past_moment_is_answered_by_the_facts_of_then_and_says_from_when_they_are_known(world):
    before = timezone.now()
    ChargeCard.objects.filter(uid="04AA11").update(customer=world.bakker)
    ask = ("--card", "04AA11", "--charge-point", "NLGRGE0001", "--json")
    told = json.loads(explained(*ask, "--at", before.isoformat()))
    assert (told["verdict"], told["customer"]) == ("ALLOWED", "1001")
    assert datetime.fromisoformat(told["known_from"]) <= before
    assert json.loads(explained(*ask))["customer"] == "1002"


@pytest.mark.django_db(transaction=True)
def test_before_anything_was_known_the_first_known_state_counts_and_the_answer_says_so(world):
    ChargeCard.objects.filter(uid="04AA11").update(status="deactivated")
    told = explained("--card", "04AA11", "--charge-point", "NLGRGE0001", "--at", "2026-01-05T09:00")
    assert told.startswith("ALLOWED (own_user_group)")
    assert "Not known before" in told


def test_of_an_unknown_card_and_point_nothing_is_known_by_record(world):
    told = json.loads(explained("--card", "x", "--charge-point", "y", "--at", "2026-01-05T09:00", "--json"))
    assert (told["reason"], told["known_from"]) == ("charge_point_unknown", None)


@pytest.mark.django_db(transaction=True)
def test_a_session_is_explained_as_it_was_decided_whatever_has_changed_since(world):
    session = record(world, "TX-1", kwh="20")
    ChargeCard.objects.filter(uid="04AA11").update(status="deactivated")
    told = json.loads(explained("--session", "TX-1", "--provider", "GRG", "--json"))
    assert (told["verdict"], told["reason"], told["customer"]) == ("ALLOWED", "own_user_group", "1001")
    assert (told["card"], told["charge_group"], told["tariff"]) == ("04AA11", "CG-LEUSDEN", "STANDARD")
    assert told["steps"][-1]["rule"] == "own_user_group"
    assert datetime.fromisoformat(told["at"]) == session.started_at
    assert (told["session"], told["price"]["incl_vat"], told["price"]["currency"]) == ("TX-1", "7.00", "EUR")
    assert datetime.fromisoformat(told["decided_at"]) > session.started_at
    assert set(KEYS) <= set(told)


def test_a_session_that_was_not_allowed_has_no_price(world):
    record(world, "TX-2", card="04BB22")
    told = json.loads(explained("--session", "TX-2", "--provider", "GRG", "--json"))
    assert (told["reason"], told["tariff"], told["price"]) == ("no_access", None, None)


def test_of_another_providers_card_a_session_keeps_neither_customer_nor_facts(world):
    blocked = make.CustomerFactory(user_group=world.fjord, status="blocked")
    session = record(world, "TX-3", card=make.ChargeCardFactory(customer=blocked, uid="04CC44"))
    told = json.loads(explained("--session", "TX-3", "--provider", "GRG", "--json"))
    assert (told["reason"], told["customer"], told["known_from"]) == ("card_not_accepted", None, None)
    assert "facts" not in session.decision and "blocked" not in json.dumps(session.decision)


def test_neither_card_nor_customer_stands_in_what_a_session_keeps(world):
    session = record(world, "TX-4")
    assert not {"card", "customer"} & set(session.decision)
    assert "04AA11" not in json.dumps(session.decision) and "1001" not in json.dumps(session.decision)


def test_a_session_that_nobody_knows_and_too_few_answers_are_refused(world):
    for asked in (["--session", "NONE", "--provider", "GRG"], ["--card", "04AA11"]):
        with pytest.raises(CommandError) as refusal:
            explained(*asked)
        assert refusal.value.returncode == 2
