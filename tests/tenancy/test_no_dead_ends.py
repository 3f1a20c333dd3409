"""Every link and button that a role is shown leads somewhere: followed from the home page, page by page."""

from __future__ import annotations

import re
from collections import deque
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

from tests.tenancy.asking import ROLES, taken_back
from tests.tenancy.conftest import signed_in

pytestmark = pytest.mark.django_db

A_KIND = 2
"""So many addresses of one kind are followed: the same page of other rows."""
MOST = 1_500
NOT_FOLLOWED = re.compile(r"^/(account|static|media|logout|password_change|jsi18n)")


class Links(HTMLParser):
    """Addresses of the links of a page, and of the forms that are sent by GET."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.addresses.append(given["href"] or "")
        if tag == "form" and (given.get("method") or "get").lower() == "get":
            self.addresses.append(given.get("action") or "")


def links_of(page: str, address: str) -> list[str]:
    parser = Links()
    parser.feed(page)
    joined = [urljoin(address, each) for each in parser.addresses]
    return [each.partition("#")[0] for each in joined if not urlsplit(each).scheme and not NOT_FOLLOWED.match(each)]


def kind_of(address: str) -> str:
    """The same page of another row, or with other filters."""
    path, query, _ = address.partition("?")
    return re.sub(r"\d+", "N", path) + query


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"signed out", "no role", "outsider"}))
def test_whatever_is_linked_answers(role, marked, record_property):
    browser = signed_in(marked, role)
    waiting, met, kinds, wrong = deque([("/", "the start")]), {"/"}, {}, []
    while waiting and len(met) < MOST:
        address, page = waiting.popleft()
        with taken_back():
            answer = browser.get(address, follow=True)
        if answer.status_code >= 400:
            wrong.append(f"{answer.status_code} {address}, linked by {page}")
        if not answer.get("Content-Type", "").startswith("text/html") or answer.streaming:
            continue
        for link in links_of(answer.content.decode(), address):
            kind = kind_of(link)
            if link not in met and kinds.get(kind, 0) < A_KIND:
                met.add(link)
                kinds[kind] = kinds.get(kind, 0) + 1
                waiting.append((link, address))
    record_property("pages", len(met))
    assert not wrong, f"{len(wrong)} of {len(met)} addresses:\n" + "\n".join(wrong)
    assert len(met) > (3 if role in ("no role", "operator") else 60)
