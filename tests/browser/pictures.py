"""How does every screen look? Signs in to a running portal and takes pictures: light and dark, wide and narrow.

python -m tests.browser.pictures http://127.0.0.1:8000 E-MAIL PASSWORD FOLDER
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import launched

WIDTHS = {"wide": 1280, "narrow": 400}
SCHEMES = ("light", "dark")
LISTS = {
    "charge-groups": "/chargegroups/chargegroup/",
    "tariffs": "/chargegroups/tariff/",
    "charge-points": "/chargepoints/chargepoint/",
    "locations": "/chargepoints/location/",
    "sessions": "/chargepoints/session/",
    "customers": "/customers/customer/",
    "charge-cards": "/customers/chargecard/",
    "user-groups": "/customers/usergroup/",
    "providers": "/customers/provider/",
    "logins": "/customers/staffmember/",
    "api-keys": "/customers/apikey/",
    "changes": "/chargegroups/change/",
}
"""The list pages; of each, its first row's page is taken too, with the tabs of that page."""


def screens(page: Page, base: str) -> Iterator[tuple[str, str]]:
    """Names and addresses of all screens that this login reaches from the menu."""
    yield "home", "/"
    yield "may-this-card-charge", "/may-this-card-charge/"
    for name, path in LISTS.items():
        if page.goto(base + path).status != 200:
            continue
        yield f"{name}-list", path
        if page.goto(f"{base}{path}add/").status == 200:
            yield f"{name}-add", f"{path}add/"
        if page.goto(f"{base}{path}import/").status == 200:
            yield f"{name}-import", f"{path}import/"
        yield from _first_row(page, base, name, path)


def _first_row(page: Page, base: str, name: str, path: str) -> Iterator[tuple[str, str]]:
    page.goto(base + path)
    link = page.locator(f"#result_list a[href*='{path}']").first
    if not link.count():
        return
    address = re.sub(r"\?.*", "", link.get_attribute("href") or "")
    row = address.removesuffix("change/")
    yield f"{name}-page", address
    page.goto(base + address)
    tabs = page.locator(f"a[href^='{row}']").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    for tab in sorted({re.sub(r"[?#].*", "", href) for href in tabs} - {address}):
        yield f"{name}-{tab.removeprefix(row).strip('/').replace('/', '-')}", tab


def sign_in(page: Page, base: str, email: str, password: str) -> None:
    page.goto(f"{base}/")
    page.fill("input[name=login], input[name=username]", email)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_load_state()


def take(browser: Browser, base: str, email: str, password: str, folder: Path) -> int:
    """All pictures into the folder; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    page = browser.new_page()
    sign_in(page, base, email, password)
    found = list(screens(page, base))
    state = page.context.storage_state()
    taken = 0
    for scheme in SCHEMES:
        for width, pixels in WIDTHS.items():
            context = browser.new_context(
                storage_state=state, color_scheme=scheme, viewport={"width": pixels, "height": 900}
            )
            shown = context.new_page()
            for name, path in found:
                shown.goto(base + path)
                shown.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)
                taken += 1
            context.close()
    return taken


def main() -> None:
    base, email, password, folder = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = launched(playwright)
        print(f"{take(browser, base.rstrip('/'), email, password, Path(folder))} pictures in {folder}")
        browser.close()


if __name__ == "__main__":
    main()
