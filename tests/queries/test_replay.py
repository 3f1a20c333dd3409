"""Replays: what past sessions would have cost under another tariff."""

import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from changes.admin.replay import replay_sessions
from changes.apply import preview_change
from changes.proposals import NewVersion
from chargepoints.models import Session
from chargepoints.rating import Measured, correct
from chargepoints.replay import replay, sessions_at, sessions_by, version_to_replay
from evcnet.datetimes import database_clock
from tariffs.models import Tariff
from tests import factories as make
from tests.queries.test_changes import per_kwh
from tests.sessions import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(world):
    """Jansen charged 20 and 10 kWh at 0.35, and Visser 5 kWh; Bakker was not allowed."""
    world.visser = make.CustomerFactory(user_group=world.north, number="1003", name="Visser, A.")
    card = make.ChargeCardFactory(customer=world.visser, uid="04DD44")
    record(world, "S1", at="2026-03-02T09:00", kwh="20")
    record(world, "S2", at="2026-04-02T09:00", kwh="10")
    record(world, "S3", at="2026-04-03T09:00", kwh="5", card=card)
    record(world, "S4", at="2026-04-04T09:00", card=world.bakkers_card)
    world.dear = make.TariffFactory(provider=world.greengrid, code="DEAR", per_kwh="0.4567")
    return world


def run(*options, **more):
    out, err = io.StringIO(), io.StringIO()
    call_command("replay", *options, json=True, provider="GRG", stdout=out, stderr=err, **more)
    return json.loads(out.getvalue())


def refused(*options, provider="GRG"):
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("replay", *options, provider=provider, stdout=out)
    assert (error.value.returncode, out.getvalue()) == (2, "")
    return str(error.value)


def test_totals_differ_by_the_sum_of_the_differences_to_the_cent(past):
    said = run("--charge-group", "CG-LEUSDEN", "--against", "DEAR")
    assert (said["sessions"], said["unrated"], said["currency"]) == (3, 1, "EUR")
    assert said["before"] == "12.25"  # 7.00 + 3.50 + 1.75
    assert said["after"] == "15.98"  # 9.13 + 4.57 + 2.28: each rounded, as charged
    assert Decimal(said["difference"]) == sum(Decimal(each["difference"]) for each in said["customers"])
    assert (said["dearer"], said["cheaper"], said["unchanged"]) == (3, 0, 0)
    assert said["customers"] == [
        {"customer": "1001", "difference": "3.20"},
        {"customer": "1003", "difference": "0.53"},
    ]
    filled = {(each["above"], each["up_to"]): each["sessions"] for each in said["histogram"] if each["sessions"]}
    assert filled == {("0.5", "1"): 1, ("1", "2"): 1, ("2", "5"): 1}


def test_only_sessions_that_started_in_the_window_count(past):
    options = ("--charge-group", "CG-LEUSDEN", "--against", "DEAR")
    assert run(*options, "--from", "2026-04-02T09:00")["sessions"] == 2
    assert run(*options, "--until", "2026-04-02T09:00")["sessions"] == 1
    assert run(*options, "--from", "2026-04-03T09:00", "--until", "2026-04-03T09:00")["sessions"] == 0


def test_the_sessions_of_a_tariff_are_those_that_were_priced_by_it(past):
    make.CustomerExceptionFactory(charge_group=past.leusden, customer=past.jansen, tariff=past.cheap)
    record(past, "S5", at="2026-05-02T09:00", kwh="10")
    assert run("--tariff", "STANDARD", "--against", "CHEAP")["sessions"] == 3
    said = run("--tariff", "CHEAP", "--against", "STANDARD")
    assert (said["sessions"], Decimal(said["before"]), Decimal(said["after"])) == (1, 2, Decimal("3.5"))


def test_what_a_session_cost_is_what_it_was_corrected_to(past):
    session = Session.objects.get(code="S1")
    correct(session, past.cheap.versions.get(), Measured.of(session), "wrong tariff")
    done = replay(sessions_at(past.leusden), past.dear.versions.get())
    assert done.total.before == Decimal("9.25")
    assert sessions_by(past.cheap).get() == session
    assert not sessions_by(past.standard).filter(pk=session.pk).exists()


def test_the_same_tariff_changes_nothing(past):
    done = replay(sessions_at(past.leusden), past.standard.versions.get())
    assert (done.total.difference, done.total.unchanged, done.largest) == (0, 3, ())


