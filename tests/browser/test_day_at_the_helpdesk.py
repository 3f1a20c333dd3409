"""A day in the portal: attach a charge point, make an exception, ask whether a card may charge."""

import re
import time

import pytest
from playwright.sync_api import expect

from chargegroups.models import CustomerException
from chargepoints.models import ChargePoint
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


def test_attach_a_point_make_an_exception_and_ask(world, portal):
    loose = make.ChargePointFactory(
        charge_group=None, provider=world.greengrid, identity="NLGRGE0099", status="inactive"
    )
    page = portal.sign_in(world.anna)
    expect(page.get_by_text("Anna").first).to_be_visible()
    assert portal.accessible() == []

    portal.open(f"/chargegroups/chargegroup/{world.leusden.pk}/points/?find=NLGRGE0099")
    assert portal.accessible() == []
    page.get_by_label(re.compile("NLGRGE0099")).check()
    page.get_by_role("button", name=re.compile("^Attach")).click()
    confirm(page)
    assert eventually(lambda: ChargePoint.objects.get(pk=loose.pk).charge_group == world.leusden)

    portal.open(f"/chargegroups/chargegroup/{world.leusden.pk}/customers/?access=all&q=Bakker")
    page.get_by_role("link", name=re.compile("Add exception")).first.click()
    assert portal.accessible() == []
    page.locator("select[name$=access]").last.select_option("allowed")
    page.get_by_role("button", name="Show the effect").click()
    confirm(page)
    assert eventually(lambda: CustomerException.objects.filter(customer=world.bakker).exists())

    portal.open("/may-this-card-charge/")
    page.get_by_role("combobox", name="Card").fill("NL-GRG-000002-B")
    page.get_by_role("combobox", name="at charge point").fill("Market square")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", name=re.compile("YES"))).to_be_visible()
    expect(page.get_by_text("An exception allows this customer").first).to_be_visible()
    assert portal.accessible() == []


def confirm(page):
    """The effect is shown first; this is the button that makes it so, where there is one."""
    page.wait_for_timeout(1000)
    button = page.get_by_role("button", name=re.compile("^(Confirm|Apply|Yes|Save|Make)"))
    if button.count():
        button.first.click()


def eventually(holds):
    """Does it hold before long? The click returns before its request is answered."""
    for _ in range(100):
        if holds():
            return True
        time.sleep(0.1)
    return False


LISTS = [
    "/",
    "/chargegroups/chargegroup/",
    "/tariffs/tariff/",
    "/chargepoints/chargepoint/",
    "/chargepoints/location/",
    "/customers/customer/",
    "/customers/chargecard/",
    "/customers/usergroup/",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lists_are_accessible_in_both_schemes(world, portal, scheme):
    portal.sign_in(world.anna)
    portal.page.emulate_media(color_scheme=scheme)
    found = {}
    for path in LISTS:
        portal.open(path)
        found[path] = portal.accessible()
    assert {path: each for path, each in found.items() if each} == {}
