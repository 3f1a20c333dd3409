"""Every page of the portal, asked for by every role, of every tenant's row: who is answered, and what stands in it?

A cell is one page, role, row and method. What is expected follows from customers/permissions.py; nothing is listed by hand
but which permission a page asks for (pages.py). A test fails with all cells that do not hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.tenancy.asking import (
    ROLES,
    Answer,
    address,
    ask,
    forms_of,
    ids,
    may,
    reaches,
    same_rows,
    taken_back,
    unseen,
    without,
)
from tests.tenancy.conftest import signed_in
from tests.tenancy.pages import Page, pages
from tests.tenancy.world import World

pytestmark = pytest.mark.django_db

WHOSE = ("own", "sibling", "other", "missing")
KEEPER = {"own": "provider admin", "sibling": "provider admin", "other": "other admin", "missing": "provider admin"}


@pytest.fixture(scope="package")
def typed(built: Any) -> dict[tuple[Page, str], dict[str, list[str]]]:
    """What is posted to each page: its own forms, as the admin of the row's provider would send them."""
    keepers = {role: signed_in(built, role) for role in set(KEEPER.values())}
    return {
        (page, whose): forms_of(keepers[KEEPER[whose]], address(page, built.tenants[whose]))
        for page in pages()
        for whose in (WHOSE[:3] if page.of_row else ["own"])
    }


def cells(page: Page) -> Iterator[tuple[str, str]]:
    for whose in WHOSE if page.of_row else ("own",):
        for method in ("GET", "POST"):
            yield whose, method


READ_STATE = {"customers_staffalert"}
"""Who only reads marks alerts of its own as read, by POST."""
TRIED = {
    "changes_draft_change",
    "chargegroups_chargegroup_close",
    "chargepoints_chargepoint_regroup",
    "customers_customer_regroup",
}
"""Pages that open with a preview, which tries the change in a savepoint and takes it back: statements, but no rows."""


def expected(role: str, page: Page, whose: str, method: str) -> bool:
    """Is this role answered?"""
    asked = page.get if method == "GET" else page.post
    if not page.of_row:
        return may(role, asked)
    return reaches(role, page, whose) and may(role, asked, same_rows(page, whose))


@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_whom_it_should_and_names_no_other_tenant(role, marked, typed, record_property):
    """A row out of reach is answered like one that is not there: in status, text, where it leads and number of queries."""
    browser, marks = signed_in(marked, role), unseen(role, marked)
    wrong, count = [], 0
    for page in pages():
        answers: dict[tuple[str, str], Answer] = {}
        for whose, method in cells(page):
            count += 1
            tenant = marked.tenants.get(whose)
            with taken_back() as kept:
                answer = ask(browser, method, address(page, tenant), typed.get((page, whose)))
            answers[whose, method] = answer
            where = f"{method} {page.label} of {whose}: {answer.status} {answer.location}{answer.error}"
            answered = expected(role, page, whose, method)
            if answer.status >= 500 or answered == answer.refused:
                wrong.append(f"{where}, expected {'an answer' if answered else 'a refusal'}")
            if found := [mark for mark in marks if mark in answer.body.lower() + answer.location.encode()]:
                wrong.append(f"{where} says {found}")
            if not answered and kept.writes:
                wrong.append(f"{where} wrote {sorted(kept.writes)}")
            tried = method == "GET" and page.name in TRIED
            may_write = method == "POST" and (role != "read only" or set(kept.writes) <= READ_STATE)
            if kept.writes and not tried and not may_write:
                wrong.append(f"{where} wrote {sorted(kept.writes)}")
        if page.of_row and role != "signed out":
            wrong += _differences(browser, role, page, marked, typed, answers)
    record_property("cells", count)
    print(f"{role}: {count} cells", *wrong, sep="\n")
    assert not wrong, f"{len(wrong)} of {count} cells:\n" + "\n".join(wrong)


def _differences(
    browser: Any, role: str, page: Page, marked: World, typed: Any, answers: dict[tuple[str, str], Answer]
) -> Iterator[str]:
    """Where a row out of reach was answered in another way than one that is not there."""
    for whose in (each for each in WHOSE[:3] if not reaches(role, page, each)):
        data, tenant = typed[page, whose], marked.tenants[whose]
        for method in ("GET", "POST"):
            missing = answers["missing", method] if method == "GET" else _missing(browser, method, page, data)
            foreign = answers[whose, method]
            alike = without(missing, ids(page, None)) == without(foreign, ids(page, tenant))
            # What is looked up once a process makes the first answer dearer: asked again.
            if told := "" if alike else _difference(browser, method, page, tenant, data):
                yield f"{method} {page.label} of {whose}: {told}"


def _missing(browser: Any, method: str, page: Page, data: Any) -> Answer:
    with taken_back():
        return ask(browser, method, address(page, None), data)


def _difference(browser: Any, method: str, page: Page, tenant: Any, data: Any) -> str:
    """Asked again before it is called different."""
    for _ in range(2):
        missing = without(_missing(browser, method, page, data), ids(page, None))
        with taken_back():
            foreign = ask(browser, method, address(page, tenant), data, ids(page, tenant))
        if missing == foreign:
            return ""
    told = [(each.status, each.location, each.queries, len(each.body)) for each in (missing, foreign)]
    return f"missing is answered {told[0]}, this {told[1]}"
