"""Lists of customers and cards: each page beside the raw SQL of a page and a count, by turns; and the bytes of 50 rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bench.measuring import Measured, ratio
from bench.world import CUSTOMERS, LOGIN, PROVIDER

PEOPLE, CARDS = "/customers/customer/", "/customers/chargecard/"
RAW = """SELECT c.*, g.name FROM customers_customer c JOIN customers_usergroup g ON g.id = c.user_group_id
    WHERE c.provider_id = %s ORDER BY c.name, c.id LIMIT 50"""
COUNT = "SELECT count(*) FROM customers_customer WHERE provider_id = %s"
DEEP = max(CUSTOMERS // 100, 2)
"""Half way through the list, whose pages have 50 rows."""


def pages() -> Iterator[Measured]:
    page, raw = _browser(), _raw()
    yield ratio("list of customers / raw page and count", page(PEOPLE), raw, asked="2; goal 1.3")
    deep = page(f"{PEOPLE}?p={DEEP}")
    yield ratio(f"its page {DEEP:,} / its first", deep, page(PEOPLE), asked="1.5; goal 1.1")
    size = len(page(PEOPLE)().content) / 1000
    yield Measured("bytes of 50 customers", size, "kB", "150; goal 90")


def searches() -> Iterator[Measured]:
    page, raw = _browser(), _raw()
    words = page(f"{PEOPLE}?q=jansen+user1+10")
    yield ratio("search of three words / raw page and count", words, raw, asked="4; goal 1")
    by_customer = page(f"{CARDS}?q=jansen+user1234")
    yield ratio("card by its customer / raw page and count", by_customer, raw, asked="4; goal 1")


MEASURES = (pages, searches)


def _browser() -> Callable[[str], Callable[[], Any]]:
    """What asks for the page of an address, signed in as one of the staff."""
    from django.test import Client

    from customers.models import StaffMember

    browser = Client()
    browser.force_login(StaffMember.objects.get(email=LOGIN))

    def page(address: str) -> Callable[[], Any]:
        def ask() -> Any:
            answer = browser.get(address)
            assert answer.status_code == 200, answer
            return answer

        return ask

    return page


def _raw() -> Callable[[], Any]:
    from django.db import connection

    from customers.models import Provider

    provider = Provider.objects.get(code=PROVIDER)

    def ask() -> None:
        with connection.cursor() as cursor:
            for sql in (RAW, COUNT):
                cursor.execute(sql, [provider.pk])
                cursor.fetchall()

    return ask
