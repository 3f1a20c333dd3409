"""Every column that may hold words of people is classified, and what the database lets an erasure overwrite agrees."""

import pytest
from django.apps import apps
from django.db import connection, models

from customers.models import Customer
from evcnet.history import event_model
from evcnet.personal_data import PersonalData, declarations, text_columns

OURS = (
    "evcnet",
    "customers",
    "tariffs",
    "chargegroups",
    "chargepoints",
    "changes",
    "roaming",
    "socialcharging",
    "gateway",
)


def models_of_ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.partition(".")[0] in OURS]


def unclassified(model: type[models.Model], declared: PersonalData | None) -> set[str]:
    """Columns of text and JSON of the model that its declaration does not name."""
    known = {*declared.erasable, *declared.impersonal} if declared else set()
    return text_columns(model) - known - {"pgh_label"}


def declared_by(model: type[models.Model]) -> PersonalData | None:
    """What the model declares; of a table of history, what the model declares whose rows it keeps."""
    return getattr(getattr(model, "pgh_tracked_model", model), "personal_data", None)


def test_every_column_of_text_is_classified_as_personal_or_impersonal():
    found = {model._meta.label: unclassified(model, declared_by(model)) for model in models_of_ours()}
    assert {label: columns for label, columns in found.items() if columns} == {}


def test_a_column_that_nobody_classified_is_found():
    assert unclassified(Customer, PersonalData(impersonal=("number",))) == {"name", "email"}
    assert unclassified(event_model(Customer), None) == {"name", "email", "number"}


def test_no_column_is_both_personal_and_impersonal():
    both = {model._meta.label: declared.erasable & {*declared.impersonal} for model, declared in declarations()}
    assert {label: columns for label, columns in both.items() if columns} == {}


def test_declarations_name_columns_that_exist():
    missing = {}
    for model, declared in declarations():
        columns = {each.name for each in model._meta.concrete_fields}
        named = {*declared.erasable, *declared.impersonal, *declared.also, *declared.names}
        missing[model._meta.label] = named - columns
    assert {label: columns for label, columns in missing.items() if columns} == {}


def test_what_is_erased_of_a_customer_is_in_the_export_before():
    left_out = {
        model._meta.label: {name for name in declared.overwrite if not model._meta.get_field(name).is_relation}
        - set(declared.export.values())
        for model, declared in declarations()
        if declared.customer
    }
    left_out["customers.Notice"] -= {"error"}  # what a mail server answered to the provider
    assert {label: columns for label, columns in left_out.items() if columns} == {}


def test_each_part_of_the_export_has_a_name_of_its_own():
    parts = [declared.part for _, declared in declarations() if declared.customer]
    assert "" not in parts
    assert len(parts) == len(set(parts))


@pytest.mark.django_db
def test_the_history_lets_an_erasure_overwrite_what_the_models_declare_as_personal():
    """The arguments of the trigger history_stays are the columns that it lets pass."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgargs FROM pg_trigger WHERE tgname = 'history_stays'")
        allowed = {
            table: {each.decode() for each in bytes(args).split(b"\0") if each} for table, args in cursor.fetchall()
        }
    declared = {}
    for model in models_of_ours():
        if tracked := getattr(model, "pgh_tracked_model", None):
            personal = getattr(tracked, "personal_data", PersonalData())
            declared[model._meta.db_table] = {tracked._meta.get_field(name).column for name in personal.erasable}
    assert allowed == declared
