"""Back to the list: its search, filters and page are kept on the pages of a row, in its form and after its actions."""

import re

import pytest
from django.urls import reverse

from customers.models import Customer
from tests.portal.forms import CONFIRMED, page_form

pytestmark = pytest.mark.django_db

CUSTOMERS = "/customers/customer/"
QUERY = "p=2&q=jansen&status__exact=active"
KEPT = "?_changelist_filters=p%3D2%26q%3Djansen%26status__exact%3Dactive"
BACK = f'href="{CUSTOMERS}?{QUERY.replace("&", "&amp;")}"'


def page(view, row) -> str:
    return reverse(f"admin:customers_customer_{view}", args=[row.pk])


def test_a_row_is_opened_with_the_list_in_its_address(world, signed_in):
    html = signed_in(world.anna).get(f"{CUSTOMERS}?{QUERY}").content.decode()
    assert f'href="{page("overview", world.jansen)}{KEPT}"' in html


def test_every_page_of_the_row_leads_back_to_the_list_and_on_to_the_others(world, signed_in):
    anna = signed_in(world.anna)
    for view in ("overview", "change", "history"):
        html = anna.get(page(view, world.jansen) + KEPT).content.decode()
        assert BACK in html, view
        assert f'href="{page("history", world.jansen)}{KEPT}"' in html, view
    overview = anna.get(page("overview", world.jansen) + KEPT)
    menu = {entry.label: entry.url for entry in overview.context["overview"].menu}
    assert menu["Edit data"] == page("change", world.jansen) + KEPT
    assert all(url.endswith(KEPT) for label, url in menu.items() if label.startswith("Block"))


def test_saving_returns_to_the_row_and_keeps_the_list(world, signed_in):
    anna = signed_in(world.anna)
    edit = page("change", world.jansen) + KEPT
    saved = anna.post(edit, page_form(anna.get(edit)) | {"name": "Jansen, Theo"})
    assert saved.url == page("overview", world.jansen) + KEPT
    assert BACK in anna.get(saved.url).content.decode()


def test_an_action_returns_to_the_row_and_keeps_the_list(world, signed_in):
    anna = signed_in(world.anna)
    block = reverse("admin:customers_customer_action", args=[world.jansen.pk, "block"]) + KEPT
    asked = anna.get(block)
    assert asked.context["url"] == block
    assert asked.context["back"] == page("overview", world.jansen) + KEPT
    assert anna.post(block, CONFIRMED).url == page("overview", world.jansen) + KEPT
    assert Customer.objects.get(pk=world.jansen.pk).status == "blocked"


def test_without_a_list_addresses_stay_as_they_are(world, signed_in):
    html = signed_in(world.anna).get(page("overview", world.jansen)).content.decode()
    assert "_changelist_filters" not in html
    assert f'href="{CUSTOMERS}"' in html


@pytest.mark.parametrize("query", ["https://evil.example/", '"><script>', "next=//evil.example", "%00"])
def test_what_stands_in_the_address_leads_nowhere_but_to_the_list(world, signed_in, query):
    html = signed_in(world.anna).get(page("overview", world.jansen), {"_changelist_filters": query}).content.decode()
    crumb = re.search(rf'href="({CUSTOMERS}\?[^"]*)"', html)[1]
    assert crumb.startswith(f"{CUSTOMERS}?")
    assert "<script>" not in html.partition("evc-crumb")[2].partition("</a>")[0]
