"""A change in a browser: previewed, refused where stale, confirmed, scheduled, cancelled, undone; for everybody to use."""

import csv
import importlib
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from changes.models import Change
from chargegroups.models import Terms
from chargepoints.authorization import authorize
from evcnet.datetimes import database_clock
from tariffs.models import TariffVersion
from tests import factories as make
from tests.browser import changing
from tests.browser.test_day_at_the_helpdesk import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(portal, world):
    return portal.sign_in(world.anna)


@pytest.fixture
def group(world):
    return f"/chargegroups/chargegroup/{world.leusden.pk}/"


@pytest.fixture
def tariff(world):
    return f"/tariffs/tariff/{world.standard.pk}/"


def terms_of(world) -> Terms:
    return Terms.objects.in_force(database_clock()).get(charge_group=world.leusden)


def price_now(world) -> Decimal:
    version = TariffVersion.objects.in_force(database_clock()).get(tariff=world.standard)
    return version.elements.get().energy_price


def cheaper(page, portal, group):
    """The preview of cheaper terms."""
    portal.open(f"{group}terms/")
    page.select_option("select[name=tariff]", "CHEAP")
    changing.show(page)


def test_terms_are_scheduled_and_cancelled_on_pages_that_everybody_can_use(world, page, portal, group):
    named = []
    for name in changing.terms_scheduled_and_cancelled(page, portal.base, group, "CHEAP"):
        named.append(name)
        assert portal.accessible() == [], name
        if name == "terms-form-refused":
            expect(page.get_by_text("This moment has passed")).to_be_visible()
            assert not Change.objects.exists()
        if name == "terms-preview":
            expect(page.get_by_text("1 customer pays less")).to_be_visible()
            expect(page.get_by_text("AC session in the street: 7.70 → 4.40 EUR incl. VAT (-42.9 %)")).to_be_visible()
            assert not Change.objects.exists()
        if name == "terms-preview-unnamed":
            expect(page.get_by_text("That is not the name. Nothing has been written.")).to_be_visible()
            assert not Change.objects.exists()
        if name == "terms-scheduled":
            expect(page.get_by_role("link", name=re.compile("^See effect"))).to_be_visible()
    assert "terms-preview-unnamed" in named
    change = Change.objects.get()
    assert change.scheduled and change.cancelled_by == world.anna
    assert not Terms.objects.scheduled(database_clock()).exists()
    assert terms_of(world).tariff == world.standard


def test_prices_that_a_colleague_changed_meanwhile_are_shown_then_made_and_undone(world, page, portal, tariff):
    other = portal.another()
    portal.sign_in(world.ben, other)
    for name in changing.prices_changed_and_undone(page, other, portal.base, tariff):
        assert portal.accessible() == [], name
        if name == "version-stale":
            expect(page.get_by_role("alert")).to_contain_text("nothing has been written")
            expect(page.get_by_text("Meanwhile:")).to_contain_text("Ben")
            assert Change.objects.count() == 1
        if name == "version-made":
            assert price_now(world) == Decimal("0.45")
    # Anna's and Ben's versions, and both undone.
    assert Change.objects.count() == 4
    assert Change.objects.filter(undoes=None).count() == 2
    assert price_now(world) == Decimal("0.35")


def test_back_to_editing_and_cancel_lose_nothing(world, page, portal, group):
    cheaper(page, portal, group)
    page.fill("#reason", "because")
    page.check("input[name=notify][value=none]")
    changing.press(page, "edit")
    assert page.input_value("select[name=tariff]") == "CHEAP"
    changing.show(page)
    assert page.input_value("#reason") == "because"
    assert page.is_checked("input[name=notify][value=none]")
    page.get_by_role("link", name="Leave it for later", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("^Tariff and access, in force"))).to_be_visible()
    assert not Change.objects.exists()


def test_a_double_click_makes_one_change(world, page, portal, group):
    cheaper(page, portal, group)
    changing.type_name(page)
    page.locator("button[value=confirm]").dblclick()
    expect(page.get_by_role("heading", name=re.compile("^Tariff and access, in force"))).to_be_visible()
    assert eventually(lambda: Change.objects.count() == 1)
    assert terms_of(world).tariff == world.cheap


