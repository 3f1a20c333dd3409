"""Times without an offset, also in the hour that the clock repeats or leaves out, and dates without a time."""

from datetime import UTC, datetime, timedelta

import pytest

from chargegroups.models import CustomerException, Terms
from chargepoints.models import Session
from customers.models import ChargeCard
from tariffs.models import TariffVersion

pytestmark = pytest.mark.django_db
TWICE, NEVER = "2025-10-26T02:30", "2025-03-30T02:30"
ROWS = {
    "charge_cards": ("uid,customer,valid_from", "NEW1,1001,{}", ChargeCard),
    "exceptions": ("charge_group,customer,valid_until", "CG-LEUSDEN,1002,{}", CustomerException),
    "tariffs": ("code,name,valid_from,flat_fee", "NIGHT,Night,{},1", TariffVersion),
    "charge_groups": ("user_group,code,name,type,tariff,valid_from", "NORTH,NEW,New,other,CHEAP,{}", Terms),
}


@pytest.mark.parametrize("kind", ROWS)
def test_the_same_file_again_is_unchanged(world, take, kind):
    header, row, model = ROWS[kind]
    assert take(kind, header, row.format(TWICE)).counts == (1, 0, 0, 0)
    rows = model.objects.count()
    assert take(kind, header, row.format(TWICE)).counts == (0, 0, 1, 0)
    assert model.objects.count() == rows


@pytest.mark.parametrize("kind", ROWS)
def test_a_time_that_the_clock_leaves_out_is_refused_with_one_that_it_shows(world, take, kind):
    header, row, model = ROWS[kind]
    rows = model.objects.count()
    answer = take(kind, header, row.format(NEVER))
    assert answer.counts == (0, 0, 0, 1) and model.objects.count() == rows
    assert "does not exist there: in Europe/Amsterdam" in answer.messages and "Write 03:30" in answer.messages
    assert take(kind, header, row.format(NEVER.replace("02:30", "03:30"))).status == 0


def test_a_window_within_the_repeated_hour_is_no_inverted_one(world, take):
    header, window = "uid,valid_from,valid_until", "NEW1,2025-10-26T02:45,2025-10-26T02:15+01:00"
    assert take("charge_cards", header, window).counts == (1, 0, 0, 0)


def test_a_window_that_ends_in_the_first_of_two_hours_is_told_how_to_say_the_second(world, take):
    header, window = "uid,valid_from,valid_until", "NEW1,2025-10-26T02:45,2025-10-26T02:15"
    answer = take("charge_cards", header, window)
    assert (answer.status, answer.errors) == (1, [(2, "valid_until")])
    assert "exchange" not in answer.messages
    advised = answer.messages.split("write ")[1].rstrip(".")
    assert take("charge_cards", header, f"NEW1,2025-10-26T02:45,{advised}").counts == (1, 0, 0, 0)


def test_a_session_that_ends_in_the_repeated_hour_is_told_how_to_say_the_second(world, take):
    header, row = "id,charge_point,card_uid,started_at,ended_at,kwh", "S1,NLGRGE0001,04AA11,2025-10-26T02:50,{},3"
    answer = take("sessions", header, row.format("2025-10-26T02:10"))
    assert (answer.status, answer.errors) == (1, [(2, "ended_at")])
    assert "exchange" not in answer.messages
    advised = answer.messages.split("write ")[1].rstrip(".")
    assert take("sessions", header, row.format(advised)).status == 0
    session = Session.objects.get(code="S1")
    assert session.ended_at - session.started_at == timedelta(minutes=20)


# A date without a time

UNTIL = {
    "charge_cards": ("uid,customer,valid_until", "NEW1,1001,{}", ChargeCard),
    "exceptions": ("charge_group,customer,valid_until", "CG-LEUSDEN,1002,{}", CustomerException),
}


@pytest.mark.parametrize("kind", UNTIL)
def test_what_is_valid_until_a_day_includes_that_day_in_the_zone_of_the_provider(world, take, kind):
    header, row, model = UNTIL[kind]
    assert take(kind, header, row.format("2027-12-31")).counts == (1, 0, 0, 0)
    assert model.objects.latest("pk").valid_until == datetime(2027, 12, 31, 23, tzinfo=UTC)
    assert take(kind, header, row.format("2027-12-31")).counts == (0, 0, 1, 0)
    assert take(kind, header, row.format("2028-01-01T00:00")).counts == (0, 0, 1, 0)


def test_what_is_valid_from_a_day_begins_at_its_midnight(world, take):
    take("charge_cards", "uid,customer,valid_from", "NEW1,1001,2027-12-31")
    assert ChargeCard.objects.get(uid="NEW1").valid_from == datetime(2027, 12, 30, 23, tzinfo=UTC)


def test_a_card_of_one_day_is_valid_on_that_day(world, take):
    answer = take("charge_cards", "uid,customer,valid_from,valid_until", "NEW1,1001,2027-12-31,2027-12-31")
    assert answer.counts == (1, 0, 0, 0)
