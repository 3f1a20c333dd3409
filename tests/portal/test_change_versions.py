"""Changes of the prices of a tariff that is in use."""

from datetime import timedelta

import pytest
from django.urls import reverse

from changes.models import Change
from chargepoints.authorization import authorize
from evcnet.datetimes import database_clock
from tariffs.models import TariffVersion
from tests import factories as make
from tests.portal.sent import press, preview_of, sent

pytestmark = pytest.mark.django_db
PER_KWH = "elements-0-energy_price"


@pytest.fixture
def page(world):
    return reverse("admin:tariffs_tariff_version", args=[world.standard.pk])


@pytest.fixture
def ben(world, signed_in):
    return signed_in(world.ben)


def preview(browser, page, **typed):
    return preview_of(browser, page, **typed)


def nothing_was_written(world):
    return not Change.objects.exists() and world.standard.versions.count() == 1


def test_the_form_shows_the_prices_in_force(ben, page):
    fields = sent(ben.get(page), page)
    assert fields[PER_KWH] == ["0.35"]
    assert fields["version-valid_from"] == [""]


def test_the_preview_counts_all_groups_that_use_it(world, ben, page):
    other = make.ChargeGroupFactory(user_group=world.south, terms={"tariff": world.standard, "own_user_group": True})
    make.ChargePointFactory(charge_group=other)
    shown = preview(ben, page, **{PER_KWH: "0.36"})
    assert shown.context["counts"]["pays_more"] == 2
    assert shown.context["impact"].points == 2
    assert nothing_was_written(world)


def test_a_version_without_the_vat_of_the_one_before_is_warned_of(world, ben, page):
    make.reprice(world.standard, energy_price="0.35", energy_vat=21)
    with_vat = preview(ben, page, **{PER_KWH: "0.36"})
    without = preview(ben, page, **{PER_KWH: "0.36", "version-vat": ""})
    words = "The prices before have VAT, and these have none of it."
    assert not with_vat.context["impact"].warnings
    assert words in without.context["impact"].warnings[0] and words in without.content.decode()
    typed = ben.post(page, sent(ben.get(page), page, reads="1", **{"version-vat": ""}))
    assert words in typed.content.decode()


def test_confirming_makes_the_version_and_records_it(world, ben, page):
    shown = preview(ben, page, **{PER_KWH: "0.36"})
    done = press(ben, shown, step="confirm", reason="grid")
    assert done["Location"] == reverse("admin:tariffs_tariff_prices", args=[world.standard.pk])
    assert authorize("04AA11", "NLGRGE0001", database_clock()).price_text.startswith("0.36")
    change = Change.objects.get()
    assert (change.made_by, change.reason, change.tariff) == (world.ben, "grid", world.standard)
    assert TariffVersion.objects.get(changes=change).elements.count() == 1


def test_a_price_far_higher_wants_the_tariffs_name(world, ben, page):
    shown = preview(ben, page, **{PER_KWH: "0.70"})
    refused = press(ben, shown, step="confirm")
    assert "changes by up to 100 %" in refused.content.decode()
    assert nothing_was_written(world)
    assert press(ben, refused, step="confirm", named="standard").status_code == 302


def test_going_back_returns_with_the_rows_that_were_typed(ben, page):
    shown = preview(ben, page, **{PER_KWH: "0.36", "elements-0-max_kwh": "20"})
    fields = sent(press(ben, shown, step="edit"), page)
    assert (fields[PER_KWH], fields["elements-0-max_kwh"]) == (["0.36"], ["20"])


def test_a_version_is_scheduled_and_ends(world, ben, page):
    begins = (database_clock() + timedelta(days=2)).astimezone(world.greengrid.zone)
    typed = {"version-valid_from": f"{begins:%Y-%m-%dT%H:%M}"}
    typed["version-valid_until"] = f"{begins + timedelta(days=30):%Y-%m-%dT%H:%M}"
    shown = preview(ben, page, **{PER_KWH: "0.36"}, **typed)
    assert "no price is in force" in shown.content.decode()
    press(ben, shown, step="confirm")
    version = TariffVersion.objects.get(changes=Change.objects.get())
    assert version.valid_until - version.valid_from == timedelta(days=30)


@pytest.mark.parametrize("typed", [
    {PER_KWH: "-1"}, {PER_KWH: "x"}, {PER_KWH: ""}, {PER_KWH: "0.12345"}, {"version-valid_from": "2020-01-01T00:00"},
    {"version-valid_until": "2020-01-01T00:00"}, {"elements-TOTAL_FORMS": "x"}, {"elements-0-vat": "1"},
])  # fmt: skip
def test_what_makes_no_sense_is_told_and_not_written(world, ben, page, typed):
    response = preview(ben, page, **typed)
    assert response.status_code == 200
    assert "impact" not in response.context
    assert nothing_was_written(world)


def test_the_same_prices_are_told_and_not_written(world, ben, page):
    told = preview(ben, page).content.decode()
    assert "there is nothing to change" in told
    assert "In the time of Europe/Amsterdam. Empty: as soon as you confirm." in told
    assert nothing_was_written(world)


def test_a_used_tariff_leads_to_the_preview_and_not_to_plain_editing(world, ben, page):
    add = reverse("admin:tariffs_tariff_prices_add", args=[world.standard.pk])
    assert ben.get(add)["Location"] == page
    assert page in ben.get(add.replace("prices/add", "prices")).content.decode()


def test_a_scheduled_version_of_a_used_tariff_is_cancelled_rather_than_edited(world, ben, page):
    begins = (database_clock() + timedelta(days=2)).astimezone(world.greengrid.zone)
    shown = preview(ben, page, **{PER_KWH: "0.36", "version-valid_from": f"{begins:%Y-%m-%dT%H:%M}"})
    press(ben, shown, step="confirm")
    version = TariffVersion.objects.get(changes=Change.objects.get())
    edit = reverse("admin:tariffs_tariff_prices_edit", args=[world.standard.pk]) + f"?version={version.pk}"
    assert ben.post(edit, {"remove": "1"}).status_code == 302
    assert TariffVersion.objects.filter(pk=version.pk).exists()


@pytest.mark.parametrize(("who", "status"), [("carla", 403), ("hugo", 404), ("rita", 403), ("otto", 404)])
def test_who_may_not_change_tariffs_makes_no_version(world, signed_in, page, who, status):
    browser = signed_in(getattr(world, who))
    assert browser.get(page).status_code == status
    assert browser.post(page, {"step": "confirm", PER_KWH: "9"}).status_code == status
    assert nothing_was_written(world)


def test_the_tariffs_timeline_shows_its_versions(world, ben, page):
    press(ben, preview(ben, page, **{PER_KWH: "0.36"}), step="confirm")
    response = ben.get(reverse("admin:tariffs_tariff_prices", args=[world.standard.pk]))
    assert [moment.state for moment in response.context["timeline"].moments] == ["now", "past"]
