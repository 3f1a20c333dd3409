"""Pictures of every screen: signs in to a running portal and takes them light and dark, wide and narrow.

python -m tests.browser.pictures http://127.0.0.1:8000 E-MAIL PASSWORD FOLDER

It walks through changes as well: what it schedules it cancels, and what it makes it undoes. Nobody is told.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import changing
from tests.browser.chromium import launched

WIDTHS = {"wide": 1280, "narrow": 400}
SCHEMES = ("light", "dark")
HIGHEST = 6_000
"""Pixels; longer pages are cut."""
WALKED = "WATERLAND"
"""The tariff of the demo that the walks change, and that they give to a charge group."""
LISTS = {
    "charge-groups": "/chargegroups/chargegroup/",
    "tariffs": "/tariffs/tariff/",
    "charge-points": "/chargepoints/chargepoint/",
    "locations": "/chargepoints/location/",
    "sessions": "/chargepoints/session/",
    "customers": "/customers/customer/",
    "charge-cards": "/customers/chargecard/",
    "user-groups": "/customers/usergroup/",
    "providers": "/customers/provider/",
    "logins": "/customers/staffmember/",
    "api-keys": "/customers/apikey/",
    "changes": "/changes/change/",
    "notices": "/customers/notice/",
    "alerts": "/customers/staffalert/",
    "record": "/customers/auditentry/",
}
"""The list pages; of each, its first row's page is taken too, with the tabs of that page."""


def screens(page: Page, base: str) -> Iterator[tuple[str, str]]:
    """Names and addresses of all screens that this login reaches from the menu."""
    yield "home", "/"
    yield "may-this-card-charge", "/may-this-card-charge/"
    yield from _answers(page, base)
    yield "findings", "/findings/"
    for name, path in LISTS.items():
        if page.goto(base + path).status != 200:
            continue
        yield f"{name}-list", path
        for kind in ("add", "import", "export"):
            if page.goto(f"{base}{path}{kind}/").status == 200 and page.url.endswith(f"{kind}/"):
                yield f"{name}-{kind}", f"{path}{kind}/"
        yield from _first_row(page, base, name, path)


def _answers(page: Page, base: str) -> Iterator[tuple[str, str]]:
    """The answers for the first card of the list and for one that nobody knows, at the first charge point."""
    page.goto(f"{base}{LISTS['charge-cards']}")
    card = _first_words(page, "chargecard")
    page.goto(f"{base}{LISTS['charge-points']}?status__exact=active")
    point = _first_words(page, "chargepoint")
    for name, asked in (("known", card), ("unknown", "nobody's")):
        yield (
            f"may-this-card-charge-{name}",
            f"/may-this-card-charge/?{urlencode({'card': asked, 'charge_point': point})}",
        )


def _first_words(page: Page, model: str) -> str:
    link = page.locator(f"#result_list a[href*='/{model}/']").first
    return link.evaluate("link => link.firstChild.textContent.trim()") if link.count() else ""


def _first_row(page: Page, base: str, name: str, path: str) -> Iterator[tuple[str, str]]:
    page.goto(base + path)
    link = page.locator(f"#result_list a[href*='{path}']").first
    if not link.count():
        return
    address = re.sub(r"\?.*", "", link.get_attribute("href") or "")
    row = re.sub("(change|overview)/$", "", address)
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


class Camera:
    """Takes each page four times, as it is: nothing is loaded again, so that what was typed stays."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.taken = folder, 0
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, name: str) -> None:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
            for width, pixels in WIDTHS.items():
                page.set_viewport_size({"width": pixels, "height": 900})
                # As high as the page: bars that stick to the bottom of the window would lie over its middle.
                high = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": pixels, "height": min(max(900, high), HIGHEST)})
                page.screenshot(path=self.folder / f"{name}-{scheme}-{width}.png")
                self.taken += 1
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": WIDTHS["wide"], "height": 900})


def walks(page: Page, base: str) -> Iterator[str]:
    """Every page of a change of terms, and of one of prices, on the first group and one tariff of the demo."""
    group = _address(page, base, LISTS["charge-groups"])
    tariff = _address(page, base, f"{LISTS['tariffs']}?q={WALKED}")
    yield from changing.terms_scheduled_and_cancelled(page, base, group, WALKED)
    page.goto(f"{base}{group}then/")
    yield "charge-groups-then"
    other = page.context.new_page()
    yield from changing.prices_changed_and_undone(page, other, base, tariff)
    other.close()


def _address(page: Page, base: str, path: str) -> str:
    page.goto(base + path)
    href = page.locator("#result_list a:is([href*='/change/'], [href*='/overview/'])").first.get_attribute("href") or ""
    return re.sub(r"(change|overview)/(\?.*)?$", "", href)


def take(browser: Browser, base: str, email: str, password: str, folder: Path) -> int:
    """All pictures into the folder; how many."""
    page, camera = browser.new_context().new_page(), Camera(folder)
    sign_in(page, base, email, password)
    for name, path in list(screens(page, base)):
        page.goto(base + path)
        camera.take(page, name)
    for name in walks(page, base):
        camera.take(page, name)
    return camera.taken


def main() -> None:
    base, email, password, folder = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = launched(playwright)
        print(f"{take(browser, base.rstrip('/'), email, password, Path(folder))} pictures in {folder}")
        browser.close()


if __name__ == "__main__":
    main()
