"""Who may connect, and what a device is told at its boot."""

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chargepoints import attach_detach
from gateway.devices import set_password
from gateway.models import Device as DeviceRow
from gateway.models import UnknownDevice
from tests import factories as make
from tests.gateway.conftest import Device, Refusal

pytestmark = pytest.mark.django_db(transaction=True)


def status_of(port, *args, **kwargs):
    with pytest.raises(InvalidStatus) as refused:
        Device(port, *args, **kwargs)
    return refused.value.response.status_code


def test_an_active_point_with_group_and_location_is_accepted(market):
    assert market.connect().boot() == "Accepted"
    row = DeviceRow.objects.get(charge_point=market.point)
    assert (row.registration, row.vendor, row.model, row.protocol) == ("accepted", "Acme", "One", "ocpp1.6")
    assert row.is_connected


@pytest.mark.parametrize("status", ["inactive", "out_of_service"])
def test_a_point_that_is_not_active_is_pending_and_its_row_says_why(market, status):
    type(market.point).objects.filter(pk=market.point.pk).update(status=status)
    assert market.connect().boot() == "Pending"
    row = DeviceRow.objects.get(charge_point=market.point)
    assert row.registration == "pending"
    assert "activate it" in row.registration_reason


def test_a_point_without_a_group_is_pending_until_it_has_one(world, market):
    attach_detach.detach([market.point])
    device = market.connect()
    assert device.boot() == "Pending"
    assert "charge group" in DeviceRow.objects.get(charge_point=market.point).registration_reason
    attach_detach.attach([market.point], world.leusden)
    attach_detach.activate([market.point])
    assert device.boot() == "Accepted"


def test_a_wrong_password_another_identitys_and_none_are_refused_and_nothing_is_kept(world, market):
    other = make.ChargePointFactory(charge_group=world.leusden, identity="NLGRGE0002")
    others = set_password(other)
    port, identity = market.gateway.port, market.point.identity
    assert status_of(port, identity, "wrong-password") == 401
    assert status_of(port, identity) == 401
    assert status_of(port, identity, others, user=other.identity) == 401
    assert status_of(port, identity, others) == 401
    assert status_of(port, other.identity, others, user=identity) == 401
    assert not DeviceRow.objects.filter(connection__isnull=False).exists()
    assert not UnknownDevice.objects.exists()


def test_a_known_point_without_a_password_lets_nobody_in(world, gateway):
    assert status_of(gateway.port, world.market.identity) == 401
    assert status_of(gateway.port, world.market.identity, "x") == 401


def test_the_eleventh_wrong_password_in_a_minute_is_not_looked_at(market):
    for _ in range(10):
        assert status_of(market.gateway.port, market.point.identity, "wrong") == 401
    assert status_of(market.gateway.port, market.point.identity, "wrong") == 429


def test_an_identity_in_other_letter_case_is_the_same_device(market):
    identity = market.point.identity.lower()
    assert Device(market.gateway.port, identity, market.password).boot() == "Accepted"


def test_a_new_password_makes_the_old_one_worthless(market):
    new = set_password(market.point)
    assert status_of(market.gateway.port, market.point.identity, market.password) == 401
    assert Device(market.gateway.port, market.point.identity, new).boot() == "Accepted"
    assert (len(new), new.isalnum()) == (20, True)


def test_paths_that_hold_no_identity_are_not_found(gateway):
    assert status_of(gateway.port, "") == 404
    assert status_of(gateway.port, "a/b") == 404
    assert status_of(gateway.port, "%00") == 404
    assert status_of(gateway.port, "x" * 49) == 404


def test_a_device_without_a_version_of_ocpp_that_is_served_is_refused(world, gateway):
    assert status_of(gateway.port, "NEW-1", version="ocpp1.5") == 400


def test_an_unknown_identity_may_connect_is_rejected_and_knocks(world, gateway):
    device = Device(gateway.port, "NEW-1")
    assert device.boot() == "Rejected"
    assert device.boot() == "Rejected"
    row = UnknownDevice.objects.get()
    assert (row.identity, row.vendor, row.knocks, row.address, row.provider) == ("NEW-1", "Acme", 2, "127.0.0.1", None)


def test_an_unknown_device_writes_nothing_and_its_cards_are_not_taken(world, gateway):
    device = Device(gateway.port, "NEW-1")
    device.boot()
    assert device.call("Authorize", idTag="04AA11") == {"idTagInfo": {"status": "Invalid"}}
    for action, payload in {
        "StartTransaction": {"connectorId": 1, "idTag": "04AA11", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"},
        "StopTransaction": {"transactionId": 1, "meterStop": 0, "timestamp": "2026-01-01T00:00:00Z"},
    }.items():
        with pytest.raises(Refusal, match="SecurityError"):
            device.call(action, **payload)
    device.state("Available")
    assert not DeviceRow.objects.exists()


def test_an_identity_that_begins_like_a_provider_is_shown_to_that_provider_alone(world, gateway):
    Device(gateway.port, "NL*GRG*E77").boot()
    Device(gateway.port, "NEW-1").boot()
    assert UnknownDevice.objects.get(identity="NL*GRG*E77").provider == world.greengrid
    seen = {login.name: set(UnknownDevice.objects.visible_to(login).values_list("identity", flat=True))
            for login in (world.anna, world.otto, world.hugo)}  # fmt: skip
    assert seen == {"Anna": {"NL*GRG*E77", "NEW-1"}, "Otto": {"NEW-1"}, "Hugo": set()}


def test_ten_new_ones_a_minute_of_an_address_are_kept_and_a_thousand_in_all(world, gateway):
    for number in range(12):
        device = Device(gateway.port, f"NEW-{number}")
        assert device.boot() == "Rejected"
        device.close()
    assert UnknownDevice.objects.count() == 10
    UnknownDevice.objects.all().delete()
    UnknownDevice.objects.bulk_create(UnknownDevice(identity=f"OLD-{number}") for number in range(1000))
    oldest = UnknownDevice.objects.order_by("last_at", "pk").first()
    Device(gateway.port, "NEWEST").boot()
    assert UnknownDevice.objects.count() == 1000
    assert not UnknownDevice.objects.filter(pk=oldest.pk).exists()


def test_a_device_that_has_become_known_must_come_back_with_its_password(world, gateway):
    device = Device(gateway.port, "NEW-1")
    device.boot()
    make.ChargePointFactory(charge_group=world.leusden, identity="NEW-1")
    with pytest.raises((Refusal, ConnectionClosed)):
        device.boot()
    with pytest.raises(ConnectionClosed):
        device.boot()


def test_a_second_connection_takes_the_place_of_the_first(market, gateways):
    first = market.connect()
    first.boot()
    second = market.connect(to=gateways())
    assert second.boot() == "Accepted"
    market.gateway.round()
    with pytest.raises(ConnectionClosed):
        first.boot()
    assert second.boot() == "Accepted"
    assert DeviceRow.objects.get(charge_point=market.point).is_connected
