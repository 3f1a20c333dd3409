"""The calculator on a tariff's page: a session, its lines by one version and another, and the week."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from evcnet import datetimes
from tariffs import writes as tariff_writes
from tariffs.models import TariffElement
from tests import factories as make
from tests.tables import for_each

pytestmark = pytest.mark.django_db

OWN = {"session_kind": "own", "start": "2026-06-01T10:00", "kwh": "22", "charging": "120", "parked": "60"}


def page(tariff) -> str:
    return reverse("admin:tariffs_tariff_calculator", args=[tariff.pk])


def asked(browser, tariff, **typed):
    response = browser.get(page(tariff), typed)
    assert response.status_code == 200
    return response


def text(response) -> str:
    return " ".join(response.content.decode().split())


def next_version(tariff, per_kwh="0.39"):
    later = datetime.now(UTC) + timedelta(days=30)
    return tariff_writes.add_version(tariff, [TariffElement(energy_price=Decimal(per_kwh))], valid_from=later)


@pytest.fixture
def night_and_parking(world):
    """0.40 by day, 0.20 from 23:00 to 07:00, parking at 2.40 an hour, 21 % VAT on all."""
    tariff = make.TariffFactory(provider=world.greengrid, code="NIGHT", per_kwh=None)
    night = TariffElement(energy_price=Decimal("0.20"), energy_vat=21, start_time="23:00", end_time="07:00")
    day = TariffElement(energy_price=Decimal("0.40"), energy_vat=21, parking_price=Decimal("2.40"), parking_vat=21)
    tariff_writes.add_version(tariff, [night, day], valid_from=make.LONG_AGO)
    tariff.refresh_from_db()
    return tariff


def test_without_a_question_the_session_in_the_street_is_priced(world, signed_in):
    shown = asked(signed_in(world.rita), world.standard)
    (priced,) = shown.context["priced"]
    assert (priced.excl_vat, priced.incl_vat) == ("7.70 EUR", "7.70 EUR")
    assert "AC session in the street" in text(shown) and "7.70 EUR including VAT" in text(shown)


@pytest.mark.parametrize(("kind", "total"), [("street", "7.70 EUR"), ("home", "12.95 EUR"), ("fast", "15.75 EUR")])
def test_each_reference_session_can_be_chosen(world, signed_in, kind, total):
    assert asked(signed_in(world.anna), world.standard, session_kind=kind).context["priced"][0].incl_vat == total


def test_a_typed_session_shows_the_lines_that_make_its_total(world, signed_in, night_and_parking):
    (priced,) = asked(signed_in(world.anna), night_and_parking, **OWN).context["priced"]
    assert [
        (line.what, line.quantity, line.price, line.vat, line.excl_vat, line.incl_vat) for line in priced.lines
    ] == [
        ("Energy", "22 kWh", "0.40 / kWh", "21 %", "8.80", "10.648"),
        ("Parking time", "1 h 00 min", "2.40 / h", "21 %", "2.40", "2.904"),
    ]
    assert (priced.excl_vat, priced.incl_vat) == ("11.20 EUR", "13.55 EUR")


def test_a_start_is_read_by_the_clock_of_the_provider(world, signed_in, night_and_parking):
    typed = OWN | {"start": "2026-06-01T23:30", "parked": ""}
    assert asked(signed_in(world.anna), night_and_parking, **typed).context["priced"][0].excl_vat == "4.40 EUR"


def test_the_next_version_stands_beside_the_one_in_force_unless_none_is_wanted(world, signed_in):
    next_version(world.standard)
    browser = signed_in(world.anna)
    both = asked(browser, world.standard).context["priced"]
    assert [(each.display.state, each.incl_vat) for each in both] == [("now", "7.70 EUR"), ("scheduled", "8.58 EUR")]
    assert both[1].difference == "0.88 EUR more (+11.4 %)"
    assert len(asked(browser, world.standard, session_kind="street", beside="").context["priced"]) == 1


def test_an_earlier_version_can_stand_beside(world, signed_in):
    first = world.standard.versions.get()
    tariff_writes.add_version(
        world.standard, [TariffElement(energy_price=Decimal("0.30"))], valid_from=datetimes.database_clock()
    )
    both = asked(signed_in(world.anna), world.standard, beside=str(first.pk)).context["priced"]
    assert [(each.display.state, each.incl_vat) for each in both] == [("now", "6.60 EUR"), ("past", "7.70 EUR")]


def test_a_small_session_costs_nothing_and_says_why(world, signed_in):
    shown = asked(signed_in(world.anna), world.standard, **OWN | {"kwh": "0.1"})
    assert shown.context["priced"][0].incl_vat == "0.00 EUR"
    assert "Small session" in text(shown)


@for_each(
    ("field", "value", "words"),
    [
        ("start", "yesterday", "This is not a time"),
        ("start", "2026-03-29T02:30", "the clock was put forward"),
        ("start", "9999-12-31T23:59+14:00", "out of range"),
        ("start", "", "Give this of a session of your own"),
        ("kwh", "1,5", "This is not a number"),
        ("kwh", "-1", "Give 0 or more"),
        ("kwh", "3000", "Give at most 2000"),
        ("kwh", "NaN", "This is not a number"),
        ("kwh", "1e999999", "Give at most 2000"),
        ("kwh", "\x00", "This is not a number"),
        ("charging", "-5", "Give 0 or more"),
        ("charging", "999999", "Give at most 10080"),
        ("parked", "soon", "This is not a number"),
        ("kw", "3", "does not give 22 kWh in 120 minutes"),
        ("session_kind", "weekend", "Choose one of these sessions"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field_and_stays_there(world, signed_in, field, value, words):
    shown = asked(signed_in(world.anna), world.standard, **OWN | {field: value})
    form = shown.context["form"]
    assert words in form.errors[field][0]
    assert list(form.errors) == [field] and shown.context["priced"] == []
    assert form["kwh"].value() == (value if field == "kwh" else "22")


def test_more_energy_than_a_charge_point_gives_is_refused_in_words(world, signed_in):
    shown = asked(signed_in(world.anna), world.standard, **OWN | {"kwh": "1500", "charging": "1"})
    assert "more than a charge point delivers" in shown.context["form"].errors["kwh"][0]


def test_what_was_typed_does_not_disturb_a_reference_session(world, signed_in):
    shown = asked(signed_in(world.anna), world.standard, session_kind="street", kwh="much")
    assert shown.context["priced"][0].incl_vat == "7.70 EUR" and not shown.context["form"].errors


def test_a_version_of_another_tariff_is_not_offered_and_not_shown(world, signed_in):
    foreign = world.foreign.versions.get()
    shown = asked(signed_in(world.anna), world.standard, beside=str(foreign.pk))
    assert "no such version" in text(shown) and len(shown.context["priced"]) == 1
    assert "0.77" not in text(shown)


def test_the_week_shows_every_hour_with_its_amount(world, signed_in, night_and_parking):
    typed = OWN | {"parked": "", "charging": "60"}
    (priced,) = asked(signed_in(world.anna), night_and_parking, **typed).context["priced"]
    (first, monday), *others = priced.week.days
    assert f"{first:%A %Y-%m-%d}" == "Monday 2026-06-01" and len(others) == 6
    assert [cell.amount for cell in monday] == ["5.32"] * 7 + ["10.65"] * 16 + ["5.32"]
    assert [cell.shade for cell in monday] == [0] * 7 + [4] * 16 + [0]
    assert [hour for hour, cell in enumerate(monday) if cell.highlighted] == [10]
    assert priced.week.words.startswith("Cheapest: 5.32 EUR, first on Monday at 00:00. Dearest: 10.65 EUR")


def test_an_hour_that_the_clock_skips_has_no_amount(world, signed_in):
    (priced,) = asked(signed_in(world.anna), world.standard, **OWN | {"start": "2026-03-27T10:00"}).context["priced"]
    sunday = priced.week.days[6][1]
    assert [hour for hour, cell in enumerate(sunday) if not cell.amount] == [2]


def test_a_tariff_without_a_version_in_force_says_so(world, signed_in):
    bare = make.TariffFactory(provider=world.greengrid, code="BARE", per_kwh=None)
    assert "nobody can charge by this tariff" in text(asked(signed_in(world.anna), bare))


def test_the_calculator_of_a_foreign_tariff_looks_missing(world, signed_in):
    browser = signed_in(world.anna)
    missing = page(world.foreign).replace(str(world.foreign.pk), "999999")
    assert browser.get(page(world.foreign)).status_code == browser.get(missing).status_code == 404


def test_more_versions_cost_no_more_queries(world, signed_in, django_assert_max_num_queries):
    browser = signed_in(world.anna)
    for days in range(1, 10):
        moment = make.LONG_AGO + timedelta(days=days)
        tariff_writes.add_version(world.cheap, [TariffElement(energy_price=Decimal("0.30"))], valid_from=moment)
    asked(browser, world.standard)
    with django_assert_max_num_queries(25):
        asked(browser, world.cheap)
