"""Pages of lists: numbered while the rows are counted, from row to row in larger lists; each row once, in its order."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin import site
from django.contrib.admin.utils import flatten

from customers.models import ChargeCard, Customer
from evcnet.admin import list_pages
from evcnet.admin.list_pages import Keyset, Order
from tests import factories as make

pytestmark = pytest.mark.django_db

CUSTOMERS = "/customers/customer/"
LINK = re.compile(r'<a href="([^"]*)">(First|Previous|Next|Last)</a>')


@pytest.fixture
def crowd(world, monkeypatch):
    """130 more customers of North with a card each: more than are counted."""
    monkeypatch.setattr(list_pages, "MOST", 60)
    names = [f"{'ABCDE'[number % 5]} namesake" for number in range(130)]
    kinds = {"user_group": world.north, "provider": world.greengrid}
    people = Customer.objects.bulk_create(
        Customer(number=f"7{number:04}", name=name, status=("active", "blocked")[number % 3 == 0], **kinds)
        for number, name in enumerate(names)
    )
    ends = [None, datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)]
    ChargeCard.objects.bulk_create(
        ChargeCard(
            provider=world.greengrid,
            customer=each,
            uid=f"7F{number:04}",
            status="active",
            valid_until=ends[number % 3] and ends[number % 3] + timedelta(days=number % 4),
        )
        for number, each in enumerate(people)
    )
    return people


def links(response) -> dict[str, str]:
    return {word: address.replace("&amp;", "&") for address, word in LINK.findall(response.content.decode())}


def keys(page) -> list[int]:
    return [row.pk for row in page.rows]


ORDERS = [
    ["name", "id"],
    ["-number", "-name", "-id"],
    ["status", "name", "id"],
    ["user_group__name", "name", "pk"],
    ["-status", "name", "id"],  # in two directions: by number
]
CARD_ORDERS = [
    ["uid", "pk"],
    ["valid_until", "uid", "pk"],
    ["-valid_until", "-uid", "-pk"],
    ["-roaming", "-uid", "-pk"],
]


@pytest.mark.parametrize(
    ("model", "order"), [*((Customer, each) for each in ORDERS), *((ChargeCard, each) for each in CARD_ORDERS)]
)
def test_pages_follow_one_another_forth_and_back_in_any_order(world, crowd, model, order):
    """Rows that are alike, and those of which the first column is empty, are neither lost nor listed twice."""
    rows = model.objects.visible_to(world.anna).order_by(*order)
    every = list(rows.values_list("pk", flat=True))
    parts = [every[start : start + 30] for start in range(0, len(every), 30)]
    keyset = Keyset(rows, Order.of(rows), 30)
    assert (keyset.order is None) == (order == ["-status", "name", "id"])
    for number, part in enumerate(parts, 1):
        page = keyset.number(number)
        assert (keys(page), page.has_previous, page.has_next) == (part, number > 1, number < len(parts))
        if keyset.order and number > 1:
            after, before = keyset.after(rows.filter(pk=parts[number - 2][-1])), keyset.before(rows.filter(pk=part[0]))
            assert (keys(after), after.has_next) == (part, number < len(parts))
            assert (keys(before), before.has_previous) == (parts[number - 2], number > 2)
    assert keys(keyset.last()) == every[-30:]
    assert keys(keyset.number(99)) == every[-30:]


def test_the_links_lead_through_a_list_and_keep_its_filters(world, signed_in, crowd):
    anna = signed_in(world.anna)
    query, pages = "?o=5&status__exact=active", []
    while query:
        response = anna.get(CUSTOMERS + query)
        pages.append([row.pk for row in response.context["cl"].result_list])
        query = links(response).get("Next")
    assert [pk for page in pages for pk in page] == list(response.context["cl"].queryset.values_list("pk", flat=True))
    assert [len(page) for page in pages] == [50, len(pages[1])]
    assert links(response)["First"] == "?o=5&status__exact=active"
    back = anna.get(CUSTOMERS + links(response)["Previous"])
    assert [row.pk for row in back.context["cl"].result_list] == pages[0]


def test_the_last_page_is_one_step_away_and_leads_back(world, signed_in, crowd):
    anna = signed_in(world.anna)
    first = anna.get(CUSTOMERS)
    last = anna.get(CUSTOMERS + links(first)["Last"])
    everyone = list(Customer.objects.visible_to(world.anna).values_list("pk", flat=True))
    assert [row.pk for row in last.context["cl"].result_list] == everyone[-50:]
    before = anna.get(CUSTOMERS + links(last)["Previous"])
    assert [row.pk for row in before.context["cl"].result_list] == everyone[-100:-50]
    assert list(links(last)) == ["First", "Previous"]


@pytest.mark.parametrize("query", ["?p=2", "?p=2&after=999999999", "?p=2&before=x", "?p=2&after=%00"])
def test_a_number_of_a_page_is_understood_without_the_row_before_it(world, signed_in, crowd, query):
    everyone = list(Customer.objects.visible_to(world.anna).values_list("pk", flat=True))
    response = signed_in(world.anna).get(CUSTOMERS + query)
    assert [row.pk for row in response.context["cl"].result_list] == everyone[50:100]


def test_a_page_beyond_the_last_is_the_last_and_one_before_the_first_the_first(world, signed_in, crowd):
    anna = signed_in(world.anna)
    everyone = list(Customer.objects.visible_to(world.anna).values_list("pk", flat=True))
    for number, rows in (("9999", everyone[-50:]), ("0", everyone[:50]), ("-3", everyone[:50]), ("x", everyone[:50])):
        assert [row.pk for row in anna.get(f"{CUSTOMERS}?p={number}").context["cl"].result_list] == rows, number
    few = anna.get(f"{CUSTOMERS}?p=99&q=jansen")
    assert [row.pk for row in few.context["cl"].result_list] == [world.jansen.pk]


def test_a_page_goes_on_after_a_row_that_has_left_the_list(world, signed_in, crowd):
    """Such as a customer who was approved since, in the list of those who wait."""
    anna = signed_in(world.anna)
    first = anna.get(f"{CUSTOMERS}?status__exact=active")
    rows = [row.pk for row in first.context["cl"].queryset]
    Customer.objects.filter(pk=rows[49]).update(status="blocked")
    after = anna.get(CUSTOMERS + links(first)["Next"])
    assert [row.pk for row in after.context["cl"].result_list] == rows[50:100]


def test_nobody_walks_on_from_a_row_of_another_provider(world, signed_in, crowd):
    response = signed_in(world.anna).get(f"{CUSTOMERS}?after={world.olsen.pk}")
    assert [row.pk for row in response.context["cl"].result_list] == [
        row.pk for row in Customer.objects.visible_to(world.anna)[:50]
    ]


def test_another_order_and_another_filter_begin_on_the_first_page(world, signed_in, crowd):
    anna = signed_in(world.anna)
    second = anna.get(CUSTOMERS + links(anna.get(f"{CUSTOMERS}?status__exact=active"))["Next"])
    html = second.content.decode()
    headers = re.findall(r'<a href="(\?[^"]*o=[^"]*)"', html)
    assert headers
    assert all("status__exact=active" in each and "after=" not in each and "p=" not in each for each in headers)
    assert 'name="after"' not in html
    row = re.search(rf'href="{CUSTOMERS}\d+/overview/\?([^"]*)"', html)[1]
    assert "after%3D" in row  # saving comes back to this page
    assert "p%3D2" in row


def test_the_total_is_exact_where_it_is_counted_and_else_said_to_be_about_that(world, signed_in, crowd):
    anna = signed_in(world.anna)
    assert "1 customer\n" in anna.get(f"{CUSTOMERS}?q=jansen").content.decode().replace("</div>", "\n")
    assert f"{Customer.objects.visible_to(world.anna).count()} customers" in anna.get(CUSTOMERS).content.decode()
    some = anna.get(f"{CUSTOMERS}?status__exact=active").content.decode()
    assert re.search(r"about [\d,]+ customers", some)
    found = anna.get(f"{CUSTOMERS}?q=namesake").content.decode()
    assert "more than 60 customers" in found
    assert "Select all 60" not in found


def test_names_that_begin_with_what_was_typed_come_first(world, signed_in):
    other = make.CustomerFactory(user_group=world.north, name="Aaltje Sjansen")
    anna = signed_in(world.anna)
    rows = anna.get(f"{CUSTOMERS}?q=jansen").context["cl"].result_list
    assert [row.pk for row in rows] == [world.jansen.pk, other.pk]
    rows = anna.get(f"{CUSTOMERS}?q=jansen&o=2").context["cl"].result_list
    assert [row.pk for row in rows] == [other.pk, world.jansen.pk]


def test_fifty_rows_cost_few_bytes_each(world, signed_in, crowd):
    """Looks are said once, in the style sheet; how many queries a list costs is told in test_every_list."""
    anna = signed_in(world.anna)
    for address in (CUSTOMERS, "/customers/chargecard/"):
        one, fifty = (len(anna.get(address + query).content) for query in ("?q=04AA11", ""))
        assert fifty < 90_000, address
        assert (fifty - one) / 49 < 1_000, address


def test_cells_are_found_in_what_unfold_renders(world, signed_in):
    """Else a new version of it has other classes, and each cell would name them again."""
    html = signed_in(world.anna).get(CUSTOMERS).content.decode()
    assert html.count("evc-list-cell-link") == 2 * 2
    assert html.count('evc-list-cell"') == 2 * 8
    assert "content-[attr(data-label)]" not in html
    assert 'data-label="Customer number"' in html


GROWING = {"Customer", "ChargeCard", "ChargePoint", "Location", "Session", "ChargeGroup", "PartnerToken"}


def lists_all(admin) -> list[str]:
    """Foreign keys of its form and its filters to tables that grow, of which a drop-down would list every row."""
    keys = [each for each in admin.model._meta.concrete_fields if each.is_relation]
    growing = {each.name for each in keys if each.related_model.__name__ in GROWING and each.editable}
    named = {name for _, options in admin.fieldsets or () for name in flatten(options["fields"])}
    searched = {*admin.autocomplete_fields, *admin.readonly_fields, *admin.raw_id_fields}
    filters = {each for each in getattr(admin, "list_filter", ()) if isinstance(each, str)}
    return [f"{admin.model.__name__}.{name}" for name in growing & ((named - searched) | filters)]


def test_no_form_and_no_filter_lists_all_rows_of_a_table_that_grows(db):
    assert [name for admin in site._registry.values() for name in lists_all(admin)] == []
