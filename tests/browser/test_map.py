"""The map of charge points in a browser: drawn on a plain ground under the policy, by keyboard, with a table of the same."""

import pytest

from chargepoints.models import Location
from tests import factories as make


@pytest.mark.django_db(transaction=True)
def test_points_are_drawn_by_state_opened_by_key_and_listed(world, portal):
    make.ChargePointFactory(charge_group=world.leusden, identity="NLGRGE0002", status="inactive")
    for number, location in enumerate(Location.objects.filter(provider=world.greengrid).order_by("pk")):
        Location.objects.filter(pk=location.pk).update(latitude=52 + number, longitude=5)
    errors: list[str] = []
    page = portal.sign_in(world.anna)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    portal.open("/")
    page.locator("[data-map]").scroll_into_view_if_needed()

    page.get_by_role("button", name="NLGRGE0002, Inactive").wait_for()
    page.get_by_role("button", name="NLGRGE0001, Active").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "NLGRGE0001"
    page.keyboard.press("Escape")
    page.locator(".evc-map-card").wait_for(state="detached")
    assert page.locator(".evc-map-city").count() == 1
    page.get_by_text("The charge points as a table").click()
    assert page.locator("[data-map] tbody tr").count() == 2
    assert portal.accessible() == []
    assert errors == []
