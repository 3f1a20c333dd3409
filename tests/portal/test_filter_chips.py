"""Chips of lists: the search and each set filter, in words, with a link to the list without it."""

import pytest

from tests.tables import for_each

pytestmark = pytest.mark.django_db

CUSTOMERS, CARDS = "/customers/customer/", "/customers/chargecard/"
GROUPS, POINTS, SESSIONS = "/chargegroups/chargegroup/", "/chargepoints/chargepoint/", "/chargepoints/session/"
DECISIONS = "/chargepoints/decisionentry/"


def chips(browser, address) -> dict[str, str]:
    return {chip.text: chip.url for chip in browser.get(address).context["filter_chips"]}


def test_each_filter_and_the_search_has_a_link_to_the_list_without_it(world, signed_in):
    anna = signed_in(world.anna)
    query = f"?kind__exact=&o=2&p=2&q=jan&status__exact=active&user_group__id__exact={world.north.pk}"
    group = f"user_group__id__exact={world.north.pk}"
    assert chips(anna, CUSTOMERS + query) == {
        "search: jan": f"?kind__exact=&o=2&status__exact=active&{group}",
        "status: active": f"?kind__exact=&o=2&q=jan&{group}",
        "user group: North": "?kind__exact=&o=2&q=jan&status__exact=active",
    }
    response = anna.get(CUSTOMERS + query)
    assert response.context["url_without_filters"] == "?kind__exact=&o=2"
    html = response.content.decode()
    assert "status: active<span" in html
    assert '<a class="evc-clear" href="?kind__exact=&amp;o=2">Clear all</a>' in html


@for_each(
    ("address", "text"),
    [
        (f"{CUSTOMERS}?cards=none", "charge cards: No card"),
        (f"{CARDS}?roaming__exact=1", "roaming: Yes"),
        (f"{CARDS}?customer__id__exact={{jansen}}", "customer: Jansen, T. (1001)"),
        (f"{CARDS}?customer__id__exact={{olsen}}", "customer: {olsen}"),
        (f"{POINTS}?missing=group", "what is missing: no charge group"),
        (f"{POINTS}?refused=today", "refused cards: today"),
        (f"{GROUPS}?price=none&closed=no", "price now: No price in force: nobody can charge"),
        (f"{SESSIONS}?started_at_from=2026-11-01&started_at_to=2026-11-07",
         "the day it started: first day 2026-11-01 last day 2026-11-07"),
        (f"{DECISIONS}?asked_at_from=2026-11-01&asked_at_from_time=08:00", "asked: from 2026-11-01 08:00"),
    ],
)  # fmt: skip
def test_a_chip_says_what_is_chosen_and_names_no_row_of_another_provider(world, signed_in, address, text):
    keys = {"jansen": world.jansen.pk, "olsen": world.olsen.pk}
    response = signed_in(world.anna).get(address.format(**keys))
    assert text.format(**keys) in [chip.text for chip in response.context["filter_chips"]]
    assert "Olsen" not in response.content.decode()


def test_a_list_that_is_not_narrowed_has_no_chips(world, signed_in):
    response = signed_in(world.anna).get(f"{CUSTOMERS}?o=2&status__exact=")
    assert response.context["filter_chips"] == []
    assert "evc-clear" not in response.content.decode()
