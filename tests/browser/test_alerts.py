"""The bell and the alerts in a browser: counted, opened, marked as read; light and dark, wide and narrow."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from changes.proposals import NewTerms
from tests.queries.test_change_signals import applied

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("PICTURES_OF_ALERTS", "")
"""A folder into which this test puts what it sees; empty: none are taken."""


def picture(page, name):
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def test_the_bell_leads_to_the_alerts_and_opening_one_to_the_change(world, portal):
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    applied(NewTerms(world.leusden, {"tariff": world.standard, "other_user_groups": True}), by=world.ben)
    page = portal.sign_in(world.carla)
    page.get_by_role("link", name="Alerts, 2 unread").click()
    expect(page.get_by_role("button", name=re.compile("^New terms: Leusden centre")).first).to_be_visible()
    for scheme in ("light", "dark"):
        page.evaluate(f"localStorage.setItem('adminTheme', '\"{scheme}\"')")
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            portal.open("/customers/staffalert/")
            assert page.evaluate("document.documentElement.classList.contains('dark')") == (scheme == "dark")
            assert portal.accessible() == [], (scheme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            picture(page, f"list-{scheme}-{width}")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name=re.compile("^New terms: Leusden centre")).first.click()
    expect(page).to_have_url(re.compile("/changes/change/"))
    picture(page, "change")
    page.get_by_role("link", name="Alerts, 1 unread").click()
    page.get_by_role("button", name=re.compile("^Mark as read: New terms")).click()
    expect(page.get_by_role("link", name="Alerts, none unread")).to_be_visible()
    assert portal.accessible() == []


def test_all_are_marked_as_read_and_mails_are_chosen_for_oneself(world, portal):
    applied(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna)
    page = portal.sign_in(world.hugo)
    page.set_viewport_size({"width": 400, "height": 900})
    page.get_by_role("link", name="Alerts, 1 unread").click()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("1 alert marked as read.")).to_be_visible()
    page.get_by_role("link", name="Change how alerts are mailed").click()
    assert portal.accessible() == []
    picture(page, "mail")
    page.get_by_label("once a day").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Alerts by mail: once a day, at 07:00.")).to_be_visible()
    portal.open("/customers/staffalert/")
    expect(page.get_by_text("By mail: once a day, at 07:00.")).to_be_visible()
    hugo = world.hugo.alerts.get()
    portal.open(f"/customers/staffalert/{hugo.pk}/change/")
    assert portal.accessible() == []
    picture(page, "alert")
