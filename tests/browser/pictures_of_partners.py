"""Pictures of roaming: partners, one partner with its tabs, connecting, its log of messages, and a group's Roaming tab.

python -m tests.browser.pictures_of_partners http://127.0.0.1:8000 E-MAIL PASSWORD FOLDER

The login is one that may connect partners, such as the provider's. The partner gets a token A and asks by it, so that there
are messages; in the end its connection is ended again.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import launched
from tests.browser.pictures import LISTS, Camera, sign_in
from tests.browser.pictures_of_devices import row_address

PARTNERS, MESSAGES = "/roaming/partner/", "/roaming/partnermessage/"
PARTNER, GROUP, PRICE_LIST = "ChargeAll", "WATERLAND", "CHARGEALL"
"""Of the demo: the partner has the price list by its agreement."""
ASKED = ("versions", "2.2.1", "2.2.1/credentials", "2.2.1/locations/nothing", "2.1.1")


def pages_of_partner(page: Page, base: str, password: str, camera: Camera) -> None:
    page.goto(base + PARTNERS)
    camera.take(page, "partners-list")
    page.goto(f"{base}{PARTNERS}add/")
    camera.take(page, "partners-add")
    partner = row_address(page, base, PARTNERS, PARTNER)
    for tab in ("change", "groups", "connection"):
        page.goto(f"{base}{partner}{tab}/")
        camera.take(page, f"partner-{tab}")
    page.goto(f"{base}{partner}groups/")
    page.locator("section[aria-labelledby=groups-title] tbody a").first.click()
    camera.take(page, "group-roaming-on")
    page.goto(f"{base}{partner}connection/")
    make_token(page, password)
    camera.take(page, "partner-token")
    ask(page, base, page.locator("code.evc-secret").inner_text())
    page.goto(f"{base}{partner}connection/")
    refused_connection(page)
    camera.take(page, "partner-connect-refused")
    page.goto(f"{base}{partner}connection/")
    camera.take(page, "partner-connection-invited")
    page.goto(base + MESSAGES)
    camera.take(page, "messages-list")
    page.locator("#result_list tbody a").first.click()
    camera.take(page, "message")
    page.goto(f"{base}{partner}connection/")
    page.click("button:text-is('End the connection')")
    page.wait_for_load_state()


def make_token(page: Page, password: str) -> None:
    """By the button, and the password where it is asked for again."""
    page.click("button:has-text('Make a token A')")
    page.wait_for_load_state()
    if page.locator("input[name=password]").count():
        page.fill("input[name=password]", password)
        page.click("button[type=submit]")
        page.wait_for_load_state()


def ask(page: Page, base: str, token: str) -> None:
    """As the partner does."""
    encoded = base64.b64encode(token.encode()).decode()
    for path in ASKED:
        page.request.get(f"{base}/ocpi/{path}", headers={"Authorization": f"Token {encoded}"})


def refused_connection(page: Page) -> None:
    page.fill("input[name=url]", "https://127.0.0.1:9/ocpi/versions")
    page.fill("input[name=token_password]", "a-token-of-theirs")
    page.click("button:text-is('Connect')")
    page.wait_for_load_state()


def pages_of_prices(page: Page, base: str, camera: Camera) -> None:
    page.goto(f"{base}{row_address(page, base, LISTS['charge-groups'], GROUP)}roaming/")
    camera.take(page, "group-roaming")
    page.goto(f"{base}{row_address(page, base, LISTS['tariffs'], PRICE_LIST)}uses/")
    camera.take(page, "tariff-uses")


def main() -> None:
    base, email, password, folder = sys.argv[1:]
    base = base.rstrip("/")
    with sync_playwright() as playwright:
        browser = launched(playwright)
        page, camera = browser.new_context().new_page(), Camera(Path(folder))
        sign_in(page, base, email, password)
        pages_of_prices(page, base, camera)
        pages_of_partner(page, base, password, camera)
        print(f"{camera.taken} pictures in {folder}")
        browser.close()


if __name__ == "__main__":
    main()
