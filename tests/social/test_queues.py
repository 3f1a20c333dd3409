"""Queues of charge points: joined, left, met in order, and held for one driver at a time."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone

from chargepoints.authorization import authorize
from chargepoints.models import ChargePoint, Hold
from customers.models import Customer
from customers.privacy.erase import erase
from socialcharging.mailing import send
from socialcharging.models import QueueEntry, QueueMail, SocialSettings
from socialcharging.queues import QueueRefusal, advance, advance_all, ask_to_free_up, begin_charging, join, leave
from tests import factories as make
from tests.social.conftest import say, start, stop

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def now():
    return timezone.now()


def free(street):
    stop(street.market, street.running)
    say(street.market, "available")


def holder():
    return Hold.objects.filter(ended_at=None).values_list("customer__name", flat=True).first()


def outcomes():
    return dict(QueueEntry.objects.values_list("customer__name", "outcome"))


def refusal(action, *args):
    with pytest.raises(QueueRefusal) as refused:
        action(*args)
    return refused.value.code


def test_the_first_in_the_queue_is_met_and_everybody_else_refused(street):
    join(street.visser, street.market, now())
    join(street.smit, street.market, now())
    assert holder() is None
    free(street)
    assert holder() == "Visser"
    assert authorize(street.vissers_card.uid, street.market.identity, now()).verdict == "ALLOWED"
    assert authorize(street.smits_card.uid, street.market.identity, now()).reason == "queue_held"
    assert authorize(street.jansens_card.uid, street.market.identity, now()).reason == "queue_held"


def test_whoever_starts_uses_the_hold_and_the_next_waits_until_it_is_free_again(street):
    join(street.visser, street.market, now())
    join(street.smit, street.market, now())
    free(street)
    begun, _ = start(street.market, street.vissers_card)
    say(street.market, "charging")
    assert outcomes() == {"Visser": "used", "Smit": ""}
    assert Hold.objects.get().outcome == "used"
    stop(street.market, begun)
    say(street.market, "available")
    assert holder() == "Smit"


def test_a_turn_that_is_missed_passes_on_after_the_hold_time_of_the_group(street):
    SocialSettings.objects.create(provider=street.greengrid, charge_group=street.leusden, hold_minutes=5)
    join(street.visser, street.market, now())
    join(street.smit, street.market, now())
    free(street)
    advance_all(now() + 4 * MINUTE)
    assert holder() == "Visser"
    advance_all(now() + 6 * MINUTE)
    assert holder() == "Smit"
    assert outcomes() == {"Visser": "missed", "Smit": ""}
    missed = Hold.objects.get(outcome="missed")
    assert missed.ended_at == missed.until


def test_whoever_leaves_gives_the_hold_away(street):
    join(street.visser, street.market, now())
    join(street.smit, street.market, now())
    free(street)
    assert leave(street.visser, street.market, now())
    assert holder() == "Smit"
    assert not leave(street.visser, street.market, now())


def test_blocked_moved_and_denied_drivers_are_passed_over_while_they_hold(street):
    for lose in (
        lambda: Customer.objects.filter(pk=street.visser.pk).update(status="blocked"),
        lambda: Customer.objects.filter(pk=street.visser.pk).update(user_group=street.south),
        lambda: make.CustomerExceptionFactory(charge_group=street.leusden, customer=street.visser, access="denied"),
    ):
        Customer.objects.filter(pk=street.visser.pk).update(status="active", user_group=street.north)
        say(street.market, "charging")
        join(street.visser, street.market, now())
        join(street.smit, street.market, now())
        say(street.market, "available")
        assert holder() == "Visser"
        lose()
        advance_all(now())
        assert holder() == "Smit"
        leave(street.smit, street.market, now())
        assert QueueEntry.objects.filter(customer=street.visser).last().outcome == "lost_access"


def test_whoever_is_erased_while_holding_leaves_at_once(street):
    join(street.visser, street.market, now())
    join(street.smit, street.market, now())
    free(street)
    erase(street.visser, street.anna)
    assert holder() == "Smit"
    assert Hold.objects.get(customer=street.visser).outcome == "erased"
    assert not QueueMail.objects.filter(customer=street.visser, state="queued").exists()


def test_a_point_out_of_service_keeps_its_queue_for_a_day(street):
    join(street.visser, street.market, now())
    ChargePoint.objects.filter(pk=street.market.pk).update(status="out_of_service")
    say(street.market, "available")
    assert holder() is None
    advance_all(now() + timedelta(hours=23))
    assert outcomes() == {"Visser": ""}
    advance_all(now() + timedelta(hours=25))
    assert outcomes() == {"Visser": "closed"}


@pytest.mark.parametrize("state", ["faulted", "unavailable"])
def test_no_hold_begins_while_the_point_is_not_free(street, state):
    join(street.visser, street.market, now())
    stop(street.market, street.running)
    say(street.market, state)
    assert holder() is None


def test_a_queue_closes_where_social_charging_is_switched_off(street):
    join(street.visser, street.market, now())
    free(street)
    make.TermsFactory(charge_group=street.leusden, tariff=street.standard, own_user_group=True, valid_from=now())
    advance_all(now())
    assert (holder(), outcomes()) == (None, {"Visser": "closed"})


def test_only_who_may_charge_there_joins_and_only_at_an_occupied_point(street):
    assert refusal(join, street.bakker, street.market, now()) == "no_access"
    assert refusal(join, street.olsen, street.market, now()) == "not_here"
    assert refusal(join, street.jansen, street.market, now()) == "charges_there"
    free(street)
    assert refusal(join, street.visser, street.market, now()) == "not_occupied"
    assert not QueueEntry.objects.exists()


def test_a_customer_stands_once_in_a_queue(street):
    assert join(street.visser, street.market, now()) == join(street.visser, street.market, now())
    assert QueueEntry.objects.count() == 1


def test_a_driver_without_a_card_does_not_queue(street):
    cardless = make.CustomerFactory(user_group=street.north)
    assert refusal(join, cardless, street.market, now()) == "no_access"


# Telling


def deliver():
    for pk in QueueMail.objects.order_by("pk").values_list("pk", flat=True):
        send(pk)


def test_who_charges_is_told_once_that_somebody_waits_and_by_no_name(street):
    ask_to_free_up(street.visser, street.market, now())
    join(street.visser, street.market, now())
    join(street.smit, street.market, now())
    deliver()
    deliver()
    [letter] = mail.outbox
    assert letter.to == ["jansen@example.org"]
    assert "Visser" not in letter.body and "Smit" not in letter.body


def test_whose_turn_it_is_is_told_once_in_their_language(street):
    Customer.objects.filter(pk=street.visser.pk).update(language="nl")
    join(street.visser, street.market, now())
    free(street)
    advance_all(now())
    deliver()
    deliver()
    [turn] = [each for each in mail.outbox if each.to == ["visser@example.org"]]
    assert "aan de beurt" in turn.subject


def test_a_mail_that_comes_too_late_is_withdrawn(street):
    join(street.visser, street.market, now())
    free(street)
    with time_machine.travel(now() + timedelta(minutes=16)):
        deliver()
    assert mail.outbox == []
    assert set(QueueMail.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_a_mail_whose_worker_was_killed_is_not_mailed_again(street):
    join(street.visser, street.market, now())
    QueueMail.objects.update(state=QueueMail.State.HANDED_OVER)
    deliver()
    assert mail.outbox == []


# One slot, one driver


@pytest.mark.django_db(transaction=True)
def test_two_who_look_at_once_give_one_hold(street):
    join(street.visser, street.market, now())
    join(street.smit, street.market, now())
    stop(street.market, street.running)
    street.market.connector_states.update(state="available")
    barrier = threading.Barrier(4)

    def look():
        barrier.wait()
        advance(street.market.pk, now())
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert Hold.objects.get().customer == street.visser
    assert QueueMail.objects.filter(kind="turn").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_drivers_who_join_at_once_stand_one_behind_the_other(street):
    barrier = threading.Barrier(2)

    def enter(customer):
        barrier.wait()
        join(customer, street.market, now())
        connection.close()

    threads = [threading.Thread(target=enter, args=[each]) for each in (street.visser, street.smit)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    first = QueueEntry.objects.filter(left_at=None).first()
    free(street)
    assert Hold.objects.get().customer == first.customer
    begin_charging(first.customer_id, street.market.pk, now())
    assert QueueEntry.objects.filter(left_at=None).count() == 1
