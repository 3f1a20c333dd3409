"""The resources as readers of django-import-export know them: Dataset in, Result out, no column but the declared ones."""

import pytest
from import_export.results import Result, RowResult
from tablib import Dataset

from changes.models import Change
from customers.models import Customer
from evcnet.importexport.registry import RESOURCES, resource_named
from evcnet.importexport.scope import FileScope
from evcnet.management.commands.import_csv import NOTIFY

pytestmark = pytest.mark.django_db
HEADER = ["user_group", "number", "name", "email"]


def imported(world, *rows, **options):
    resource = resource_named("customers")(FileScope(), world.greengrid)
    return resource.import_data(Dataset(*rows, headers=HEADER), **options)


def test_a_dataset_is_imported_and_the_result_counts_its_rows(world):
    result = imported(world, ("NORTH", "1003", "Visser", None), ("NORTH", "1001", "Jansen, T.", "jansen@example.org"))
    assert isinstance(result, Result)
    assert (result.total_rows, dict(result.totals)["new"]) == (2, 1)
    assert next((row.number, row.import_type) for row in result) == (2, RowResult.IMPORT_TYPE_NEW)
    assert Customer.objects.filter(number="1003").exists()


def test_a_dry_run_gives_the_same_result_and_writes_nothing(world):
    row = ("NORTH", "1003", "Visser", "")
    result = imported(world, row, dry_run=True)
    assert not result.written and not Customer.objects.filter(number="1003").exists()
    assert imported(world, row, expected=result.fingerprint).fingerprint == result.fingerprint


def test_every_error_of_a_row_is_among_its_invalid_rows(world):
    result = imported(world, ("EAST", "1003", "", "visser@"), ("NORTH", "1004", "Smit", ""))
    [invalid] = result.invalid_rows
    assert (invalid.number, sorted(invalid.field_specific_errors)) == (2, ["email", "name", "user_group"])
    assert result.has_validation_errors() and not Customer.objects.filter(number="1004").exists()


def test_no_resource_has_a_column_that_is_the_id_of_a_row():
    for kind in RESOURCES:
        resource = resource_named(kind)
        assert not {"id", "pk"} & {each.attribute for each in resource.fields.values()}, kind
        assert list(resource.fields) and set(resource._meta.import_id_fields) <= resource.fields.keys(), kind


def test_the_command_knows_every_choice_of_whom_to_tell():
    assert set(NOTIFY) == set(Change.Notify.values)


def test_an_import_tells_how_far_it_is_and_what_it_is_told_to_stop_by_undoes_it(world):
    rows, told = [("NORTH", f"{number}", "Visser", "") for number in range(3000, 4200)], []
    imported(world, *rows, dry_run=True, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told) and told[0][0] < 1200 and told[-1] == (1200, 1200)

    def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        imported(world, *rows, progress=stop)
    assert not Customer.objects.filter(number="3000").exists()
