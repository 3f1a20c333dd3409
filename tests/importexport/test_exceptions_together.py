"""Exceptions taken together: by set they come to the same errors, rows, change and history as each row by itself."""

import random
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from changes.models import Change
from chargegroups.models import CustomerException
from chargegroups.resources import ExceptionResource
from customers.models import Customer, Notice, StaffAlert
from evcnet.history import event_model
from evcnet.importexport import sheet_rows, sheet_stream
from evcnet.importexport.csv_file import read_csv
from evcnet.importexport.scope import FileScope
from tests import factories as make
from tests.importexport.files import csv_of, export_csv

pytestmark = pytest.mark.django_db
HEADER = "charge_group,customer,access,tariff,valid_from,valid_until,note"
GROUPS = ("CG-LEUSDEN", "CG-SECOND")
CUSTOMERS = 60
BAD = {
    9: "CG-OSLO,C1,denied,,,,",
    15: "CG-LEUSDEN,9001,denied,,,,",
    21: "CG-LEUSDEN,N1,denied,FJORDPRICE,,,",
    28: "CG-LEUSDEN,N2,denied,KRONE,,,",
    33: "CG-NOWHERE,N3,denied,,,,",
    40: "CG-LEUSDEN,N4,perhaps,,,,",
    47: "CG-LEUSDEN,N5,,,2026-05-01,2026-04-01,",
    52: f"CG-LEUSDEN,N6,,,,,{'n' * 501}",
    58: 'CG-LEUSDEN,="N7",,,,,',
    63: "CG-LEUSDEN,,denied,,,,",
    66: "CG-LEUSDEN,N8,denied",
    69: "CG-LEUSDEN,N9,,,2026-02-30,,",
    75: "CG-LEUSDEN,c-0,denied,,,,",
    90: "CG-LEUSDEN,C0,denied,,,,",
    101: "CG-SECOND,N1,,KRONE,,,",
    105: "CG-SECOND,C3,,KRONE,,,",
}
"""Wrong in ways that cells tell, that columns and rows tell together, and that the database alone tells; and what an
outsider has."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """As if a file had many times as many rows as it has."""
    for module in (sheet_stream, sheet_rows):
        monkeypatch.setattr(module, "TOGETHER", 40)
    for module in ("staged_import", "results"):
        monkeypatch.setattr(f"evcnet.importexport.{module}.MAX_ROWS", 3)
    monkeypatch.setattr("chargegroups.resources.exceptions.WRITTEN_TOGETHER", 25)


@pytest.fixture
def crowd(world):
    """Customers of two groups, a third of whom have an exception there already, one with spaces around its note."""
    second = make.ChargeGroupFactory(user_group=world.south, code="CG-SECOND", terms={"tariff": world.standard})
    make.TariffFactory(provider=world.greengrid, code="KRONE", currency="NOK")
    numbers = [*(f"C{n}" for n in range(CUSTOMERS)), *(f"N{n}" for n in range(1, 10))]
    people = Customer.objects.bulk_create(
        Customer(provider=world.greengrid, user_group=world.north, number=number, name="Somebody") for number in numbers
    )
    until = datetime(2030, 1, 1, 0, 0, 0, 5, tzinfo=UTC)
    for person in people[:CUSTOMERS:3]:
        for group in (world.leusden, second):
            make.CustomerExceptionFactory(charge_group=group, customer=person, valid_until=until, note=" by letter ")
    return world


@contextmanager
def row_by_row(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(ExceptionResource, "stages_rows", False)
        yield


def drawn_rows(seed):
    """Every customer at both groups in no order: new, as it is, and changed in a column or in all."""
    chance = random.Random(seed)
    stored = export_csv("exceptions", provider="GRG")[0].splitlines()[1:]
    unchanged = {tuple(line.split(",")[:2]): line for line in stored if chance.random() < 0.6}
    places = [(group, f"C{n}") for group in GROUPS for n in range(CUSTOMERS)]
    chance.shuffle(places)
    return [unchanged.get(place) or ",".join([*place, *_said(chance)]) for place in places]


def _said(chance):
    access, tariff = chance.choice(["", "allowed", "denied"]), chance.choice(["", "CHEAP", "STANDARD"])
    begins, ends = chance.choice(["", "2026-03-01"]), chance.choice(["", "2030-01-01T00:00:00.000005Z"])
    return access, tariff, begins, ends, chance.choice(["", "a note"])


def with_bad(rows):
    """The first row keeps what another spells otherwise, and of one that is stored the file says something wrong."""
    for place, begin in ((0, "CG-LEUSDEN,C0,"), (105, "CG-SECOND,C3,")):
        row = next(row for row in rows if row.startswith(begin))
        rows.remove(row)
        rows.insert(place, row)
    return [BAD.get(place, row) for place, row in enumerate(rows)]


@pytest.mark.parametrize("seed", range(3))
def test_bad_rows_are_refused_with_the_same_words_together_and_row_by_row(crowd, take, monkeypatch, seed):
    lines = [HEADER, *with_bad(drawn_rows(seed))]
    together = take("exceptions", *lines)
    with row_by_row(monkeypatch):
        before = take("exceptions", *lines)
    assert together.said == before.said
    assert {row for row, _ in together.errors} == {place + 2 for place in BAD}
    assert (11, "charge_group") in together.errors and (17, "customer") in together.errors
    assert not any(name in together.messages for name in ("Oslo quay", "Olsen", "Fjordprice", "BlueVolt"))
    assert not Change.objects.exists() and not CustomerException.objects.exclude(note=" by letter ").exists()


@pytest.mark.parametrize("seed", range(2))
def test_a_good_file_leaves_the_same_rows_change_and_history(crowd, take, monkeypatch, seed):
    lines = [HEADER, *drawn_rows(seed)]
    together = outcome(take, lines)
    with row_by_row(monkeypatch):
        assert outcome(take, lines) == together
    counts = together[0]
    assert min(counts[:3]) > 10 and counts[3] == 0, counts


def outcome(take, lines):
    """Counts of the preview and of the file, and all that it leaves; then as if it had never been."""
    with transaction.atomic():
        shown, answer = take("exceptions", *lines, dry_run=True), take("exceptions", *lines, notify="all")
        assert shown.said | {"written": True} == answer.said
        change = Change.objects.get()
        events = event_model(CustomerException).objects.filter(pgh_context__metadata__file="rows.csv")
        left = [
            answer.counts,
            sorted(CustomerException.objects.values_list(
                "provider", "charge_group", "customer", "access", "tariff__code", "valid_from", "valid_until", "note"
            ), key=repr),
            [change.sentence, change.proposal, change.earlier, change.impact, change.notify, change.reason],
            sorted(events.values_list("pgh_label", "charge_group", "customer", "access")),
            sorted(Notice.objects.values_list("customer__number", flat=True)),
            StaffAlert.objects.count(),
        ]  # fmt: skip
        assert take("exceptions", *lines).counts == (0, 0, len(lines) - 1, 0)
        transaction.set_rollback(True)
    return left


def test_a_file_of_two_providers_is_a_change_of_each_in_the_order_of_their_first_rows(crowd, take, monkeypatch):
    lines = [f"provider,{HEADER}", "BLV,CG-OSLO,9001,denied,,,,", *(f"GRG,{row}" for row in drawn_rows(4)[:60])]

    def changes():
        with transaction.atomic():
            assert take("exceptions", *lines, provider=None).said["written"]
            recorded = list(Change.objects.order_by("pk").values_list("provider__code", "sentence"))
            transaction.set_rollback(True)
        return recorded

    together = changes()
    with row_by_row(monkeypatch):
        assert changes() == together
    assert [code for code, _ in together] == ["BLV", "GRG"]


@pytest.mark.parametrize("approval_above", [None, 1])
def test_a_login_hears_the_same_of_the_rows_of_another_provider_and_of_an_approval(crowd, monkeypatch, approval_above):
    crowd.greengrid.approval_above = approval_above
    crowd.greengrid.save()
    codes = [("GRG", "BLV")[place in (30, 31, 70) and approval_above is None] for place in range(2 * CUSTOMERS)]
    lines = [f"{code},{row}" for code, row in zip(codes, drawn_rows(7), strict=True)]

    def told():
        resource = ExceptionResource(FileScope(crowd.anna), named="GreenGrid")
        result = resource.import_data(read_csv(csv_of(f"provider,{HEADER}", *lines)))
        assert not result.written
        return result.errors, result.new, result.updated, result.unchanged

    together = told()
    with row_by_row(monkeypatch):
        assert told() == together
    if approval_above:
        assert "needs a second person" in together[0][0].message
    else:
        assert [(each.row, each.column) for each in together[0]] == [
            (32, "provider"),
            (33, "provider"),
            (72, "provider"),
        ]


def test_the_first_new_and_changed_rows_are_shown_with_old_and_new(crowd):
    resource = ExceptionResource(FileScope(crowd.anna), crowd.greengrid)
    lines = [f"CG-LEUSDEN,C{n},denied,,,,unpaid" for n in range(CUSTOMERS)]
    result = resource.import_data(read_csv(csv_of(HEADER, *lines)), dry_run=True)
    assert (result.new, result.updated) == (40, 20)
    shown = [each for each in result.rows if each.is_update()]
    assert [each.number for each in shown] == [2, 5, 8]
    assert [each.number for each in result.rows if each.is_new()] == [3, 4, 6]
    assert [(each.column, each.before, each.after) for each in shown[0].diff][-1] == ("note", " by letter ", "unpaid")


def test_many_more_rows_take_a_few_statements_for_each_batch(crowd, take):
    rows, counts = drawn_rows(1), []
    for count in (40, 120):
        with CaptureQueriesContext(connection) as queries:
            take("exceptions", HEADER, *rows[:count], dry_run=True)
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 2 * 20
