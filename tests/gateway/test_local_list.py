"""The local list of a device: what the access rules allow, as readers send it, regulars first, in step with the portal."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chargegroups.models import Terms
from customers.models import ChargeCard, Customer
from gateway import local_list
from gateway.models import Device as DeviceRow
from gateway.server.list_sync import bring_in_step
from tests import factories as make
from tests.sessions import record

pytestmark = pytest.mark.django_db(transaction=True)


def uids(group, limit=100):
    return [entry.uid for entry in local_list.allowed_entries(group, limit, timezone.now())]


def test_it_holds_what_the_rules_allow_as_readers_send_it(world):
    make.ChargeCardFactory(customer=world.jansen, uid="04:38:6b-4d.ff")
    make.ChargeCardFactory(customer=world.jansen, uid="X" * 21)
    make.ChargeCardFactory(customer=world.jansen, uid="BLOCKED1", status=ChargeCard.Status.DEACTIVATED)
    make.ChargeCardFactory(customer=world.jansen, uid="EXPIRED1", valid_until=timezone.now() - timedelta(days=1))
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, access="allowed")
    assert set(uids(world.leusden)) == {"04AA11", "04386B4DFF", "04BB22"}
    Customer.objects.filter(pk=world.bakker.pk).update(status=Customer.Status.BLOCKED)
    assert set(uids(world.leusden)) == {"04AA11", "04386B4DFF"}


def test_a_denied_customer_and_one_of_another_user_group_are_not_in_it(world):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    assert uids(world.leusden) == []


def test_a_customer_who_may_by_a_roaming_card_has_that_card_in_it_alone(world):
    group = make.ChargeGroupFactory(
        user_group=world.north, terms={"tariff": world.standard, "roaming": True, "roaming_tariff": world.standard}
    )
    make.ChargeCardFactory(customer=world.jansen, uid="ROAMING1", roaming=True)
    assert uids(group) == ["ROAMING1"]


def test_regulars_go_before_others_and_the_limit_is_the_devices(world):
    others = make.CustomerFactory.create_batch(3, user_group=world.north)
    cards = [make.ChargeCardFactory(customer=each, uid=f"OTHER{number}") for number, each in enumerate(others)]
    record(world, "S1", at="2026-11-02T09:00", card=cards[2])
    assert uids(world.leusden, 2)[0] == "OTHER2"
    assert len(uids(world.leusden, 2)) == 2


def test_a_group_with_social_charging_has_none(world):
    assert uids(world.leusden)
    Terms.objects.filter(charge_group=world.leusden)
    group = make.ChargeGroupFactory(
        user_group=world.north, terms={"tariff": world.standard, "own_user_group": True, "social_charging": True}
    )
    assert uids(group) == []


class Listening:
    """A device that answers what it is asked about its list, in the thread of the test."""

    def __init__(self, market, most=100, at_once=100, version="ocpp1.6"):
        self.market, self.device, self.sent = market, market.connect(version), []
        self.most, self.at_once, self.list_version = most, at_once, 0
        if version == "ocpp1.6":
            self.device.boot()
        else:
            self.device.call("BootNotification", chargingStation={"vendorName": "a", "model": "b"}, reason="PowerUp")
        self.connection = market.gateway.gateway.connections[market.point.pk]

    def bring_in_step(self):
        """Until the gateway has nothing more to ask."""
        import asyncio

        work = asyncio.run_coroutine_threadsafe(bring_in_step(self.connection), self.market.gateway.loop)
        while not work.done():
            try:
                _, unique_id, action, payload = self.device.receive(timeout=0.3)
            except TimeoutError:
                continue
            self.device.send([3, unique_id, self.answer(action, payload)])
        return work.result()

    def answer(self, action, payload):
        if action == "GetConfiguration":
            values = {"LocalAuthListEnabled": "true", "LocalAuthListMaxLength": str(self.most),
                      "SendLocalListMaxLength": str(self.at_once)}  # fmt: skip
            return {"configurationKey": [{"key": k, "readonly": True, "value": v} for k, v in values.items()]}
        if action == "GetVariables":
            values = {"Enabled": "true", "Entries": str(self.most), "ItemsPerMessage": str(self.at_once)}
            return {
                "getVariableResult": [
                    {**each, "attributeStatus": "Accepted", "attributeValue": values[each["variable"]["name"]]}
                    for each in payload["getVariableData"]
                ]
            }
        if action == "GetLocalListVersion":
            return {"listVersion": self.list_version} if self.device.socket.subprotocol == "ocpp1.6" else {
                "versionNumber": self.list_version
            }  # fmt: skip
        self.sent.append(payload)
        self.list_version = payload.get("listVersion", payload.get("versionNumber"))
        return {"status": "Accepted"}


def test_the_device_gets_the_list_once_and_again_when_it_differs(world, market):
    listening = Listening(market)
    listening.bring_in_step()
    listening.bring_in_step()
    (full,) = listening.sent
    assert (full["listVersion"], full["updateType"]) == (1, "Full")
    assert full["localAuthorizationList"] == [{"idTag": "04AA11", "idTagInfo": {"status": "Accepted"}}]
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(status=ChargeCard.Status.DEACTIVATED)
    listening.bring_in_step()
    assert listening.sent[1]["listVersion"] == 2
    assert listening.sent[1].get("localAuthorizationList", []) == []
    row = DeviceRow.objects.get()
    assert (row.list_version, row.list_length, row.list_limit) == (2, 0, 100)


def test_a_long_list_goes_in_pieces_that_the_device_takes(world, market):
    for number in range(5):
        make.ChargeCardFactory(customer=world.jansen, uid=f"CARD{number}")
    listening = Listening(market, at_once=2)
    listening.bring_in_step()
    pieces = [(each["updateType"], len(each["localAuthorizationList"])) for each in listening.sent]
    assert pieces == [("Full", 2), ("Differential", 2), ("Differential", 2)]
    assert DeviceRow.objects.get().list_length == 6


def test_a_station_of_2_0_1_gets_it_in_its_words(world, market):
    until = timezone.now() + timedelta(days=9)
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(valid_until=until)
    listening = Listening(market, version="ocpp2.0.1")
    listening.bring_in_step()
    (full,) = listening.sent
    (entry,) = full["localAuthorizationList"]
    assert entry["idToken"] == {"idToken": "04AA11", "type": "ISO14443"}
    assert entry["idTokenInfo"]["cacheExpiryDateTime"] == until.isoformat()


def test_a_device_that_lost_its_list_gets_it_again_after_its_next_boot(world, market):
    listening = Listening(market)
    listening.bring_in_step()
    listening.list_version = 0
    listening.connection.list_compared = False
    listening.bring_in_step()
    assert len(listening.sent) == 2