def test_a_tariff_that_is_still_to_come_is_the_one_that_counts(past):
    coming = make.TariffFactory(
        provider=past.greengrid, code="NEXT", per_kwh="1", valid_from=timezone.now() + timedelta(days=9)
    )
    assert version_to_replay(coming, timezone.now()).valid_from > timezone.now()
    assert Decimal(run("--charge-group", "CG-LEUSDEN", "--against", "NEXT")["after"]) == 35


def test_cards_of_other_providers_are_one_customer_without_a_name(past):
    terms = {"tariff": past.standard, "roaming": True}
    quay = make.ChargeGroupFactory(user_group=past.north, code="CG-QUAY", terms=terms)
    record(
        past,
        "S9",
        kwh="100",
        card=make.ChargeCardFactory(customer=past.olsen, roaming=True),
        point=make.ChargePointFactory(charge_group=quay),
    )
    said = run("--charge-group", "CG-QUAY", "--against", "DEAR")
    assert said["customers"] == [{"customer": None, "difference": "10.67"}]


def test_progress_goes_to_standard_error_and_the_object_alone_to_standard_output(past, monkeypatch):
    monkeypatch.setattr("tariffs.pricing.replay._TELL_EVERY", 2)
    out, err = io.StringIO(), io.StringIO()
    call_command("replay", charge_group="CG-LEUSDEN", against="DEAR", json=True, provider="GRG", stdout=out, stderr=err)
    assert json.loads(out.getvalue())["sessions"] == 3
    assert err.getvalue() == "2 of 4 sessions\n"


def test_people_read_totals_bars_and_names(past):
    out = io.StringIO()
    call_command("replay", charge_group="CG-LEUSDEN", against="DEAR", provider="GRG", stdout=out)
    assert "12.25 before, 15.98 after: +3.73, +30.4 %" in out.getvalue()
    assert "1 more were not allowed" in out.getvalue()
    assert "Jansen, T." in out.getvalue()


def test_queries_do_not_grow_with_the_sessions(past, django_assert_max_num_queries):
    for number in range(40):
        record(past, f"M{number}", at=f"2026-05-{number % 28 + 1:02d}T{number % 20:02d}:00")
    against = version_to_replay(past.dear, timezone.now())
    with django_assert_max_num_queries(12):
        assert replay(sessions_at(past.leusden), against).total.sessions == 43


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--charge-group", "NONE", "--against", "DEAR"), "no charge group with the code “NONE”"),
        (("--charge-group", "CG-OSLO", "--against", "DEAR"), "no charge group with the code “CG-OSLO”"),
        (("--tariff", "STANDARD", "--against", "FJORDPRICE"), "no tariff with the code “FJORDPRICE”"),
        (("--tariff", "STANDARD", "--against", "DEAR", "--from", "soon"), "--from: “soon” is not a time"),
        (("--tariff", "STANDARD", "--against", "EMPTY"), "no version in force and none to come"),
        (("--tariff", "STANDARD", "--against", "KRONER"), "was rated in EUR, and the tariff is in NOK"),
    ],
)
def test_what_makes_no_sense_ends_with_status_2_and_says_why(past, options, says):
    make.TariffFactory(provider=past.greengrid, code="EMPTY", per_kwh=None)
    make.TariffFactory(provider=past.greengrid, code="KRONER", currency="NOK")
    assert says in refused(*options)


def test_without_a_provider_among_several_it_asks_for_one(past):
    assert "--provider" in refused("--tariff", "STANDARD", "--against", "DEAR", provider=None)
    assert Tariff.objects.filter(code="STANDARD").exists()


# Replays of a change


@pytest.fixture
def last_week():
    return f"{database_clock() - timedelta(days=7):%Y-%m-%dT10:00}"


def dearer(world):
    return preview_change(NewVersion(world.standard, per_kwh("0.50")))


def test_a_session_is_priced_again_as_it_was_measured(world, last_week):
    record(world, "S1", at=last_week, kwh="20")
    assert replay_sessions(dearer(world)).total.difference == Decimal("3.00")


def test_a_corrected_session_is_priced_again_as_it_was_corrected(world, last_week):
    session = record(world, "S1", at=last_week, kwh="20")
    version = world.standard.versions.get()
    correct(session, version, Measured(session.started_at, session.ended_at, Decimal(10)), "The meter was wrong.")
    assert replay_sessions(dearer(world)).total.difference == Decimal("1.50")


def test_corrections_cost_no_query_each(world, last_week):
    def cost():
        seen = dearer(world)
        with CaptureQueriesContext(connection) as queries:
            replay_sessions(seen)
        return len(queries)

    record(world, "S0", at=last_week)
    few = cost()
    for number in range(1, 6):
        record(world, f"S{number}", at=last_week)
    assert cost() == few
