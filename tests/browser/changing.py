"""A change made in a browser: its steps, and a walk over every page of the way, for tests and for pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from playwright.sync_api import Page

PRICE = "input[name$=energy_price] >> nth=0"


def in_days(days: int) -> str:
    """A day to come, as the field of a date wants it: its first moment."""
    return (datetime.now() + timedelta(days=days)).strftime("%Y-%m-%d")


def show(page: Page) -> None:
    page.get_by_role("button", name="Show whom it affects").click()
    page.get_by_role("heading", name="Confirm", exact=True).wait_for()


def press(page: Page, step: str) -> None:
    """Presses a button of the preview, and waits for the page that it leads to."""
    with page.expect_navigation():
        page.locator(f"button[name=step][value={step}] >> visible=true").first.click()


def type_name(page: Page) -> None:
    """The name that a big change asks for; nothing where none is asked."""
    if page.locator("#named").count():
        page.fill("#named", re.findall("“(.+?)”", page.locator("label[for=named]").inner_text())[0])


def confirm(page: Page, reason: str = "") -> None:
    page.fill("#reason", reason)
    if page.locator("input[name=notify]").count():
        page.check("input[name=notify][value=none]")
    type_name(page)
    press(page, "confirm")


def see_change(page: Page) -> None:
    page.get_by_role("link", name="See the change", exact=True).click()
    page.get_by_role("heading", name=re.compile("^What (will change|was changed|would have)")).wait_for()


def new_price(page: Page, address: str, price: Decimal) -> None:
    """The preview of a new version of a tariff, with another price per kWh."""
    page.goto(address)
    page.fill(PRICE, str(price))
    show(page)


def terms_scheduled_and_cancelled(page: Page, base: str, group: str, tariff: str) -> Iterator[str]:
    """Names of the pages at hand, one by one; ``group`` is the address of a charge group, ``tariff`` a code."""
    page.goto(f"{base}{group}terms/")
    yield "terms-form"
    page.fill("input[name=at]", "2020-01-01")
    with page.expect_navigation():
        page.get_by_role("button", name="Show whom it affects").click()
    yield "terms-form-refused"
    page.select_option("select[name=tariff]", tariff)
    page.fill("input[name=at]", in_days(30))
    show(page)
    yield "terms-preview"
    press(page, "list")
    yield "terms-affected"
    press(page, "preview")
    if page.locator("#named").count():
        press(page, "confirm")
        yield "terms-preview-unnamed"
    confirm(page, "the grid has become dearer")
    yield "terms-scheduled"
    see_change(page)
    change = page.url
    yield "change-scheduled"
    page.get_by_role("link", name=re.compile("^List ")).click()
    yield "change-affected"
    page.goto(change)
    page.get_by_role("link", name="Cancel…").click()
    yield "change-cancel"
    page.get_by_role("button", name="Cancel this change").click()
    page.get_by_role("heading", name="What would have changed").wait_for()
    yield "change-cancelled"


def prices_changed_and_undone(page: Page, other: Page, base: str, tariff: str) -> Iterator[str]:
    """The same for new prices; ``other`` is a page of a colleague, who is faster. In the end all is as it was."""
    address = f"{base}{tariff}version/"
    page.goto(address)
    was = Decimal(page.input_value(PRICE))
    yield "version-form"
    new_price(page, address, was + Decimal("0.10"))
    yield "version-preview"
    new_price(other, address, was + Decimal("0.01"))
    confirm(other, "a colleague's")
    type_name(page)
    press(page, "confirm")
    yield "version-stale"
    confirm(page, "the market")
    yield "version-made"
    see_change(page)
    yield "change-applied"
    undo(page)
    yield "change-undo"
    confirm(page, "not the market")
    yield "change-undone"
    see_change(other)
    undo(other)
    confirm(other)


def undo(page: Page) -> None:
    """Opens the preview of an undo; what later changes set as well is set back too, where the page asks."""
    page.get_by_role("link", name="Undo…").click()
    page.get_by_role("heading", name=re.compile("^(Confirm|Later changes set these as well)$")).wait_for()
    boxes = page.locator("input[name=also]")
    if boxes.count():
        for box in boxes.all():
            box.check()
        show(page)
