"""Held charge points: line 10a of the access rules, now, in the past and for moments to come, against a naive reading."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargepoints.authorization import authorize, authorize_at, authorize_past
from chargepoints.models import Hold
from customers.models import ApiKey
from tests import factories as make

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
PAGE = "/may-this-card-charge/"


@pytest.fixture
def social(world):
    """At Leusden social charging is on since long ago; Visser of North has a card as well."""
    now = timezone.now()
    make.TermsFactory(
        charge_group=world.leusden, tariff=world.standard, own_user_group=True, social_charging=True,
        valid_from=now - timedelta(days=30),
    )  # fmt: skip
    world.visser = make.CustomerFactory(
        user_group=world.north, number="1003", name="Visser", email="visser@example.org"
    )
    world.vissers_card = make.ChargeCardFactory(customer=world.visser, uid="04DD44")
    world.now = timezone.now()
    return world


def hold(world, customer, begins_at, minutes=15, **columns):
    return Hold.objects.create(
        provider=world.greengrid, charge_point=world.market, customer=customer, begins_at=begins_at,
        until=begins_at + minutes * MINUTE, **columns,
    )  # fmt: skip


def reason(world, uid, at=None):
    return authorize_at(uid, world.market.identity, at or world.now, now=world.now).reason


def test_a_point_that_is_held_is_for_its_holder_alone(social):
    hold(social, social.jansen, social.now - MINUTE)
    assert reason(social, "04AA11") == "own_user_group"
    assert reason(social, "04DD44") == "queue_held"


def test_a_hold_that_has_ended_or_is_over_holds_nothing(social):
    hold(social, social.jansen, social.now - 60 * MINUTE, ended_at=social.now - 50 * MINUTE, outcome="used")
    hold(social, social.jansen, social.now - 16 * MINUTE)
    assert reason(social, "04DD44") == "own_user_group"


def test_about_the_past_the_hold_of_then_counts_and_about_the_future_none(social):
    hold(social, social.jansen, social.now - 20 * MINUTE, ended_at=social.now - 10 * MINUTE, outcome="missed")
    hold(social, social.jansen, social.now - MINUTE)
    assert reason(social, "04DD44", social.now - 12 * MINUTE) == "queue_held"
    assert reason(social, "04DD44", social.now - 10 * MINUTE) == "own_user_group"
    assert reason(social, "04DD44", social.now + MINUTE) == "own_user_group"


def test_without_social_charging_a_hold_counts_for_nothing(world):
    hold(world, world.jansen, timezone.now() - MINUTE)
    visser = make.CustomerFactory(user_group=world.north)
    card = make.ChargeCardFactory(customer=visser)
    assert authorize(card.uid, world.market.identity, timezone.now()).reason == "own_user_group"


def test_the_fact_costs_no_query_of_its_own(social):
    hold(social, social.jansen, social.now - MINUTE)
    with CaptureQueriesContext(connection) as queries:
        authorize("04DD44", social.market.identity, timezone.now())
    assert len(queries) == 1


def test_a_point_has_one_hold_at_a_time_and_none_outlives_its_time(social):
    hold(social, social.jansen, social.now)
    with pytest.raises(IntegrityError, match="hold_one_at_a_time"), transaction.atomic():
        hold(social, social.visser, social.now)
    with pytest.raises(IntegrityError, match="hold_within_its_time"), transaction.atomic():
        hold(social, social.visser, social.now, ended_at=social.now + 16 * MINUTE, outcome="used")
    assert Hold.objects.count() == 1


holds = st.lists(
    st.tuples(st.integers(1, 20), st.integers(1, 20), st.sampled_from([None, "used", "missed"]), st.booleans()),
    max_size=4,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=holds, on=st.booleans(), exception=st.sampled_from([None, "allowed", "denied"]), minutes=st.integers(-70, 5)
)
def test_any_history_of_holds_is_judged_as_it_reads(social, drawn, on, exception, minutes):
    """Each hold follows the one before after a gap: (gap, length, outcome, whether it is Visser's own)."""
    with transaction.atomic():
        terms = social.leusden.terms.order_by("-valid_from").first()
        make.TermsFactory(
            charge_group=social.leusden, tariff=social.standard, own_user_group=True, social_charging=on,
            valid_from=terms.valid_from + MINUTE,
        )  # fmt: skip
        if exception:
            make.CustomerExceptionFactory(charge_group=social.leusden, customer=social.visser, access=exception)
        begin, rows = social.now - 70 * MINUTE, []
        for gap, length, outcome, own in drawn:
            begin += gap * MINUTE
            end = begin + length * MINUTE
            cut = end if outcome != "used" else begin + length * MINUTE / 2
            is_open = outcome is None and end > social.now
            hold(
                social, social.visser if own else social.jansen, begin, length,
                **({} if is_open else {"ended_at": cut, "outcome": outcome or "missed"}),
            )  # fmt: skip
            rows.append((begin, cut, own))
            begin = end
            if begin > social.now:
                break
        at = social.now + minutes * MINUTE
        held = on and minutes <= 0 and any(first <= at < last and not own for first, last, own in rows)
        # The moment is before the first entry of all rows: the exception counts as it was first known.
        expected = (
            "exception_denied" if exception == "denied"
            else "queue_held" if held
            else "exception_allowed" if exception == "allowed"
            else "own_user_group"
        )  # fmt: skip
        asked = social.now if minutes >= 0 else timezone.now()
        answers = [authorize_at("04DD44", social.market.identity, at, now=asked).reason]
        if minutes < 0:
            answers += [each.reason for each in authorize_past([("04DD44", social.market.identity, at)])]
        assert set(answers) == {expected}
        transaction.set_rollback(True)


def test_api_command_and_explainer_give_the_same_answer(social, signed_in):
    hold(social, social.jansen, timezone.now() - MINUTE)
    _, secret = ApiKey.make(provider=social.greengrid, name="reader")
    out = StringIO()
    call_command("explain", card="04DD44", charge_point=social.market.identity, json=True, stdout=out)
    asked = {"card": "04DD44", "charge_point": social.market.identity}
    headers = {"Authorization": f"Token {secret}"}
    by_api = Client().post("/api/v1/authorize", json.dumps(asked), content_type="application/json", headers=headers)
    answers = [json.loads(out.getvalue()), by_api.json()]
    assert {(each["verdict"], each["reason"]) for each in answers} == {("NOT_ALLOWED", "queue_held")}
    page = signed_in(social.anna).get(PAGE, asked)
    assert "held for somebody else" in page.content.decode()
