"""Lists in a browser: tabs and chips are accessible and fit a phone, and a row opens by a click anywhere in it."""

import re

import pytest

from tests import factories as make

CUSTOMERS = "/customers/customer/"
LISTS = (CUSTOMERS, "/customers/chargecard/", "/chargegroups/chargegroup/", "/chargepoints/chargepoint/")


@pytest.mark.django_db(transaction=True)
def test_tabs_and_chips_are_accessible_in_both_themes_and_fit_a_phone(world, portal):
    page = portal.sign_in(world.anna)
    for address in (*LISTS, f"{CUSTOMERS}?status__exact=active&q=jansen&user_group__id__exact={world.north.pk}"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            portal.open(address)
            assert portal.accessible() == [], (address, scheme)
        page.set_viewport_size({"width": 400, "height": 850})
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, address
        page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.django_db(transaction=True)
def test_a_row_opens_by_a_click_anywhere_but_in_its_box_and_not_while_text_is_selected(world, portal):
    make.CustomerFactory(user_group=world.north, name="Visser, A.")
    page = portal.sign_in(world.anna)
    portal.open(CUSTOMERS)
    row = page.locator(".data-row", has_text="Jansen")

    row.locator("td.action-checkbox").click(position={"x": 3, "y": 3})
    row.locator("input.action-select").check()
    assert row.locator("input.action-select").is_checked()
    row.locator("td.field-display_group").click(modifiers=["Shift"])
    row.locator("td.field-display_group").dblclick(trial=True)
    page.evaluate("() => getSelection().selectAllChildren(document.querySelector('.data-row td.field-kind'))")
    row.locator("td.field-kind").dispatch_event("click")
    assert page.url.endswith(CUSTOMERS)

    page.evaluate("() => getSelection().removeAllRanges()")
    row.locator("td.field-display_group").click()
    page.wait_for_url(re.compile(f"/{world.jansen.pk}/overview/"))


@pytest.mark.django_db(transaction=True)
def test_with_the_control_key_a_row_opens_in_a_tab_of_its_own(world, portal):
    page = portal.sign_in(world.anna)
    portal.open(CUSTOMERS)
    with page.context.expect_page() as opened:
        page.locator(".data-row", has_text="Jansen").locator("td.field-kind").click(modifiers=["Control"])
    opened.value.wait_for_url(re.compile(f"/{world.jansen.pk}/overview/"))
    assert page.url.endswith(CUSTOMERS)
