"""A partner starts and ends sessions of its own tokens where it may charge, through the gateway."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from chargepoints.models import ChargePoint, Location
from gateway.models import Device, DeviceCommand, GatewayProcess, Transaction
from gateway.transactions import Start, begin
from roaming.models import PartnerConnection, PartnerToken
from roaming.ocpi.tasks import NotAnsweredYet, tell_result_of_command
from tests import factories as make
from tests.roaming.ocpi.conftest import connected
from tests.roaming.ocpi.test_tokens import token

pytestmark = pytest.mark.django_db
COMMANDS = "/ocpi/2.2.1/commands"


@pytest.fixture
def device(roaming_world, partner_server):
    """The plaza's device is connected, and the partner has a server."""
    process = GatewayProcess.objects.create(id=uuid.uuid4())
    now = timezone.now()
    return Device.objects.create(
        charge_point=roaming_world.plaza, process=process, connection=uuid.uuid4(), connected_at=now
    )


def start(world, partner_server, **columns):
    sent = {
        "response_url": partner_server.url("/answer/1"),
        "token": token("04DE09", type="APP_USER"),
        "location_id": world.plaza.location.code,
        "evse_uid": "NLGRGE0100",
        "connector_id": "1",
    }
    return world.emp.ask("POST", f"{COMMANDS}/START_SESSION", sent | columns)


def test_a_start_is_sent_to_the_device_and_its_answer_goes_back(roaming_world, device, partner_server):
    w = roaming_world
    answer = start(w, partner_server)
    assert (answer.http, answer.data) == (200, {"result": "ACCEPTED", "timeout": 60})
    command = DeviceCommand.objects.get()
    assert (command.kind, command.parameters) == ("remote_start", {"uid": "04DE09", "evse": "1"})
    assert PartnerToken.objects.get(uid="04DE09").partner == w.partner
    asking = PartnerConnection.objects.get(partner=w.partner)
    with pytest.raises(NotAnsweredYet):
        tell_result_of_command(command.pk, asking.pk, partner_server.url("/answer/1"))
    for state, outcome, result in (
        ("answered", "Accepted", "ACCEPTED"),
        ("answered", "Rejected", "REJECTED"),
        ("failed", "", "FAILED"),
    ):
        DeviceCommand.objects.update(state=state, outcome=outcome, answered_at=timezone.now())
        tell_result_of_command(command.pk, asking.pk, partner_server.url("/answer/1"))
        assert partner_server.asked[-1]["body"] == {"result": result}
    DeviceCommand.objects.update(answered_at=None, created_at=timezone.now() - timedelta(minutes=5))
    tell_result_of_command(command.pk, asking.pk, partner_server.url("/answer/1"))
    assert partner_server.asked[-1]["body"] == {"result": "TIMEOUT"}


def test_what_the_partner_may_not_start_is_refused_and_nothing_sent(roaming_world, device, partner_server):
    w = roaming_world
    assert start(w, partner_server, token=token("04DE09", valid=False)).data["result"] == "REJECTED"
    assert start(w, partner_server, token=token("04AA11")).data["result"] == "REJECTED"
    assert (
        start(w, partner_server, evse_uid="NLGRGE0001").http,
        start(w, partner_server, location_id="x").status_code,
    ) == (404, 2003)
    for wrong in ({"token": token(party_id="ODD")}, {"token": 7}, {"response_url": "ftp://x"}, {"response_url": 7}):
        assert start(w, partner_server, **wrong).status_code == 2001, wrong
    Location.objects.update(published=False)
    assert start(w, partner_server).http == 404
    assert not DeviceCommand.objects.exists()


def test_where_a_location_has_one_evse_it_need_not_be_named(roaming_world, device, partner_server):
    w = roaming_world
    second = connected(make.ChargePointFactory(charge_group=w.street, location=w.plaza.location))
    unnamed = start(w, partner_server, evse_uid=None)
    assert (unnamed.http, unnamed.status_code) == (400, 2002) and not DeviceCommand.objects.exists()
    make.TermsFactory(charge_group=w.leusden, tariff=w.standard, valid_from=make.LONG_AGO.replace(year=2021))
    ChargePoint.objects.filter(pk=second.pk).update(
        charge_group=w.leusden
    )  # where roaming is off: the partner sees one
    assert start(w, partner_server, evse_uid=None).data["result"] == "ACCEPTED"
    assert DeviceCommand.objects.get().charge_point == w.plaza


def test_private_addresses_for_the_answer_are_refused(roaming_world, device, partner_server, settings):
    settings.OCPI_ALLOW_PRIVATE = False
    assert start(roaming_world, partner_server).status_code == 2001 and not DeviceCommand.objects.exists()


def test_a_device_that_is_not_there_is_a_refusal(roaming_world, partner_server):
    assert start(roaming_world, partner_server).data == {"result": "REJECTED", "timeout": 0}


def test_a_partner_ends_its_own_transaction_alone(roaming_world, device, partner_server):
    w = roaming_world
    make.PartnerTokenFactory(partner=w.partner, uid="04DE09")
    row, _ = begin(Start(w.plaza.pk, "04DE09", timezone.now() - timedelta(minutes=3), code="77"))
    sent = {"response_url": partner_server.url("/answer/2"), "session_id": f"OCPP-{row.pk}"}
    assert w.odd_client.ask("POST", f"{COMMANDS}/STOP_SESSION", sent).data["result"] == "UNKNOWN_SESSION"
    assert (
        w.emp.ask("POST", f"{COMMANDS}/STOP_SESSION", sent | {"session_id": "S-9"}).data["result"] == "UNKNOWN_SESSION"
    )
    assert not DeviceCommand.objects.exists()
    assert w.emp.ask("POST", f"{COMMANDS}/STOP_SESSION", sent).data["result"] == "ACCEPTED"
    assert DeviceCommand.objects.get().parameters == {"transaction": Transaction.objects.get().code}


def test_other_commands_are_not_supported(roaming_world):
    for command in ("RESERVE_NOW", "CANCEL_RESERVATION", "UNLOCK_CONNECTOR"):
        assert roaming_world.emp.ask("POST", f"{COMMANDS}/{command}", {}).data["result"] == "NOT_SUPPORTED"
    assert roaming_world.emp.ask("POST", f"{COMMANDS}/DANCE", {}).http == 404
