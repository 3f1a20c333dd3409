"""What the ten commonest pages weigh in the demo: bytes of the page, bytes of what it loads, statements.

`python -m bench weight` makes the demo on a database of its own. Nothing here depends on the machine: the figures of
docs/page-weight.md can be made again on any.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from bench.measuring import Measured
from bench.world import own_database

LOGIN = "provider@greengrid.example"
_LOADED = re.compile(r"""<(?:script|link|img)\b[^>]*?\s(?:src|href)=["'](/static/[^"'?#]+)""")


def measure() -> Iterator[Measured]:
    with own_database():
        subprocess.run([sys.executable, "manage.py", "demo"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], check=True)
        yield from weights()


def weights() -> Iterator[Measured]:
    """Each page asked twice, so that what is kept in memory is there; the second is told of."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from customers.models import StaffMember

    browser = Client(HTTP_HOST="localhost")
    browser.force_login(StaffMember.objects.get(email=LOGIN))
    for name, ask in _pages(browser).items():
        ask()
        with CaptureQueriesContext(connection) as queries:
            answer = ask()
        assert answer.status_code == 200, (name, answer)
        loaded = [_static(path) for path in sorted(set(_LOADED.findall(answer.content.decode())))]
        page = f"{_packed(answer.content):.1f} kB packed; {len(queries)} statements"
        files = f"{len(loaded)} files of {sum(map(len, loaded)) / 1000:.0f} kB, {sum(map(_packed, loaded)):.0f} packed"
        yield Measured(name, len(answer.content) / 1000, "kB", note=f"{page}; loads {files}")


def _packed(content: bytes) -> float:
    """kB as gzip sends it."""
    return len(gzip.compress(content, 6)) / 1000


def _static(path: str) -> bytes:
    from django.contrib.staticfiles.storage import staticfiles_storage

    with staticfiles_storage.open(path.removeprefix("/static/")) as file:
        return file.read()


def _pages(browser: Any) -> dict[str, Callable[[], Any]]:
    """What staff open most, by the name that the page has in the menu; each asks for it and returns the answer."""
    from django.urls import reverse

    from chargegroups.models import ChargeGroup
    from chargepoints.models import ChargePoint, Session
    from customers.models import ChargeCard, Customer

    group = ChargeGroup.objects.filter(provider__code="greengrid").order_by("code").first()
    customer = Customer.objects.filter(provider=group.provider, status="active").order_by("number").first()
    point = ChargePoint.objects.filter(charge_group=group).order_by("identity").first()
    card = ChargeCard.objects.filter(customer=customer).order_by("uid").first()

    def admin(name: str, *args: object) -> Callable[[], Any]:
        return lambda: browser.get(reverse(f"admin:{name}", args=args))

    return {
        "Home": lambda: browser.get("/"),
        "Check a card, answered": lambda: browser.get(
            "/may-this-card-charge/", {"card": card.uid, "charge_point": point.identity}
        ),
        "Customers": admin("customers_customer_changelist"),
        "A customer": admin("customers_customer_overview", customer.pk),
        "Cards": admin("customers_chargecard_changelist"),
        "Charge points": admin("chargepoints_chargepoint_changelist"),
        "A charge point": admin("chargepoints_chargepoint_overview", point.pk),
        "Tariff and access": admin("chargegroups_chargegroup_access", group.pk),
        "Customers and tariffs": admin("chargegroups_chargegroup_customers", group.pk),
        "Sessions": admin(f"{Session._meta.app_label}_session_changelist"),
    }
