"""A browser at the portal: signed in through the form, watched for violations of the Content-Security-Policy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.cache import cache
from django.http import HttpRequest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.chromium import installed, launched
from tests.factories import PASSWORD

# Playwright runs an event loop in the test's thread, in which Django would refuse plain queries.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if installed():
        return
    reason = "there is no Chromium on this machine: apt-get install chromium"
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def static_files_are_cached() -> Iterator[None]:
    """As in production: else a walk of fifty pages asks for each script and picture fifty times."""
    serve = StaticFilesHandler.serve

    def cached(handler: StaticFilesHandler, request: HttpRequest) -> Any:
        response = serve(handler, request)
        response["Cache-Control"] = "max-age=3600"
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "serve", cached)
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


class Portal:
    """The portal in a browser. Every page that a test opens, in any tab and by anybody, is watched."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.browser, self.base = browser, base
        self.contexts: list[BrowserContext] = []
        self.violations: list[str] = []
        self.page = self.another()

    def another(self) -> Page:
        """A page in a browser of its own, for somebody else to sign in."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(30_000)
        context.on("console", self._listen)
        self.contexts.append(context)
        return context.new_page()

    def _listen(self, message: Any) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.violations.append(f"{message.page.url if message.page else 'a page'}: {message.text}")

    def close(self) -> None:
        """Ends all, and fails if any page broke the policy."""
        for context in self.contexts:
            context.close()
        assert self.violations == []

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def sign_in(self, login: Any, page: Page | None = None) -> Page:
        page = page or self.page
        page.goto(self.base)
        page.fill("input[name=login], input[name=username]", login.email)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_load_state()
        return page

    def accessible(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA on the page at hand: rule, help, and where."""
        found = Axe().run(self.page, options=WCAG).response["violations"]
        return [f"{each['id']}: {each['help']}: {[node['html'][:120] for node in each['nodes'][:3]]}" for each in found]


@pytest.fixture
def portal(browser: Browser, live_server: Any) -> Iterator[Portal]:
    cache.clear()  # the sign-ins of other tests count as those of one address
    at = Portal(browser, live_server.url)
    yield at
    at.close()
