"""A partner's tokens arrive one by one or in pages, in any order; the e-MSP is asked where a token wants it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from chargepoints.authorization import authorize
from evcnet.datetimes import database_clock
from roaming.asking import authorize_now
from roaming.connections import confirm
from roaming.models import PartnerConnection, PartnerToken
from roaming.ocpi.token_pull import pull_tokens
from roaming.partner_client import PartnerNotReached
from tests import factories as make
from tests.tables import for_each

pytestmark = pytest.mark.django_db
TOKENS = "/ocpi/2.2.1/tokens/DE/EMP"


def token(uid="04DE01", **columns):
    return {
        "country_code": "DE",
        "party_id": "EMP",
        "uid": uid,
        "type": "RFID",
        "contract_id": "DE-EMP-C0000001",
        "issuer": "Emobil",
        "valid": True,
        "whitelist": "ALWAYS",
        "last_updated": "2026-06-01T00:00:00Z",
    } | columns


def stored(uid="04DE01"):
    return PartnerToken.objects.get(uid=uid)


def test_a_token_is_put_read_back_and_opens_what_is_open(roaming_world):
    w = roaming_world
    answer = w.emp.ask("PUT", f"{TOKENS}/04DE01", token(visual_number="DE-1", colour="red", energy_contract=None))
    assert (answer.http, answer.status_code) == (201, 1000)
    assert w.emp.get(f"{TOKENS}/04:de:01?type=RFID").data == token(visual_number="DE-1")
    decision = authorize("04DE01", "NLGRGE0100", timezone.now())
    assert (decision.reason, decision.decision.source) == ("roaming_partner", "roaming")
    assert w.emp.ask("PUT", f"{TOKENS}/04DE01", token(valid=False, last_updated="2026-06-02T00:00:00Z")).http == 200
    assert authorize("04DE01", "NLGRGE0100", timezone.now()).reason == "card_not_active"


def test_an_older_message_changes_nothing_and_one_of_the_future_counts_as_now(roaming_world):
    w = roaming_world
    w.emp.ask("PUT", f"{TOKENS}/04DE01", token())
    old = w.emp.ask("PUT", f"{TOKENS}/04DE01", token(valid=False, last_updated="2026-05-01T00:00:00Z"))
    assert old.status_code == 1000 and stored().valid
    w.emp.ask("PATCH", f"{TOKENS}/04DE01", {"valid": False, "last_updated": "2099-01-01T00:00:00Z"})
    assert not stored().valid and stored().last_updated <= database_clock()


def test_a_patch_changes_what_it_names(roaming_world):
    w = roaming_world
    w.emp.ask("PUT", f"{TOKENS}/04DE01", token(group_id="FLEET"))
    patch = {"whitelist": "NEVER", "last_updated": "2026-06-03T00:00:00Z"}
    assert w.emp.ask("PATCH", f"{TOKENS}/04DE01", patch).status_code == 1000
    assert (stored().whitelist, stored().group_id, stored().contract_id) == ("NEVER", "FLEET", "DE-EMP-C0000001")
    missing = w.emp.ask("PATCH", f"{TOKENS}/04DE02", patch)
    assert (missing.http, missing.status_code) == (404, 2004)
    assert w.emp.ask("PATCH", f"{TOKENS}/04DE01", {"valid": False}).status_code == 2001 and stored().valid


@for_each(
    "wrong",
    [
        {"uid": "04DE99"}, {"uid": "-"}, {"uid": "04\u200b"}, {"type": "CARD"}, {"whitelist": "MAYBE"}, {"valid": "yes"},
        {"valid": None}, {"last_updated": "soon"}, {"last_updated": None}, {"issuer": "x" * 65}, {"contract_id": 7},
        {"party_id": "ODD"}, {"country_code": "NL"}, {"issuer": "a\u0000b"}, {"language": "deu"},
        {"default_profile_type": "SLOW"}, {"energy_contract": "Stadtwerk"}, {"energy_contract": {"contract_id": "SW-1"}},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_nothing_written(roaming_world, wrong):
    answer = roaming_world.emp.ask("PUT", f"{TOKENS}/04DE01", token(**wrong))
    assert (answer.http, answer.status_code) == (400, 2001), answer.status_message
    assert not PartnerToken.objects.exists()


def test_tokens_of_others_are_neither_seen_nor_written(roaming_world):
    w = roaming_world
    other = make.PartnerTokenFactory(partner=w.odd, uid="04DE01")
    for method, body in (("GET", None), ("PUT", token(party_id="ODD")), ("PATCH", token(party_id="ODD"))):
        answer = w.emp.ask(method, "/ocpi/2.2.1/tokens/DE/ODD/04DE01", body)
        assert (answer.http, answer.status_code) == (404, 2004)
    assert w.emp.get(f"{TOKENS}/04DE01").http == 404
    w.emp.ask("PUT", f"{TOKENS}/04DE01", token(valid=False))
    other.refresh_from_db()
    assert other.valid and stored_of(w.partner).valid is False


def stored_of(partner):
    return PartnerToken.objects.get(partner=partner)


@pytest.fixture
def reachable(roaming_world, partner_server):
    """The partner of GreenGrid at a server of its own."""
    confirm(
        roaming_world.partner,
        partner_token="B",
        versions_url=partner_server.url("/versions"),
        version="2.2.1",
        endpoints=[{"identifier": "tokens", "role": "SENDER", "url": partner_server.url("/2.2.1/tokens")}],
    )
    return PartnerConnection.objects.get(partner=roaming_world.partner)


@pytest.mark.parametrize("each_page", [500, pytest.param(5_000, marks=pytest.mark.slow)])
def test_tokens_are_pulled_in_pages(reachable, partner_server, each_page):
    tokens = [token(f"04AB{number:06X}") for number in range(2 * each_page)]

    def page(asked):
        offset = int(asked["query"].removeprefix("offset=") or 0)
        link = partner_server.url(f"/2.2.1/tokens?offset={offset + each_page}")
        headers = {"Link": f'<{link}>; rel="next"'} if offset + each_page < len(tokens) else {}
        return tokens[offset : offset + each_page], headers

    partner_server.answers["GET", "/2.2.1/tokens"] = page
    assert pull_tokens(reachable) == {"new": 2 * each_page}
    assert len(partner_server.asked) == 2 and {each["token"] for each in partner_server.asked} == {"B"}
    if each_page < 5_000:
        assert pull_tokens(reachable) == {"unchanged": 2 * each_page}
    assert PartnerToken.objects.count() == 2 * each_page


def test_bad_tokens_of_a_page_are_left_out_and_the_others_taken(reachable, partner_server):
    partner_server.answers["GET", "/2.2.1/tokens"] = [token(), 7, token("04DE02", valid="yes"), token("04de02")]
    assert pull_tokens(reachable) == {"new": 2, "invalid": 2}
    partner_server.answers["GET", "/2.2.1/tokens"] = {"no": "list"}
    with pytest.raises(PartnerNotReached, match="no list"):
        pull_tokens(reachable)


def test_a_page_at_another_host_is_not_asked(reachable, partner_server):
    partner_server.answers["GET", "/2.2.1/tokens"] = ([token()], {"Link": '<http://127.0.0.1:1/x>; rel="next"'})
    assert pull_tokens(reachable) == {"new": 1}


def asks(partner_server, whitelist, answer, valid=True):
    """What the reader is told of a token, and whether its e-MSP was asked."""
    partner_server.asked.clear()
    partner_server.answers["POST", "/2.2.1/tokens/04DE01/authorize"] = answer
    PartnerToken.objects.filter(uid="04DE01").update(whitelist=whitelist, valid=valid)
    reason = authorize_now("04DE01", "NLGRGE0100", timezone.now()).reason
    return reason, len(partner_server.asked)


def test_the_emsp_is_asked_where_the_whitelist_says_so(roaming_world, reachable, partner_server):
    make.PartnerTokenFactory(partner=roaming_world.partner, uid="04DE01")
    yes, no = {"allowed": "ALLOWED"}, {"allowed": "NO_CREDIT"}
    assert asks(partner_server, "ALWAYS", no) == ("roaming_partner", 0)
    assert asks(partner_server, "ALLOWED", no) == ("roaming_partner", 0)
    assert asks(partner_server, "ALLOWED", yes, valid=False) == ("roaming_partner", 1)
    assert asks(partner_server, "ALLOWED_OFFLINE", no) == ("partner_refused", 1)
    assert asks(partner_server, "NEVER", yes) == ("roaming_partner", 1)
    asked = partner_server.asked[0]
    assert asked["body"]["evse_uids"] == ["NLGRGE0100"] and asked["query"] == "type=RFID"


def test_an_answer_that_makes_no_sense_counts_as_none(roaming_world, reachable, partner_server):
    make.PartnerTokenFactory(partner=roaming_world.partner, uid="04DE01")
    for nonsense in (b"<html>", b"", 500, {"allowed": "PERHAPS"}, {"allowed": ["ALLOWED"]}, [], {}, 7, b"null"):
        assert asks(partner_server, "NEVER", nonsense)[0] == "partner_not_reached", nonsense
        assert asks(partner_server, "ALLOWED_OFFLINE", nonsense)[0] == "roaming_partner", nonsense


def test_an_emsp_that_is_too_late_or_hangs_up_was_not_reached(roaming_world, reachable, partner_server, monkeypatch):
    make.PartnerTokenFactory(partner=roaming_world.partner, uid="04DE01")
    monkeypatch.setattr("roaming.realtime.TIMEOUT", 0.2)
    late = lambda asked: time.sleep(1) or {"allowed": "ALLOWED"}
    assert asks(partner_server, "NEVER", late)[0] == "partner_not_reached"
    assert asks(partner_server, "ALLOWED_OFFLINE", late)[0] == "roaming_partner"
    partner_server.close()
    assert asks(partner_server, "NEVER", {"allowed": "ALLOWED"})[0] == "partner_not_reached"


def test_explainers_and_the_past_ask_nobody(roaming_world, reachable, partner_server):
    make.PartnerTokenFactory(partner=roaming_world.partner, uid="04DE01", whitelist="NEVER")
    authorize("04DE01", "NLGRGE0100", timezone.now())
    authorize("04DE01", "NLGRGE0100", timezone.now() + timedelta(days=1))
    assert partner_server.asked == []
