"""One request as a role: what is answered, what may be seen in it, and what it wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import unquote

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from customers.models import Provider, StaffAlert
from customers.permissions import Role, granted, granted_to_operator
from tariffs.models import TariffVersion
from tests.portal.forms import CONFIRMED
from tests.portal.sent import _Fields
from tests.tenancy.pages import NOWHERE, Page
from tests.tenancy.world import ALERTED, MARKS, MISSING, Tenant, World

WHOLE = frozenset({"own", "sibling"})
"""The whole of GreenGrid."""
ROLES: dict[str, tuple[tuple[Role, frozenset[str]], ...]] = {
    "provider admin": ((Role.PROVIDER_ADMIN, WHOLE),),
    "provider staff": ((Role.PROVIDER_STAFF, WHOLE),),
    "sub provider": ((Role.SUB_PROVIDER, frozenset({"own"})),),
    "helpdesk": ((Role.HELPDESK, frozenset({"own"})),),
    "read only": ((Role.READ_ONLY, WHOLE),),
    "several roles": ((Role.SUB_PROVIDER, frozenset({"own"})), (Role.HELPDESK, frozenset({"sibling"}))),
    "outsider": ((Role.PROVIDER_STAFF, frozenset({"other"})),),
    "operator": (),
    "no role": (),
    "signed out": (),
}
"""Each with the roles it holds and whose rows they reach: North's (own), South's (sibling), BlueVolt's (other)."""

SEES = {"own": {"own", "GreenGrid"}, "sibling": {"sibling", "GreenGrid"}, "other": {"other", "BlueVolt"}}
KEPT_BY_ALL = {
    "django_session",
    "customers_auditentry",
    "usersessions_usersession",
    "evcnet_cache",
    "pghistory_context",
    "accounts_failedattempt",
    "accounts_usedcode",
    "customers_apikeyuse",
}
"""What a request may write whoever asks: where it is signed in, and that it was refused."""
STAMPS = [
    (re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"'), b"csrf"),
    (re.compile(rb"nonce=\"[^\"]*\""), b"nonce"),
    (re.compile(rb"in [0-9.]+ seconds"), b"took"),
    (re.compile(rb'data-csrf[^=]*="[^"]*"'), b"csrf"),
]


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    location: str
    queries: int
    error: str = field(default="", compare=False)

    @property
    def refused(self) -> bool:
        """No such page, not for you, or sent away: home, or to the form to sign in."""
        sent_away = self.location == "/" or self.location.startswith(reverse("account_login"))
        return self.status in (401, 403, 404, 405) or (self.status == 302 and sent_away)


def reach_of(role: str) -> frozenset[str]:
    """Whose rows does any of its roles reach?"""
    return frozenset[str]().union(*(reach for _, reach in ROLES[role]))


def may(role: str, asked: tuple[str, ...], whose: frozenset[str] = frozenset()) -> bool:
    """Does the table of roles give all of these permissions? "a|b" asks for one of both; ``whose``: for rows of these."""
    return NOWHERE not in asked and all(_any_of(role, each.split("|"), whose) for each in asked)


def _any_of(role: str, permissions: list[str], whose: frozenset[str]) -> bool:
    if role == "operator":
        return any(map(granted_to_operator, permissions))
    held = [each for each, reach in ROLES[role] if not whose or whose & reach]
    return any(granted(each, permission) for each in held for permission in permissions)


def reaches(role: str, page: Page, whose: str) -> bool:
    if page.model is Provider and role == "operator":
        return whose != "missing"
    if page.model is StaffAlert:
        return ALERTED.get(whose) == role
    return bool(same_rows(page, whose) & reach_of(role))


def same_rows(page: Page, whose: str) -> frozenset[str]:
    """Of the page's row, who has it: North and South are of one provider."""
    return WHOLE if page.model is Provider and whose in WHOLE else frozenset({whose})


def unseen(role: str, world: World) -> list[bytes]:
    """The marks that must not stand in any answer to this role."""
    seen: set[str] = set().union(*(SEES[whose] for whose in reach_of(role)))
    seen |= {"above"} if any(reach == WHOLE for _, reach in ROLES[role]) else set()
    seen |= {"GreenGrid", "BlueVolt"} if role == "operator" else set()
    return [mark for whose, marks in MARKS.items() if whose not in seen for mark in marks]


def address(page: Page, tenant: Tenant | None) -> str:
    """The page of the tenant's row; of a row that is nowhere, for None."""
    if not page.of_row:
        return reverse(f"admin:{page.name}")
    row = MISSING if tenant is None else tenant[page.model].pk
    url = reverse(f"admin:{page.name}", args=[row, page.action] if page.action else [row])
    if page.name.endswith("prices_edit"):
        url += f"?version={MISSING if tenant is None else tenant[TariffVersion].pk}"
    return url


def ids(page: Page, tenant: Tenant | None) -> list[bytes]:
    if tenant is None or not page.of_row:
        return [str(MISSING).encode()]
    return [str(tenant[model].pk).encode() for model in (page.model, TariffVersion)]


def ask(client: Any, method: str, url: str, data: Any = None, hide: list[bytes] = ()) -> Answer:  # type: ignore[assignment]
    """One request. Messages of earlier ones are forgotten, so that each answer stands by itself."""
    client.cookies.pop("messages", None)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url) if method == "GET" else client.post(url, data or {})
        body = b"".join(response) if response.streaming else response.content
    body = without_echo(body, data or {})
    for pattern, word in STAMPS:
        body = pattern.sub(word, body)
    error = repr(response.exc_info[1]) if getattr(response, "exc_info", None) else ""
    answer = Answer(response.status_code, body, response.headers.get("Location", ""), len(queries), error)
    return without(answer, hide) if hide else answer


