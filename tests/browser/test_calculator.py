"""The calculator in a browser: a session is typed without losing anything, readable by everybody in light and dark."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from tariffs import writes as tariff_writes
from tariffs.models import TariffElement

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def night(world):
    later = datetime.now(UTC) + timedelta(days=30)
    cheap = TariffElement(energy_price=Decimal("0.25"), energy_vat=21, start_time="23:00", end_time="07:00")
    full = TariffElement(
        energy_price=Decimal("0.42"),
        energy_vat=21,
        parking_price=Decimal("2.40"),
        parking_vat=21,
        flat_price=Decimal("0.50"),
    )
    tariff_writes.add_version(world.standard, [cheap, full], valid_from=later)
    return reverse("admin:tariffs_tariff_calculator", args=[world.standard.pk])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_a_session_is_typed_in_and_compared(world, night, portal, scheme, width):
    portal.sign_in(world.anna)
    page = portal.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    portal.open(night)
    assert not page.get_by_label("Minutes parked", exact=True).is_visible()
    page.get_by_label("A session of your own").check()
    page.get_by_label("Minutes parked", exact=True).fill("30")
    page.get_by_label("kWh", exact=True).fill("30")
    page.get_by_role("button", name="Calculate").click()
    page.wait_for_load_state()
    assert page.get_by_label("Minutes parked", exact=True).input_value() == "30"
    assert page.locator("#cost-title").inner_text().startswith("10.50 EUR including VAT, beside it")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert portal.accessible() == []
