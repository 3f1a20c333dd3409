"""Overview pages in a browser: accessible in both themes, no wider than a phone, and their menu by keyboard."""

import pytest

from evcnet.admin.base import page_of_row

ROWS = ("leusden", "jansen", "jansens_card", "market", "standard")


@pytest.mark.django_db(transaction=True)
def test_they_are_accessible_in_both_themes_and_fit_a_phone(world, portal):
    page = portal.sign_in(world.anna)
    for row in [getattr(world, name) for name in ROWS] + [world.market.location]:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            portal.open(page_of_row(type(row), row.pk))
            if page.locator("details[data-menu] > summary").count():
                page.locator("details[data-menu] > summary").click()
            assert portal.accessible() == [], (row, scheme)
        page.set_viewport_size({"width": 400, "height": 850})
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, row
        page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.django_db(transaction=True)
def test_the_menu_opens_by_key_closes_by_escape_and_begins_a_change_with_one_switch_flipped(world, portal):
    page = portal.sign_in(world.anna)
    portal.open(page_of_row(type(world.leusden), world.leusden.pk))
    menu = page.locator("details[data-menu]")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    assert menu.get_attribute("open") is not None
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None

    menu.locator("summary").click()
    menu.get_by_role("link", name="Roaming: switch on").click()
    page.wait_for_load_state()
    assert page.locator("input[name=roaming]").is_checked()
    assert not page.locator("input[name=social_charging]").is_checked()
