"""Bad input and bad luck: what devices send that is no OCPP, too much of it, a database that is away, a gateway that is killed."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from chargepoints.models import Session
from gateway import devices
from gateway.message_log import MessageLog, keep_days
from gateway.models import Device as DeviceRow
from gateway.models import Message, Transaction
from gateway.server import gateway as gateway_module
from tests.gateway.conftest import Device, Refusal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def device(market):
    device = market.connect()
    device.boot()
    return device


@pytest.mark.parametrize(
    "broken", ["{", "[]", "42", "null", "[2]", '[2,"1","Heartbeat"]', '[9,"1","x",{}]', "[" * 100_000, '"\\ud800"']
)
def test_what_is_no_ocpp_is_answered_with_an_error_and_the_connection_goes_on(device, broken):
    device.send(broken)
    answer = device.receive()
    assert (answer[0], answer[1]) == (4, "-1")
    assert device.boot() == "Accepted"


def test_two_threads_that_write_messages_at_once_write_each_of_them_once(world):
    log = MessageLog()
    for number in range(300):
        log.keep(world.market.pk, "in", "call", "Heartbeat", str(number), {})

    def flush():
        try:
            return log.flush()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        counts = [future.result() for future in [threads.submit(flush) for _ in range(2)]]
    assert sorted(counts) == [0, 300]
    assert Message.objects.count() == 300


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ([2, "1", "NoSuchAction", {}], "NotSupported"),
        ([2, "1", "GetConfiguration", {}], "NotImplemented"),
        ([2, "1", "Authorize", {}], "ProtocolError"),
        ([2, "1", "Authorize", {"idTag": 5}], "TypeConstraintViolation"),
        ([2, "1", "Authorize", {"idTag": "x" * 21}], "TypeConstraintViolation"),
        ([2, "1", "Heartbeat", {"more": 1}], "FormationViolation"),
        ([2, "1", "Authorize", []], "TypeConstraintViolation"),
        ([2, "1", ["Authorize"], {}], "InternalError"),
        (
            [2, "1", "StartTransaction", {"connectorId": 1, "idTag": "x", "meterStart": 0, "timestamp": "yesterday"}],
            "PropertyConstraintViolation",
        ),
    ],
)
def test_calls_that_make_no_sense_are_refused_in_words_of_ocpp(device, call, code):
    device.send(call)
    answer = device.receive()
    assert (answer[0], answer[1], answer[2]) == (4, "1", code)
    assert device.boot() == "Accepted"


def test_a_card_with_signs_that_no_database_takes_is_only_unknown(device):
    assert device.call("Authorize", idTag="04\x00AA")["idTagInfo"]["status"] == "Invalid"


def test_a_frame_of_ten_megabytes_ends_the_connection_and_nothing_else(market, device):
    device.send("x" * 10_000_000)
    with pytest.raises(ConnectionClosed):
        device.receive()
    assert market.connect().boot() == "Accepted"


def test_a_device_that_sends_nothing_but_nonsense_is_cut_off(device):
    with pytest.raises(ConnectionClosed):
        for _ in range(30):
            device.send("nonsense")
            device.receive()


def test_a_flood_is_slowed_down_while_others_are_answered(world, market, device):
    other = Device(market.gateway.port, "NEW-1")
    for number in range(1_000):
        device.send([2, str(number), "Heartbeat", {}])
    assert other.boot() == "Rejected"
    answered = 0
    with pytest.raises(TimeoutError):
        while True:
            device.receive(timeout=0.03)
            answered += 1
    assert 100 < answered < 400


def test_while_the_database_is_away_devices_get_an_error_and_what_they_send_again_counts_once(
    market, device, monkeypatch
):
    begun = timezone.now().replace(microsecond=0)
    code = device.start("04AA11", begun)["transactionId"]

    def away(*_):
        raise OperationalError("the server has gone")

    with monkeypatch.context() as patched:
        patched.setattr(gateway_module, "_with_database", away)
        for _ in range(2):
            with pytest.raises(Refusal, match="InternalError"):
                device.stop(code, begun + timedelta(minutes=3), 5000)
        with pytest.raises(Refusal, match="InternalError"):
            device.call("Authorize", idTag="04AA11")
    device.stop(code, begun + timedelta(minutes=3), 5000)
    device.stop(code, begun + timedelta(minutes=3), 5000)
    assert Session.objects.get().ratings.count() == 1


def test_a_transaction_outlives_the_gateway_that_was_killed(market, gateways, device):
    begun = timezone.now().replace(microsecond=0)
    code = device.start("04AA11", begun)["transactionId"]
    market.gateway.kill()
    with pytest.raises(ConnectionClosed):
        device.boot()
    assert Transaction.objects.get().session is None
    again = market.connect(to=gateways())
    again.boot()
    assert again.start("04AA11", begun)["transactionId"] == code
    again.stop(code, begun + timedelta(minutes=3), 5000)
    assert Session.objects.get().kwh == 5


def test_the_devices_of_a_gateway_that_was_killed_are_offline_after_a_while(market, device):
    market.gateway.round()
    market.gateway.kill()
    now = timezone.now()
    assert devices.close_lost_connections(now) == 0
    assert DeviceRow.objects.get().is_connected
    assert devices.close_lost_connections(now + timedelta(seconds=30)) == 1
    assert not DeviceRow.objects.get().is_connected


def test_a_gateway_that_ends_leaves_its_devices_offline(market, device):
    market.gateway.stop()
    assert not DeviceRow.objects.get().is_connected


def test_messages_are_kept_without_uids_and_for_seven_days(market, device):
    device.call("Authorize", idTag="04AA11")
    device.start("04AA11", timezone.now())
    market.gateway.round()
    rows = list(Message.objects.filter(charge_point=market.point).order_by("id"))
    assert [(row.direction, row.kind, row.action) for row in rows][:4] == [
        ("in", "call", "BootNotification"),
        ("out", "result", "BootNotification"),
        ("in", "call", "Authorize"),
        ("out", "result", "Authorize"),
    ]
    assert "04AA11" not in json.dumps([row.payload for row in rows])
    now = timezone.now()
    keep_days(now + timedelta(days=7))
    assert Message.objects.exists()
    keep_days(now + timedelta(days=8))
    assert not Message.objects.exists()
    keep_days(now)
