"""The box in a browser: opened by keys and by its button, worked by keys alone, announced; light and dark, wide and narrow."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("PICTURES_OF_BOX", "")
"""A folder into which these tests put what they see; empty: none are taken."""


def picture(page, name):
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def typed(page, text):
    page.locator("#box-typed").fill(text)
    expect(page.locator("#box-announced")).to_have_text(re.compile("result"))


def test_it_opens_by_keys_from_everywhere_and_closes(world, portal):
    page = portal.sign_in(world.anna)
    box, field = page.locator("#box"), page.locator("#box-typed")
    for path in ("/", "/customers/customer/", f"/chargegroups/chargegroup/{world.leusden.pk}/points/"):
        portal.open(path)
        for key in ("Control+k", "/"):
            page.locator("body").press(key)
            expect(field).to_be_focused()
            assert page.input_value("#box-typed") == ""
            page.keyboard.press("Escape")
            expect(box).to_be_hidden()
    page.locator("#q").fill("a")
    page.locator("#q").press("/")
    assert page.input_value("#q") == "a/"
    page.locator("#q").press("Control+k")
    expect(field).to_be_focused()
    page.get_by_role("button", name="Esc closes").click()
    expect(box).to_be_hidden()
    page.get_by_role("link", name="Search or ask").click()
    expect(field).to_be_focused()
    assert page.url.endswith("/points/")


def test_arrows_choose_and_enter_opens(world, portal):
    page = portal.sign_in(world.anna)
    page.keyboard.press("Control+k")
    typed(page, "jansen")
    field = page.locator("#box-typed")
    options = page.get_by_role("option")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/customers/customer/{world.jansen.pk}/"))
    page.keyboard.press("Control+k")
    expect(page.get_by_role("group", name="Opened lately")).to_contain_text("Jansen")


def test_enter_waits_for_the_lines_of_what_was_typed(world, portal):
    page = portal.sign_in(world.anna)
    page.keyboard.press("Control+k")
    page.keyboard.type("nlgrge0001")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/chargepoints/chargepoint/{world.market.pk}/"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_of_it_is_out_of_reach(scheme, world, portal):
    page = portal.sign_in(world.anna)
    page.evaluate(f"localStorage.setItem('adminTheme', '\"{scheme}\"')")
    for width in (1280, 400):
        page.set_viewport_size({"width": width, "height": 850})
        portal.open(f"/customers/customer/{world.jansen.pk}/change/")
        picture(page, f"frame-{scheme}-{width}")
        page.keyboard.press("Control+k")
        for text in ("", "04:aa:11 at nlgrge0001", "customers", "north", "zzz"):
            page.locator("#box-typed").fill(text)
            expect(page.locator("#box-announced")).to_have_text(re.compile("result") if text else "")
            page.wait_for_load_state("networkidle")
            assert portal.accessible() == [], (scheme, width, text)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            picture(page, f"{text[:5].replace(':', '') or 'empty'}-{scheme}-{width}")


@pytest.mark.parametrize("role", ["carla", "hugo", "rita", "ben"])
def test_each_role_has_its_box(role, world, portal):
    page = portal.sign_in(getattr(world, role))
    page.keyboard.press("Control+k")
    for text in ("leusden", "add", "jansen at market"):
        typed(page, text)
        page.wait_for_load_state("networkidle")
        picture(page, f"{role}-{text[:7]}")
    assert portal.accessible() == []


def test_without_scripts_its_button_leads_to_a_page(world, portal):
    portal.sign_in(world.anna)
    portal.open("/search/?s=jansen")
    assert portal.accessible() == []
    expect(portal.page.get_by_role("link", name=re.compile(r"^Jansen, T\. \(1001\)"))).to_be_visible()
    picture(portal.page, "page")
