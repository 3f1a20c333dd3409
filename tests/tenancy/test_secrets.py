"""No secret that is typed stays in a session: every form of the portal that asks for one is found, and tried."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.tenancy.asking import address
from tests.tenancy.conftest import signed_in
from tests.tenancy.pages import NOWHERE, pages
from tests.tenancy.world import World

pytestmark = pytest.mark.django_db

MARK = "zqsecret"
OWN = (
    "/password_change/",
    "/confirm/",
    "/account/app/",
    "/account/recovery-codes/new/",
    "/account/passkeys/add/",
    "/account/sessions/",
)
LOGINS = "/customers/staffmember/"


class Forms(HTMLParser):
    """The forms of a page: where each goes, its fields, and whether it asks for a secret."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append({"action": given.get("action") or self.page, "fields": [], "secret": False})
        elif tag in ("input", "select", "textarea") and given.get("name") and self.forms:
            self.forms[-1]["fields"].append(given["name"])
            self.forms[-1]["secret"] |= given.get("type") == "password" or asks_for_code(given)


def asks_for_code(given: dict[str, Any]) -> bool:
    return given.get("autocomplete") == "one-time-code" or given["name"] == "credential"


def asking_for_secrets(client: Client, world: World) -> Iterator[dict[str, Any]]:
    shown = [address(page, world.tenants["own"]) for page in pages() if NOWHERE not in page.get]
    for url in [*dict.fromkeys(shown), *OWN]:
        response = client.get(url)
        if response.status_code != 200 or response.streaming or "text/html" not in response["Content-Type"]:
            continue
        parser = Forms(url)
        parser.feed(response.content.decode())
        yield from (form for form in parser.forms if form["secret"])


def everything_in_sessions() -> str:
    return " ".join(str(session.get_decoded()) for session in Session.objects.all())


def forget_all_but_the_login(client: Client) -> None:
    """As hours later: what proved who it is lies long ago, and nothing waits."""
    session = client.session
    for name in set(session.keys()) - {"_auth_user_id", "_auth_user_backend", "_auth_user_hash"}:
        del session[name]
    session.save()


@pytest.mark.parametrize(
    ("role", "among"),
    [
        ("provider admin", {f"{LOGINS}add/", "/password_change/", "/confirm/", "/account/app/"}),
        ("operator", {"/password_change/", "/confirm/", "/account/app/"}),
    ],
)
def test_no_field_of_a_form_with_a_secret_waits_in_a_session(marked: World, role: str, among: set[str]) -> None:
    client = signed_in(marked, role)
    forms = list(asking_for_secrets(client, marked))
    assert among <= {form["action"] for form in forms}
    stored = {}
    for form in forms:
        forget_all_but_the_login(client)
        fields = {name: f"{MARK}-{name}" for name in form["fields"] if name != "csrfmiddlewaretoken"}
        client.post(form["action"], fields)
        if words := re.findall(f"{MARK}-[\\w-]+", everything_in_sessions()):
            stored[form["action"]] = sorted(set(words))
    assert stored == {}
