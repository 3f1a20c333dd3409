"""The census: every model, page, address and command says whose rows it shows; what forgets fails here, by name."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import get_commands, load_command_class
from django.db import models

from evcnet.admin.base import ModelAdmin
from evcnet.admin.scoped import Inline, Scoped
from evcnet.tenancy import NotScoped, ScopedQuerySet, Tenancy
from tests.structure.source import ROOMS
from tests.tenancy.asking import written
from tests.tenancy.pages import API, FRAME, PUBLIC, REDIRECTS, SIGN_IN, of_models, pages, patterns
from tests.tenancy.world import MARKS

pytestmark = pytest.mark.django_db

UNOWNED = {
    "gateway.GatewayProcess": "a process of the platform, which holds connections of all providers",
    "roaming.PartnerConnectionUse": "a counter of requests, read through the connection",
    "customers.SearchText": "texts by which customers and cards are searched, read through these",
    "customers.CustomerCount": "numbers of all providers, added up for the user groups whose customers a login sees",
    "customers.RoamingCustomer": "what cards come to, read by the statements that read the cards",
    "chargegroups.ExceptionCount": "numbers of all providers, added up as those of customers",
    "customers.ApiKeyUse": "a counter of requests, read by one statement that has the key",
    "changes.Change_groups": "the lines between changes and groups, read through changes",
    "changes.Draft_groups": "the lines between drafts and groups, read through drafts",
    "changes.Change_terms": "the lines between changes and the terms that they wrote, read through changes",
    "tariffs.FeedTariff_versions": "the lines between tariffs of feeds and their versions, read through feeds",
    "changes.Change_versions": "the lines between changes and the versions that they wrote, read through changes",
}
"""Models of ours that say of no row whose it is, and why they need not. Kept history is left out: see events.py."""
UNMARKED = {
    "country_code": "a country",
    "country": "a country",
    "party_id": "three letters",
    "time_zone": "a time zone",
    "currency": "a currency",
    "language": "a language",
    "password": "a hash",
    "key_hash": "a hash",
    "fingerprint": "a hash",
    "ground": "a hash",
    "approved_ground": "a hash",
    "picture": "numbers",
    "reach of customers.job": "a hash",
    "file_hash of customers.job": "a hash",
    "result of customers.job": "numbers",
    "key": "says which change it announces",
    "template": "a choice",
    "verdict": "a word of the rule",
    "reason of chargepoints.session": "a word of the rule",
    "reason of chargepoints.rating": "the first rating of a session has none",
    "reason of chargepoints.decisionentry": "a word of the rule",
    "told": "a word of the rule",
    "facts": "words of the rule",
    "tariff_source": "a word of the rule",
    "ocpi_type": "a word of OCPI",
    "effect": "a word of the rule",
    "lines": "numbers",
    "notes": "times of the clock and numbers",
    "phone": "digits",
    "logo_type": "a kind of picture",
    "counts": "numbers",
    "password_hash of gateway.device": "a hash",
    "list_fingerprint": "a hash",
    "reason of gateway.transaction": "a word of the rule",
    "kind of gateway.message": "a word of OCPP",
    "token_hash": "a hash",
    "version of roaming.partnerconnection": "a version of OCPI",
    "method of roaming.partnermessage": "a word of HTTP",
    "periods": "numbers",
    "kind of customers.alert": "the kind of the change, in words",
    "earlier": "numbers",
    "model of customers.statuschange": "a model",
    "field of customers.statuschange": "a column",
    "value of customers.statuschange": "a status",
    "before of customers.statuschange": "statuses and numbers",
    "action of customers.statuschange": "the name of an action",
    "permission of customers.statuschange": "a permission",
}
"""Text fields that can hold no mark."""
COMMANDS = {
    "change_terms": "--provider",
    "preview_terms": "--provider",
    "export_csv": "--provider",
    "import_csv": "--provider",
    "export_ocpi": "--provider",
    "import_ocpi": "--provider",
    "partner": "--provider",
    "price": "--provider",
    "replay": "--provider",
    "explain": "--provider",
    "decide_many": "--provider",
    "charge_point_password": "one charge point's, which the operator of the platform names",
    "database": "no data",
    "demo": "writes providers of its own",
    "gateway": "serves the devices of all providers",
    "portal": "starts the portal",
    "recount": "numbers of all providers, for the operator of the platform",
    "roles_table": "no data",
    "simulate_points": "devices of the demo provider",
    "worker": "runs the jobs of all providers",
}
"""What each command of ours reads: the rows of one provider, or, said here, those of all."""


def ours() -> list[type[models.Model]]:
    found = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in ROOMS]
    return [model for model in found if not hasattr(model, "pgh_tracked_model")]


def test_every_model_says_whose_its_rows_are():
    assert {model._meta.label for model in ours() if not hasattr(model, "tenancy")} == set(UNOWNED)
    scoped = [model for model in ours() if model._meta.label not in UNOWNED]
    assert [model for model in scoped if not isinstance(model.tenancy, Tenancy)] == []
    assert [model for model in scoped if not isinstance(model._default_manager.all(), ScopedQuerySet)] == []


def test_listing_a_model_that_does_not_say_it_fails_loudly(marked):
    class Forgetful(ScopedQuerySet):
        pass

    with pytest.raises(NotScoped, match="ApiKeyUse"):
        Forgetful(apps.get_model("customers.ApiKeyUse")).visible_to(marked.logins["provider admin"])


def test_every_page_of_a_model_starts_from_the_scoped_rows(marked, rf):
    wrong, request = [], rf.get("/")
    for model, page in admin.site._registry.items():
        assert isinstance(page, ModelAdmin), model
        unscoped = [each for each in (type(page), *page.inlines) if each.get_queryset is not Scoped.get_queryset]
        wrong += [f"{each.__name__}: its rows are not those of visible_to" for each in unscoped]
        wrong += [f"{each.__name__} is no Inline of ours" for each in page.inlines if not issubclass(each, Inline)]
        for role, request.user in marked.logins.items():
            if set(page.get_queryset(request)) != set(model.objects.visible_to(request.user)):
                wrong.append(f"{model._meta.label} shows other rows to {role}")
    assert wrong == []


def test_no_login_is_shown_a_row_twice(marked):
    """Not that of a login with several roles either: a lookup that crosses to many rows is no join."""
    twice = []
    for model in (each for each in ours() if each._meta.label not in UNOWNED):
        for role, login in marked.logins.items():
            rows = list(model.objects.visible_to(login).order_by().values_list("pk", flat=True))
            if len(rows) != len(set(rows)):
                twice.append(f"{model._meta.label} to {role}")
    assert twice == []


def test_no_page_shows_a_model_that_is_not_scoped():
    assert all(hasattr(model, "tenancy") for model in admin.site._registry)


def test_every_address_is_classified_and_the_tables_hold_none_that_is_gone():
    classified = PUBLIC | API | SIGN_IN | FRAME | REDIRECTS | {f"admin:{page.name}" for page in pages()}
    assert classified == {name for _, name in patterns()}


def test_every_command_says_whose_rows_it_touches():
    apps_of_commands = {name: app for name, app in get_commands().items() if app in ROOMS}
    assert set(apps_of_commands) == set(COMMANDS)
    parsers = {
        name: load_command_class(app, name).create_parser("manage.py", name) for name, app in apps_of_commands.items()
    }
    asking = {name for name, parser in parsers.items() if "--provider" in parser._option_string_actions}
    assert asking == {name for name, says in COMMANDS.items() if says == "--provider"}


@pytest.mark.parametrize("tenant", ["sibling", "other"])
def test_every_text_of_every_model_carries_a_mark(tenant, marked):
    """Else the matrix would look for what is nowhere."""
    bare = []
    for model in ours():
        row = marked.tenants[tenant].rows.get(model)
        if row is None or model._meta.label in UNOWNED:
            continue
        row.refresh_from_db()
        marks = [mark.decode() for mark in (*MARKS[tenant], *MARKS["BlueVolt"], *MARKS["GreenGrid"])]
        for field in _texts(model):
            said = str(getattr(row, field.attname)).lower()
            if not any(mark in said for mark in marks):
                bare.append(f"{field.name} of {model._meta.label_lower}: {said}")
    assert not bare, "\n".join(bare)


def test_every_model_has_a_row_of_every_tenant(marked):
    for tenant in marked.tenants.values():
        missing = {model._meta.label for model in ours()} - {
            model._meta.label for model in tenant.rows if isinstance(model, type)
        }
        assert missing <= set(UNOWNED), missing


def _texts(model: type[models.Model]) -> list[models.Field]:
    kinds = (models.CharField, models.TextField, models.JSONField)
    found = [field for field in model._meta.concrete_fields if isinstance(field, kinds) and not field.choices]
    label = model._meta.label_lower
    return [field for field in found if field.name not in UNMARKED and f"{field.name} of {label}" not in UNMARKED]


def test_asking_writes_is_noticed(marked):
    """The instrument of the matrix: what one row costs."""
    before = written()
    marked.north.user_group.save()
    assert written()["customers_usergroup"] == before.get("customers_usergroup", 0) + 1


def test_the_pages_of_models_are_those_of_the_site():
    assert len(of_models()) == len(admin.site._registry)
