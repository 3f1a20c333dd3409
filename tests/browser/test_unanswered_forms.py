"""A form whose answer never came is filled in again, in a browser: for who typed it, in that tab, until it is saved."""

from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import override_settings
from playwright.sync_api import expect

from customers.admin.customers import CustomerAdmin
from customers.models import Customer
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/customers/customer/add/"
JANSEN = "/customers/customer/{}/change/"
BAD_GATEWAY = {"status": 502, "content_type": "text/html", "body": "<h1>502 Bad Gateway</h1>"}


class Failing:
    """The way to the portal, on which posts are lost."""

    def __init__(self, page):
        self.page = page

    def by(self, answer):
        """With an answer of a proxy; None: nobody answers."""

        def lose(route):
            if route.request.method != "POST":
                route.fallback()
            elif answer is None:
                route.abort("connectionrefused")
            else:
                route.fulfill(**answer)

        self.page.route("**/*", lose)

    def no_more(self):
        self.page.unroute("**/*")


def note(page):
    return page.locator("#unanswered-note")


def save(page, button="Save"):
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_load_state()


def type_customer(page, world, number="1777"):
    page.locator("select[name=user_group]").select_option(str(world.south.pk))
    page.fill("input[name=number]", number)
    page.fill("input[name=name]", "Smit, A.")


def kept(page):
    return page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('unanswered:')).length")


def test_after_a_502_and_a_dead_server_back_and_reload_bring_back_what_was_typed(world, portal):
    page = portal.sign_in(world.ben)
    way = Failing(page)
    portal.open(ADD)
    type_customer(page, world)
    for answer, again in ((BAD_GATEWAY, page.go_back), (None, lambda: portal.open(ADD))):
        way.by(answer)
        save(page)
        way.no_more()
        again()
        expect(note(page)).to_contain_text("Not saved")
        expect(page.locator("input[name=name]")).to_have_value("Smit, A.")
        expect(page.locator("select[name=user_group]")).to_have_value(str(world.south.pk))
    assert portal.accessible() == []
    assert not Customer.objects.filter(number="1777").exists()
    save(page, "Save and add another")
    expect(page.get_by_text("was added")).to_be_visible()
    expect(page.locator("input[name=name]")).to_have_value("")
    portal.open(ADD)
    expect(page.locator("input[name=name]")).to_have_value("")
    assert note(page).count() == 0 and kept(page) == 0
    assert Customer.objects.get(number="1777").name == "Smit, A."


def test_after_a_500_its_page_says_what_happened_and_back_brings_back_what_was_typed(world, portal, monkeypatch):
    def broken(*args):
        raise RuntimeError("a fault of the portal")

    page = portal.sign_in(world.ben)
    portal.open(JANSEN.format(world.jansen.pk))
    page.fill("input[name=name]", "Jansen, Tom")
    with monkeypatch.context() as patch:
        patch.setattr(CustomerAdmin, "save_model", broken)
        save(page)
        expect(page.get_by_role("alert")).to_contain_text("was not saved")
        assert portal.accessible() == []
    page.go_back()
    expect(page.locator("input[name=name]")).to_have_value("Jansen, Tom")
    expect(note(page)).to_be_visible()
    Customer.objects.filter(pk=world.jansen.pk).update(name="Jansen, Theo")
    save(page)
    expect(page.get_by_text("after you opened it")).to_be_visible()
    assert note(page).count() == 0, "the page that answers holds it now"
    assert Customer.objects.get(pk=world.jansen.pk).name == "Jansen, Theo"


def test_it_waits_for_who_typed_it_to_sign_in_again_in_its_own_tab_and_for_nobody_else(world, portal):
    page = portal.sign_in(world.ben)
    path = JANSEN.format(world.jansen.pk)
    portal.open(path)
    way = Failing(page)

    def lost(name):
        page.fill("input[name=name]", name)
        way.by(None)
        save(page)
        way.no_more()

    lost("Jansen, Tom")
    other = page.context.new_page()
    other.goto(portal.base + path)
    assert note(other).count() == 0
    Session.objects.all().delete()
    page.goto(portal.base + path)
    sign_in_here(page, world.ben)
    expect(page.locator("input[name=name]")).to_have_value("Jansen, Tom")
    lost("Jansen, Tim")
    Session.objects.all().delete()
    page.goto(portal.base + path)
    sign_in_here(page, world.anna)
    expect(page.locator("input[name=name]")).to_have_value("Jansen, T.")
    assert note(page).count() == 0 and kept(page) == 0
    lost("Jansen, Tam")
    other.goto(portal.base + "/logout/")
    other.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(portal.base + path)
    assert kept(page) == 0, "a sign-out on another tab ends it"
    sign_in_here(page, world.anna)
    expect(page.locator("input[name=name]")).to_have_value("Jansen, T.")


