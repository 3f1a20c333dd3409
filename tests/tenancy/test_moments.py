"""Dates and times are typed one way: with the browser's own pickers, on every page of the portal."""

import re

import pytest

from tests.tenancy.asking import address
from tests.tenancy.conftest import signed_in
from tests.tenancy.pages import NOWHERE, pages

pytestmark = pytest.mark.django_db

MOMENTS = re.compile(r"(^|_)(at|from|to|until|date|time|day)(_[01])?$")
PICKERS = {"date", "time", "datetime-local", "hidden", "checkbox", "radio", "email"}


@pytest.mark.parametrize("role", ["provider admin"])
def test_every_field_for_a_date_or_time_has_the_pickers_of_the_browser(marked, role):
    client, typed = signed_in(marked, role), {}
    for page in (each for each in pages() if NOWHERE not in each.get):
        response = client.get(address(page, marked.tenants["own"]))
        if response.status_code != 200 or response.streaming:
            continue
        for tag in re.findall(r"<input\b[^>]*>", response.content.decode(errors="replace")):
            given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            named = MOMENTS.search(given.get("name", "")) or re.search("v(Custom)?(Date|Time)Field", tag)
            if named and given.get("type", "text") not in PICKERS:
                typed[page.label] = given.get("name")
    assert typed == {}