def without(answer: Answer, hide: list[bytes]) -> Answer:
    """The answer without these ids, in its text and in where it leads."""
    body, location = answer.body, unquote(unquote(answer.location))  # the form to sign in quotes where one was going
    for each in hide:
        body, location = body.replace(each, b"ID"), location.replace(each.decode(), "ID")
    return replace(answer, body=body, location=location)


def without_echo(body: bytes, data: dict[str, Any]) -> bytes:
    """The page that holds a form which was not taken, without the very fields that were just sent to it."""
    if b"data-unsaved" not in body:
        return body
    for name, values in data.items():
        for value in values if isinstance(values, list | tuple) else [values]:
            field = f'<input type="hidden" name="{escape(name)}" value="{escape(str(value))}">'
            body = body.replace(field.encode(), b"")
    return body


def forms_of(client: Any, url: str) -> dict[str, list[str]]:
    """Everything that the forms of a page would send, filled in as they are shown, and that it is meant."""
    response = client.get(url)
    if response.status_code != 200 or response.streaming:
        return {}
    parser = _Fields()
    parser.feed(response.content.decode(errors="replace"))
    fields: dict[str, list[str]] = {}
    for where, found in parser.forms:
        for name, value in found if "logout" not in where else ():
            fields.setdefault(name, []).append(value)
    fields.pop("csrfmiddlewaretoken", None)
    meant = CONFIRMED | {
        "_save": "Save",
        "confirm": "1",
        "post": "yes",
        "step": "confirm",
        "_selected_action": ["1"],
    }
    return fields | {name: value if isinstance(value, list) else [value] for name, value in meant.items()}


def written() -> dict[str, int]:
    """How many rows this transaction has written, by table, those that were taken back included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {name: count for name, count in cursor.fetchall() if name not in KEPT_BY_ALL}


class taken_back:
    """Whatever is written within is undone; ``writes`` are the tables that it was written to."""

    def __enter__(self) -> Self:
        self.before, self.sid = written(), transaction.savepoint()
        return self

    def __exit__(self, *error: object) -> None:
        after = written()
        self.writes = {table for table, count in after.items() if count != self.before.get(table, 0)}
        transaction.savepoint_rollback(self.sid)
