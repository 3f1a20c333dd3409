"""Drivers of the demo: they form a queue at a simulated point, and come when it is their turn."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from chargepoints.authorization import authorize
from chargepoints.models import Hold
from devtools.management.commands.simulate_points import simulated_points
from devtools.simulator.drivers import LONGEST_QUEUE, Drivers
from socialcharging.models import QueueEntry
from tests import factories as make
from tests.social.test_queues import free, now

pytestmark = pytest.mark.django_db(transaction=True)


def run(work):
    """In a thread of its own: a browser of other tests may run a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_they_form_a_queue_that_does_not_grow_for_ever_and_come_in_turn(street):
    cards = [make.ChargeCardFactory(customer=make.CustomerFactory(user_group=street.north)) for _ in range(6)]
    drivers = Drivers(street.market, {card.uid: card.customer_id for card in cards})

    async def many_arrive():
        for _ in range(20):
            await drivers.arrive()

    run(many_arrive())
    assert QueueEntry.objects.filter(left_at=None).count() == LONGEST_QUEUE
    assert run(drivers.next_uid()) is None
    free(street)
    uid = run(drivers.next_uid())
    assert authorize(uid, street.market.identity, now()).verdict == "ALLOWED"
    assert Hold.objects.get(ended_at=None).customer_id == drivers.customers[uid]


def test_only_points_with_social_charging_have_drivers_who_wait(street, tmp_path, monkeypatch):
    monkeypatch.setattr("devtools.management.commands.simulate_points.PROVIDER", street.greengrid.code)
    monkeypatch.setattr("evcnet.var_dir.var", lambda: tmp_path)
    plain = make.ChargeGroupFactory(user_group=street.north, terms={"tariff": street.standard, "own_user_group": True})
    make.ChargePointFactory(charge_group=plain, identity="NLGRGE0009")
    waiting = {point.identity: point.drivers for point in simulated_points()}
    assert waiting["NLGRGE0009"] is None
    assert street.visser.pk in waiting[street.market.identity].customers.values()