def sign_in_here(page, login):
    page.fill("input[name=login]", login.email)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state()


def test_an_import_keeps_its_choices_and_asks_for_the_file_again(world, portal, tmp_path):
    file = tmp_path / "kunden.csv"
    file.write_text("Kundennr.;Name;Lieblingsfarbe\n1900;de Vries;rot\n")
    with override_settings(MEDIA_ROOT=tmp_path):
        page = portal.sign_in(world.anna)
        way = Failing(page)
        portal.open("/chargegroups/chargegroup/import/")
        kind = page.locator("select[name=resource]")
        kind.select_option(index=1)
        way.by(BAD_GATEWAY)
        page.set_input_files("input[type=file]", file)
        page.get_by_role("button", name="Show what it would change").click()
        page.wait_for_load_state()
        way.no_more()
        page.go_back()
        expect(note(page)).to_contain_text("choose the file again")
        expect(kind).to_have_value("1")
        portal.open("/customers/customer/import/")
        page.set_input_files("input[type=file]", file)
        page.get_by_role("button", name="Show what it would change").click()
        page.get_by_label("Lieblingsfarbe").select_option("language")
        page.get_by_label("User group of all rows").select_option("NORTH")
        way.by(None)
        page.get_by_role("button", name="Show what it would change").click()
        page.wait_for_load_state()
        way.no_more()
        page.go_back()
        note(page).get_by_role("link", name="Show it again").click()
        expect(page.get_by_label("Lieblingsfarbe")).to_have_value("language")
        expect(page.get_by_label("User group of all rows")).to_have_value("NORTH")
        page.get_by_label("Lieblingsfarbe").select_option("")
        page.get_by_role("button", name="Show what it would change").click()
        page.get_by_role("button", name="Import 1 row").click()
        page.get_by_text("1 new, 0 changed, 0 unchanged").first.wait_for()
        assert kept(page) == 1, "the upload to the other list that failed"


def test_passwords_are_not_kept(world, portal):
    page = portal.sign_in(world.anna)
    way = Failing(page)
    portal.open("/customers/staffmember/add/")
    page.fill("input[name=name]", "Dirk")
    for each in page.locator("input[type=password]").all():
        each.fill("zq secret")
    way.by(BAD_GATEWAY)
    save(page)
    assert "Dirk" in page.evaluate("JSON.stringify(sessionStorage)")
    assert "zq secret" not in page.evaluate("JSON.stringify(sessionStorage)")
    way.no_more()
    page.go_back()
    expect(note(page)).to_contain_text("type them again")
    expect(page.locator("input[name=name]")).to_have_value("Dirk")


def test_rows_chosen_points_and_the_reason_of_a_later_step_come_back_too(world, portal):
    page = portal.sign_in(world.anna)
    way = Failing(page)

    def lost(path, button):
        way.by(None)
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_load_state()
        way.no_more()
        portal.open(path)
        expect(note(page)).to_be_visible()

    prices = f"/tariffs/tariff/{world.cheap.pk}/prices/add/"
    portal.open(prices)
    page.get_by_role("button", name="Add a row").click()
    page.fill("[name=elements-1-energy_price]", "0.31")
    lost(prices, "Show how it reads")
    expect(page.locator("[name=elements-1-energy_price]")).to_have_value("0.31")
    note(page).get_by_role("button", name="Throw it away").click()
    expect(page.locator("[name=elements-1-energy_price]")).to_have_count(0)
    group = "/chargegroups/chargegroup/add/"
    portal.open(group)
    page.locator("[data-picker] input[type=checkbox]").first.check()
    lost(group, "Save")
    expect(page.locator("[data-picker] details")).to_contain_text("Chosen charge points")
    terms = f"/chargegroups/chargegroup/{world.leusden.pk}/terms/"
    portal.open(terms)
    page.locator("[name=own_user_group]").uncheck()
    page.get_by_role("button", name="Show whom it affects").click()
    page.fill("[name=reason]", "because")
    draft = urlsplit(page.url).path
    lost(draft, "Apply now")
    expect(page.locator("[name=reason]")).to_have_value("because")
    page.get_by_role("button", name="Back to editing").click()
    expect(page.locator("[name=own_user_group]")).not_to_be_checked()
    page.get_by_role("button", name="Show whom it affects").click()
    expect(page.locator("[name=reason]")).to_have_value("because")
    assert urlsplit(page.url).path == draft
