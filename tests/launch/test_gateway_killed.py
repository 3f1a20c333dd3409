"""A gateway process that the system kills in mid-transaction: what it answered stays, and what it did not is sent again."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from chargepoints.models import Session
from gateway.devices import set_password
from gateway.models import Transaction
from tests.gateway.conftest import Device
from tests.launch.production import environment, running, until
from tests.launch.test_gateway_without_database import is_listening
from tests.launch.test_portal import free_port

pytestmark = pytest.mark.django_db(transaction=True)


def test_transactions_of_devices_outlive_a_gateway_that_is_killed_while_it_ends_them(world, var):
    password, port = set_password(world.market), free_port()
    env = environment(var, OCPP_PORT=str(port))
    begun = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    codes, meter = [], 0
    for seconds in (0.0, 0.05):
        with running("evcnet-gateway", env) as process:
            until(lambda: is_listening(port))
            device = Device(port, world.market.identity, password)
            assert device.boot() == "Accepted"
            for code, end in codes:
                device.stop(code, end, meter)
            begun += timedelta(minutes=20)
            codes.append((device.start("04AA11", begun, meter)["transactionId"], begun + timedelta(minutes=10)))
            meter += 5_000
            end = {"meterStop": meter, "timestamp": codes[-1][1].isoformat()}
            device.send([2, "end", "StopTransaction", {"transactionId": codes[-1][0], **end}])
            time.sleep(seconds)
            process.kill()
            with contextlib.suppress(ConnectionClosed):
                device.close()
    with running("evcnet-gateway", env):
        until(lambda: is_listening(port))
        device = Device(port, world.market.identity, password)
        device.boot()
        for _ in range(2):
            device.stop(codes[-1][0], codes[-1][1], meter)
        device.close()
    assert [(row.kwh, row.ratings.count()) for row in Session.objects.order_by("started_at")] == [(5, 1), (5, 1)]
    assert not Transaction.objects.filter(session=None).exists()
