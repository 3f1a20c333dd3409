"""Reports of states: three statements each, and a signal exactly where the state of the whole charge point changes."""

import random
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chargepoints.models import ChargePoint
from gateway.models import ConnectorState, Device
from gateway.signals import point_state_changed
from gateway.state_reports import report_state
from gateway.states import point_state
from tests.social.conftest import connect

pytestmark = pytest.mark.django_db
STATES = ("available", "occupied", "charging", "unavailable", "faulted")


@contextmanager
def announced():
    """The states that the signal told of, before and after."""
    told = []

    def listen(before, after, **_):
        told.append((before, after))

    point_state_changed.connect(listen, sender=ChargePoint)
    try:
        yield told
    finally:
        point_state_changed.disconnect(listen, sender=ChargePoint)


def report(point, evse, state, at=None):
    report_state(point.pk, evse, 1, state, state.capitalize(), at or timezone.now())


def test_a_state_costs_three_statements(world):
    connect(world.market)
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            report(world.market, 1, "charging")
    assert len([each for each in queries if "SAVEPOINT" not in each["sql"]]) == 3


def test_every_change_of_the_whole_point_is_announced_and_nothing_else(world):
    connect(world.market)
    chance, was = random.Random(11), point_state(world.market.pk).state
    with announced() as told:
        for _ in range(60):
            report(world.market, chance.choice((0, 1, 2)), chance.choice(STATES))
            now = point_state(world.market.pk).state
            assert told == ([(was, now)] if was != now else [])
            told.clear()
            was = now


def test_since_stays_while_the_state_does(world):
    connect(world.market)
    first = timezone.now() - timedelta(minutes=9)
    report(world.market, 1, "charging", first)
    report(world.market, 1, "charging")
    row = ConnectorState.objects.get()
    assert (row.since, row.reported_at > first) == (first, True)
    report(world.market, 1, "faulted")
    assert ConnectorState.objects.get().since > first


def test_of_a_device_that_is_offline_a_late_report_is_kept_and_not_announced(world):
    connect(world.market)
    Device.objects.update(connection=None)
    with announced() as told:
        report(world.market, 1, "charging")
    assert (told, ConnectorState.objects.get().state) == ([], "charging")
