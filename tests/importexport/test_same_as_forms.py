"""What a form refuses a file refuses as well, among few rows and among many, at the same column; and what one takes the
other takes."""

import pytest
from django.urls import reverse

from customers.models import ChargeCard, Customer
from evcnet.importexport import sheet_rows, sheet_stream
from tests import factories as make
from tests.portal.forms import page_form

pytestmark = pytest.mark.django_db
CUSTOMER = {"number": "1900", "name": "Visser", "email": "visser@example.org", "payment": "subscription"}
CARD = {"uid": "04CC01", "visual_number": "NL-GRG-9", "roaming": "", "status": "", "customer": "1001"}
CUSTOMERS = [
    ({}, None),
    ({"name": "Zoë Müller-d'Arc"}, None),
    ({"email": ""}, None),
    ({"number": ""}, "number"),
    ({"number": "x" * 37}, "number"),
    ({"number": "'1900"}, "number"),
    ({"number": "19\u200b00"}, "number"),
    ({"number": "19\u043e0"}, "number"),
    ({"number": "4.17574E+12"}, "number"),
    ({"name": ""}, "name"),
    ({"name": "\u2800"}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"email": "visser@"}, "email"),
    ({"email": f"{'x' * 250}@example.org"}, "email"),
    ({"payment": "cash"}, "payment"),
    ({"status": "asleep"}, "status"),
]
CARDS = [
    ({}, None),
    ({"uid": "04:CC:01", "visual_number": ""}, None),
    ({"uid": ""}, "uid"),
    ({"uid": "4AA11"}, "uid"),
    ({"uid": "---"}, "uid"),
    ({"uid": "04ÇC01"}, "uid"),
    ({"uid": "x" * 37}, "uid"),
    ({"uid": "07BB22"}, "uid"),
    ({"visual_number": "NL\u0410"}, "visual_number"),
    ({"visual_number": "9" * 65}, "visual_number"),
    ({"customer": "1003", "roaming": "true"}, "roaming"),
    ({"valid_from": "2027-02-01", "valid_until": "2027-01-01"}, "valid_until"),
]


@pytest.fixture
def others(world, monkeypatch):
    """A prepaid customer, and a card of another provider; and so few rows at a time that ours are among many."""
    make.CustomerFactory(user_group=world.north, number="1003", payment="prepaid")
    make.ChargeCardFactory(customer__user_group__provider=world.bluevolt, uid="07BB22")
    for module in (sheet_stream, sheet_rows):
        monkeypatch.setattr(module, "TOGETHER", 3)
    monkeypatch.setattr("evcnet.importexport.staged_import.MAX_ROWS", 0)
    return world


def by_form(browser, model, values: dict) -> set[str]:
    """The fields that the form refuses."""
    address = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_add")
    sent = page_form(browser.get(address)) | values
    answer = browser.post(address, {name: value for name, value in sent.items() if value not in ("", None)})
    return set() if answer.status_code == 302 else set(answer.context["adminform"].form.errors)


def by_file(take, kind: str, values: dict, filling: list[str]) -> list[str]:
    """The columns that the file refuses of the one row, and of no other."""
    row = ",".join(f'"{cell}"' for cell in values.values())
    lines = [",".join(values), *filling[:4], row, *filling[4:]]
    answer = take(kind, *lines, dry_run=True)
    assert {row for row, _ in answer.errors} <= {6}
    return [column for _, column in answer.errors]


@pytest.mark.parametrize(("other", "refused"), CUSTOMERS)
def test_a_customer_is_refused_by_form_and_file_alike(others, signed_in, take, other, refused):
    row = CUSTOMER | {"status": "active"} | other
    filling = [f"F{number},Filling,,,,NORTH" for number in range(8)]
    assert by_file(take, "customers", row | {"user_group": "NORTH"}, filling) == ([refused] if refused else [])
    form = by_form(signed_in(others.anna), Customer, row | {"user_group": others.north.pk})
    assert (form & {refused, "__all__"}) if refused else not form


@pytest.mark.parametrize(("other", "refused"), CARDS)
def test_a_card_is_refused_by_form_and_file_alike(others, signed_in, take, other, refused):
    row = CARD | other
    filling = [f"0499{number},,,,1001{',,' * ('valid_from' in row)}" for number in range(8)]
    assert by_file(take, "charge_cards", row, filling) == ([refused] if refused else [])
    customer = Customer.objects.filter(number=row["customer"]).first()
    form = by_form(signed_in(others.anna), ChargeCard, row | {"customer": customer.pk if customer else ""})
    assert (form & {refused, "__all__"}) if refused else not form
