"""Each kind of message that OCPI has examples of is taken as it means it, in both versions, and what is served is complete."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from chargepoints.models import ChargePoint
from gateway.models import Device, DeviceCommand, GatewayProcess
from gateway.transactions import Start, begin
from roaming.connections import confirm
from roaming.models import PartnerConnection, PartnerToken
from roaming.ocpi.serializers import LocationSerializer, TariffSerializer
from roaming.ocpi.serializers.sessions import CdrSerializer, SessionSerializer
from roaming.realtime import ask_emsp
from tests import factories as make
from tests.roaming.ocpi.conftest import OcpiClient
from tests.roaming.ocpi.test_sessions import charged, corrected  # noqa: F401
from tests.tables import for_each

pytestmark = pytest.mark.django_db
VERSIONS = ("2.2.1", "2.3.0")
CARD = {
    "country_code": "DE", "party_id": "EMP", "uid": "04A1B2C3D4E580", "type": "RFID", "contract_id": "DE-EMP-C00042-7",
    "issuer": "Emobil Süd", "valid": True, "whitelist": "ALLOWED", "last_updated": "2026-05-04T06:30:00Z",
}  # fmt: skip
PHONE = CARD | {
    "uid": "6f1a-77c0-9d22",
    "type": "APP_USER",
    "whitelist": "NEVER",
    "last_updated": "2026-05-04T06:30:00.125Z",
}
OPTIONAL = {"visual_number": "DE EMP 00042", "group_id": "FLEET-9", "language": "de"}
CONTRACT = {
    "default_profile_type": "GREEN",
    "energy_contract": {"supplier_name": "Stadtwerk", "contract_id": "SW-1"},
}
NULLS = {name: None for name in (*OPTIONAL, *CONTRACT)}


def tokens(version, uid):
    return f"/ocpi/{version}/tokens/DE/EMP/{uid}"


@for_each("version", VERSIONS)
@for_each(
    "sent",
    [
        CARD, PHONE, CARD | OPTIONAL, CARD | OPTIONAL | CONTRACT, PHONE | NULLS, PHONE | OPTIONAL | {"nickname": {"of": ["nobody", 1]}},
        CARD | {"type": "OTHER"}, CARD | {"type": "AD_HOC_USER"}, CARD | {"last_updated": "2026-05-04T06:30:00"},
        CARD | {"valid": False}, CARD | {"country_code": "de", "party_id": "emp"},
    ],
)  # fmt: skip
def test_a_token_is_taken_and_given_back_as_it_is(roaming_world, version, sent):
    address = f"{tokens(version, sent['uid'])}?type={sent['type']}"
    answer = roaming_world.emp.ask("PUT", address, sent)
    assert (answer.http, answer.status_code, answer.data) == (201, 1000, None)
    told = {"country_code": "DE", "party_id": "EMP", "last_updated": sent["last_updated"].removesuffix("Z") + "Z"}
    known = {name: each for name, each in sent.items() if each is not None and name in (*CARD, *OPTIONAL, *CONTRACT)}
    assert roaming_world.emp.get(address).data == known | told


@for_each("version", VERSIONS)
@for_each(
    "changed",
    [{"valid": False}, {"whitelist": "ALWAYS"}, {"issuer": "Emobil Nord"}, {"group_id": "FLEET-1"}, {"language": "nl"},
     {"visual_number": "7"}, {"contract_id": "DE-EMP-C00043-5"}, {"default_profile_type": "CHEAP"},
     {"energy_contract": {"supplier_name": "Windhof"}}],
)  # fmt: skip
def test_a_patch_of_one_field_changes_that_field_and_when(roaming_world, version, changed):
    w, address = roaming_world, f"{tokens(version, PHONE['uid'])}?type=APP_USER"
    w.emp.ask("PUT", address, PHONE | OPTIONAL | CONTRACT)
    moment = {"last_updated": "2026-05-05T00:00:00Z"}
    answer = w.emp.ask("PATCH", address, changed | moment)
    assert (answer.http, answer.status_code) == (200, 1000)
    assert w.emp.get(address).data == PHONE | OPTIONAL | CONTRACT | changed | moment


@for_each("version", VERSIONS)
def test_a_token_is_a_card_unless_the_address_says_otherwise(roaming_world, version):
    w = roaming_world
    w.emp.ask("PUT", f"{tokens(version, PHONE['uid'])}?type=APP_USER", PHONE)
    assert w.emp.get(tokens(version, PHONE["uid"])).status_code == 2004
    assert (
        w.emp.ask("PATCH", tokens(version, PHONE["uid"]), {"valid": False, "last_updated": "2026-05-05T00:00:00Z"}).http
        == 404
    )
    assert PartnerToken.objects.get().valid


@for_each("version", VERSIONS)
def test_credentials_may_name_several_roles_and_say_who_one_is(invited, credentials, partner_server, version):
    logo = {"url": "https://emsp.example/logo.svg", "category": "OPERATOR", "type": "svg", "width": 200, "height": 80}
    others = [
        {"role": "CPO", "party_id": "NEC", "country_code": "NL", "business_details": {"name": "Newcomer Charging"}},
        {"role": "NSP", "party_id": "NEN", "country_code": "BE", "business_details": {"name": "Maps", "website": None, "logo": None}},
    ]  # fmt: skip
    (own,) = credentials["roles"]
    own["business_details"] |= {"website": "https://emsp.example/", "logo": logo}
    sent = credentials | {"roles": [*others, own], "hub_party_id": None}
    address = f"/ocpi/{version}/credentials"
    registered = invited.client.ask("POST", address, sent)
    assert (registered.http, registered.status_code) == (200, 1000)
    assert set(registered.data) == {"token", "url", "roles"}
    (role,) = registered.data["roles"]
    assert role == {"role": "CPO", "party_id": "GRG", "country_code": "NL", "business_details": {"name": "GreenGrid"}}
    assert PartnerConnection.objects.get(partner=invited.partner).version == version
    client = OcpiClient(registered.data["token"])
    assert client.ask("PUT", address, sent | {"token": "B-2"}).status_code == 1000


@pytest.fixture
def device(roaming_world, partner_server):
    process = GatewayProcess.objects.create(id=uuid.uuid4())
    return Device.objects.create(
        charge_point=roaming_world.plaza, process=process, connection=uuid.uuid4(), connected_at=timezone.now()
    )


@for_each("version", VERSIONS)
@for_each(
    "more",
    [
        {},
        {"connector_id": "1"},
        {"authorization_reference": "REF-1"},
        {"connector_id": None, "hint": 7},
        {"evse_uid": None},
    ],
)
def test_a_session_is_started_with_a_whole_token_and_stopped_by_its_id(
    roaming_world, device, partner_server, version, more
):
    w, commands = roaming_world, f"/ocpi/{version}/commands"
    place = {"location_id": w.plaza.location.code, "evse_uid": "NLGRGE0100"}
    token = PHONE | CONTRACT | {"whitelist": "ALWAYS"}
    sent = {"response_url": partner_server.url("/start/1"), "token": token, **place, **more}
    started = w.emp.ask("POST", f"{commands}/START_SESSION", sent)
    assert (started.http, started.data["result"], started.data["timeout"] > 0) == (200, "ACCEPTED", True)
    assert DeviceCommand.objects.get().parameters["uid"] == PHONE["uid"]
    row, _ = begin(Start(w.plaza.pk, PHONE["uid"], timezone.now(), code="77"))
    sent = {"response_url": partner_server.url("/stop/1"), "session_id": f"OCPP-{row.pk}"}
    assert w.emp.ask("POST", f"{commands}/STOP_SESSION", sent).data["result"] == "ACCEPTED"


@for_each("version", VERSIONS)
def test_a_command_that_is_left_out_is_answered_so_with_all_that_it_says(
    roaming_world, device, partner_server, version
):
    w, commands = roaming_world, f"/ocpi/{version}/commands"
    url = {"response_url": partner_server.url("/answer/7")}
    place = {"location_id": w.plaza.location.code, "evse_uid": "NLGRGE0100"}
    reservation = {
        "token": CARD,
        "expiry_date": "2026-12-24T18:30:00Z",
        "reservation_id": "R-7",
        "authorization_reference": "REF-7",
    }
    for command, sent in {
        "RESERVE_NOW": url | place | reservation,
        "CANCEL_RESERVATION": url | {"reservation_id": "R-7"},
        "UNLOCK_CONNECTOR": url | place | {"connector_id": "2"},
    }.items():
        answer = w.emp.ask("POST", f"{commands}/{command}", sent)
        assert (answer.http, answer.status_code, answer.data) == (200, 1000, {"result": "NOT_SUPPORTED", "timeout": 0})
    assert not DeviceCommand.objects.exists() and not PartnerToken.objects.exists()


@for_each("version", VERSIONS)
def test_one_uid_may_be_that_of_a_card_and_of_a_phone(roaming_world, version):
    w, uid = roaming_world, CARD["uid"]
    both = {"RFID": CARD | OPTIONAL, "APP_USER": CARD | {"type": "APP_USER", "valid": False} | CONTRACT}
    for kind, sent in both.items():
        assert w.emp.ask("PUT", f"{tokens(version, uid)}?type={kind}", sent).http == 201
    for kind, sent in both.items():
        assert w.emp.get(f"{tokens(version, uid)}?type={kind}").data == sent


@for_each("version", VERSIONS)
@for_each(
    ("more", "allowed"),
    [
        ({}, "ALLOWED"), ({}, "BLOCKED"), ({}, "EXPIRED"), ({}, "NO_CREDIT"), ({}, "NOT_ALLOWED"),
        ({"location": {"location_id": "MARKT", "evse_uids": ["NLGRGE0100"]}}, "ALLOWED"),
        ({"location": None, "info": {"language": "de", "text": "Gute Fahrt"}, "authorization_reference": "A-1"}, "ALLOWED"),
    ],
)  # fmt: skip
def test_the_e_msp_is_asked_with_and_without_a_place_and_its_answer_read(
    roaming_world, partner_server, version, more, allowed
):
    w = roaming_world
    endpoint = {"identifier": "tokens", "role": "SENDER", "url": partner_server.url("/tokens/")}
    urls = {"versions_url": partner_server.url("/versions"), "endpoints": [endpoint]}
    confirm(w.partner, partner_token="B", version=version, **urls)
    token = make.PartnerTokenFactory(partner=w.partner, uid=PHONE["uid"], type="APP_USER")
    partner_server.answers["POST", f"/tokens/{PHONE['uid']}/authorize"] = {"allowed": allowed, "token": PHONE} | more
    partner_server.asked.clear()
    assert [ask_emsp(token, each) for each in (w.plaza, ChargePoint(identity="X"))] == [allowed, allowed]
    place = {"location_id": w.plaza.location.code, "evse_uids": ["NLGRGE0100"]}
    assert [(each["query"], each["body"]) for each in partner_server.asked] == [
        ("type=APP_USER", place),
        ("type=APP_USER", None),
    ]


@for_each("version", VERSIONS)
def test_what_is_served_holds_every_field_that_it_must(charged, version):  # noqa: F811
    begin(Start(charged.plaza.pk, "04DE01", timezone.now(), code="78"))
    corrected(charged.session)
    kinds = {
        "locations": LocationSerializer,
        "tariffs": TariffSerializer,
        "sessions": SessionSerializer,
        "cdrs": CdrSerializer,
    }
    for module, serializer in kinds.items():
        served = charged.emp.get(f"/ocpi/{version}/{module}").data
        read = serializer(data=served, many=True)
        assert served and read.is_valid(), (module, read.errors)
    assert {each["status"] for each in charged.emp.get(f"/ocpi/{version}/sessions").data} == {"COMPLETED", "ACTIVE"}


@for_each(("version", "net"), [("2.2.1", "excl_vat"), ("2.3.0", "before_taxes")])
def test_costs_have_the_names_of_the_version_and_those_of_a_credit_are_negative(charged, version, net):  # noqa: F811
    corrected(charged.session)
    first, credit, second = charged.emp.get(f"/ocpi/{version}/cdrs").data
    for cdr, sign in ((first, 1), (credit, -1), (second, 1)):
        costs = [each for name, each in cdr.items() if name.endswith("_cost")]
        assert costs and all(each[net] * sign >= 0 for each in costs) and cdr["total_cost"][net] * sign > 0
        assert ("tax_included" in cdr["tariffs"][0]) == (version == "2.3.0")
    same = (
        "cdr_location",
        "cdr_token",
        "session_id",
        "total_energy",
        "total_time",
        "currency",
        "start_date_time",
        "end_date_time",
    )
    assert [credit[name] for name in same] == [first[name] for name in same]
    assert (credit["credit"], credit["credit_reference_id"]) == (True, first["id"])
    assert not {"credit", "credit_reference_id"} & {*first, *second}


@for_each("version", VERSIONS)
def test_an_address_that_ends_with_a_slash_is_answered_like_the_one_without(charged, version):  # noqa: F811
    w = charged
    location = f"/ocpi/{version}/locations/{w.plaza.location.code}"
    modules = [
        f"/ocpi/{version}/{each}"
        for each in ("locations", "tariffs", "sessions", "cdrs", "credentials", "tokens", "commands")
    ]
    others = ["/ocpi/versions", f"/ocpi/{version}", location, f"{location}/NLGRGE0100", f"{location}/NLGRGE0100/1"]
    for path in (*modules, *others, tokens(version, "04DE01"), "/ocpi/2.1.1", "/ocpi/nothing"):
        plain, slashed = w.emp.get(path), w.emp.get(f"{path}/")
        assert (slashed.http, slashed.status_code, slashed.data) == (plain.http, plain.status_code, plain.data), path
    assert w.emp.ask("PUT", f"{tokens(version, CARD['uid'])}/", CARD).http == 201
    assert w.emp.ask("POST", f"/ocpi/{version}/commands/UNLOCK_CONNECTOR/", {}).data["result"] == "NOT_SUPPORTED"
    assert w.emp.get(f"/ocpi/{version}/locations/?limit=0").status_code == 2001
    assert w.emp.get(f"/ocpi/{version}/locations//").http == 404
    assert OcpiClient("unknown").get(f"/ocpi/{version}/locations/").http == 401
