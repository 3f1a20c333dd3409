"""Pictures of the portal as each role comes in, and of the ways in: light and dark, wide and narrow.

python -m tests.browser.pictures_of_roles http://127.0.0.1:8000 var/logins.txt FOLDER

The file of logins has a line for each role: its name, a colon, e-mail address, password.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import launched
from tests.browser.pictures import SCHEMES, WIDTHS, sign_in

ENTRANCE = {"sign-in": "/login/", "forgotten": "/forgotten/", "forgotten-sent": "/forgotten/sent/"}
OWN = {
    "second-factor": "/account/",
    "app": "/account/app/",
    "passkey": "/account/passkeys/add/",
    "sessions": "/account/sessions/",
    "password": "/password_change/",
}
"""Pages around signing in: those of a visitor, and those of whoever has signed in."""


def looks(browser: Browser, base: str, screens: dict[str, str], state: Any, folder: Path) -> int:
    """Pictures of these addresses, by name; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in SCHEMES:
        for width, pixels in WIDTHS.items():
            viewport: Any = {"width": pixels, "height": 900}
            context = browser.new_context(storage_state=state, color_scheme=scheme, viewport=viewport)
            page = context.new_page()
            for name, path in screens.items():
                page.goto(base + path)
                page.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)
            context.close()
    return len(screens) * len(SCHEMES) * len(WIDTHS)


def take(browser: Browser, base: str, logins: Path, folder: Path) -> int:
    """The home page of every role; the pages around signing in once."""
    taken = looks(browser, base, ENTRANCE, None, folder)
    for number, line in enumerate(logins.read_text().splitlines()):
        role, _, rest = line.partition(":")
        page = browser.new_page()
        sign_in(page, base, *rest.split())
        page.locator("input[name=login]").wait_for(state="detached")
        home = {f"home-{role.strip().replace(' ', '-')}": "/"}
        taken += looks(browser, base, home | (OWN if number == 0 else {}), page.context.storage_state(), folder)
        page.close()
    return taken


def main() -> None:
    base, logins, folder = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = launched(playwright)
        print(f"{take(browser, base.rstrip('/'), Path(logins), Path(folder))} pictures in {folder}")
        browser.close()


if __name__ == "__main__":
    main()
