"""Partners are known by their token, and both sides get their tokens by the handshake of credentials."""

from __future__ import annotations

import base64
import json

import pytest
from django.test import Client

from roaming.handshake import HandshakeRefused, begin_handshake
from roaming.models import PartnerConnection, PartnerMessage
from tests.roaming.ocpi.conftest import OcpiClient
from tests.tables import for_each

pytestmark = pytest.mark.django_db
VERSION = "/ocpi/2.2.1"


def connection_of(partner):
    return PartnerConnection.objects.get(partner=partner)


def test_versions_and_their_endpoints_are_found_from_one_address(roaming_world):
    versions = roaming_world.emp.get("/ocpi/versions")
    assert (versions.http, versions.status_code) == (200, 1000)
    assert [each["version"] for each in versions.data] == ["2.2.1", "2.3.0"]
    assert versions.data[0]["url"] == "http://testserver/ocpi/2.2.1"
    details = roaming_world.emp.get("/ocpi/2.2.1").data
    assert details["version"] == "2.2.1"
    by_module = {(each["identifier"], each["role"]): each["url"] for each in details["endpoints"]}
    assert by_module["locations", "SENDER"] == "http://testserver/ocpi/2.2.1/locations"


def test_addresses_are_those_of_the_setting(roaming_world, settings):
    settings.PUBLIC_URL = "https://portal.example.org/"
    assert roaming_world.emp.get("/ocpi/versions").data[1]["url"] == "https://portal.example.org/ocpi/2.3.0"


@for_each(
    "header",
    [
        "",
        "Basic YWJj",
        "Token not base64 at all!",
        "Token " + base64.b64encode(b"unknown").decode(),
        "Token /////w==",
        "Token " + "A" * 5000,
    ],
)
def test_without_a_valid_token_nothing_is_answered(roaming_world, header):
    for path in ("/ocpi/versions", "/ocpi/2.2.1/locations", "/ocpi/2.1.1", "/ocpi/anything/else"):
        response = Client().get(path, headers={"Authorization": header})
        assert response.status_code == 401
        assert 2000 <= json.loads(response.content)["status_code"] < 3000
        assert "data" not in json.loads(response.content)


def test_a_version_that_is_not_spoken_is_refused_with_those_that_are(roaming_world):
    answer = roaming_world.emp.get("/ocpi/2.1.1/locations")
    assert (answer.http, answer.status_code) == (404, 2000)
    assert "2.2.1 and 2.3.0" in answer.status_message


def test_a_partner_registers_with_token_a_and_goes_on_with_token_c(invited, partner_server, credentials):
    answer = invited.client.ask("POST", f"{VERSION}/credentials", credentials)
    assert (answer.http, answer.status_code) == (200, 1000)
    assert answer.data["roles"][0]["party_id"] == "GRG" and answer.data["roles"][0]["role"] == "CPO"
    assert partner_server.paths() == ["/versions", "/2.2.1"]
    assert {each["token"] for each in partner_server.asked} == {"token-B-of-the-newcomer"}
    assert invited.client.get("/ocpi/versions").http == 401
    assert OcpiClient(answer.data["token"]).get("/ocpi/versions").http == 200
    stored = connection_of(invited.partner)
    assert (stored.state, stored.version) == ("registered", "2.2.1")
    assert stored.endpoint("tokens", "SENDER") == partner_server.url("/2.2.1/tokens")
    assert answer.data["token"] not in str(PartnerConnection.objects.values())


def test_tokens_are_rotated_and_the_former_one_ends(invited, credentials):
    first = OcpiClient(invited.client.ask("POST", f"{VERSION}/credentials", credentials).data["token"])
    assert first.ask("POST", f"{VERSION}/credentials", credentials).http == 405
    assert first.get(f"{VERSION}/credentials").data["token"] == first.token
    rotated = first.ask("PUT", f"{VERSION}/credentials", credentials | {"token": "second-B"})
    assert first.get("/ocpi/versions").http == 401
    assert OcpiClient(rotated.data["token"]).get("/ocpi/versions").http == 200
    assert connection_of(invited.partner).partner_token == "second-B"


def test_a_partner_unregisters(invited, credentials):
    assert invited.client.ask("DELETE", f"{VERSION}/credentials").http == 405
    client = OcpiClient(invited.client.ask("POST", f"{VERSION}/credentials", credentials).data["token"])
    assert client.ask("DELETE", f"{VERSION}/credentials").status_code == 1000
    assert client.get("/ocpi/versions").http == 401
    stored = connection_of(invited.partner)
    assert (stored.state, stored.partner_token, stored.token_hash) == ("ended", "", None)


def unchanged(invited) -> bool:
    stored = connection_of(invited.partner)
    return (stored.state, stored.partner_token) == ("invited", "") and invited.client.get("/ocpi/versions").http == 200


def test_addresses_of_private_networks_are_refused(invited, credentials, partner_server, settings):
    settings.OCPI_ALLOW_PRIVATE = False
    for host in (
        "127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[fe80::1]", "0.0.0.0",
        "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "2130706433", "100.64.0.1", "224.0.0.1", "[fd00::1]",
    ):  # fmt: skip
        answer = invited.client.ask("POST", f"{VERSION}/credentials", credentials | {"url": f"http://{host}/versions"})
        assert (answer.http, answer.status_code) == (400, 3001), host
        assert "data" not in vars(answer) or answer.data is None
    assert partner_server.asked == [] and unchanged(invited)


