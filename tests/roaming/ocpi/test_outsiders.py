"""Partners as outsiders: whatever they ask for, what is another's is told as what is not there, and nothing is written.

A partner of another provider and one without an agreement are let in and find nothing; a connection that was ended and
tokens that are over are not let in at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from gateway.transactions import Start, begin
from roaming.connections import end, invite, register
from roaming.models import Agreement, PartnerConnection, PartnerConnectionUse, PartnerMessage
from roaming.ocpi.openapi import describe
from tests import factories as make
from tests.roaming.ocpi.conftest import OcpiClient
from tests.roaming.ocpi.test_sessions import charged, corrected  # noqa: F401
from tests.roaming.ocpi.test_tokens import token
from tests.tables import for_each

pytestmark = pytest.mark.django_db
VERSIONS = ("2.2.1", "2.3.0")
NOT_INSIDE = {
    "location": "ABSENT",
    "evse": "NLNONEE1",
    "party": "QQQ",
    "uid": "04FFFF",
    "session": "OCPP-0",
    "connector": "7",
}
"""Ids of what is nowhere."""
OF_NO_OBJECT = {"/ocpi/versions", "/ocpi/{version}"}
"""What the portal speaks: said to whoever has a token."""
UNWATCHED = (PartnerMessage, PartnerConnectionUse)
"""What every request writes: that it came."""
REGISTERED = {
    "partner_token": "B",
    "versions_url": "https://emsp.example/versions",
    "version": "2.2.1",
    "endpoints": [],
}


@dataclass(frozen=True)
class Probe:
    """A request for an object: ``path`` and ``body`` name the ids in braces, which are ours or nobody's."""

    method: str
    path: str
    body: Any = None

    def ask(self, client: OcpiClient, version: str, ids: dict[str, str]) -> Any:
        body = None if self.body is None else json.loads(_filled(json.dumps(self.body), ids))
        return client.ask(self.method, _filled(self.path, ids | {"version": version}), body)


