"""How many clicks the everyday jobs cost, each from the home page; typing and Enter count none, a drop-down one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from changes.models import Change
from chargegroups.models import ChargeGroup, Terms
from customers.models import ChargeCard, Customer
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.browser.changing import type_name

pytestmark = pytest.mark.django_db(transaction=True)
JOBS = {}


def at_most(clicks):
    return lambda job: JOBS.setdefault(job, clicks) and job


class Desk:
    """Somebody at work who counts the clicks."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def link(self, name: str) -> None:
        self.click(self.page.locator("#content").get_by_role("link", name=re.compile(name)).first)

    def menu(self, name: str) -> None:
        self.click(self.page.locator("#nav-sidebar-apps").get_by_role("link", name=name, exact=True))

    def press(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=re.compile(f"^{name}")))

    def choose(self, field: str, value: str) -> None:
        self.clicks += 1
        self.page.locator(f"select[name={field}]").select_option(value)

    def box(self, text: str) -> None:
        self.click(self.page.get_by_role("link", name="Search or ask"))
        self.page.locator("#box-typed").fill(text)

    def search_points(self, field: str, text: str) -> None:
        self.page.locator(f"input[name={field}-find]").fill(text)
        self.page.keyboard.press("Enter")

    def apply(self) -> None:
        """Confirms a preview, whose name of a big change is typed."""
        expect(self.page.get_by_role("heading", name="Confirm", exact=True)).to_be_visible()
        type_name(self.page)
        self.press("Apply now")
        expect(self.page.get_by_text("Done:")).to_be_visible()


@pytest.fixture
def world(world):
    """Twenty charge points on Stationsstraat and ten on Dodeweg, all of them in one group of North; three customers wait."""
    world.old = make.ChargeGroupFactory(user_group=world.north, code="CG-OLD", name="Old", terms={"tariff": world.cheap})  # fmt: skip
    for street, number in (("Stationsstraat", 20), ("Dodeweg", 10)):
        for house in range(number):
            where = make.LocationFactory(provider=world.greengrid, address=f"{street} {house + 1}", city="Leusden")
            make.ChargePointFactory(charge_group=world.old, location=where)
    for number in range(3):
        make.CustomerFactory(user_group=world.north, number=f"200{number}", name=f"Waits {number}", status="pending")
    world.market.owner = world.jansen
    world.market.save()
    return world


def test_everyday_jobs_cost_few_clicks(world, portal, subtests):
    page = portal.sign_in(world.anna)
    for job, most in JOBS.items():
        with subtests.test(job=job.__name__):
            portal.open("/")
            desk = Desk(page)
            job(desk, world)
            assert desk.clicks <= most, f"{desk.clicks} clicks"


@at_most(1)
def ask_about_a_card(desk, world):
    desk.box("04AA11 at NLGRGE0001")
    expect(desk.page.locator("#box-lines")).to_contain_text("own user group")


@at_most(1)
def find_anything_by_its_number(desk, world):
    desk.box("nlgrge0001")
    desk.page.keyboard.press("Enter")
    expect(desk.page).to_have_url(re.compile(f"/chargepoints/chargepoint/{world.market.pk}/"))


@at_most(2)
def export(desk, world):
    desk.box("export customers")
    desk.page.keyboard.press("Enter")
    with desk.page.expect_download() as download:
        desk.press("Download")
    assert "Jansen" in download.value.path().read_text(encoding="utf-8-sig")


@at_most(5)
def change_terms(desk, world):
    desk.menu("Charge groups")
    desk.link("CG-LEUSDEN")
    desk.link("^Switch on….*Roaming")
    desk.press("Show whom it affects")
    desk.apply()
    assert Terms.objects.in_force(database_clock()).get(charge_group=world.leusden).roaming


@at_most(3)
def block_a_lost_card(desk, world):
    desk.box("04BB22")
    desk.page.keyboard.press("Enter")
    desk.link("^Block…")
    desk.page.get_by_label("Reason").fill("lost")
    desk.press("Block")
    expect(desk.page.get_by_text("1 charge card blocked: NL-GRG-000002-B")).to_be_visible()
    assert ChargeCard.objects.get(uid="04BB22").status == "deactivated"


@at_most(3)
def approve_all_that_wait(desk, world):
    desk.link("3 customers waiting for approval")
    desk.press("Approve all 3…")
    desk.press("Approve")
    expect(desk.page.get_by_text("3 customers approved")).to_be_visible()
    assert not Customer.objects.filter(status="pending").exists()


@at_most(4)
def let_the_owner_charge_free(desk, world):
    desk.box("NLGRGE0001")
    desk.page.keyboard.press("Enter")
    desk.link("^Make it free of charge for the owner")
    desk.press("Make it free")
    desk.apply()


@at_most(4)
def raise_a_price(desk, world):
    desk.box("standard")
    desk.page.keyboard.press("Enter")
    desk.link("^New price")
    desk.page.get_by_label("Per kWh").fill("0.39")
    desk.press("Show whom it affects")
    desk.apply()


@at_most(4)
def import_fifty_customers(desk, world):
    desk.box("import customers")
    desk.page.keyboard.press("Enter")
    rows = "".join(f"NORTH,5{number:03},Import {number},active\n" for number in range(50))
    desk.clicks += 1  # the file is chosen
    desk.page.locator("input[type=file]").set_input_files(
        {"name": "fifty.csv", "mimeType": "text/csv", "buffer": f"user_group,number,name,status\n{rows}".encode()}
    )
    desk.press("Show what it would change")
    desk.press("Import")
    expect(desk.page.get_by_text("50 new")).to_be_visible()
    assert Customer.objects.filter(number__startswith="5").count() == 50


@at_most(6)
def attach_twenty_points(desk, world):
    desk.menu("Charge groups")
    desk.link("CG-LEUSDEN")
    desk.link("^Charge points")
    desk.search_points("point", "stationsstraat")
    desk.press("All 20 on Stationsstraat, Leusden")
    expect(desk.page.get_by_text("20 charge points chosen, of which 20 leave CG-OLD Old.")).to_be_visible()
    desk.press("Attach the chosen ones")
    desk.apply()
    assert world.leusden.chargepoint_set.count() == 21


@at_most(7)
def new_group_with_ten_points_of_a_street(desk, world):
    desk.box("add charge group")
    desk.page.keyboard.press("Enter")
    desk.page.locator("input[name=code]").fill("CG-DODEWEG")
    desk.page.locator("input[name=name]").fill("Dodeweg")
    desk.choose("user_group", str(world.north.pk))
    desk.choose("tariff", str(world.cheap.pk))
    desk.click(desk.page.get_by_label("Publicly accessible within own user group"))
    desk.search_points("points", "dodeweg")
    desk.press("All 10 on Dodeweg, Leusden")
    expect(desk.page.get_by_text("10 charge points chosen")).to_be_visible()
    desk.press("Save$")
    desk.apply()
    assert ChargeGroup.objects.get(code="CG-DODEWEG").chargepoint_set.count() == 10
    assert Change.objects.filter(kind="points").count() == 2
