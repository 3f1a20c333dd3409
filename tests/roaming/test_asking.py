"""Asking the e-MSP about its token: when, by whom, and what is decided by its answer."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from chargepoints import decision_log
from chargepoints.authorization import authorize_at
from chargepoints.models import DecisionEntry
from customers.models import ApiKey
from gateway import transactions
from gateway.decisions import decide
from roaming import asking
from roaming.models import Agreement, PartnerToken
from tests import factories as make
from tests.tables import for_each

pytestmark = pytest.mark.django_db
UID = "04FEED01"


class Emsp:
    """What the e-MSP answers, and what it was asked."""

    def __init__(self):
        self.answer, self.questions = None, []

    def __call__(self, question):
        self.questions.append(question)
        return self.answer


@pytest.fixture
def token(roaming):
    return make.PartnerTokenFactory(partner=roaming.chargeall, uid=UID, whitelist="NEVER")


@pytest.fixture
def emsp(monkeypatch):
    stands_in = Emsp()
    monkeypatch.setattr(asking, "ask_partner", stands_in)
    return stands_in


def held(world):
    answer = asking.authorize_now(UID, world.market.identity, timezone.now())
    return answer.verdict, answer.reason


@for_each(
    ("whitelist", "valid", "answer", "verdict", "reason"),
    [
        ("ALWAYS", True, "BLOCKED", "ALLOWED", "roaming_partner"),
        ("ALWAYS", False, "ALLOWED", "BLOCKED", "card_not_active"),
        ("ALLOWED", True, "BLOCKED", "ALLOWED", "roaming_partner"),
        ("ALLOWED", False, "ALLOWED", "ALLOWED", "roaming_partner"),
        ("ALLOWED", False, None, "BLOCKED", "card_not_active"),
        ("ALLOWED_OFFLINE", True, "EXPIRED", "NOT_ALLOWED", "partner_refused"),
        ("ALLOWED_OFFLINE", True, None, "ALLOWED", "roaming_partner"),
        ("ALLOWED_OFFLINE", False, None, "BLOCKED", "card_not_active"),
        ("ALLOWED_OFFLINE", False, "ALLOWED", "ALLOWED", "roaming_partner"),
        ("NEVER", True, "ALLOWED", "ALLOWED", "roaming_partner"),
        ("NEVER", True, "NO_CREDIT", "NOT_ALLOWED", "partner_refused"),
        ("NEVER", True, None, "NOT_ALLOWED", "partner_not_reached"),
        ("NEVER", False, None, "NOT_ALLOWED", "partner_not_reached"),
        ("NEVER", False, "ALLOWED", "ALLOWED", "roaming_partner"),
    ],
)
def test_a_token_is_decided_on_as_its_whitelist_says(roaming, token, emsp, whitelist, valid, answer, verdict, reason):
    PartnerToken.objects.update(whitelist=whitelist, valid=valid)
    emsp.answer = answer
    assert held(roaming) == (verdict, reason)


def test_what_the_e_msp_allows_costs_what_the_agreement_says(roaming, token, emsp):
    emsp.answer = "ALLOWED"
    answer = asking.authorize_now(UID, roaming.market.identity, timezone.now()).as_json(steps=True)
    assert (answer["tariff"], answer["tariff_source"]) == ("AGREED", "agreement")
    assert "partner_refused" in [step["rule"] for step in answer["steps"]]
    [question] = emsp.questions
    assert question == asking.TokenQuestion(token.pk, roaming.chargeall.pk, roaming.market.pk)


def test_nobody_is_asked_where_the_answer_would_change_nothing(roaming, token, emsp):
    """The point is out of service; the group is closed to roaming; two partners; no agreement; a card of the platform."""
    emsp.answer = "ALLOWED"
    roaming.market.status = "out_of_service"
    roaming.market.save()
    assert held(roaming)[1] == "charge_point_not_active"
    roaming.market.status = "active"
    roaming.market.save()
    other = make.PartnerTokenFactory(partner=roaming.wattfinder, uid=UID, whitelist="NEVER")
    assert held(roaming)[1] == "card_ambiguous"
    other.delete()
    card = make.ChargeCardFactory(customer=roaming.bakker, uid=UID)
    assert held(roaming)[1] == "no_access"
    card.delete()
    make.TermsFactory(
        charge_group=roaming.leusden, tariff=roaming.standard, valid_from=make.LONG_AGO.replace(year=2022)
    )
    assert held(roaming)[1] == "no_access"
    Agreement.objects.all().delete()
    assert held(roaming)[1] == "card_unknown"
    assert emsp.questions == []


def test_the_explainer_and_questions_about_other_moments_never_ask(roaming, token, emsp, signed_in):
    now, hour = timezone.now(), timedelta(hours=1)
    for at in (now - hour, now, now + hour):
        authorize_at(UID, roaming.market.identity, at, now=now)
    page = signed_in(roaming.anna).get("/may-this-card-charge/", {"card": UID, "charge_point": roaming.market.identity})
    assert page.context["answer"]["reason"] == "roaming_partner"
    assert emsp.questions == []


def test_the_gateway_asks_and_keeps_what_was_decided(roaming, token, emsp):
    emsp.answer = "EXPIRED"
    assert decide(UID, roaming.market.identity, roaming.greengrid.pk).reason == "partner_refused"
    decision_log.LOG.flush()
    entry = DecisionEntry.objects.get()
    assert (entry.verdict, entry.reason, entry.facts["partner_says"]) == ("NOT_ALLOWED", "partner_refused", "refused")


def test_a_transaction_is_pinned_to_what_the_e_msp_says(roaming, token, emsp):
    start = transactions.Start(roaming.market.pk, UID, timezone.now(), meter=0)
    row, _ = transactions.begin(start)
    assert (row.verdict, row.reason) == ("NOT_ALLOWED", "partner_not_reached")
    emsp.answer = "ALLOWED"
    row, _ = transactions.begin(transactions.Start(roaming.market.pk, UID, timezone.now(), evse=2, meter=0))
    assert (row.verdict, row.reason, row.tariff_source) == ("ALLOWED", "roaming_partner", "agreement")


def test_a_start_that_waited_in_the_queue_of_a_device_asks_nobody(roaming, token, emsp):
    start = transactions.Start(roaming.market.pk, UID, timezone.now() - timedelta(hours=1), meter=0)
    transactions.begin(start)
    assert emsp.questions == []


def test_the_api_asks_about_now_alone(roaming, token, emsp, client):
    _, key = ApiKey.make(provider=roaming.greengrid, name="Back end")
    asked = {"card": UID, "charge_point": roaming.market.identity}

    def answered(**more):
        sent = {"content_type": "application/json", "headers": {"Authorization": f"Token {key}"}}
        return client.post("/api/v1/authorize", asked | more, **sent).json()["reason"]

    assert answered() == "partner_not_reached"
    assert answered(at=(timezone.now() + timedelta(hours=1)).isoformat()) == "roaming_partner"
    assert len(emsp.questions) == 1
    _, other = ApiKey.make(provider=roaming.bluevolt, name="Elsewhere")
    key = other
    client.post("/api/v1/authorize", asked, content_type="application/json", headers={"Authorization": f"Token {key}"})
    assert len(emsp.questions) == 1


def test_a_partner_that_leaves_everybody_waiting_is_not_asked_by_all_threads(roaming, token, monkeypatch):
    """Two questions hang; the third counts as not answered, and another partner is asked all the same."""
    monkeypatch.setattr(asking, "WAIT", 0.01)
    other = make.PartnerTokenFactory(partner=roaming.wattfinder, uid="04FEED02", whitelist="NEVER")
    hanging, hang_up, answered = threading.Semaphore(0), threading.Event(), []

    def never_answers(question):
        if question.partner == other.partner_id:
            return "ALLOWED"
        hanging.release()
        hang_up.wait(60)
        return "ALLOWED"

    monkeypatch.setattr(asking, "ask_partner", never_answers)
    answer = asking.authorize(UID, roaming.market.identity, timezone.now())
    threads = [threading.Thread(target=lambda: answered.append(asking.answer_of_partner(answer))) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert hanging.acquire(timeout=60) and hanging.acquire(timeout=60)
        assert asking.answer_of_partner(answer) == "not_reached"
        assert asking.authorize_now(other.uid, roaming.market.identity, timezone.now()).reason == "roaming_partner"
    finally:
        hang_up.set()
        for thread in threads:
            thread.join()
    assert answered == ["allowed", "allowed"]
    assert asking.answer_of_partner(answer) == "allowed"
