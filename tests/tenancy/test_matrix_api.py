"""Every question that a program can ask: each key about each tenant's charge point and card, and what it is told."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from django.test import Client

from chargepoints.models import ChargePoint
from customers.models import ApiKey, ChargeCard, Customer
from tests.tenancy.asking import ask
from tests.tenancy.world import MARKS

pytestmark = pytest.mark.django_db

WHOSE = ("own", "sibling", "other", "missing")
REACHES = {"own key": ("own", "sibling"), "sibling key": ("own", "sibling"), "other's key": ("other",)}
"""A key is the whole provider's, whoever of it made it. The other keys reach nothing."""
REFUSED = ("no key", "wrong key", "key switched off", "somebody's session")


@pytest.fixture
def keys(marked: Any) -> dict[str, dict[str, str]]:
    secrets = {name: marked.tenants[whose].keys["secret"] for name, whose in
               (("own key", "own"), ("sibling key", "sibling"), ("other's key", "other"))}  # fmt: skip
    made, off = ApiKey.make(provider=marked.north.provider, name="switched off")
    ApiKey.objects.filter(pk=made.pk).update(active=False)
    sent = {name: {"Authorization": f"Token {secret}"} for name, secret in secrets.items()}
    wrong = {"Authorization": "Token evc_nobodys"}
    return sent | {"no key": {}, "wrong key": wrong, "key switched off": {"Authorization": f"Token {off}"},
                   "somebody's session": {}}  # fmt: skip


def asked(marked: Any, whose_point: str, whose_card: str) -> dict[str, str]:
    point, card = (marked.tenants.get(whose) for whose in (whose_point, whose_card))
    return {
        "card": card[ChargeCard].uid if card else "zzznobodys",
        "charge_point": point[ChargePoint].identity if point else "zzznobodys",
    }


def marks_of(key: str) -> list[bytes]:
    seen = {"own key": {"own", "sibling", "GreenGrid", "above"}, "other's key": {"other", "BlueVolt"}}
    known = seen.get("own key" if key == "sibling key" else key, set())
    return [mark for whose, marks in MARKS.items() if whose not in known for mark in marks]


@pytest.mark.usefixtures("one_minute")
@pytest.mark.parametrize("key", [*REACHES, *REFUSED])
def test_a_key_is_answered_about_its_own_charge_points_alone(key, marked, keys, record_property):
    client, wrong, count, refusals = Client(), [], 0, set()
    if key == "somebody's session":
        client.force_login(marked.logins["provider admin"])
    send(client, "POST", "", {}, keys[key])  # the first of a minute is counted at once, by a statement more
    for point, card, query, method in product(WHOSE, WHOSE, ("", "?explain=1"), ("GET", "POST")):
        count += 1
        sent = asked(marked, point, card)
        answer = send(client, method, query, sent, keys[key])
        expected = 405 if method == "GET" else 401 if key in REFUSED else 200 if point in REACHES[key] else 404
        where = f"{method}{query} {card} card at {point} point: {answer.status}"
        said = answer.body.lower()
        for word in sent.values():
            said = said.replace(word.lower().encode(), b"")
        if answer.status != expected:
            wrong.append(f"{where}, expected {expected}")
        if found := [mark for mark in marks_of(key) if mark in said]:
            wrong.append(f"{where} says {found}")
        if expected == 404:
            refusals.add((answer.body, answer.queries))
    record_property("cells", count)
    assert not wrong, "\n".join(wrong)
    assert len(refusals) <= 1, "another provider's point is answered unlike one that is not there"


@pytest.mark.parametrize("key", REACHES)
def test_a_batch_tells_a_key_of_each_item_what_it_is_told_of_it_alone(key, marked, keys):
    client, header = Client(), keys[key]
    items = [asked(marked, point, card) for point, card in product(WHOSE, WHOSE)]

    def post(path, body):
        return client.post(path, json.dumps(body), content_type="application/json", headers=header).json()

    answers = post("/api/v1/authorize/batch?explain=1", {"items": items})["items"]
    for item, answer in zip(items, answers, strict=True):
        assert answer | {"at": 0} == post("/api/v1/authorize?explain=1", item) | {"at": 0}, item


def send(client: Client, method: str, query: str, sent: dict[str, str], headers: dict[str, str]) -> Any:
    class Program:
        cookies = client.cookies

        @staticmethod
        def get(url: str) -> Any:
            return client.get(url, sent, headers=headers)

        @staticmethod
        def post(url: str, data: Any) -> Any:
            return client.post(url, json.dumps(sent), content_type="application/json", headers=headers)

    return ask(Program, method, f"/api/v1/authorize{query}")


BAD = {
    "customer blocked": (Customer, {"status": "blocked"}),
    "customer pending": (Customer, {"status": "pending"}),
    "customer deactivated": (Customer, {"status": "deactivated"}),
    "card deactivated": (ChargeCard, {"status": "deactivated"}),
    "card expired": (ChargeCard, {"valid_until": "2021-01-01T00:00Z"}),
    "card not yet valid": (ChargeCard, {"valid_from": "2099-01-01T00:00Z"}),
}


@pytest.mark.parametrize("bad", BAD)
def test_why_another_providers_card_is_not_accepted_is_not_told(bad, marked, keys):
    """Lines 4 to 8 of the access rules read alike, steps and all, whatever is wrong with the card or its customer."""
    model, values = BAD[bad]
    sent = asked(marked, "own", "other")
    model.objects.filter(pk=marked.fjord[model].pk).update(**values)
    for query in ("", "?explain=1"):
        answer = json.loads(send(Client(), "POST", query, sent, keys["own key"]).body)
        assert (answer["reason"], answer["customer"], answer["tariff"]) == ("card_not_accepted", None, None)
        assert answer["card"] == sent["card"] and "zqfjord" not in json.dumps(answer | {"card": ""}).lower()
        texts = {step["rule"] for step in answer.get("steps", [])}
        assert not texts & {"customer_blocked", "customer_pending", "card_not_active", "card_expired"}
