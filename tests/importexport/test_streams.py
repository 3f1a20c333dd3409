"""Exports as streams: by COPY or row by row they are the same bytes, in pieces, and hold what the login sees."""

import io
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from customers.models import AuditEntry, ChargeCard, Customer, Job
from evcnet.importexport import csv_stream
from evcnet.importexport.csv_file import write_csv
from evcnet.importexport.csv_stream import csv_pieces, is_copied, write_xlsx
from evcnet.importexport.registry import EXPORTS, resource_named
from evcnet.importexport.scope import FileScope
from tests import factories as make
from tests.importexport.test_round_trip import hostile_world  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
COPIED = {
    "customers",
    "charge_cards",
    "exceptions",
    "locations",
    "charge_points",
    "sessions",
    "customers_with_cards",
    "decisions",
}


def row_by_row(kind, scope, provider) -> tuple[bytes, dict]:
    resource = resource_named(kind)(scope, provider)
    return "".join(write_csv(resource.export_rows())).encode(), resource.exported


def streamed(kind, scope, provider) -> tuple[bytes, dict]:
    resource = resource_named(kind)(scope, provider)
    return b"".join(csv_pieces(resource)), resource.exported


def test_what_postgresql_writes_is_what_python_writes(hostile_world, subtests):  # noqa: F811
    """Hostile texts, decimals, references out of reach; moments of today, in an hour that repeats, and of old local time."""
    world = hostile_world
    old = datetime(1890, 5, 5, 12, 0, 0, 5, tzinfo=UTC)
    ChargeCard.objects.filter(uid="-UID4").update(valid_from=old, valid_until=datetime(2027, 7, 1, tzinfo=UTC))
    other = make.CustomerFactory(user_group=world.south, number="=FAR")
    make.ChargePointFactory(charge_group=world.leusden, identity="far-owner", owner=other)
    scopes = {"a command": FileScope(), "an admin": FileScope(world.anna), "a sub provider": FileScope(world.carla)}
    for kind in EXPORTS:
        for whose, scope in scopes.items():
            for provider in (None, world.greengrid):
                with subtests.test(kind=kind, whose=whose, provider=provider):
                    assert streamed(kind, scope, provider) == row_by_row(kind, scope, provider)
    assert {kind for kind in EXPORTS if is_copied(resource_named(kind)(FileScope()))} == COPIED


def test_a_stream_comes_in_pieces_that_do_not_grow_with_the_rows(world, monkeypatch):
    monkeypatch.setattr(csv_stream, "PIECE", 1_000)
    monkeypatch.setattr(csv_stream, "ROWS", 2)
    make.CustomerFactory.create_batch(60, user_group=world.north)
    with CaptureQueriesContext(connection):  # as in development, where queries are noted
        pieces = list(csv_pieces(resource_named("customers")(FileScope(), world.greengrid)))
    assert len(pieces) > 3 and max(map(len, pieces)) < 1_200
    assert (
        sum(piece.count(b"\r\n") for piece in pieces) == Customer.objects.filter(provider=world.greengrid).count() + 1
    )


def test_a_workbook_has_the_same_cells_and_says_when_rows_do_not_fit(world, monkeypatch):
    resource = resource_named("customers")(FileScope(), world.greengrid)
    file = io.BytesIO()
    write_xlsx(resource, None, file)
    rows = load_workbook(file).active.iter_rows(values_only=True)
    assert [[cell or "" for cell in row] for row in rows] == list(resource.export_rows())
    monkeypatch.setattr(csv_stream, "MOST_XLSX_ROWS", 1)
    with pytest.raises(ValueError, match="take CSV"):
        write_xlsx(resource, None, io.BytesIO())


def test_more_rows_than_a_workbook_has_are_refused_before_one_is_written(world, signed_in, monkeypatch):
    monkeypatch.setattr(csv_stream, "MOST_XLSX_ROWS", 1)
    monkeypatch.setattr(csv_stream, "write_xlsx", None)
    answer = _exported(signed_in(world.anna), "customers", "1")
    assert "A workbook holds 1 rows, and there are 2: take CSV, or narrow the list." in answer.content.decode()
    assert not Job.objects.exists() and not AuditEntry.objects.filter(event="exported").exists()


def test_cards_without_a_customer_are_told_of_though_the_database_writes_the_file(world, signed_in):
    make.ChargeCardFactory(customer=None, provider=world.greengrid, uid="SPARE1", status="inactive")
    browser = signed_in(world.anna)
    text = _exported(browser, "customers_with_cards", "0").getvalue().decode()
    assert "04AA11" in text and "SPARE1" not in text
    assert "1 x a charge card without a customer" in browser.get("/").content.decode()
    assert AuditEntry.objects.get(event="exported").rows == text.count("\r\n") - 1


def _exported(browser, kind, file_format):
    address = reverse("admin:customers_customer_export")
    choices = browser.get(address).context["form"].fields["resource"].choices
    resource = next(value for value, name in choices if str(name).lower().replace(" ", "_") == kind)
    return browser.post(address, {"resource": resource, "format": file_format})
