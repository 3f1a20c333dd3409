"""A simulated day of drivers and charge points, in which worker and gateway are killed at random; reproducible by its seed."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from chargepoints.models import Hold
from customers.models import Customer
from gateway.models import Transaction
from socialcharging.mailing import send
from socialcharging.models import QueueEntry, QueueMail
from socialcharging.queues import QueueRefusal, advance_all, ask_to_free_up, join, leave
from tests import factories as make
from tests.social.conftest import connect, make_social, say, start, stop

pytestmark = pytest.mark.django_db
DAY = datetime(2027, 11, 3, 6, tzinfo=UTC)
STEP = timedelta(minutes=5)


class Killed(BaseException):
    """The process is gone: no handler of an error sees it."""


class Day:
    """``kills``: one in so many steps of a process ends in the middle, and is done again by the next process."""

    def __init__(self, world, seed, drivers, points, step, kills=6):
        self.step = step
        self.random, self.kills, self.killed = random.Random(seed), kills, 0
        self.points = [make.ChargePointFactory(charge_group=world.leusden) for _ in range(points)]
        self.cards = [
            make.ChargeCardFactory(
                customer=make.CustomerFactory(user_group=world.north, email=f"driver{number}@example.org")
            )
            for number in range(drivers)
        ]
        self.idle = list(self.cards)
        self.running, self.comes, self.blocked, self.end = {}, {}, [], DAY
        for point in self.points:
            connect(point)
            say(point, "available")

    def run(self, steps):
        for step in range(steps):
            with time_machine.travel(DAY + step * self.step, tick=True):
                self._step()
        with time_machine.travel(DAY + steps * self.step + timedelta(hours=2), tick=True):
            self.end = timezone.now()
            advance_all(self.end)

    def _step(self):
        for point in self.points:
            self._end(point)
        for card in self.random.sample(self.idle, min(len(self.idle), 1 + len(self.cards) // 70)):
            self._arrive(card)
        self._come_to_holds()
        self._misfortunes()
        self._do(lambda: advance_all(timezone.now()))
        for pk in QueueMail.objects.filter(state="queued").values_list("pk", flat=True):
            self._do(lambda pk=pk: send(pk))

    def _do(self, action):
        """Do it in a process that may be killed at any statement; the next one does it again."""
        if self.random.randrange(self.kills) == 0:
            left = self.random.randrange(1, 25)

            def count(execute, sql, params, many, context):
                nonlocal left
                left -= 1
                if left == 0:
                    raise Killed
                return execute(sql, params, many, context)

            try:
                with connection.execute_wrapper(count):
                    return action()
            except Killed:
                self.killed += 1
        return action()

    def _whole(self, action):
        """A message of a device: kept whole or not at all, and sent again by the device."""

        def attempt():
            with transaction.atomic():
                return action()

        return self._do(attempt)

    def _end(self, point):
        running = self.running.get(point)
        if running is not None and timezone.now() >= running[1]:
            self._whole(lambda: stop(point, running[0]))
            self._whole(lambda: say(point, "available"))
            self.idle.append(running[2])
            del self.running[point]

    def _begin(self, point, card):
        begun, _ = self._whole(lambda: start(point, card, code=f"{point.pk}-{timezone.now():%d%H%M}"))
        begun.refresh_from_db()
        minutes = self.random.randrange(20, 120)
        self.running[point] = (begun, timezone.now() + timedelta(minutes=minutes), card)
        self.idle.remove(card)
        self._whole(lambda: say(point, "charging"))

    def _arrive(self, card):
        if card.customer_id in self.blocked:
            return
        point = self.random.choice(self.points)
        held = Hold.objects.filter(charge_point=point, ended_at=None).exists()
        if point not in self.running and not held:
            self._begin(point, card)
            return
        try:
            if self.random.randrange(3) == 0:
                self._do(lambda: ask_to_free_up(card.customer, point, timezone.now()))
            self._do(lambda: join(card.customer, point, timezone.now()))
        except QueueRefusal:
            pass

    def _come_to_holds(self):
        for hold in Hold.objects.filter(ended_at=None).select_related("charge_point", "customer"):
            at = self.comes.setdefault(hold.pk, hold.begins_at + self.random.randrange(0, 22) * timedelta(minutes=1))
            card = next(each for each in self.cards if each.customer_id == hold.customer_id)
            if at <= timezone.now() < hold.until and card in self.idle and hold.charge_point not in self.running:
                self._begin(hold.charge_point, card)

    def _misfortunes(self):
        waiting = list(QueueEntry.objects.filter(left_at=None).select_related("customer", "charge_point"))
        if waiting and self.random.randrange(4) == 0:
            entry = self.random.choice(waiting)
            self._do(lambda: leave(entry.customer, entry.charge_point, timezone.now()))
        if waiting and self.random.randrange(6) == 0:
            entry = self.random.choice(waiting)
            Customer.objects.filter(pk=entry.customer_id).update(status="blocked")
            self.blocked.append(entry.customer_id)


def check(day):
    holds = list(Hold.objects.order_by("begins_at", "pk"))
    assert [hold for hold in holds if (hold.ended_at or day.end) > hold.until] == [], "outlived its time"
    for point in day.points:
        of_point = [hold for hold in holds if hold.charge_point_id == point.pk]
        for earlier, later in pairwise(of_point):
            assert earlier.ended_at is not None and later.begins_at >= earlier.ended_at
    for hold in holds:
        entries = QueueEntry.objects.filter(charge_point=hold.charge_point, joined_at__lte=hold.begins_at)
        still = Q(left_at=None) | Q(left_at__gt=hold.begins_at)
        mine = entries.filter(still | Q(left_at=hold.begins_at), customer=hold.customer).get()
        ahead = entries.filter(still, pk__lt=mine.pk)
        assert [entry for entry in ahead if entry.customer_id not in day.blocked] == [], "served out of turn"
    for begun in Transaction.objects.filter(verdict="ALLOWED"):
        of_others = Hold.objects.filter(charge_point=begun.charge_point).exclude(customer=begun.customer)
        at = begun.last_message_at if begun.session_id is None else begun.started_at + timedelta(seconds=1)
        assert not of_others.filter(begins_at__lt=begun.started_at, ended_at__gt=at).exists()
    sent = [each.extra_headers["Message-ID"] for each in mail.outbox]
    assert len(sent) == len(set(sent)), "told twice"
    return {
        "holds": len(holds), "entries": QueueEntry.objects.count(), "mails": len(sent), "kills": day.killed,
        "sessions": Transaction.objects.count(),
    }  # fmt: skip


def simulate(world, seed, drivers, points, steps, step=STEP):
    make_social(world)
    day = Day(world, seed, drivers, points, step)
    day.run(steps)
    return check(day)


def test_two_hours_of_twenty_drivers_at_two_points(world):
    counts = simulate(world, seed=7, drivers=20, points=2, steps=36)
    assert counts["holds"] > 1 and counts["kills"] > 5 and counts["mails"] > 1


@pytest.mark.slow
def test_a_day_of_two_hundred_drivers_at_twenty_points(world):
    """From six in the morning to ten at night, when people charge."""
    counts = simulate(world, seed=2026, drivers=200, points=20, steps=96, step=2 * STEP)
    assert counts["holds"] > 30 and counts["kills"] > 60 and counts["mails"] > 30, counts
