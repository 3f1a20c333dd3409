"""Does anything but the change modules write terms, versions and exceptions? Every form, file, command and SQL is tried."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.contrib import admin
from django.core.management import get_commands
from django.db import IntegrityError, connection, transaction

from chargegroups.models import ChargeGroup, CustomerException, Terms
from customers.models import Customer
from evcnet.importexport.registry import KINDS, kind_named
from tariffs.models import TariffElement, TariffVersion
from tests import factories as make

pytestmark = pytest.mark.django_db
GUARDED = (Terms, TariffVersion, TariffElement, CustomerException)
WRITERS = {
    "tariffs/writes.py": "how versions come about",
    "chargegroups/writes.py": "how terms and exceptions come about",
    "changes/apply.py": "the door itself",
    "changes/proposals/exceptions.py": "what is written within it",
    "changes/proposals/terms.py": "what is written within it",
    "changes/proposals/versions.py": "what is written within it",
    "chargepoints/close_group.py": "removes a group that never had terms in force",
    "customers/privacy/erase.py": "takes a person's exceptions away, by a proposal, with everything else of theirs",
}
"""The modules that may open the door, or write behind it."""
FOUNDERS = {
    "add_version": "the first prices of a tariff, and those of one that nothing uses",
    "add_versions": "the same, many at once",
    "replace_version": "prices to come of a tariff that nothing uses",
    "remove_version": "the same",
    "remove_tariff": "a tariff that nothing ever used",
    "create_group": "the first terms of a new group",
    "save_exception": "the exceptions of the demo",
    "put_exceptions": "those of a file, and of proposals",
}
COMMANDS = {
    "change_terms": "asks, previews and confirms",
    "preview_terms": "writes nothing",
    "import_csv": "takes what changes terms through the door",
    "import_ocpi": "takes what changes terms through the door",
    "demo": "founds a provider of its own",
    "erase": "takes exceptions away with the person",
    "erase_customer": "takes exceptions away with the person",
    "export_customer": "writes nothing",
    "explain": "writes nothing",
    "price": "writes nothing",
    "replay": "writes nothing",
    "export_csv": "writes nothing",
    "export_ocpi": "writes nothing",
    "portal": "writes nothing",
    "database": "writes nothing",
    "roles_table": "writes nothing",
}
"""How each command of ours stands to the door. One that is not here has to say it."""


def source(*rooms: str) -> list[Path]:
    found = [path for room in rooms for path in Path(room).rglob("*.py")]
    return [path for path in found if "migrations" not in path.parts]


OURS = source("evcnet", "customers", "tariffs", "chargegroups", "chargepoints", "changes", "devtools")


@pytest.fixture
def guarded(world):
    """One row of each guarded table, terms and version yet to come, so that nothing else protects them."""
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen)
    return {model: model.objects.order_by("pk").first() for model in GUARDED}


@pytest.mark.parametrize("model", GUARDED, ids=lambda model: model.__name__)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {table} SET id = id", "DELETE FROM {table}", "INSERT INTO {table} SELECT * FROM {table}"],
    ids=["update", "delete", "insert"],
)
def test_sql_outside_of_the_door_is_refused(guarded, model, statement):
    before = list(model.objects.order_by("pk").values())
    with pytest.raises(IntegrityError, match="change modules alone"), transaction.atomic(), connection.cursor() as sql:
        sql.execute(statement.format(table=model._meta.db_table))
    assert list(model.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("model", GUARDED, ids=lambda model: model.__name__)
def test_saving_and_removing_a_row_outside_of_the_door_is_refused(guarded, model):
    row, before = guarded[model], model.objects.count()
    for write in (row.save, row.delete, model.objects.all().delete):
        with pytest.raises(IntegrityError, match="change modules alone"), transaction.atomic():
            write()
    assert model.objects.count() == before


def test_the_door_is_shut_again_once_its_transaction_is_over(guarded):
    from tariffs.writes import allow_terms_write

    with allow_terms_write():
        pass
    with pytest.raises(IntegrityError, match="change modules alone"), transaction.atomic():
        guarded[CustomerException].save()


@pytest.mark.parametrize("model", GUARDED, ids=lambda model: model.__name__)
def test_no_form_of_the_site_is_one_of_a_guarded_row(model):
    assert model not in admin.site._registry
    inlines = [inline for page in admin.site._registry.values() for inline in page.inlines]
    assert model not in [inline.model for inline in inlines]


def test_every_form_of_the_site_can_be_sent_as_it_is_and_writes_no_guarded_row(world, guarded, signed_in):
    """Whatever a page writes is not among the guarded rows."""
    from django.urls import reverse

    from tests.portal.sent import sent

    before = {model: list(model.objects.order_by("pk").values()) for model in GUARDED}
    anna, tried = signed_in(world.anna), set()
    for model in admin.site._registry:
        row = model.objects.visible_to(world.anna).first()
        if row is None or not world.anna.has_perm(f"{model._meta.app_label}.change_{model._meta.model_name}"):
            continue
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
        shown = anna.get(page)
        try:
            fields = sent(shown, "")
        except StopIteration:
            continue
        fields |= {"own_user_group": "", "tariff": world.cheap.pk, "access": "denied", "energy_price": "9"}
        assert anna.post(page, fields).status_code in (200, 302), page
        tried.add(model._meta.model_name)
    assert {"chargegroup", "tariff", "customer", "chargepoint", "usergroup", "location"} <= tried
    assert {model: list(model.objects.order_by("pk").values()) for model in GUARDED} == before


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_that_may_change_terms_goes_through_the_door(name):
    """A kind of guarded rows, of points in groups or of customers in user groups proposes what it changes."""
    kind = kind_named(name)
    touches = kind.model in GUARDED or {column.name for column in kind.columns} & {"charge_group"}
    touches = touches or (kind.model is Customer and any(column.name == "user_group" for column in kind.columns))
    assert kind.changes_terms == bool(touches)
    assert ("proposed" in vars(kind)) == bool(touches)


def test_a_file_of_charge_groups_founds_groups_and_changes_no_terms():
    assert not kind_named("charge_groups").changes_terms
    assert kind_named("charge_groups").model is ChargeGroup


def test_every_command_says_how_it_stands_to_the_door():
    apps = ("evcnet", "customers", "tariffs", "chargegroups", "chargepoints", "changes", "devtools")
    assert {name for name, app in get_commands().items() if app in apps} <= set(COMMANDS)


def calls(path: Path) -> set[str]:
    """The names of all functions and methods that a module calls."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func
            found.add(called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""))
    return found


@pytest.mark.parametrize("path", OURS, ids=str)
def test_only_the_change_modules_open_the_door(path):
    assert "SET LOCAL evcnet.terms_write" not in path.read_text() or str(path) == "tariffs/writes.py"
    assert ("allow_terms_write" in calls(path)) <= (str(path) in WRITERS), "add it to the writers, with its reason"


def test_the_list_of_writers_holds_none_that_writes_no_more():
    assert {path for path in WRITERS if "proposals" not in path} == {
        str(each) for each in OURS if "allow_terms_write" in calls(each)
    }


def test_every_function_that_writes_them_says_what_for():
    body = [
        each for app in ("tariffs", "chargegroups") for each in ast.parse(Path(f"{app}/writes.py").read_text()).body
    ]
    writing = {
        each.name
        for each in body
        if isinstance(each, ast.FunctionDef)
        and "allow_terms_write" in ast.unparse(each)
        and each.name != "allow_terms_write"
    }
    assert writing == set(FOUNDERS)