def test_two_tabs_make_one_change(world, page, portal, group):
    second = page.context.new_page()
    for tab in (page, second):
        tab.goto(f"{portal.base}{group}terms/")
        tab.select_option("select[name=tariff]", "CHEAP")
        changing.show(tab)
    for tab in (page, second):
        changing.confirm(tab)
    expect(second.get_by_text("had been done already")).to_be_visible()
    assert Change.objects.count() == 1


def test_enter_in_a_field_of_the_preview_confirms_nothing(world, page, portal, group):
    cheaper(page, portal, group)
    changing.type_name(page)
    with page.expect_navigation():
        page.press("#reason", "Enter")
    expect(page.get_by_role("heading", name="Confirm", exact=True)).to_be_visible()
    assert not Change.objects.exists()


def test_the_password_is_asked_again_and_the_change_goes_on_with_what_was_typed(world, page, portal, group):
    cheaper(page, portal, group)
    long_ago(page)
    page.fill("#reason", "spring")
    changing.type_name(page)
    changing.press(page, "confirm")
    assert not Change.objects.exists()
    assert portal.accessible() == []
    page.fill("input[type=password]", make.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name=re.compile("^Tariff and access, in force"))).to_be_visible()
    assert Change.objects.get().reason == "spring"


def long_ago(page) -> None:
    """As if the sign-in had been an hour ago."""
    key = next(each["value"] for each in page.context.cookies() if each["name"] == settings.SESSION_COOKIE_NAME)
    session = importlib.import_module(settings.SESSION_ENGINE).SessionStore(key)
    session["proved_at"] = session["proved_at"] - 3600
    session.save()


def test_the_affected_are_listed_by_effect_page_by_page_and_downloaded_whole(world, page, portal, group):
    for number in range(60):
        make.CustomerFactory(user_group=world.north, number=f"N{number}", name=f"Neighbour {number}")
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, access="allowed")
    portal.open(f"{group}terms/")
    page.uncheck("input[name=own_user_group]")
    page.select_option("select[name=tariff]", "CHEAP")
    changing.show(page)
    changing.press(page, "list")
    expect(page.get_by_role("heading", name="62 affected customers")).to_be_visible()
    with page.expect_download() as whole:
        page.get_by_role("button", name="Download as CSV").click()
    assert len(rows_of(whole.value)) == 62
    with page.expect_navigation():
        page.get_by_role("button", name="Next 50").click()
    assert page.locator("tbody tr").count() == 12
    page.select_option("#effect", "pays_less")
    with page.expect_navigation():
        page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("link", name="Bakker, M.")).to_be_visible()
    with page.expect_download() as filtered:
        page.get_by_role("button", name="Download as CSV").click()
    assert [row["number"] for row in rows_of(filtered.value)] == ["1002"]
    assert not Change.objects.exists()


def rows_of(download) -> list[dict[str, str]]:
    return list(csv.DictReader(download.path().read_text(encoding="utf-8-sig").splitlines()))


def test_who_had_access_is_asked_of_a_moment_of_the_past(world, page, portal, group):
    cheaper(page, portal, group)
    changing.confirm(page)
    page.get_by_role("link", name="Who had access at a past moment?").click()
    assert portal.accessible() == []
    # A whole minute: a form that opens at one has no field of seconds, and then the browser refuses some that are typed.
    moment = (database_clock() - timedelta(minutes=1)).astimezone(world.greengrid.zone)
    page.fill("#at", moment.strftime("%Y-%m-%d"))
    page.fill("#at_time", moment.strftime("%H:%M"))
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name=re.compile("^Who had access on"))).to_be_visible()
    expect(page.get_by_text("0.35 EUR/kWh").first).to_be_visible()
    assert authorize("04AA11", "NLGRGE0001", database_clock()).decision.tariff.code == "CHEAP"


def test_the_list_of_changes_and_the_home_page_tell_of_it(world, page, portal, group):
    cheaper(page, portal, group)
    changing.confirm(page, "spring")
    for path in ("/", reverse("admin:changes_change_changelist")):
        portal.open(path)
        expect(page.get_by_role("link", name=f"Terms of {world.leusden}").first).to_be_visible()
        assert portal.accessible() == []
