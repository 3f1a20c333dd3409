"""Prices in a browser: what is typed reads back at once, becomes a table and back, and stands in the calculator."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db(transaction=True)


def address(tariff, view) -> str:
    return reverse(f"admin:tariffs_tariff_{view}", args=[tariff.pk])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_what_is_typed_reads_back_becomes_a_table_and_is_calculated_with(world, portal, scheme, width):
    portal.sign_in(world.anna)
    page = portal.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    portal.open(address(world.standard, "simple"))
    words = page.locator("#reads")
    page.get_by_label("Per kWh", exact=True).fill("0,4")
    words.get_by_text("Not to be read yet").wait_for()
    page.get_by_label("Per kWh", exact=True).fill("0.45")
    words.get_by_text("2.20 EUR more (+28.6 %)").wait_for()
    assert page.locator("#reads-said").inner_text().startswith("0.45 EUR/kWh")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert portal.accessible() == []

    page.get_by_role("button", name="Table of elements").click()
    page.get_by_label("per kWh: price").first.fill("0.50")
    words.get_by_text("0.50 EUR/kWh").wait_for()
    page.get_by_role("button", name="Calculate with these prices").click()
    page.get_by_label("Night at home").check()
    page.get_by_role("button", name="Calculate", exact=True).click()
    page.wait_for_load_state()
    assert page.locator("#cost-title").inner_text() == "12.95 EUR including VAT, beside it 18.50 EUR"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert portal.accessible() == []

    page.get_by_role("button", name="Back to editing").click()
    page.wait_for_load_state()
    assert page.get_by_label("per kWh: price").first.input_value() in ("0.5", "0.50", "0.5000")
    assert world.standard.versions.count() == 1


def test_a_tariff_is_added_with_the_simple_form(world, portal):
    portal.sign_in(world.anna)
    page = portal.open(reverse("admin:tariffs_tariff_add"))
    page.get_by_label("Code").fill("DAY")
    page.get_by_label("Name").fill("Day")
    page.get_by_role("button", name="Simple form").click()
    assert page.get_by_label("Code").input_value() == "DAY"
    page.get_by_label("Per kWh", exact=True).fill("0.39")
    page.locator("#reads").get_by_text("0.39 EUR/kWh").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("was added with its prices").wait_for()
