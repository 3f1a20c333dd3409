"""Commands to devices: asked for in one process, sent by the one that holds the connection, answered or not."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from evcnet.errors import DomainError
from gateway import commands
from gateway.models import DeviceCommand
from gateway.server import connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def device(market):
    device = market.connect()
    device.boot()
    return device


def outcome(command):
    command.refresh_from_db()
    return command.state, command.outcome


def carried_out(market, device, kind, **parameters):
    """The command, after a round of the gateway, with what the device heard."""
    command = commands.ask(market.point, kind, None, **parameters)
    market.gateway.round()
    heard = device.receive()
    device.answer(heard)
    for _ in range(50):
        if outcome(command)[0] in ("answered", "failed"):
            break
        threading.Event().wait(0.1)
    return command, heard[2:]


def test_a_command_reaches_the_device_and_its_answer_is_kept(market, device):
    device.answers = {"Reset": {"status": "Accepted"}, "UnlockConnector": {"status": "UnlockFailed"},
                      "RemoteStopTransaction": {"status": "Rejected"},
                      "RemoteStartTransaction": {"status": "Accepted"}}  # fmt: skip
    command, heard = carried_out(market, device, "reset")
    assert (heard, outcome(command)) == (["Reset", {"type": "Soft"}], ("answered", "Accepted"))
    command, heard = carried_out(market, device, "unlock", evse=2)
    assert (heard, outcome(command)) == (["UnlockConnector", {"connectorId": 2}], ("answered", "UnlockFailed"))
    command, heard = carried_out(market, device, "remote_stop", transaction="7")
    assert (heard, outcome(command)) == (["RemoteStopTransaction", {"transactionId": 7}], ("answered", "Rejected"))
    command, heard = carried_out(market, device, "remote_start", uid="04DE01", evse="2")
    assert heard == ["RemoteStartTransaction", {"idTag": "04DE01", "connectorId": 2}]


def test_a_station_of_2_0_1_gets_them_in_its_words(market):
    device = market.connect("ocpp2.0.1")
    device.call("BootNotification", chargingStation={"vendorName": "a", "model": "b"}, reason="PowerUp")
    device.answers = {"Reset": {"status": "Scheduled"}, "RequestStopTransaction": {"status": "Accepted"},
                      "RequestStartTransaction": {"status": "Accepted"}}  # fmt: skip
    command, heard = carried_out(market, device, "reset")
    assert (heard, outcome(command)) == (["Reset", {"type": "OnIdle"}], ("answered", "Scheduled"))
    command, heard = carried_out(market, device, "remote_stop", transaction="T1")
    assert heard == ["RequestStopTransaction", {"transactionId": "T1"}]
    command, heard = carried_out(market, device, "remote_start", uid="04DE01")
    assert heard[0] == "RequestStartTransaction" and heard[1]["idToken"]["idToken"] == "04DE01"


def test_a_device_that_does_not_answer_is_said_to_be_silent(market, device, monkeypatch):
    market.gateway.gateway.connections[market.point.pk]._response_timeout = 0.2
    command, _ = carried_out(market, device, "reset")
    assert outcome(command) == ("failed", "The device did not answer within 30 seconds.")
    assert connection.ANSWER_WITHIN == 30
    assert device.boot() == "Accepted"


def test_a_device_that_is_not_connected_gets_no_command(world):
    with pytest.raises(DomainError, match="not connected"):
        commands.ask(world.market, "reset", None)
    assert not DeviceCommand.objects.exists()


def test_a_command_is_taken_by_one_process_only_and_by_the_one_that_holds_the_connection(market, device, gateways):
    other = gateways()
    command = commands.ask(market.point, "reset", None)
    other.round()
    assert outcome(command)[0] == "queued"
    assert [row.pk for row in commands.take([market.point.pk])] == [command.pk]
    assert commands.take([market.point.pk]) == []


def test_a_command_that_nobody_takes_expires(market, device):
    command = commands.ask(market.point, "reset", None)
    DeviceCommand.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert commands.take([market.point.pk]) == []
    assert outcome(command) == ("failed", commands.NOT_TAKEN)
