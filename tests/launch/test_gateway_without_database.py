"""PostgreSQL is stopped while devices speak to a gateway process: they get an error, and what they send again counts once."""

from __future__ import annotations

import json
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest
from websockets.exceptions import InvalidStatus

from tests.gateway.conftest import Device, Refusal
from tests.launch.production import environment, running, until
from tests.launch.test_portal import free_port

AWAY = 4
"""Seconds."""
SEED = """
import django; django.setup()
from gateway.devices import set_password
from tests import factories as make
users = make.UserGroupFactory()
tariff = make.TariffFactory(provider=users.provider)
group = make.ChargeGroupFactory(user_group=users, terms={"tariff": tariff, "own_user_group": True})
make.ChargeCardFactory(customer=make.CustomerFactory(user_group=users), uid="04AA11")
print(set_password(make.ChargePointFactory(charge_group=group, identity="NLGRGE0001")))
"""
COUNT = """
import django; django.setup()
import json
from chargepoints.models import Session
from gateway.models import Message, Transaction
print(json.dumps({
    "sessions": [[str(row.kwh), row.ratings.count()] for row in Session.objects.order_by("started_at")],
    "open": Transaction.objects.filter(session=None).count(),
    "messages": Message.objects.filter(action="StopTransaction", kind="call").count(),
}))
"""


@pytest.fixture
def server(migrated_var, cluster, python):
    """A PostgreSQL of this test alone, migrated; ``run`` is a script on it, and gives back what it printed."""
    cluster.ensure_up()
    cluster.environment = {"DATABASE_URL": f"postgres:///{cluster.socket_folder}/evcnet", "PGUSER": "evcnet"}

    def run(*arguments):
        process = python(*arguments, **cluster.environment)
        out, err = process.communicate()
        assert process.returncode == 0, err
        return out.strip()

    cluster.run = run
    return cluster


@pytest.fixture
def port(server, var):
    port = free_port()
    with running("evcnet-gateway", environment(var, OCPP_PORT=str(port), **server.environment)):
        until(lambda: is_listening(port))
        yield port


def is_listening(port):
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def refusal(work, *args):
    with pytest.raises(Refusal) as refused:
        work(*args)
    return refused.value.code


@pytest.mark.slow
def test_devices_go_on_once_postgresql_is_back_and_no_transaction_is_lost_or_doubled(server, port):
    password = server.run("-c", SEED)
    device = Device(port, "NLGRGE0001", password)
    assert device.boot() == "Accepted"
    begun = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    code = device.start("04AA11", begun)["transactionId"]

    server.stop()
    end = time.monotonic() + AWAY
    ended, queued = begun + timedelta(minutes=20), begun + timedelta(minutes=30)
    while True:
        assert refusal(device.stop, code, ended, 5_000) == "InternalError"
        assert refusal(device.start, "04AA11", queued, 5_000) == "InternalError"
        assert refusal(device.call, "Authorize") != "InternalError", "what is wrong in itself needs no database"
        with pytest.raises(InvalidStatus) as refused:
            Device(port, "NLGRGE0001", password)
        assert refused.value.response.status_code == 503
        if time.monotonic() > end:
            break
        time.sleep(0.5)
    assert "currentTime" in device.call("Heartbeat")

    server.ensure_up()
    for _ in range(2):
        device.stop(code, ended, 5_000)
        (later,) = {device.start("04AA11", queued, 5_000)["transactionId"] for _ in range(2)}
    device.stop(later, queued + timedelta(minutes=10), 7_000)
    device.close()
    time.sleep(2)  # the message log is written every second
    counts = json.loads(server.run("-c", COUNT))
    assert counts["sessions"] == [["5.0000", 1], ["2.0000", 1]]
    assert counts["open"] == 0 and counts["messages"] >= 5
