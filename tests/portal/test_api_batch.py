"""POST /api/v1/authorize/batch: the decisions of POST /api/v1/authorize, many at once."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from chargepoints.decision_log import LOG
from chargepoints.models import DecisionEntry
from customers.models import ApiKey, ApiKeyUse
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(world):
    return ApiKey.make(provider=world.greengrid, name="backend")[1]


@pytest.fixture
def post(client, key):
    def post(path, body, key=key):
        headers = {"Authorization": f"Token {key}"}
        return client.post(
            f"/api/v1/authorize{path}", json.dumps(body), content_type="application/json", headers=headers
        )

    return post


@pytest.fixture
def pairs(world):
    """Cards that may charge and cards that may not, at points of every kind, now, then and in a year."""
    make.ChargePointFactory(charge_group=world.leusden, identity="NLGRGE0009", status="inactive")
    now = timezone.now()
    moments = [None, (now - timedelta(days=1)).isoformat(), (now + timedelta(days=365)).isoformat()]
    return [
        {"card": card, "charge_point": point, "at": at}
        for card in ("04:aa:11", "04BB22", "04CC33", "04FFFF")
        for point in ("NLGRGE0001", "NLGRGE0009", "NOBLVE0001", "NOWHERE")
        for at in moments
    ]


@pytest.mark.parametrize("query", ["", "?explain=1"])
def test_each_item_is_answered_as_by_itself(pairs, post, query):
    answers = post(f"/batch{query}", {"items": pairs}).json()["items"]

    for item, answer in zip(pairs, answers, strict=True):
        single = post(query, item).json()
        assert {**answer, "at": item["at"]} == {**single, "at": item["at"]}, item
        assert ("error" in answer) == (item["charge_point"] in ("NOBLVE0001", "NOWHERE"))


@pytest.mark.usefixtures("one_minute")
def test_many_cost_no_more_statements_than_some(pairs, post, django_assert_num_queries):
    post("/batch", {"items": []})  # the first of a minute is counted at once
    with django_assert_num_queries(7):  # the key's, and facts and prices of then, now and to come
        post("/batch", {"items": pairs[:3]})
    with django_assert_num_queries(7):
        post("/batch", {"items": pairs * 10})


def test_a_wrong_item_gets_an_error_in_its_place_and_the_others_an_answer(post):
    good = {"card": "04AA11", "charge_point": "NLGRGE0001"}
    wrong = [
        {"card": "", "charge_point": "NLGRGE0001"},
        "x",
        {**good, "at": "soon"},
        {**good, "kwh": 4},
        {**good, "card": 7},
    ]
    first, *errors, last = post("/batch", {"items": [good, *wrong, good]}).json()["items"]

    assert first["verdict"] == last["verdict"] == "ALLOWED"
    assert [each.keys() for each in errors] == [{"error"}] * 5
    assert errors[0]["error"] == "card: Required: a text."
    assert "soon" in errors[2]["error"]


@pytest.mark.parametrize(
    "body", [[], {"items": {}}, {"items": [], "more": 1}, {}, {"items": [{"card": "04AA11"}] * 1_001}, None]
)
def test_what_is_no_list_of_a_thousand_at_most_is_refused_as_a_whole(post, body):
    answer = post("/batch", body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_no_items_are_answered_by_none(post):
    assert post("/batch", {"items": []}).json() == {"items": []}


def test_it_asks_for_a_key_and_counts_as_one_request(pairs, post):
    assert post("/batch", {"items": pairs}, key="evc_wrong").status_code == 401
    assert not ApiKeyUse.objects.exists()
    post("/batch", {"items": pairs})
    assert ApiKeyUse.objects.get().requests == 1


def test_every_decision_is_kept_with_the_key(pairs, post):
    post("/batch", {"items": pairs})
    LOG.flush()
    assert DecisionEntry.objects.filter(source="api").count() == len(pairs)


@pytest.mark.parametrize(("whitelist", "reason"), [("ALWAYS", "roaming_partner"), ("NEVER", "partner_not_reached")])
def test_no_emsp_is_asked_and_a_token_that_wants_it_is_refused(world, post, whitelist, reason):
    make.TermsFactory(
        charge_group=world.leusden, tariff=world.standard, roaming=True, valid_from=make.LONG_AGO.replace(year=2021)
    )
    token = make.PartnerTokenFactory(partner=make.PartnerFactory(provider=world.greengrid), whitelist=whitelist)
    [answer] = post("/batch", {"items": [{"card": token.uid, "charge_point": "NLGRGE0001"}]}).json()["items"]
    assert answer["reason"] == reason
