"""The frame's own moving parts work under a policy that forbids inline scripts and eval.

Every test of this folder fails on a violation of the policy; here the parts are moved that only a script moves.
"""

import pytest

from chargegroups.models import ChargeGroup

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(portal, world):
    return portal.sign_in(world.anna)


def errors_of(page) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_the_policy_forbids_inline_scripts_eval_and_foreign_origins(portal, world):
    answer = portal.page.request.get(f"{portal.base}/login/")
    policy = dict(each.strip().split(" ", 1) for each in answer.headers["content-security-policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in " ".join(policy.values())
    assert "http" not in " ".join(policy.values())


def test_a_page_that_breaks_the_policy_fails_the_test_whatever_tab_or_person_it_is_of(portal, world):
    for page in (portal.page, portal.page.context.new_page(), portal.another()):
        page.goto(f"{portal.base}/login/")
        planted = "const it = document.createElement('script'); it.text = '1'; document.body.append(it)"
        with page.expect_console_message():
            page.evaluate(planted)
    assert len(portal.violations) == 3
    with pytest.raises(AssertionError):
        portal.close()
    portal.violations.clear()


def test_light_and_dark_are_chosen_in_the_menu_and_kept(page, portal):
    errors = errors_of(page)
    is_dark = "document.documentElement.classList.contains('dark')"
    assert not page.evaluate(is_dark)
    page.click("[x-on\\:click='openUserLinks = !openUserLinks']")
    page.click("[x-on\\:click=\"switchTheme('dark')\"]")
    assert page.evaluate(is_dark)
    portal.open("/customers/customer/")
    assert page.evaluate(is_dark)
    page.context.clear_cookies()
    portal.open("/login/")
    assert page.evaluate(is_dark)
    assert errors == []


def test_the_sidebar_folds_away_and_stays_so(page, portal):
    errors = errors_of(page)
    fold = "[x-on\\:click='sidebarDesktopOpen = !sidebarDesktopOpen']"
    menu = page.locator("a[href='/customers/customer/']").first
    assert menu.is_visible()
    page.click(fold)
    menu.wait_for(state="hidden")
    portal.open("/")
    menu.wait_for(state="hidden")
    page.click(fold)
    menu.wait_for(state="visible")
    assert errors == []


def test_ticking_a_row_offers_what_can_be_done_with_it(page, portal):
    errors = errors_of(page)
    portal.open("/customers/customer/")
    offered = page.locator("#changelist-actions select[name=action]")
    assert not offered.is_visible()
    page.locator("input.action-select").first.check()
    offered.wait_for(state="visible")
    assert errors == []


def test_escape_leaves_the_search_field_of_a_list(page, portal):
    portal.open("/customers/customer/")
    page.locator("#searchbar").focus()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body")


def test_what_is_not_there_is_said_on_a_page_that_leads_on(page, portal):
    assert page.goto(f"{portal.base}/nowhere/").status == 404
    assert portal.accessible() == []
    page.get_by_role("link", name="To the home page").click()
    page.get_by_role("heading", name="To do").wait_for()


def test_the_filters_of_a_list_open_and_close(page, portal):
    errors = errors_of(page)
    portal.open("/customers/customer/")
    page.click("[x-on\\:click='filterOpen = true'] >> visible=true")
    filters = page.locator("#changelist-filter")
    filters.wait_for(state="visible")
    page.keyboard.press("Escape")
    filters.wait_for(state="hidden")
    assert errors == []


def test_a_long_name_that_was_chosen_makes_no_form_wider_than_a_phone(world, portal):
    ChargeGroup.objects.filter(pk=world.leusden.pk).update(name="Leusden centre, offices, depot and the old town")
    page = portal.sign_in(world.anna)
    page.set_viewport_size({"width": 400, "height": 850})
    portal.open(f"/chargepoints/chargepoint/{world.market.pk}/change/")
    page.locator(".related-widget-wrapper .select2").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
