"""POST /api/v1/authorize, as a provider's backend uses it."""

import json

import pytest
from django.utils import timezone

from customers.models import ApiKey, ApiKeyUse
from tests.tables import for_each

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(world):
    return ApiKey.make(provider=world.greengrid, name="backend")[1]


def ask(client, key, query="", **body):
    headers = {"Authorization": f"Token {key}"} if key else {}
    return client.post(f"/api/v1/authorize{query}", json.dumps(body), content_type="application/json", headers=headers)


def test_it_answers_with_the_decision(world, client, key):
    answer = ask(client, key, card="04AA11", charge_point="NLGRGE0001")
    assert answer.status_code == 200
    assert answer.json()["verdict"] == "ALLOWED"
    assert "steps" not in answer.json()


def test_it_explains_when_asked(world, client, key):
    steps = ask(client, key, "?explain=1", card="04AA11", charge_point="NLGRGE0001").json()["steps"]
    assert steps[-1]["rule"] == "own_user_group"
    assert steps[-1]["outcome"] == "decided"


@pytest.mark.usefixtures("one_minute")
def test_a_decision_costs_the_keys_query_and_its_own(world, client, key, django_assert_num_queries):
    ask(client, key, card="04AA11", charge_point="NLGRGE0001")  # the first of a minute is counted at once
    with django_assert_num_queries(2):
        ask(client, key, card="04AA11", charge_point="NLGRGE0001")


@pytest.mark.parametrize("sent", [None, "evc_wrong", ""])
def test_without_a_valid_key_it_refuses(world, client, sent):
    assert ask(client, sent, card="04AA11", charge_point="NLGRGE0001").status_code == 401
    assert not ApiKeyUse.objects.exists()


def test_a_key_that_is_not_active_is_refused(world, client, key):
    ApiKey.objects.update(active=False)
    assert ask(client, key, card="04AA11", charge_point="NLGRGE0001").status_code == 401


def test_another_providers_charge_point_looks_like_none(world, client, key):
    foreign = ask(client, key, card="04AA11", charge_point="NOBLVE0001")
    missing = ask(client, key, card="04AA11", charge_point="NOWHERE")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


def test_another_providers_card_shows_no_customer(world, client, key):
    answer = ask(client, key, card="04CC33", charge_point="NLGRGE0001").json()
    assert (answer["verdict"], answer["reason"], answer["customer"]) == ("NOT_ALLOWED", "no_access", None)


@for_each(
    ("body", "field"),
    [
        ({"card": "", "charge_point": "X"}, "card"),
        ({"card": "04AA11"}, "charge_point"),
        ({"card": 4, "charge_point": "X"}, "card"),
        ({"card": "a" * 65, "charge_point": "X"}, "card"),
        ({"card": "a\x00", "charge_point": "X"}, "card"),
        ({"card": "04AA11", "charge_point": "X", "at": "yesterday"}, "at"),
        ({"card": "04AA11", "charge_point": "X", "at": 5}, "at"),
        ({"card": "04AA11", "charge_point": "X", "at": "9999-12-31T23:59:59-12:00"}, "at"),
        ({"card": "04AA11", "charge_point": "X", "when": "now"}, "when"),
    ],
)
def test_it_names_the_fields_that_are_wrong(world, client, key, body, field):
    answer = ask(client, key, **body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(world, client, key, body):
    answer = client.post(
        "/api/v1/authorize", body, content_type="application/json", headers={"Authorization": f"Token {key}"}
    )
    assert answer.status_code == 400


def test_past_its_rate_a_key_has_to_wait(world, client, key):
    ApiKey.objects.update(rate_per_minute=0)
    answer = ask(client, key, card="04AA11", charge_point="NLGRGE0001")
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60


def test_a_small_rate_is_held_to_the_request(world, client, key):
    ApiKey.objects.update(rate_per_minute=3)
    answers = [ask(client, key, card="04AA11", charge_point="NLGRGE0001").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]


def test_what_other_processes_answered_counts_too(world, client, key):
    ask(client, key, card="04AA11", charge_point="NLGRGE0001")
    ApiKeyUse.objects.update(requests=6_000)
    assert ask(client, key, card="04AA11", charge_point="NLGRGE0001").status_code == 429


def test_others_are_told_of_requests_in_hundredths_of_the_rate(world, client, key):
    ApiKey.objects.update(rate_per_minute=300)
    counts = []
    for _ in range(7):
        ask(client, key, card="04AA11", charge_point="NLGRGE0001")
        counts.append(ApiKeyUse.objects.get().requests)
    assert counts == [1, 1, 1, 4, 4, 4, 7]


def test_a_program_needs_no_session_and_finds_its_request_in_the_log(world, client, key, caplog):
    caplog.set_level("INFO")
    answer = ask(client, key, card="04AA11", charge_point="NLGRGE0001")
    assert not answer.cookies
    assert "Content-Security-Policy" not in answer.headers
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert [text for text in caplog.messages if "request_finished" in text and "request_id" in text]


def test_a_time_without_an_offset_is_the_providers(world, client, key):
    answer = ask(client, key, card="04AA11", charge_point="NLGRGE0001", at="2026-07-01T12:00")
    assert answer.json()["at"] == "2026-07-01T12:00:00+02:00"


@pytest.mark.django_db(transaction=True)
def test_a_past_moment_is_decided_by_the_facts_of_then(world, client, key):
    before = timezone.now()
    type(world.market).objects.filter(pk=world.market.pk).update(status="out_of_service")
    told = ask(client, key, card="04AA11", charge_point="NLGRGE0001", at=before.isoformat()).json()
    assert (told["verdict"], told["known_from"][:4]) == ("ALLOWED", f"{before:%Y}")
    assert ask(client, key, card="04AA11", charge_point="NLGRGE0001").json()["reason"] == "charge_point_not_active"
