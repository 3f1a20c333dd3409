"""Files of rows: what does a file learn or take that names another tenant's keys, and what does a file hand out?"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.urls import reverse

from customers.models import AuditEntry
from evcnet.importexport.admin import BulkImportExportAdmin
from evcnet.importexport.csv_file import read_csv, write_csv
from evcnet.importexport.registry import RESOURCES, resource_named
from evcnet.importexport.scope import FileScope
from tests.tables import for_each
from tests.tenancy.asking import ROLES, reach_of, taken_back, unseen
from tests.tenancy.conftest import signed_in
from tests.tenancy.world import MARKS

pytestmark = pytest.mark.django_db

WRITERS = ("provider admin", "provider staff", "sub provider", "several roles")
NOBODYS = "zzznobodys"
ON_THE_PLATFORM = {("charge_cards", "uid"), ("charge_points", "identity"), ("customers_with_cards", "card_uid")}
"""Keys that are unique beyond the provider: what is taken elsewhere "cannot be used", and no more is said."""
PAGES = {
    resource._meta.name: page
    for page in admin.site._registry.values()
    if isinstance(page, BulkImportExportAdmin)
    for resource in page.resource_classes
}


def choice_of(kind: str) -> str:
    """What the page of this kind is sent for it."""
    return str([each._meta.name for each in PAGES[kind].resource_classes].index(kind))


def row_of(tenant: Any, kind: str, login: Any = None) -> dict[str, str]:
    """The tenant's own row, as the operator exports it, or as a login does."""
    resource = resource_named(kind)(FileScope(login), tenant.provider)
    header, *rows = list(csv.reader(io.StringIO("".join(write_csv(resource.export_rows())))))
    marks = {"own": "north", "sibling": "south", "other": "fjord"}
    others = [MARKS[whose][0].decode() for whose, mark in marks.items() if mark != tenant.mark]
    chosen = next(row for row in rows if not any(mark in cell for mark in others for cell in row))
    return dict(zip(header, chosen, strict=True))


def key_of(tenant: Any, kind: str, column: str) -> str:
    """By which key does this column point at the tenant's row?"""
    reference: Any = resource_named(kind).fields[column].widget
    return str(getattr(tenant[reference.model], reference.by))


def taken(login: Any, kind: str, row: dict[str, str], provider: Any = None) -> tuple[Any, set[str]]:
    text = "".join(write_csv([list(row), list(row.values())]))
    with taken_back() as kept:
        outcome = resource_named(kind)(FileScope(login), provider).import_data(read_csv(text.encode()))
    return outcome, kept.writes


def told(outcome: Any, key: str) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, without_hint(each.message.replace(key, "KEY"))) for each in outcome.errors]


def without_hint(text: str) -> str:
    """Without the near codes, which follow from how the word is spelt and from the rows that the login sees."""
    return re.sub(r" \((did you mean|there is|there are) [^)]*\)(?=: correct)", "", text)


def pointers() -> list[tuple[str, str]]:
    return [(kind, column.column_name) for kind in RESOURCES for column in resource_named(kind).reference_fields()]


@pytest.mark.parametrize("role", WRITERS)
@for_each(("kind", "column"), pointers())
def test_a_row_that_points_at_another_tenants_row_is_refused_as_if_there_were_none(marked, role, kind, column):
    if not FileScope(marked.logins[role]).may(resource_named(kind)._meta.model, "change"):
        return
    own = row_of(marked.north, kind, marked.logins[role])
    for whose in {"other", "sibling"} - reach_of(role):
        foreign = key_of(marked.tenants[whose], kind, column)
        answers = []
        for key in (NOBODYS, foreign):
            outcome, writes = taken(marked.logins[role], kind, own | {column: key}, marked.north.provider)
            assert outcome.errors and not outcome.written and not writes, (whose, key)
            answers.append(told(outcome, key))
            messages = " ".join(each.message for each in outcome.errors).replace(key, "").encode().lower()
            assert not [mark for mark in MARKS[whose] if mark in messages]
        assert answers[0] == answers[1]


