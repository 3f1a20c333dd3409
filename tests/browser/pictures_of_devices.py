"""Pictures of devices and queues: a driver's page in four languages, queue and Social charging, a connection, who knocks.

python -m tests.browser.pictures_of_devices http://127.0.0.1:8000 E-MAIL PASSWORD FOLDER

The login is one that edits customers, such as the provider's. The first driver who waits gets a link and one language after
another, and has the own language back in the end.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import launched
from tests.browser.pictures import LISTS, SCHEMES, Camera, sign_in

GROUP = "WATERLAND"
LANGUAGES = ("en", "nl", "de", "fr")


def row_address(page: Page, base: str, path: str, words: str = "") -> str:
    """That of the first row of a list, without what follows its key."""
    page.goto(f"{base}{path}?q={words}" if words else base + path)
    href = page.locator("#result_list a:is([href*='/change/'], [href*='/overview/'])").first.get_attribute("href") or ""
    return re.sub(r"(change|overview)/(\?.*)?$", "", href)


def pages_of_staff(page: Page, base: str, camera: Camera) -> str:
    """The customer who waits first, as the Social charging tab names them."""
    group = row_address(page, base, LISTS["charge-groups"], GROUP)
    page.goto(f"{base}{group}social/")
    driver = page.locator("td[data-label=Customer]").first.inner_text()
    point = page.locator("section[aria-labelledby=queue-title] tbody th").first.inner_text()
    camera.take(page, "social-charging")
    point_address = row_address(page, base, LISTS["charge-points"], point.split()[0])
    for tab in ("queue", "connection"):
        page.goto(f"{base}{point_address}{tab}/")
        camera.take(page, f"charge-point-{tab}")
    knocking = "/gateway/unknowndevice/"
    page.goto(base + knocking)
    camera.take(page, "devices-that-knock")
    page.goto(base + row_address(page, base, knocking) + "change/")
    camera.take(page, "device-that-knocks")
    return driver


def drivers_page(browser: Browser, page: Page, base: str, driver: str, camera: Camera) -> None:
    customer = row_address(page, base, LISTS["customers"], driver.split()[-1])
    page.goto(f"{base}{customer}driver/")
    page.click("button[value=copy]")
    link = page.input_value("#link")
    before = speak(page, f"{base}{customer}change/", LANGUAGES[0])
    for language in LANGUAGES:
        speak(page, f"{base}{customer}change/", language)
        for scheme in SCHEMES:
            phone = browser.new_page(viewport={"width": 400, "height": 900}, color_scheme=scheme)
            phone.goto(link)
            phone.screenshot(path=camera.folder / f"driver-{language}-{scheme}.png", full_page=True)
            phone.close()
            camera.taken += 1
    speak(page, f"{base}{customer}change/", before)


def speak(page: Page, address: str, language: str) -> str:
    """Set the customer's language; the one before."""
    page.goto(address)
    before = page.input_value("select[name=language]")
    page.select_option("select[name=language]", language)
    page.click("button[name=_save], input[name=_save]")
    page.wait_for_load_state()
    return before


def main() -> None:
    base, email, password, folder = sys.argv[1:]
    base = base.rstrip("/")
    with sync_playwright() as playwright:
        browser = launched(playwright)
        page, camera = browser.new_context().new_page(), Camera(Path(folder))
        sign_in(page, base, email, password)
        driver = pages_of_staff(page, base, camera)
        drivers_page(browser, page, base, driver, camera)
        print(f"{camera.taken} pictures in {folder}")
        browser.close()


if __name__ == "__main__":
    main()
