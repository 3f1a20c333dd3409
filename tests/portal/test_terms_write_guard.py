"""The guard of terms: nothing but the change modules writes terms, versions and exceptions; forms, files, commands and SQL are tried."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib import admin
from django.core.management import get_commands
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from chargegroups.models import ChargeGroup, CustomerException, Terms
from customers.models import Customer
from evcnet.importexport.registry import RESOURCES, resource_named
from tariffs.models import TariffElement, TariffVersion
from tariffs.writes import allow_terms_write
from tests import factories as make
from tests.portal.sent import sent
from tests.structure.source import ROOMS, modules

pytestmark = pytest.mark.django_db
GUARDED = (Terms, TariffVersion, TariffElement, CustomerException)
WRITERS = {
    "tariffs/writes.py": "how versions come about",
    "chargegroups/writes.py": "how terms and exceptions come about",
    "changes/apply.py": "applies what proposals write",
    "changes/cancel.py": "takes back what a change had scheduled",
    "chargepoints/close_group.py": "removes a group that never had terms in force",
}
"""The modules that lift the guard, and why."""
WRITING = {
    "add_version": "the first prices of a tariff, and those of one that nothing uses",
    "add_versions": "the same, many at once",
    "replace_version": "prices to come of a tariff that nothing uses",
    "remove_version": "the same",
    "remove_tariff": "a tariff that nothing ever used",
    "create_group": "the first terms of a new group",
    "save_exception": "the exceptions of the demo",
    "put_exceptions": "those of a file, and of proposals",
    "put_exceptions_from": "those of a file, many at once",
}
COMMANDS = {
    "decide_many": "writes nothing",
    "change_terms": "asks, previews and confirms",
    "preview_terms": "writes nothing",
    "import_csv": "proposes what changes terms",
    "import_ocpi": "proposes what changes terms",
    "demo": "founds a provider of its own",
    "explain": "writes nothing",
    "partner": "writes agreements, which are no terms of a charge group",
    "price": "writes nothing",
    "recount": "writes counts",
    "replay": "writes nothing",
    "export_csv": "writes nothing",
    "export_ocpi": "writes nothing",
    "portal": "writes nothing",
    "worker": "runs jobs, which mail",
    "database": "writes nothing",
    "roles_table": "writes nothing",
    "gateway": "writes what devices report",
    "charge_point_password": "writes a password",
    "simulate_points": "speaks to the gateway as devices do",
}
"""What each command of ours has to do with terms. One that is not here has to say it."""
STATEMENTS = ("UPDATE {table} SET id = id", "DELETE FROM {table}", "INSERT INTO {table} SELECT * FROM {table}")


@pytest.fixture
def guarded(world):
    """One row of each guarded table, terms and version yet to come, so that nothing else protects them."""
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen)
    return {model: model.objects.order_by("pk").first() for model in GUARDED}


def rows() -> dict[type, list[dict[str, object]]]:
    return {model: list(model.objects.order_by("pk").values()) for model in GUARDED}


def test_sql_beside_the_change_modules_is_refused(guarded):
    before = rows()
    for model in GUARDED:
        for statement in STATEMENTS:
            with refused(f"{statement} of {model.__name__}"), connection.cursor() as sql:
                sql.execute(statement.format(table=model._meta.db_table))
    assert rows() == before


def test_saving_and_removing_a_row_beside_the_change_modules_is_refused(guarded):
    before = rows()
    for model, row in guarded.items():
        for write in (row.save, row.delete, model.objects.all().delete):
            with refused(f"{write.__qualname__} of {model.__name__}"):
                write()
            row.pk = before[model][0]["id"]
    assert rows() == before


@contextmanager
def refused(what: str) -> Iterator[None]:
    """Fails, and says what was tried, unless the guard refuses it."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        assert "change modules alone" in str(error), f"{what}: {error}"
    else:
        pytest.fail(f"{what} was not refused")


def test_the_guard_is_back_once_the_block_that_lifts_it_is_over(guarded):
    with allow_terms_write():
        pass
    with pytest.raises(IntegrityError, match="change modules alone"), transaction.atomic():
        guarded[CustomerException].save()


def test_no_form_of_the_site_is_one_of_a_guarded_row():
    inlines = [inline.model for page in admin.site._registry.values() for inline in page.inlines]
    assert {*admin.site._registry, *inlines}.isdisjoint(GUARDED)


def test_every_form_of_the_site_can_be_sent_as_it_is_and_writes_no_guarded_row(world, guarded, signed_in):
    """Whatever a page writes is not among the guarded rows."""
    before = rows()
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
    assert rows() == before


def test_every_kind_of_file_that_may_change_terms_proposes_changes():
    """That is a kind of guarded rows, of points in groups or of customers in user groups."""
    kinds = [resource_named(name) for name in RESOURCES]
    touching = [kind for kind in kinds if kind._meta.model in GUARDED or columns_that_touch(kind)]
    assert [kind for kind in kinds if kind.changes_terms] == touching
    assert [kind for kind in kinds if "proposals" in vars(kind)] == touching


def columns_that_touch(kind) -> set[str]:
    return kind.fields.keys() & {"charge_group", *(["user_group"] if kind._meta.model is Customer else [])}


def test_a_file_of_charge_groups_founds_groups_and_changes_no_terms():
    assert not resource_named("charge_groups").changes_terms
    assert resource_named("charge_groups")._meta.model is ChargeGroup


def test_every_command_says_what_it_has_to_do_with_terms():
    assert {name for name, app in get_commands().items() if app in ROOMS} == set(COMMANDS)


def test_only_the_writers_lift_the_guard():
    lifting = {str(module.path) for module in modules() if "allow_terms_write" in module.calls()}
    assert lifting == set(WRITERS)
    assert [str(module.path) for module in modules() if "SET LOCAL evcnet.terms_write" in module.text] == [
        "tariffs/writes.py"
    ]


def test_every_function_that_writes_them_says_what_for():
    functions = [each for each in modules("tariffs", "chargegroups") if each.path.name == "writes.py"]
    writing = {
        each.name
        for module in functions
        for each in module.functions()
        if "allow_terms_write" in ast.unparse(each) and each.name != "allow_terms_write"
    }
    assert writing == set(WRITING)
