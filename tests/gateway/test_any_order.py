"""Property: whatever order messages, repetitions, lost answers, reconnects and kills come in, every transaction is one session."""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from chargepoints.models import Rating, Session
from gateway import transactions
from gateway.meter import Reading
from gateway.models import MeterReading, Transaction
from tests.gateway.conftest import Refusal

MINUTE = timedelta(minutes=1)


@dataclass
class Reported:
    """A transaction as the device lived it: it sends each message until it is answered, in order, the last ones perhaps again."""

    number: int
    evse: int
    begun: datetime
    readings: list[int]
    code: str | None
    again: list[int] = field(default_factory=list)

    @property
    def start(self) -> transactions.Start:
        return transactions.Start(0, "04AA11", self.begun, self.evse, Decimal(self.number * 10_000), self.code)

    def meter(self, minute: int) -> Decimal:
        return Decimal(self.number * 10_000 + 100 * minute)


REPORTED = st.lists(
    st.tuples(st.integers(1, 3), st.lists(st.integers(1, 9), max_size=3, unique=True), st.booleans(), st.booleans()),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(drawn=REPORTED, seed=st.integers(0, 10**6))
def test_every_transaction_that_a_device_reported_is_one_session_rated_once(world, drawn, seed):
    _clear()
    chance, now = random.Random(seed), timezone.now().replace(microsecond=0)
    begin_at = now - timedelta(hours=3)
    for number, (evse, minutes, has_code, crash) in enumerate(drawn):
        code = f"T{number}" if has_code else None
        row = Reported(number, evse, begin_at + number * 15 * MINUTE, sorted(minutes), code)
        _live(world.market.pk, row, chance, crash)
    sessions = Session.objects.all()
    assert sessions.count() == len(drawn)
    assert Rating.objects.count() == len(drawn)
    assert {session.kwh for session in sessions} == {Decimal(1)}
    assert not Transaction.objects.filter(session=None).exists()
    assert not MeterReading.objects.exists()


def _live(point: int, reported: Reported, chance: random.Random, crash: bool) -> None:
    """Every message is sent once or several times; one that the database lost half-way is sent again."""
    start = reported.start
    start = transactions.Start(point, start.uid, start.at, start.evse, start.meter, start.code)
    codes = {_lossy(lambda: transactions.begin(start)[0].code, crash) for _ in range(chance.randint(1, 3))}
    (code,) = codes
    for minute in reported.readings:
        reading = Reading(reported.begun + minute * MINUTE, reported.meter(minute))
        for _ in range(chance.randint(1, 2)):
            transactions.read_meter(point, code, [reading])
    end = transactions.End(point, code, reported.begun + 10 * MINUTE, reported.meter(10))
    for _ in range(chance.randint(1, 3)):
        _lossy(lambda: transactions.end(end), crash)
        if chance.random() < 0.5:
            assert transactions.begin(start)[0].code == code


class Killed(Exception):
    """The process is gone."""


def _lossy(work, crash):
    """With ``crash``, once half-way: what the process had written and not committed is gone, and it is asked again."""
    if crash:
        with contextlib.suppress(Killed), transaction.atomic():
            work()
            raise Killed
    return work()


def _clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE gateway_meterreading, gateway_transaction, chargepoints_rating, chargepoints_session CASCADE"
        )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_device_whose_gateway_is_killed_again_and_again_loses_nothing(world, market, gateways, seed):
    """Over the wire: the device queues what was not answered and sends it to whichever gateway it finds."""
    chance, running = random.Random(seed), [market.gateway]
    device = [market.connect(to=running[0])]
    device[0].boot()

    def until_answered(work):
        while True:
            if chance.random() < 0.25:
                running[0].kill()
                running[0] = gateways()
            try:
                return work(device[0])
            except (ConnectionClosed, Refusal, OSError):
                device[0] = market.connect(to=running[0])

    begun = timezone.now().replace(microsecond=0) - timedelta(hours=2)
    for number in range(5):
        at, meter = begun + number * 10 * MINUTE, number * 1_000
        code = until_answered(lambda it, at=at, meter=meter: it.start("04AA11", at, meter))["transactionId"]
        until_answered(lambda it, at=at, meter=meter, code=code: it.read(code, at + 4 * MINUTE, meter + 400))
        for _ in range(chance.randint(1, 2)):
            until_answered(lambda it, at=at, meter=meter, code=code: it.stop(code, at + 8 * MINUTE, meter + 1_000))
    assert sorted(Session.objects.values_list("kwh", flat=True)) == [Decimal(1)] * 5
    assert Rating.objects.count() == 5
    assert not Transaction.objects.filter(session=None).exists()
