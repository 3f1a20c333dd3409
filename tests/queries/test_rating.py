"""The price of a recorded session, and that it can not change."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from chargepoints.models import Location, Rating, Session
from chargepoints.rating import Measured, Rater, correct, ratings_of
from evcnet.errors import DomainError
from tariffs.models import TariffVersion
from tests import factories as make
from tests.sessions import record

pytestmark = pytest.mark.django_db


def version_of(tariff):
    return TariffVersion.objects.get(tariff=tariff)


def test_a_session_is_rated_by_the_version_pinned_at_its_start(world):
    session = record(world, "S1", kwh="20")
    rating = session.ratings.get()
    assert (session.verdict, session.reason, session.tariff_source) == ("ALLOWED", "own_user_group", "group")
    assert session.tariff_version == rating.tariff_version == version_of(world.standard)
    assert (rating.number, rating.currency, rating.excl_vat, rating.incl_vat) == (1, "EUR", Decimal(7), Decimal(7))
    assert [line["dimension"] for line in rating.lines] == ["ENERGY"]


def test_a_version_that_came_later_does_not_count(world):
    later = make.TariffFactory(
        provider=world.greengrid, code="TWICE", per_kwh="0.10", valid_from=datetime(2026, 1, 1, tzinfo=UTC)
    )
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=later)
    assert record(world, "S1", at="2026-03-02T09:00").tariff_source == "exception"
    early = record(world, "S0", at="2025-03-02T09:00")
    assert (early.verdict, early.reason, early.ratings.count()) == ("NOT_ALLOWED", "no_terms_in_force", 0)


def test_a_session_whose_card_was_not_allowed_is_kept_without_a_price(world):
    session = record(world, "S1", card=world.bakkers_card)
    assert (session.verdict, session.reason, session.tariff_version, session.tariff_source) == (
        "NOT_ALLOWED",
        "no_access",
        None,
        "",
    )
    assert session.customer == world.bakker
    assert not Rating.objects.exists()


def test_of_another_providers_card_neither_customer_nor_reason_is_kept(world):
    blocked = make.CustomerFactory(user_group=world.fjord, status="blocked")
    session = record(world, "S1", card=make.ChargeCardFactory(customer=blocked, uid="04CC44"))
    assert (session.card_uid, session.card, session.customer) == ("04CC44", None, None)
    assert (session.verdict, session.reason) == ("BLOCKED", "card_not_accepted")


def test_a_small_session_costs_nothing_by_the_providers_rule(world):
    rating = record(world, "S1", minutes=1, kwh="5").ratings.get()
    assert (rating.incl_vat, rating.lines[0]["dimension"]) == (0, "SMALL_SESSION")
    assert record(world, "S2", minutes=60, kwh="0.1").ratings.get().incl_vat == 0


def test_times_of_day_are_those_of_the_location(world):
    from tariffs import writes as tariff_writes
    from tariffs.models import TariffElement

    tariff = make.TariffFactory(provider=world.greengrid, code="NIGHT", per_kwh=None)
    night = TariffElement(energy_price=Decimal("0.10"), start_time="01:00", end_time="05:00")
    tariff_writes.add_version(tariff, [night, TariffElement(energy_price=1)], valid_from=make.LONG_AGO)
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=tariff)
    dutch = record(world, "S1", at="2026-03-02T02:00", minutes=60, kwh="10")
    tokyo = make.LocationFactory(provider=world.greengrid, time_zone="Asia/Tokyo")
    there = make.ChargePointFactory(charge_group=world.leusden, location=tokyo)
    japanese = record(world, "S2", at="2026-03-02T02:00", minutes=60, kwh="10", point=there)
    assert [each.ratings.get().incl_vat for each in (dutch, japanese)] == [1, 10]


def test_a_correction_is_one_more_rating_and_the_earlier_one_stays_readable(world):
    session = record(world, "S1", kwh="20")
    rating = correct(session, version_of(world.cheap), Measured.of(session), "wrong tariff", world.anna)
    first, second = session.ratings.order_by("number")
    assert (first.incl_vat, second.incl_vat, second.reason, second.made_by) == (7, 4, "wrong tariff", world.anna)
    assert ratings_of([session])[session.pk] == rating == second
    assert Rating.objects.counting().get() == second
    session.refresh_from_db()
    assert session.tariff_version == version_of(world.standard)


def test_a_correction_may_say_what_the_meter_should_have(world):
    session = record(world, "S1", kwh="20")
    measured = Measured(session.started_at, session.ended_at, Decimal(2), 600)
    rating = correct(session, version_of(world.standard), measured, "meter counted double")
    assert (rating.incl_vat, rating.kwh, rating.parking_seconds) == (Decimal("0.70"), 2, 600)
    session.refresh_from_db()
    assert session.kwh == 20


def test_a_session_that_was_not_allowed_can_be_given_a_price_with_a_reason(world):
    session = record(world, "S1", card=world.bakkers_card)
    rating = correct(session, version_of(world.standard), Measured.of(session), "let in by the helpdesk")
    assert (rating.number, rating.incl_vat) == (1, 7)
    session.refresh_from_db()
    assert session.verdict == "NOT_ALLOWED"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"tariff": "foreign"}, "tariff"),
        ({"kwh": "3000"}, "kwh"),
        ({"parking_seconds": 7201}, "parking_seconds"),
        ({"minutes": -1}, "ended_at"),
        ({}, "tariff"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(world, change, field):
    session = record(world, "S1", kwh="20")
    measured = Measured(
        session.started_at,
        session.started_at + timedelta(minutes=change.get("minutes", 120)),
        Decimal(change.get("kwh", "20")),
        change.get("parking_seconds", 0),
    )
    version = version_of(getattr(world, change.get("tariff", "standard")))
    with pytest.raises(DomainError) as refused:
        correct(session, version, measured, change.get("reason", "why not"))
    assert refused.value.refusal.field == field
    assert session.ratings.count() == 1


def test_the_database_keeps_ratings_and_what_was_rated(world):
    session = record(world, "S1")
    for write in (
        lambda: Rating.objects.update(incl_vat=1),
        lambda: Rating.objects.filter(session=session).delete(),
        lambda: Session.objects.update(kwh=1),
        lambda: Session.objects.update(verdict="BLOCKED"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()
    Session.objects.update(note="seen")
    assert Session.objects.get().kwh == 20
    assert Rating.objects.get().incl_vat == 7


@pytest.mark.django_db(transaction=True)
def test_a_correction_counts_by_the_clock_of_where_the_point_stood_at_the_start(world):
    session = record(world, "S1")
    Location.objects.filter(pk=world.market.location_id).update(time_zone="Asia/Tokyo")
    stored = Session.objects.select_related("charge_point").get(pk=session.pk)
    metered = Rater(stored.provider).metered_session(stored, Measured.of(stored))
    assert metered.time_zone == "Europe/Amsterdam"
