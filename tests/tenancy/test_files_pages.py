"""Files on their way through the portal: upload, preview, the list of errors, confirmation; and every file that it hands out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from changes.models import Change
from chargegroups.models import ChargeGroup
from evcnet.importexport.admin import BulkImportExportAdmin
from evcnet.importexport.csv_file import write_csv
from evcnet.importexport.registry import resource_named
from evcnet.importexport.scope import FileScope
from tests.tenancy.asking import ROLES, ask, reach_of, taken_back, unseen
from tests.tenancy.attacking import has_page, url
from tests.tenancy.conftest import signed_in
from tests.tenancy.test_files import NOBODYS, PAGES, WRITERS, choice_of, key_of, row_of, without_hint

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def page_of(kind: str, view: str) -> str:
    opts = PAGES[kind].opts
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{view}")


def sent(kind: str, row: dict[str, str], provider: str = "zqgreen") -> dict[str, Any]:
    text = "".join(write_csv([list(row), list(row.values())]))
    return {
        "resource": choice_of(kind),
        "provider": provider,
        "import_file": SimpleUploadedFile("rows.csv", text.encode()),
    }


def told(browser: Any, kind: str, row: dict[str, str], key: str) -> tuple[list[Any], bytes, set[str]]:
    """What the preview, the list of errors and the confirmation come to; and what was written."""
    hide = [key.encode()]
    with taken_back() as kept:
        response = browser.post(page_of(kind, "import"), sent(kind, row))
        body = response.content
        errors = response.context.get("errors", ())
        answers: list[Any] = [
            [(each.row, each.column, without_hint(each.message.replace(key, "KEY"))) for each in errors]
        ]
        if (hidden := response.context.get("hidden")) is not None:
            for more in ({"errors": "1"}, {}):
                answer = ask(browser, "POST", page_of(kind, "process_import"), hidden | more, hide)
                body += answer.body
                file = without_hint(answer.body.decode("utf-8-sig")) if "errors" in more else ""
                answers.append((answer.status, answer.location, file))
    return answers, body.replace(key.encode(), b"").lower(), kept.writes


@pytest.mark.parametrize("role", WRITERS)
def test_a_file_learns_of_no_row_out_of_reach_at_any_step(marked, role, record_property):
    """Every kind, every column that points at rows, a key of each tenant out of reach: as if it were nobody's."""
    login, browser, marks = marked.logins[role], signed_in(marked, role), unseen(role, marked)
    cells, wrong = 0, []
    for kind in (kind for kind in PAGES if FileScope(login).may(resource_named(kind)._meta.model, "change")):
        own = row_of(marked.north, kind, login)
        for column in (each.column_name for each in resource_named(kind).reference_fields()):
            nobodys, _, _ = told(browser, kind, own | {column: NOBODYS}, NOBODYS)
            for whose in {"other", "sibling"} - reach_of(role):
                cells += 1
                key = key_of(marked.tenants[whose], kind, column)
                theirs, body, writes = told(browser, kind, own | {column: key}, key)
                if theirs != nobodys or not theirs[0] or writes:
                    wrong.append((kind, column, whose, theirs, nobodys, writes))
                if found := [mark for mark in marks if mark in body]:
                    wrong.append((kind, column, whose, found))
    record_property("cells", cells)
    assert not wrong and cells, wrong


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("signed out", "no role")])
def test_no_page_of_files_takes_a_kind_or_a_provider_that_is_not_its_own(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for page in (each for each in admin.site._registry.values() if isinstance(each, BulkImportExportAdmin)):
        where = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_export")
        for forged in ({"resource": "7"}, {"resource": "-1"}, {"resource": "x"}, {"provider": "zqprovider"},
                       {"fields": "password", "kind": "providers", "export_items": "1"}):  # fmt: skip
            answer = ask(browser, "POST", where, {"format": "0", "resource": "0", "provider": ""} | forged)
            body = answer.body.lower().replace(forged.get("provider", "-").encode(), b"")
            assert answer.status < 500 and not [mark for mark in marks if mark in body]


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("signed out", "no role")])
def test_the_list_of_affected_customers_holds_those_in_sight(marked, role):
    """As it is previewed and as it is kept: every effect, as a page and as CSV."""
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for change in Change.objects.all():
        for query in ("", "?step=csv", "?effect=pays_more&step=csv", "?after=1", "?effect=x"):
            answer = ask(browser, "GET", f"{url(Change, 'affected', change.pk)}{query}")
            assert answer.status < 500 and not [mark for mark in marks if mark in answer.body.lower()]
    for tenant in marked.tenants.values():
        for step in ("list", "csv"):
            typed = {"tariff": "zqnorth-second", "own_user_group": "on", "other_user_groups": "on", "step": step}
            answer = ask(browser, "POST", url(ChargeGroup, "terms", tenant[ChargeGroup].pk), typed)
            assert answer.status < 500 and not [mark for mark in marks if mark in answer.body.lower()]


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("signed out", "no role")])
def test_no_history_holds_a_mark_of_another_tenant(marked, role):
    """Whatever page of it is asked for."""
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in (each for each in admin.site._registry if has_page(each, "history")):
        for tenant in marked.tenants.values():
            for query in ("", "?before=2099-01-01T00:00Z", "?before=x", "?before=1"):
                answer = ask(browser, "GET", f"{url(model, 'history', tenant[model].pk)}{query}")
                assert answer.status < 500 and not [mark for mark in marks if mark in answer.body.lower()], model
                if answer.status != 200:
                    break  # refused before the query is read
