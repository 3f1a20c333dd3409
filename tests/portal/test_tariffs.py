"""Tariffs in the portal: versions in words, prices typed in one table, and what is in force stays."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from tariffs import writes as tariff_writes
from tariffs.forms.price_table import ElementFormSet
from tariffs.models import Tariff, TariffElement
from tests import factories as make
from tests.tables import for_each

pytestmark = pytest.mark.django_db
ADD = "/tariffs/tariff/add/"


def page(tariff, view="prices") -> str:
    return reverse(f"admin:tariffs_tariff_{view}", args=[tariff.pk])


def text(response) -> str:
    assert response.status_code == 200, response
    return " ".join(response.content.decode().split())


def typed(*rows: dict[str, object], **version: object) -> dict[str, object]:
    """What a browser sends for a version with these rows of elements."""
    sent = {f"elements-{i}-{name}": value for i, row in enumerate(rows) for name, value in row.items()}
    sent |= {f"elements-{i}-{kind}_step": 1 for i in range(len(rows)) for kind in ("energy", "time", "parking")} | sent
    sent |= {"elements-TOTAL_FORMS": len(rows), "elements-INITIAL_FORMS": 0}
    return sent | {f"version-{name}": value for name, value in version.items()}


NEW = {"code": "NIGHT", "name": "Night", "currency": "EUR"}


def test_the_list_says_the_price_now_and_how_many_groups_use_it(world, signed_in):
    free = make.TariffFactory(provider=world.greengrid, code="FREE", per_kwh="0")
    shown = text(signed_in(world.anna).get("/tariffs/tariff/"))
    assert "0.35 EUR/kWh" in shown and "1 charge group" in shown
    assert free.code in shown and "Free of charge" in shown
    assert "Fjordprice" not in shown


def test_every_version_is_shown_with_its_time_and_how_it_reads(world, signed_in):
    later = datetime.now(UTC) + timedelta(days=30)
    tariff_writes.add_version(world.standard, [TariffElement(energy_price="0.39")], valid_from=later)
    response = signed_in(world.anna).get(page(world.standard))
    assert [each.state for each in response.context["versions"]] == ["scheduled", "now"]
    assert "0.39 EUR/kWh" in text(response) and "0.35 EUR/kWh" in text(response)


@pytest.mark.parametrize("view", ["prices", "change", "uses", "history", "prices_add", "prices_edit"])
def test_pages_of_a_foreign_tariff_look_missing(world, signed_in, view):
    browser = signed_in(world.anna)
    missing = page(world.foreign, view).replace(str(world.foreign.pk), "999999")
    assert browser.get(page(world.foreign, view)).status_code == browser.get(missing).status_code != 200


def test_where_a_tariff_is_used_is_listed(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, tariff=world.standard)
    shown = text(signed_in(world.anna).get(page(world.standard, "uses")))
    assert "Leusden centre" in shown and "Bakker" in shown


def test_a_tariff_is_made_with_its_elements_in_order(world, signed_in):
    night = {"energy_price": "0.20", "energy_vat": "21", "start_time": "23:00", "end_time": "07:00", "ORDER": 1}
    day = {"energy_price": "0.40", "energy_vat": "21", "flat_price": "0.5", "ORDER": 2}
    signed_in(world.anna).post(ADD, NEW | typed(day, night))
    version = Tariff.objects.get(code="NIGHT", provider=world.greengrid).versions.get()
    assert [str(each.energy_price) for each in version.elements.all()] == ["0.2000", "0.4000"]


def test_what_is_typed_reads_to_a_driver_before_it_is_written(world, signed_in):
    response = signed_in(world.anna).post(ADD, NEW | typed({"energy_price": "0.40"}) | {"preview": "1"})
    assert "0.40 EUR/kWh" in text(response)
    assert not Tariff.objects.filter(code="NIGHT").exists()


def test_a_row_that_can_never_apply_is_pointed_out(world, signed_in):
    rows = {"energy_price": "0.40"}, {"energy_price": "0.20", "start_time": "23:00", "end_time": "07:00"}
    response = signed_in(world.anna).post(ADD, NEW | typed(*rows) | {"preview": "1"})
    assert "Row 2:" in text(response)


@for_each(
    "sent",
    [
        typed(),
        typed({"energy_price": ""}),
        typed({"energy_price": "1,5,5"}),
        typed({"energy_price": "-1"}),
        typed({"energy_price": "0.12345"}),
        typed({"energy_price": "9" * 30}),
        typed({"energy_price": "0.4", "energy_vat": "101"}),
        typed({"energy_price": "0.4", "start_time": "25:00"}),
        typed({"energy_price": "0.4", "day_of_week": ["FUNDAY"]}),
        typed({"energy_price": "0.4", "min_kwh": "9", "max_kwh": "3"}),
        typed({"start_time": "08:00"}),
        typed({"energy_price": "0.4"}, valid_from="2026-01-02T00:00", valid_until="2026-01-01T00:00"),
        typed({"energy_price": "0.4"}, min_price_excl="9", max_price_excl="3"),
        typed({"energy_price": "0.4"}, min_price_incl="9"),
        typed({"energy_price": "0.4"}, valid_from="soon"),
        {"elements-TOTAL_FORMS": "x"},
        {"elements-TOTAL_FORMS": "9999", "elements-INITIAL_FORMS": "0"},
        {},
    ],
)
def test_prices_that_make_no_sense_are_refused_and_nothing_is_written(world, signed_in, sent):
    response = signed_in(world.anna).post(ADD, NEW | sent)
    assert "evc-error" in text(response)
    assert not Tariff.objects.filter(code="NIGHT").exists()


def test_however_many_rows_a_request_claims_to_send_few_are_made_of_it():
    rows = ElementFormSet({"elements-TOTAL_FORMS": "9999", "elements-INITIAL_FORMS": "0"}, prefix="elements")
    assert len(rows.forms) == 400


def test_a_code_that_is_taken_is_refused(world, signed_in):
    response = signed_in(world.anna).post(ADD, NEW | {"code": "STANDARD"} | typed({"energy_price": "0.4"}))
    assert "Another tariff has this code" in text(response)
    assert Tariff.objects.filter(code="STANDARD").count() == 1


def test_an_unused_tariff_gets_a_new_version(world, signed_in):
    response = signed_in(world.anna).post(page(world.cheap, "prices_add"), typed({"energy_price": "0.22"}))
    assert response.status_code == 302
    assert world.cheap.versions.count() == 2


def test_a_tariff_in_use_is_not_changed_here(world, signed_in):
    response = signed_in(world.anna).post(page(world.standard, "prices_add"), typed({"energy_price": "0.01"}))
    assert response["Location"] == page(world.standard, "version")
    assert world.standard.versions.count() == 1


def test_a_scheduled_version_is_edited_and_removed(world, signed_in):
    later = datetime.now(UTC) + timedelta(days=30)
    version = tariff_writes.add_version(world.cheap, [TariffElement(energy_price="0.22")], valid_from=later)
    browser, url = signed_in(world.anna), page(world.cheap, "prices_edit") + f"?version={version.pk}"
    assert browser.get(url).status_code == 200
    sent = typed({"energy_price": "0.24"}, valid_from=f"{later:%Y-%m-%dT%H:%M}")
    assert browser.post(url, sent).status_code == 302
    assert str(version.elements.get().energy_price) == "0.2400"
    browser.post(url, {"remove": "1"})
    assert world.cheap.versions.count() == 1


def test_a_version_in_force_is_read_only(world, signed_in):
    version = world.cheap.versions.get()
    url = page(world.cheap, "prices_edit") + f"?version={version.pk}"
    for sent in (typed({"energy_price": "0.01"}), {"remove": "1"}):
        assert signed_in(world.anna).post(url, sent)["Location"] == page(world.cheap)
    assert str(version.elements.get().energy_price) == "0.2000"


@pytest.mark.parametrize("login", ["carla", "hugo", "rita"])
def test_who_may_not_change_tariffs_makes_none(world, signed_in, login):
    browser = signed_in(getattr(world, login))
    browser.post(ADD, NEW | typed({"energy_price": "0.4"}))
    browser.post(page(world.cheap, "prices_add"), typed({"energy_price": "0.4"}))
    assert not Tariff.objects.filter(code="NIGHT").exists()
    assert world.cheap.versions.count() == 1


def test_a_tariff_that_was_in_force_stays(world, signed_in):
    response = signed_in(world.anna).post(page(world.cheap, "delete"), {"post": "yes"})
    assert response["Location"] == page(world.cheap, "uses")
    assert Tariff.objects.filter(pk=world.cheap.pk).exists()


def test_a_tariff_that_never_counted_can_be_deleted(world, signed_in):
    tariff = make.TariffFactory(provider=world.greengrid, valid_from=datetime.now(UTC) + timedelta(days=30))
    assert signed_in(world.anna).post(page(tariff, "delete"), {"post": "yes"}).status_code == 302
    assert not Tariff.objects.filter(pk=tariff.pk).exists()


def test_a_sub_provider_sees_what_is_offered_to_it(world, signed_in):
    from tariffs.models import TariffOffer

    assert "Cheap" not in text(signed_in(world.carla).get("/tariffs/tariff/"))
    TariffOffer.objects.create(provider=world.greengrid, tariff=world.cheap, user_group=world.north)
    assert "Cheap" in text(signed_in(world.carla).get("/tariffs/tariff/"))
