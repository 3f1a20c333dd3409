"""Nothing typed is lost, in a browser: leaving asks, a lost connection and a session that ended keep what was typed."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from customers.models import Customer
from socialcharging.models import DriverLink
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

JANSEN = "/customers/customer/{}/change/"


@pytest.fixture
def typed(world, portal):
    """Ben has begun to rename Jansen."""
    page = portal.sign_in(world.ben)
    portal.open(JANSEN.format(world.jansen.pk))
    with page.expect_response("**/session/"):
        page.fill("input[name=name]", "Jansen, Tom")
    return page


def save(page):
    page.get_by_role("button", name="Save", exact=True).click()


def name_of(customer) -> str:
    return Customer.objects.get(pk=customer.pk).name


def leaves(page, act) -> bool:
    """Does the page go when one does that, and answers "stay" if it asks?"""
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    act()
    page.wait_for_timeout(500)
    page.remove_listener("dialog", stay)
    return asked == []


def test_a_double_click_sends_once(world, portal):
    page = portal.sign_in(world.anna)
    portal.open(f"/customers/customer/{world.jansen.pk}/driver/")
    page.get_by_role("button", name="Make a link to copy").dblclick()
    expect(page.get_by_label("Link")).to_be_visible()
    page.wait_for_timeout(500)
    assert DriverLink.objects.filter(customer=world.jansen).count() == 1


def test_leaving_a_form_with_changes_asks(world, portal, typed):
    assert not leaves(typed, lambda: typed.evaluate("location.href = '/'"))
    expect(typed.locator("input[name=name]")).to_have_value("Jansen, Tom")


def test_leaving_a_form_without_changes_and_saving_one_do_not_ask(world, portal, typed):
    assert leaves(typed, lambda: save(typed))
    expect(typed.get_by_text("was changed")).to_be_visible()
    portal.open(JANSEN.format(world.jansen.pk))
    assert leaves(typed, lambda: typed.evaluate("location.href = '/'"))


@pytest.mark.parametrize(
    "path",
    [
        "/tariffs/tariff/{cheap}/simple/",
        "/tariffs/tariff/{cheap}/prices/add/",
        "/chargegroups/chargegroup/{leusden}/terms/",
    ],
)
def test_leaving_a_wizard_asks_from_its_first_step_on(world, portal, path):
    page = portal.sign_in(world.ben)
    portal.open(path.format(cheap=world.cheap.pk, leusden=world.leusden.pk))
    field = page.locator("main form[method=post] input:visible, #content form[method=post] input:visible").first
    if field.get_attribute("type") in ("checkbox", "radio"):
        field.set_checked(not field.is_checked())
    else:
        field.fill("7")
    assert not leaves(page, lambda: page.evaluate("location.href = '/'"))


def test_a_form_without_connection_stays_and_is_sent_once_it_is_back(world, portal, typed):
    typed.context.set_offline(True)
    save(typed)
    expect(typed.get_by_role("alert")).to_contain_text("no connection")
    expect(typed.locator("input[name=name]")).to_have_value("Jansen, Tom")
    assert portal.accessible() == []
    typed.context.set_offline(False)
    expect(typed.get_by_role("alert")).to_have_count(0)
    save(typed)
    expect(typed.get_by_text("was changed")).to_be_visible()
    assert name_of(world.jansen) == "Jansen, Tom"


def test_what_is_sent_after_the_session_ended_is_sent_again_once_signed_in(world, portal, typed):
    Session.objects.all().delete()
    save(typed)
    expect(typed.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert portal.accessible() == []
    with typed.context.expect_page() as opened:
        typed.get_by_role("link", name="Sign in on another page").click()
    other = opened.value
    other.fill("input[name=login]", world.ben.email)
    other.fill("input[name=password]", PASSWORD)
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other.get_by_role("heading", name=re.compile("^Good"))).to_be_visible()
    typed.get_by_role("button", name="Send it again").click()
    expect(typed.get_by_text("was changed")).to_be_visible()
    assert name_of(world.jansen) == "Jansen, Tom"


def test_a_session_that_ended_is_noticed_while_one_types(world, portal, typed):
    Session.objects.all().delete()
    typed.evaluate("window.dispatchEvent(new Event('online'))")
    expect(typed.get_by_role("alert")).to_contain_text("You are signed out")
    save(typed)
    expect(typed.locator("input[name=name]")).to_have_value("Jansen, Tom")
    assert name_of(world.jansen) == "Jansen, T."


def test_a_fault_while_the_effect_of_an_exception_is_asked_is_said(world, portal):
    page = portal.sign_in(world.anna)
    portal.open(f"/chargegroups/chargegroup/{world.leusden.pk}/customers/?edit={world.jansen.pk}")
    access = page.locator("#exception_access")
    page.route("**/*", lambda route: route.fulfill(status=502) if route.request.method == "POST" else route.fallback())
    access.select_option("allowed")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    page.unroute("**/*")
    access.select_option("denied")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    expect(page.locator("#forms-note")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_pages_that_keep_what_was_typed_are_accessible(world, portal, scheme, width):
    page = portal.page
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    portal.open("/login/")
    page.evaluate("""() => {
        const form = document.createElement('form');
        form.method = 'post'; form.action = '/customers/staffmember/add/';
        for (const name of ['name', 'password', 'password_again']) {
            const field = document.createElement('input'); field.name = name; field.value = 'x'; form.append(field);
        }
        form.append(document.querySelector('[name=csrfmiddlewaretoken]').cloneNode());
        document.body.append(form); form.submit();
    }""")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert portal.accessible() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