@pytest.mark.parametrize("role", WRITERS)
@for_each("kind", RESOURCES)
def test_a_row_of_another_provider_by_name_is_refused_as_if_there_were_no_such_provider(marked, role, kind):
    foreign, answers = row_of(marked.fjord, kind), []
    for key in (NOBODYS, "zqprovider"):
        outcome, writes = taken(marked.logins[role], kind, {"provider": key} | foreign)
        assert not outcome.written and not writes
        answers.append(told(outcome, key))
    assert answers[0] == answers[1] and answers[0]


@pytest.mark.parametrize("role", WRITERS)
@for_each("kind", [kind for kind in RESOURCES if kind != "providers"])
def test_another_tenants_row_under_ones_own_provider_never_touches_theirs(marked, role, kind):
    """The whole row as BlueVolt has it: its keys mean nothing here, or what is taken "cannot be used"."""
    model = resource_named(kind)._meta.model
    theirs = marked.fjord[model]
    before = model.objects.filter(pk=theirs.pk).values().get()
    outcome, _ = taken(marked.logins[role], kind, row_of(marked.fjord, kind), marked.north.provider)
    assert model.objects.filter(pk=theirs.pk).values().get() == before
    for problem in outcome.errors:
        assert (kind, problem.column) in ON_THE_PLATFORM or "cannot be used" not in problem.message


@pytest.mark.parametrize(("kind", "column"), sorted(ON_THE_PLATFORM))
@pytest.mark.parametrize("fold", [str.upper, str.lower])
def test_a_key_taken_elsewhere_on_the_platform_cannot_be_used(marked, kind, column, fold):
    key = column.removeprefix("card_")
    own = row_of(marked.north, kind) | {column: fold(f"zqfjord{key}")}
    outcome, _ = taken(marked.logins["provider admin"], kind, own, marked.north.provider)
    assert [each.message for each in outcome.errors] == [f"This {key} cannot be used."]
    assert not outcome.written


@pytest.mark.parametrize("role", ["provider admin", "provider staff"])
def test_a_new_point_comes_into_a_group_of_ones_own(marked, role):
    """What is refused above is refused for its key alone."""
    own = row_of(marked.north, "charge_points") | {"identity": "nobodysidentity"}
    outcome, _ = taken(marked.logins[role], "charge_points", own, marked.north.provider)
    assert outcome.written and not outcome.errors


def test_a_sub_provider_takes_no_row_of_a_sibling_by_its_key(marked):
    """By each kind's own key, with cells of North: South's rows stay as they are."""
    for kind in ("customers", "charge_cards", "customers_with_cards", "charge_groups", "exceptions", "charge_points"):
        key = resource_named(kind)._meta.import_id_fields
        theirs = row_of(marked.south, kind)
        row = row_of(marked.north, kind, marked.logins["sub provider"]) | {name: theirs[name] for name in key}
        outcome, _ = taken(marked.logins["sub provider"], kind, row, marked.north.provider)
        assert not outcome.written, kind
        said = " ".join(each.message for each in outcome.errors).lower().encode()
        for name in key:
            said = said.replace(theirs[name].lower().encode(), b"")
        assert not any(mark in said for mark in MARKS["sibling"]), said


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("signed out", "no role")])
def test_no_export_holds_a_mark_of_another_tenant(marked, role):
    """Every kind, as CSV and as a workbook, of a list narrowed to ids of others too; and each is on the record."""
    browser, marks, files = signed_in(marked, role), unseen(role, marked), 0
    for kind, page in PAGES.items():
        url = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_export")
        other = marked.fjord[page.model].pk
        for asked in ({"format": "0"}, {"format": "1"}):
            for query in (
                "",
                f"?id__exact={other}",
                f"?pk={other}",
                "?provider__exact=" + str(marked.fjord.provider.pk),
            ):
                response = browser.post(url + query, asked | {"resource": choice_of(kind), "provider": ""})
                content = response.getvalue()
                body = content.lower()
                if body.startswith(b"pk"):
                    files += 1
                    book = zipfile.ZipFile(io.BytesIO(content))
                    body = b"".join(book.read(name) for name in book.namelist()).lower()
                elif response.headers.get("Content-Disposition"):
                    files += 1
                assert not [mark for mark in marks if mark in body], (kind, query)
                assert response.status_code < 500
    told = AuditEntry.objects.filter(login=marked.logins[role], event=AuditEntry.Event.EXPORTED)
    assert files and told.exists()