def test_an_address_that_the_partner_lists_is_checked_as_well(invited, credentials, partner_server):
    partner_server.answers["GET", "/versions"] = [{"version": "2.2.1", "url": "file:///etc/passwd"}]
    answer = invited.client.ask("POST", f"{VERSION}/credentials", credentials)
    assert answer.status_code == 3001 and unchanged(invited)


def test_a_redirect_is_not_followed(invited, credentials, partner_server):
    partner_server.answers["GET", "/versions"] = 302
    assert invited.client.ask("POST", f"{VERSION}/credentials", credentials).status_code == 3001
    assert len(partner_server.asked) == 1 and unchanged(invited)


@for_each(
    ("answer", "status"),
    [
        (b"<html>", 3001),
        ([], 3002),
        ([{"version": "2.1.1", "url": "https://emsp.example/2.1.1"}], 3002),
        ([{"version": ["2.2.1"]}, 7, None], 3002),
        (500, 3001),
    ],
)
def test_a_partner_whose_versions_can_not_be_used_stays_unregistered(
    invited, credentials, partner_server, answer, status
):
    partner_server.answers["GET", "/versions"] = answer
    assert invited.client.ask("POST", f"{VERSION}/credentials", credentials).status_code == status
    assert unchanged(invited)


def test_nonsense_is_refused_with_the_field_that_is_wrong(invited, credentials):
    for wrong in (
        b"nonsense", b"", b"[]", b"{}", b"null", b'{"token": NaN}', b"\xff",
        credentials | {"token": ""}, credentials | {"token": "a\u0000b"}, credentials | {"token": 7},
        credentials | {"roles": []}, credentials | {"roles": "EMSP"}, credentials | {"roles": [{"role": "KING"}]},
        credentials | {"url": "x" * 300}, credentials | {"url": None},
    ):  # fmt: skip
        answer = invited.client.ask("POST", f"{VERSION}/credentials", wrong)
        assert (answer.http, answer.status_code) in ((400, 2001), (400, 3001)), wrong
    assert unchanged(invited)


def test_unknown_fields_are_read_over(invited, credentials):
    answer = invited.client.ask("POST", f"{VERSION}/credentials", credentials | {"hub_party_id": "XXX", "colour": 7})
    assert answer.status_code == 1000


def test_another_partys_credentials_are_refused(invited, credentials):
    credentials["roles"][0]["party_id"] = "EMP"
    answer = invited.client.ask("POST", f"{VERSION}/credentials", credentials)
    assert (answer.http, answer.status_code) == (400, 2001) and unchanged(invited)


def test_requests_beyond_the_rate_are_refused_until_the_next_minute(roaming_world):
    PartnerConnection.objects.filter(partner=roaming_world.partner).update(rate_per_minute=2)
    answers = [roaming_world.emp.get("/ocpi/versions") for _ in range(3)]
    assert [each.http for each in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60


def test_messages_are_kept_without_tokens(invited, credentials, partner_server):
    answer = invited.client.ask("POST", f"{VERSION}/credentials", credentials)
    kept_messages = list(PartnerMessage.objects.filter(partner=invited.partner).order_by("id"))
    assert [(each.direction, each.method, each.path) for each in kept_messages] == [
        ("out", "GET", partner_server.url("/versions")),
        ("out", "GET", partner_server.url("/2.2.1")),
        ("in", "POST", "/ocpi/2.2.1/credentials"),
    ]
    text = str([(each.sent, each.answer) for each in kept_messages])
    assert credentials["token"] not in text and answer.data["token"] not in text and "•••" in text


def test_the_portal_registers_at_a_partner_that_gave_it_a_token(invited, partner_server):
    answers = []

    def take(asked):
        """What a partner does with credentials: it fetches the versions with their token before it answers."""
        answers.append(OcpiClient(asked["body"]["token"]))
        return {"token": "theirs", "url": partner_server.url("/versions"), "roles": []}

    partner_server.answers["POST", "/2.3.0/credentials"] = take
    url = "https://portal.example.org/ocpi/versions"
    row = begin_handshake(connection_of(invited.partner), partner_server.url("/versions"), "their-A", versions_url=url)
    assert (row.state, row.version, row.partner_token) == ("registered", "2.3.0", "theirs")
    assert {each["token"] for each in partner_server.asked} == {"their-A"}
    assert answers[0].get("/ocpi/versions").http == 200 and invited.client.get("/ocpi/versions").http == 401


def test_a_registration_that_the_partner_does_not_take_leaves_the_connection_as_it_was(invited, partner_server):
    for nonsense in (500, {"token": ""}, [], {"token": 7}):
        partner_server.answers["POST", "/2.3.0/credentials"] = nonsense
        with pytest.raises(HandshakeRefused):
            begin_handshake(connection_of(invited.partner), partner_server.url("/versions"), "A", versions_url="x")
        assert unchanged(invited)


def test_whatever_a_client_accepts_it_gets_json(roaming_world):
    for headers in ({"Accept": "text/html"}, {"Accept": "application/xml;q=1"}):
        assert roaming_world.emp.ask("GET", "/ocpi/versions?format=xml", **headers).status_code == 1000
    answer = roaming_world.emp.ask("OPTIONS", "/ocpi/versions")
    assert (answer.http, answer.status_code) == (405, 2001)
