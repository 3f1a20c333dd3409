"""The simple form of prices: it fills itself in, says what it cannot show, and becomes rows of the table."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from evcnet import datetimes
from tariffs import writes as tariff_writes
from tariffs.conversion import price_list
from tariffs.forms.price_table import PriceTable
from tariffs.forms.simple_prices import simple_values, table_data
from tariffs.models import TariffElement, TariffVersion
from tariffs.pricing import Component, Element, PriceLimit, Restrictions, Tariff
from tests import factories as make

pytestmark = pytest.mark.django_db

TYPED = {
    "per_kwh": "0.39",
    "start_fee": "0.50",
    "charging": "0.01",
    "parking": "0.05",
    "free_minutes": "240",
    "vat": "21",
    "min_price_excl": "1",
    "max_price_excl": "30",
    "max_price_incl": "36.30",
}


def page(tariff, view="simple") -> str:
    return reverse(f"admin:tariffs_tariff_{view}", args=[tariff.pk])


def text(response) -> str:
    assert response.status_code == 200, response
    return " ".join(response.content.decode().split())


@pytest.fixture
def unused(world):
    return make.TariffFactory(provider=world.greengrid, code="UNUSED", per_kwh=None)


def send(browser, response, **more):
    """What the browser does when the table that is shown is sent as it is."""
    context = response.context
    address = context["wizard"].address if "wizard" in context else context["address"]
    return browser.post(address, context["table"].elements.data.dict() | more)


def test_the_form_is_filled_in_with_the_prices_in_force(world, signed_in):
    form = signed_in(world.anna).get(page(world.standard)).context["form"]
    assert form.initial == {"per_kwh": "0.35"}


def test_what_is_typed_is_shown_as_a_table_and_in_words_before_it_is_written(world, signed_in, unused):
    shown = signed_in(world.anna).post(page(unused), TYPED)
    assert "How it reads to a driver" in text(shown) and "0.39" in text(shown)
    assert len(shown.context["table"].rows) == 2
    assert not unused.versions.exists()


def test_the_table_that_it_became_is_saved_as_elements(world, signed_in, unused):
    browser = signed_in(world.anna)
    send(browser, browser.post(page(unused), TYPED))
    always, parking = (each for each in price_list(unused.versions.get()).elements)
    assert [(each.dimension, each.price, each.vat) for each in always.components] == [
        ("ENERGY", Decimal("0.39"), 21),
        ("TIME", Decimal("0.60"), 21),
        ("FLAT", Decimal("0.50"), 21),
    ]
    assert [(each.dimension, each.price) for each in parking.components] == [("PARKING_TIME", Decimal(3))]
    assert parking.restrictions == Restrictions(min_duration=240 * 60)


def test_what_was_saved_fills_in_the_form_again_without_a_loss(world, signed_in, unused):
    browser = signed_in(world.anna)
    browser.post(page(unused), TYPED | {"step": "save"})
    assert {name: Decimal(value) for name, value in browser.get(page(unused)).context["form"].initial.items()} == {
        name: Decimal(value) for name, value in TYPED.items()
    }


def test_of_a_tariff_in_use_the_table_leads_to_the_preview_of_the_change(world, signed_in):
    browser = signed_in(world.anna)
    table = browser.post(page(world.standard), {"per_kwh": "0.39"})
    assert "Show whom it affects" in text(table)
    preview = browser.get(send(browser, table, step="preview")["Location"])
    assert "changes/preview.html" in [each.name for each in preview.templates]
    assert world.standard.versions.count() == 1


def test_what_it_cannot_show_is_said_and_nothing_is_filled_in(world, signed_in, unused):
    night = TariffElement(energy_price=Decimal("0.20"), start_time="23:00", end_time="07:00")
    day = TariffElement(energy_price=Decimal("0.40"))
    tariff_writes.add_version(unused, [night, day], valid_from=make.LONG_AGO)
    shown = signed_in(world.anna).get(page(unused))
    assert shown.context["form"].initial == {}
    assert "It has several tiers of energy." in text(shown) and "do not fit this form" in text(shown)


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (Element((Component("TIME", Decimal(2)),)), "has no exact price per minute"),
        (Element((Component("PARKING_TIME", Decimal(3)),), Restrictions(min_duration=90)), "no whole minute"),
    ],
)
def test_a_price_that_has_no_exact_minute_is_not_shown_rounded(element, reason):
    values, reasons = simple_values(Tariff("EUR", (element,)))
    assert values == {} and reason in reasons[0]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("per_kwh", "0,39", "This is not a number"),
        ("per_kwh", "-1", "Give 0 or more"),
        ("charging", "0.000001", "more than four decimals"),
        ("parking", "", "There is no price for parking"),
        ("min_price_incl", "2", "Give the limit excluding VAT as well"),
        ("valid_from", "soon", "Enter a valid date/time"),
    ],
)
def test_what_makes_no_sense_stays_in_the_form_with_the_reason(world, signed_in, unused, field, value, words):
    shown = signed_in(world.anna).post(page(unused), TYPED | {"min_price_excl": ""} | {field: value})
    assert words in text(shown) and shown.context["form"][field].value() == value
    assert not unused.versions.exists()


def test_nothing_at_all_is_free_of_charge_and_says_so(world, signed_in, unused):
    assert "charges for free" in text(signed_in(world.anna).post(page(unused), {"per_kwh": ""}))


def test_a_beginning_goes_along(world, unused):
    begins = (datetimes.database_clock() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    listed = Tariff("EUR", (Element((Component("ENERGY", Decimal("0.3")),)),), PriceLimit(Decimal(1)))
    table = PriceTable(unused, table_data(listed, begins))
    assert table.is_valid() and table.price_list == listed
    assert table.version.cleaned_data["valid_from"].strftime("%Y-%m-%dT%H:%M") == begins


def test_who_only_reads_may_not_propose_prices(world, signed_in, unused):
    assert signed_in(world.rita).post(page(unused), TYPED).status_code == 403
    assert not TariffVersion.objects.filter(tariff=unused).exists()
    assert signed_in(world.anna).get(page(world.foreign)).status_code == 404


class TestVat:
    """Typed once a version; new prices begin with the provider's."""

    @pytest.fixture
    def greengrid(self, world):
        world.greengrid.vat_percent = Decimal(21)
        world.greengrid.save()
        return world.greengrid

    @pytest.mark.parametrize("view", ["simple", "prices_add"])
    def test_a_tariff_without_prices_begins_with_the_providers(self, greengrid, signed_in, world, unused, view):
        shown = signed_in(world.anna).get(page(unused, view))
        form = shown.context["form"] if view == "simple" else shown.context["table"].version
        assert form["vat"].value() == "21"
        assert "charges for free" not in text(shown)

    @pytest.mark.parametrize("query", ["", "?form=simple"])
    def test_so_does_a_tariff_that_is_added(self, greengrid, signed_in, world, query):
        shown = signed_in(world.anna).get(f"/tariffs/tariff/add/{query}")
        form = shown.context["form"] if query else shown.context["table"].version
        assert form["vat"].value() == "21"

    def test_prices_in_force_keep_theirs_whatever_the_providers(self, greengrid, signed_in, world):
        assert signed_in(world.anna).get(page(world.standard)).context["form"]["vat"].value() is None
        make.reprice(world.standard, energy_price="0.35", energy_vat=9)
        assert signed_in(world.anna).get(page(world.standard)).context["form"]["vat"].value() == "9"

    def test_one_percentage_stands_once_in_the_table_and_holds_for_every_price(self, world, signed_in):
        make.reprice(world.standard, energy_price="0.35", energy_vat=21, flat_price="0.50", flat_vat=21)
        table = signed_in(world.anna).get(page(world.standard, "version")).context["table"]
        assert table.version["vat"].value() == "21"
        assert [table.elements[0][f"{kind}_vat"].value() for kind in ("energy", "flat")] == [None, None]

    def test_a_percentage_of_its_own_goes_before_that_of_the_version(self, unused):
        rows = {"elements-TOTAL_FORMS": 1, "elements-INITIAL_FORMS": 0, "version-vat": "21"}
        rows |= {f"elements-0-{kind}_step": 1 for kind in ("energy", "time", "parking")}
        rows |= {"elements-0-energy_price": "0.35", "elements-0-flat_price": "1", "elements-0-flat_vat": "9"}
        table = PriceTable(unused, rows)
        assert table.is_valid()
        (element,) = table.rows
        assert (element.energy_vat, element.flat_vat, element.time_vat) == (21, 9, None)

    def test_several_percentages_stay_at_their_prices(self, world, signed_in):
        make.reprice(world.standard, energy_price="0.35", energy_vat=21, flat_price="0.50", flat_vat=9)
        table = signed_in(world.anna).get(page(world.standard, "version")).context["table"]
        assert table.version["vat"].value() is None
        assert [table.elements[0][f"{kind}_vat"].value() for kind in ("energy", "flat")] == [21, 9]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"elements-0-energy_price": "0,39"}, "energy_price"),
        ({"elements-0-energy_price": "0.39", "elements-0-min_kwh": "5", "elements-0-max_kwh": "2"}, "max_kwh"),
    ],
    ids=["no number", "window"],
)
def test_an_error_marks_its_field(world, signed_in, typed, field):
    sent = {"elements-TOTAL_FORMS": 1, "elements-INITIAL_FORMS": 0, "step": "preview"}
    sent |= {f"elements-0-{kind}_step": 1 for kind in ("energy", "time", "parking")}
    shown = signed_in(world.anna).post(page(world.standard, "version"), sent | typed)
    row = shown.context["table"].elements[0]
    assert list(row.errors) == [field]
    assert 'aria-invalid="true"' in str(row[field])
    assert world.standard.versions.count() == 1


def test_limits_that_contradict_each_other_mark_the_lower_one(world, unused):
    sent = {"elements-TOTAL_FORMS": 1, "elements-INITIAL_FORMS": 0, "elements-0-energy_price": "0.35"}
    sent |= {f"elements-0-{kind}_step": 1 for kind in ("energy", "time", "parking")}
    table = PriceTable(unused, sent | {"version-min_price_excl": "5", "version-max_price_excl": "2"})
    assert not table.is_valid()
    assert list(table.version.errors) == ["min_price_excl"]
