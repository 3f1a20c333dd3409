"""Every address that is no page of a model: who is answered, and does any answer tell of another tenant?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from tests.tables import for_each
from tests.tenancy.asking import ROLES, ask, may, reach_of, taken_back, unseen
from tests.tenancy.conftest import signed_in
from tests.tenancy.frame import ASKED, STATUS, address_of, tries
from tests.tenancy.pages import API, FRAME, PUBLIC, SIGN_IN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_job_waits(marked):
    """The letters of the marked world, which nobody mails, would be a queue that is stuck."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'cancelled' WHERE status = 'todo'")


SIMILAR = re.compile(rb"<h3>Similar .*?</ul>|<p>None of your .*? is similar\.</p>", re.DOTALL)
WHOSE = ("own", "sibling", "other", "missing")


def test_every_address_of_the_frame_says_what_it_answers():
    assert set(STATUS) == PUBLIC | API | FRAME | SIGN_IN


def expected(role: str, name: str, method: str) -> int:
    if role == "signed out":
        return STATUS[name][2 + (method == "POST")]
    asked, refusal = ASKED.get(name, ("", 0))
    return STATUS[name][method == "POST"] if not asked or may(role, (asked,)) else refusal


@pytest.mark.parametrize("role", ROLES)
def test_every_address_of_the_frame_answers_as_it_should(role, marked, record_property):
    marks, wrong, count = unseen(role, marked), [], 0
    for name in STATUS:
        for method in ("GET", "POST"):
            count += 1
            with taken_back():
                answer = ask(signed_in(marked, role), method, address_of(name))
            where = f"{method} {name}: {answer.status} {answer.location}{answer.error}"
            if answer.status != expected(role, name, method):
                wrong.append(f"{where}, expected {expected(role, name, method)}")
            if found := [mark for mark in marks if mark in answer.body.lower() + answer.location.lower().encode()]:
                wrong.append(f"{where} says {found}")
    record_property("cells", count)
    assert not wrong, f"{len(wrong)} of {count} cells:\n" + "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_no_address_of_the_frame_tells_of_another_tenant(role, marked, record_property):
    """Words and ids of every tenant: those out of reach come to the same as words that nobody has."""
    browser, marks, wrong, count = signed_in(marked, role), unseen(role, marked), [], 0
    own = marked.fjord if role == "outsider" else marked.north
    nobodys = [(each, ask_for(browser, each)) for each in tries(None, own)]
    for whose in WHOSE[:3]:
        for each, (nobody, missing) in zip(tries(marked.tenants[whose], own), nobodys, strict=True):
            count += 1
            answer = ask_for(browser, each)
            where = f"{each.method} {each.label} of {whose}: {answer.status} {answer.location}{answer.error}"
            if answer.status >= 500:
                wrong.append(where)
            said = _without(answer.body.lower(), each.words)
            if found := [mark for mark in marks if mark in said]:
                wrong.append(f"{where} says {found}")
            hidden = whose not in reach_of(role) and not known(role, each)
            # Asked again before it is called different: a page may say the time.
            if hidden and answer != missing and comparable(browser, each) != comparable(browser, nobody):
                wrong.append(f"{where} in {answer.queries} queries, missing {missing.status} in {missing.queries}")
    record_property("cells", count + len(nobodys))
    assert not wrong, f"{len(wrong)} of {count} cells:\n" + "\n".join(wrong)


def known(role: str, each: Any) -> bool:
    """What an operator sees of providers."""
    return role == "operator" and "provider" in each.label


def comparable(browser: Any, each: Any) -> Any:
    """The answer without the own cards and charge points that are like what was typed: those follow from the words."""
    answer = ask_for(browser, each)
    return replace(answer, body=SIMILAR.sub(b"", answer.body))


def ask_for(browser: Any, each: Any) -> Any:
    with taken_back():
        return ask(browser, each.method, each.url, each.data, list(each.words))


def _without(body: bytes, words: tuple[bytes, ...]) -> bytes:
    for word in words:
        body = body.replace(word.lower(), b"")
    return body


@pytest.mark.parametrize("role", ROLES)
@for_each("path", ["", "x/", "customers/", "customers/nothing/1/", "../etc/passwd", "%2e%2e/"])
def test_an_address_that_nothing_answers_is_no_page(role, path, marked):
    for method, signed_out in (("GET", 302), ("POST", 403)):
        answer = ask(signed_in(marked, role), method, f"/nowhere/{path}")
        assert answer.status == (signed_out if role == "signed out" else 404)