def _filled(text: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace("{" + name + "}", value)
    return text


OCPI = "/ocpi/{version}"
LISTS = [Probe("GET", f"{OCPI}/{each}") for each in ("locations", "tariffs", "sessions", "cdrs")]
COMMAND = {"response_url": "http://127.0.0.1:9/answer"}
THEIRS = token("{uid}", party_id="{party}", valid=False)
OBJECTS = [
    Probe("GET", f"{OCPI}/locations/{{location}}"),
    Probe("GET", f"{OCPI}/locations/{{location}}/{{evse}}"),
    Probe("GET", f"{OCPI}/locations/{{location}}/{{evse}}/{{connector}}"),
    Probe("GET", f"{OCPI}/tokens/{{country}}/{{party}}/{{uid}}"),
    Probe("PUT", f"{OCPI}/tokens/{{country}}/{{party}}/{{uid}}", THEIRS),
    Probe("PATCH", f"{OCPI}/tokens/{{country}}/{{party}}/{{uid}}", {"valid": False, "last_updated": "2026-11-01T00:00:00Z"}),
    Probe("POST", f"{OCPI}/commands/STOP_SESSION", COMMAND | {"session_id": "{session}"}),
    Probe(
        "POST",
        f"{OCPI}/commands/START_SESSION",
        COMMAND | {"token": token("04AAAA", party_id="{own}"), "location_id": "{location}", "evse_uid": "{evse}"},
    ),
]  # fmt: skip
CREDENTIALS = {
    "token": "taken-over",
    "url": "http://127.0.0.1:9/versions",
    "roles": [{"role": "EMSP", "country_code": "DE", "party_id": "EMP", "business_details": {"name": "Emobil"}}],
}
OWN = [
    Probe("GET", f"{OCPI}/credentials"),
    Probe("POST", f"{OCPI}/credentials", CREDENTIALS),
    Probe("PUT", f"{OCPI}/credentials", CREDENTIALS),
    Probe("DELETE", f"{OCPI}/credentials"),
    *(Probe("GET", each) for each in sorted(OF_NO_OBJECT)),
]
ALL = [*LISTS, *OBJECTS, *OWN]


@pytest.fixture
def inside(charged):  # noqa: F811
    """What DE-EMP has at GreenGrid: a location, a tariff, a token, a session that is over, with a credit, and one that runs."""
    w = charged
    corrected(w.session)
    row, _ = begin(Start(w.plaza.pk, "04DE01", timezone.now(), code="77"))
    w.ids = {
        "location": w.plaza.location.code, "evse": "NLGRGE0100", "connector": "1", "country": "DE", "party": "EMP", "uid": "04DE01",
        "session": f"OCPP-{row.pk}",
    }  # fmt: skip
    w.marks = [w.plaza.location.code, "NLGRGE0100", "ROAM", "S-1", "DE-EMP-C1", "Markt 1", w.ids["session"]]
    return w


@pytest.fixture
def let_in(inside, settings):
    """By party: a partner of another provider, and one of this provider without an agreement."""
    settings.OCPI_ALLOW_PRIVATE = True
    stranger = make.PartnerFactory(
        provider=inside.greengrid, country_code="DE", party_id="FRE", name="Free", agreed=False
    )
    assert not Agreement.objects.filter(partner=stranger).exists()
    return {"ODD": inside.odd_client, "FRE": OcpiClient(register(stranger, **REGISTERED))}


@pytest.fixture
def kept_out(inside):
    """Tokens that are over: of a connection that was ended, a token A after registration, a token C after rotation, an invitation
    that a later one took the place of."""
    gone, new, turned, asked = (
        make.PartnerFactory(provider=inside.greengrid, country_code="NL", party_id=each)
        for each in ("END", "NWA", "NWC", "NWI")
    )
    tokens = {"ended": register(gone, **REGISTERED), "token A": invite(new), "token C": register(turned, **REGISTERED)}
    tokens["earlier token A"] = invite(asked)
    end(gone)
    register(new, **REGISTERED)
    register(turned, **REGISTERED)
    invite(asked)
    return {name: OcpiClient(each) for name, each in tokens.items()}


def everything():
    """All rows of the portal, but that a request came."""
    models = [each for each in apps.get_models() if each not in UNWATCHED and each._meta.managed]
    return {each._meta.label: sorted(map(repr, each._default_manager.values_list())) for each in models}


def told(answer):
    return answer.http, answer.status_code, answer.data, answer.status_message


def ids_of_nobody(world):
    return world.ids | NOT_INSIDE


@for_each("version", VERSIONS)
def test_the_partner_itself_finds_all_of_it(inside, version):
    """Else the others would be asked for what is nowhere."""
    for probe in LISTS:
        assert probe.ask(inside.emp, version, inside.ids).data, probe
    for probe in OBJECTS[:4]:
        assert probe.ask(inside.emp, version, inside.ids).http == 200, probe
        assert probe.ask(inside.emp, version, ids_of_nobody(inside)).http == 404, probe


@for_each("version", VERSIONS)
@for_each("party", ["ODD", "FRE"])
def test_whoever_is_let_in_is_told_of_anothers_as_of_what_is_not_there(inside, let_in, version, party):
    client, before = let_in[party], everything()
    for probe in LISTS:
        answer = probe.ask(client, version, inside.ids)
        assert (answer.http, answer.status_code, answer.data, answer.headers["X-Total-Count"]) == (
            200,
            1000,
            [],
            "0",
        ), probe
    for probe in OBJECTS:
        theirs, nobodys = (
            probe.ask(client, version, each | {"own": party}) for each in (inside.ids, ids_of_nobody(inside))
        )
        assert told(theirs) == told(nobodys), probe
        assert theirs.http == 404 or theirs.data == {"result": "UNKNOWN_SESSION", "timeout": 0}, probe
        assert not [mark for mark in inside.marks if mark in str(told(theirs))], probe
    assert everything() == before


@for_each("version", VERSIONS)
@for_each("party", ["ODD", "FRE"])
def test_nobody_takes_over_anothers_connection(inside, let_in, version, party):
    client, before = let_in[party], everything()
    named = client.get(f"/ocpi/{version}/credentials").data
    assert (named["token"], named["roles"][0]["party_id"]) == (client.token, "BLV" if party == "ODD" else "GRG")
    for method, http in (("POST", 405), ("PUT", 400)):
        assert client.ask(method, f"/ocpi/{version}/credentials", CREDENTIALS).http == http
    assert everything() == before
    own = PartnerConnection.objects.exclude(partner__party_id=party)
    others = list(own.values_list())
    assert client.ask("DELETE", f"/ocpi/{version}/credentials").http == 200
    assert list(own.values_list()) == others and inside.emp.get("/ocpi/versions").http == 200


@for_each("version", VERSIONS)
@for_each("name", ["ended", "token A", "token C", "earlier token A"])
def test_a_token_that_is_over_opens_as_much_as_one_that_never_was(inside, kept_out, version, name):
    before = everything()
    for probe in [
        *ALL,
        Probe("GET", "/ocpi/2.1.1"),
        Probe("GET", "/ocpi/openapi.json"),
        Probe("GET", f"{OCPI}/locations/"),
    ]:
        over, never = (probe.ask(each, version, inside.ids) for each in (kept_out[name], OcpiClient("never-was")))
        assert told(over) == told(never) and (over.http, over.data) == (401, None), probe
    assert everything() == before


def test_every_endpoint_and_method_is_tried():
    described = {
        (method.upper(), path)
        for path, methods in describe()["paths"].items()
        for method in methods
        if method != "parameters"
    }
    patterns = {(probe.method, "/".join(_part(each) for each in probe.path.split("/"))) for probe in ALL}
    assert {(method, "/".join(_part(each) for each in path.split("/"))) for method, path in described} == patterns


def _part(part: str) -> str:
    """A part of an address; ids are alike, and so are commands."""
    return "{}" if part.startswith("{") and part != "{version}" or part.endswith("_SESSION") else part