@pytest.mark.parametrize("role", ["provider admin", "sub provider"])
def test_an_export_of_another_provider_is_no_choice(marked, role):
    browser = signed_in(marked, role)
    for provider in ("zqprovider", NOBODYS):
        response = browser.post("/customers/customer/export/", {"format": "0", "resource": "0", "provider": provider})
        assert "Content-Disposition" not in response.headers
        assert response.context["form"].errors["provider"]


@for_each("kind", RESOURCES)
def test_the_command_exports_one_provider_alone(marked, kind):
    out = io.StringIO()
    call_command("export_csv", kind, provider="zqgreen", stdout=out, stderr=io.StringIO())
    text = out.getvalue().lower().encode()
    assert b"zqnorth" in text or b"zqgreen" in text
    assert not any(mark in text for mark in (*MARKS["other"], *MARKS["BlueVolt"]))


@pytest.mark.parametrize("what", ["locations", "tariffs"])
def test_the_ocpi_export_holds_one_provider_alone(marked, what):
    out, err = io.StringIO(), io.StringIO()
    call_command("export_ocpi", what, provider="zqgreen", stdout=out, stderr=err)
    text = (out.getvalue() + err.getvalue()).lower().encode()
    assert b"zqnorth" in text
    assert not any(mark in text for mark in (*MARKS["other"], *MARKS["BlueVolt"]))


def fails(name: str, *args: str, **options: Any) -> str:
    out = io.StringIO()
    with taken_back() as kept, pytest.raises(CommandError) as error:
        call_command(name, *args, stdout=out, stderr=out, **options)
    assert not kept.writes
    return f"{error.value.returncode} {error.value} {out.getvalue()}"


@pytest.mark.parametrize("command", ["preview_terms", "change_terms"])
def test_a_command_knows_another_providers_codes_no_better_than_none(marked, command):
    """With --provider, in the group and in the tariff that is set."""
    more = {"confirm": "0"} if command == "change_terms" else {}
    for group, tariff in (("zqfjord-chargegroup", "zqnorth-tariff"), ("zqnorth-chargegroup", "zqfjord-tariff")):
        foreign = "zqfjord-chargegroup" if "fjord" in group else "zqfjord-tariff"
        said = []
        for key in (foreign, NOBODYS):
            asked = {"charge_group": group.replace(foreign, key), "set": [f"tariff={tariff.replace(foreign, key)}"]}
            said.append(fails(command, provider="zqgreen", **asked, **more).replace(key, "KEY"))
        assert said[0] == said[1]


def test_the_price_command_knows_another_providers_tariff_no_better_than_none(marked, tmp_path):
    session = tmp_path / "session.json"
    session.write_text(json.dumps({"start": "2026-03-02T09:00", "time_zone": "Europe/Amsterdam", "periods": []}))
    said = [
        fails("price", tariff=key, session=str(session), provider="zqgreen").replace(key, "KEY")
        for key in ("zqfjord-tariff", NOBODYS)
    ]
    assert said[0] == said[1]


def test_an_ocpi_file_takes_no_charge_point_of_another_provider(marked, tmp_path):
    """The location's id means another location here; the EVSE's identity is taken, and cannot be used."""
    out = io.StringIO()
    call_command("export_ocpi", "locations", provider="zqprovider", stdout=out, stderr=io.StringIO())
    file = tmp_path / "locations.json"
    file.write_text(out.getvalue())
    point = marked.fjord.rows[
        type(marked.fjord[next(m for m in marked.fjord.rows if getattr(m, "__name__", "") == "ChargePoint")])
    ]
    before = type(point).objects.filter(pk=point.pk).values().get()
    text = io.StringIO()
    try:
        call_command(
            "import_ocpi", "locations", str(file), provider="zqgreen", json=True, stdout=text, stderr=io.StringIO()
        )
    except CommandError:
        assert not json.loads(text.getvalue())["written"]
    assert type(point).objects.filter(pk=point.pk).values().get() == before
