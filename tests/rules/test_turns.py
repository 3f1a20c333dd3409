"""Whose turn it is (Social charging in docs/terms.md), without a database."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from socialcharging.turns import RunningHold, Situation, Waiting, plan, standing_of

AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def waiting(*standings):
    return tuple(Waiting(number, 100 + number, standing) for number, standing in enumerate(standings, 1))


def situation(*standings, **given):
    facts = {"at": AT, "is_social": True, "is_free": True, "out_since": None} | given
    return Situation(waiting=waiting(*standings), **facts)


def test_the_first_gets_the_turn_when_the_point_is_free():
    assert plan(situation("allowed", "allowed")).turn.entry == 1


def test_nobody_gets_it_while_the_point_is_not_free_or_held():
    assert plan(situation("allowed", is_free=False)).turn is None
    assert plan(situation("allowed", "allowed", hold=RunningHold(101, AT + MINUTE))).turn is None


def test_whoever_may_not_charge_any_more_is_removed_and_the_next_is_met():
    decided = plan(situation("lost", "allowed"))
    assert (decided.removals, decided.turn.entry) == (((1, "lost_access"),), 2)


def test_whoever_may_not_charge_for_now_is_passed_over_and_keeps_the_place():
    decided = plan(situation("passed_over", "allowed"))
    assert (decided.removals, decided.turn.entry) == ((), 2)


def test_a_missed_turn_removes_the_entry_and_passes_on():
    decided = plan(situation("allowed", "allowed", hold=RunningHold(101, AT)))
    assert (decided.hold_ends, decided.hold_ended_at) == ("missed", AT)
    assert (decided.removals, decided.turn.entry) == (((1, "missed"),), 2)


def test_a_holder_who_loses_access_loses_the_hold():
    decided = plan(situation("lost", "allowed", hold=RunningHold(101, AT + MINUTE)))
    assert (decided.hold_ends, decided.turn.entry) == ("lost_access", 2)


def test_offline_a_running_hold_ends_at_its_time_and_none_begins():
    over = plan(situation("allowed", "allowed", is_free=False, hold=RunningHold(101, AT - MINUTE)))
    assert (over.hold_ends, over.hold_ended_at, over.turn) == ("missed", AT - MINUTE, None)


def test_a_point_out_of_service_keeps_its_queue_for_a_day():
    soon = plan(situation("passed_over", is_free=False, out_since=AT - timedelta(hours=23)))
    assert (soon.removals, soon.turn) == ((), None)
    assert plan(situation("passed_over", out_since=AT - timedelta(days=1))).removals == ((1, "closed"),)


def test_without_social_charging_the_queue_closes_with_its_hold():
    decided = plan(situation("allowed", is_social=False, hold=RunningHold(101, AT + MINUTE)))
    assert (decided.removals, decided.hold_ends, decided.turn) == (((1, "closed"),), "closed", None)


def test_one_card_that_may_charge_is_enough():
    assert standing_of(["card_expired", ""]) == "allowed"
    assert standing_of(["card_expired"]) == standing_of([]) == "lost"
    assert standing_of(["charge_point_not_active"]) == "passed_over"


def naive(s):
    """The rule read aloud: (who gets the turn, why the hold ends)."""
    hours = (s.at - s.out_since) if s.out_since else timedelta(0)
    if not s.is_social or hours >= timedelta(days=1):
        return None, "closed" if s.hold else None
    ends = None
    if s.hold:
        holder = [each for each in s.waiting if each.customer == s.hold.customer]
        if s.at >= s.hold.until:
            ends = "missed"
        elif holder and holder[0].standing == "lost":
            ends = "lost_access"
    if not s.is_free or s.out_since or (s.hold and not ends):
        return None, ends
    candidates = [each for each in s.waiting if not (ends and each.customer == s.hold.customer)]
    return next((each.entry for each in candidates if each.standing == "allowed"), None), ends


@given(
    st.lists(st.sampled_from(["allowed", "passed_over", "lost"]), max_size=5),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, timedelta(hours=1), timedelta(days=1)]),
    st.sampled_from([None, (101, MINUTE), (101, -MINUTE), (102, MINUTE), (102, 0 * MINUTE)]),
)
def test_any_queue_is_decided_as_the_rule_reads(standings, social, free, out, hold):
    running = RunningHold(hold[0], AT + hold[1]) if hold else None
    given_ = situation(*standings, is_social=social, is_free=free, out_since=AT - out if out else None, hold=running)
    decided = plan(given_)
    assert (decided.turn.entry if decided.turn else None, decided.hold_ends) == naive(given_)
