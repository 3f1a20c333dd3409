"""Gateway, API and explainer give one answer about the same facts, in any world, whether the point is held or not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync, sync_to_async
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargegroups.access import OCPP16, OCPP201
from chargepoints import decision_log
from chargepoints.models import Hold
from customers.models import ApiKey
from customers.permissions import Role
from gateway.devices import Admission, Visitor
from gateway.models import Transaction
from gateway.server.ocpp16 import Connection16
from gateway.server.ocpp201 import Connection201
from tests import factories as make
from tests.queries.test_authorization_facts import AT, build, read_off, worlds
from tests.rules.test_access import naive

pytestmark = pytest.mark.django_db
MASKED = "card_not_accepted"
"""What a provider reads of lines 4 to 8 of another's card."""


class Wire:
    """A socket of a device: what the gateway sends is kept as it was sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, message: str) -> None:
        self.sent.append(message)


class Device:
    """A device at a gateway that works within the test's transaction: its messages go through the handlers as text."""

    def __init__(self, kind: Any, point: Any) -> None:
        self.wire = Wire()
        log = SimpleNamespace(keep=lambda *_: None)
        process = SimpleNamespace(run=lambda work, *args: sync_to_async(work)(*args), messages=log, active=set())
        visitor = Visitor(Admission.ACCEPTED, point.identity, point.pk, point.provider_id)
        self.connection = kind(self.wire, visitor, "127.0.0.1", process)

    def call(self, action: str, **payload: Any) -> dict[str, Any]:
        async_to_sync(self.connection.route_message)(json.dumps([2, "1", action, payload]))
        kind, _, answer = json.loads(self.wire.sent[-1])
        assert kind == 3
        return answer


def asked_by_devices(point, uid) -> dict[str, str]:
    """What devices of both versions are answered when the card is held to them, and when they start by it."""
    old, new = Device(Connection16, point), Device(Connection201, point)
    token = {"idToken": uid, "type": "ISO14443"}
    event = {
        "eventType": "Started", "timestamp": AT.isoformat(), "triggerReason": "Authorized", "seqNo": 0,
        "transactionInfo": {"transactionId": "T1"}, "evse": {"id": 2}, "idToken": token,
    }  # fmt: skip
    start = {"connectorId": 1, "idTag": uid, "meterStart": 0, "timestamp": AT.isoformat()}
    return {
        "Authorize 1.6": old.call("Authorize", idTag=uid)["idTagInfo"]["status"],
        "Authorize 2.0.1": new.call("Authorize", idToken=token)["idTokenInfo"]["status"],
        "StartTransaction": old.call("StartTransaction", **start)["idTagInfo"]["status"],
        "TransactionEvent": new.call("TransactionEvent", **event)["idTokenInfo"]["status"],
    }


def asked_by_api(point, uid) -> dict[str, Any]:
    key = ApiKey.make(provider=point.provider, name="backend")[1]
    body = json.dumps({"card": uid, "charge_point": point.identity})
    headers = {"Authorization": f"Token {key}"}
    return Client().post("/api/v1/authorize", body, content_type="application/json", headers=headers).json()


def asked_on_page(point, uid) -> dict[str, Any]:
    browser = Client()
    browser.force_login(make.StaffMemberFactory(role=Role.PROVIDER_STAFF, at=point.provider))
    page = browser.get("/may-this-card-charge/", {"card": uid, "charge_point": point.identity})
    return page.context["answer"]


def asked_by_command(point, uid) -> dict[str, Any]:
    out = StringIO()
    call_command("explain", card=uid, charge_point=point.identity, json=True, stdout=out)
    return json.loads(out.getvalue())


with_card = worlds.map(lambda drawn: drawn | {"carded": True, "tokens": [], "own_versions": drawn["group_versions"]})
"""Tokens of partners are tried where e-MSPs are asked (tests/roaming), and a driver's own tariff without a version in
force, of which the naive rules know nothing, with the statement (tests/queries)."""


def as_printed(uid: str) -> str:
    """As people read it off a card."""
    return ":".join(uid[n : n + 2] for n in range(0, len(uid), 2)).lower()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=with_card, held=st.sampled_from(["", "", "for the driver", "for another"]))
def test_devices_api_explainer_and_command_agree_in_any_world(db, drawn, held):
    with transaction.atomic(), time_machine.travel(AT, tick=False):
        card, point, group, exception, standard, own = build(drawn)
        if held == "for another" or (held and drawn["whose"] != "other_provider"):
            holder = make.CustomerFactory(user_group=group.user_group) if held == "for another" else card.customer
            Hold.objects.create(
                provider=point.provider, charge_point=point, customer=holder, begins_at=AT - timedelta(minutes=5),
                until=AT + timedelta(minutes=10),
            )  # fmt: skip
        facts, _ = read_off(drawn, exception, standard, own)
        verdict, reason = naive(replace(facts, held_for_another=held == "for another"))
        command, api = asked_by_command(point, card.uid), asked_by_api(point, as_printed(card.uid))
        page, devices = asked_on_page(point, as_printed(card.uid)), asked_by_devices(point, card.uid.upper())
        assert (command["verdict"], command["reason"]) == (verdict, reason)
        assert api["verdict"] == page["verdict"] == verdict
        assert api["reason"] == page["reason"]
        assert api["reason"] in ((reason,) if drawn["whose"] != "other_provider" else (reason, MASKED))
        assert devices == {
            "Authorize 1.6": OCPP16[verdict], "Authorize 2.0.1": OCPP201[verdict],
            "StartTransaction": OCPP16[verdict], "TransactionEvent": OCPP201[verdict],
        }  # fmt: skip
        assert (api["ocpp16"], api["ocpp201"]) == (OCPP16[verdict], OCPP201[verdict])
        pinned = Transaction.objects.order_by("pk").values_list("verdict", "reason", "tariff_version")
        assert [row[:2] for row in pinned] == [(verdict, api["reason"])] * 2  # as the provider may read it
        assert len({row[2] for row in pinned}) == 1 and bool(pinned[0][2]) == bool(command["tariff"])
        decision_log.LOG.clear()
        transaction.set_rollback(True)
