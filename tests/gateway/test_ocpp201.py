"""OCPP 2.0.1: TransactionEvent in any order, with its ids from the device."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chargepoints.models import Session
from customers.models import ChargeCard
from gateway.models import ConnectorState, Transaction
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


class Station:
    """What a charging station of 2.0.1 says."""

    def __init__(self, device):
        self.device, self.number = device, 0

    def boot(self):
        station = {"vendorName": "Acme", "model": "Two"}
        return self.device.call("BootNotification", chargingStation=station, reason="PowerUp")

    def authorize(self, uid):
        answer = self.device.call("Authorize", idToken={"idToken": uid, "type": "ISO14443"})
        return answer["idTokenInfo"]["status"]

    def event(self, kind, at, code="T1", uid=None, wh=None, context="Sample.Periodic", charging=None, number=None):
        self.number += 1
        payload = {
            "eventType": kind, "timestamp": at.isoformat(), "triggerReason": "Authorized",
            "seqNo": self.number if number is None else number, "transactionInfo": {"transactionId": code},
            "evse": {"id": 1, "connectorId": 1},
        }  # fmt: skip
        if charging:
            payload["transactionInfo"]["chargingState"] = charging
        if uid is not None:
            payload["idToken"] = {"idToken": uid, "type": "ISO14443"}
        if wh is not None:
            unit = {"unit": "kWh", "multiplier": 0}
            sample = {"value": wh / 1000, "context": context, "unitOfMeasure": unit}
            payload["meterValue"] = [{"timestamp": at.isoformat(), "sampledValue": [sample]}]
        return self.device.call("TransactionEvent", **payload)


@pytest.fixture
def station(market):
    station = Station(market.connect("ocpp2.0.1"))
    assert station.boot()["status"] == "Accepted"
    return station


@pytest.fixture
def begun():
    return timezone.now().replace(microsecond=0) - timedelta(hours=2)


def test_each_verdict_is_told_in_the_words_of_ocpp_2_0_1(world, station):
    make.ChargeCardFactory(customer=world.jansen, uid="04EE55", valid_until=timezone.now() - timedelta(days=1))
    make.ChargeCardFactory(customer=world.jansen, uid="04DD44", status=ChargeCard.Status.DEACTIVATED)
    told = [station.authorize(uid) for uid in ("04AA11", "04DD44", "04EE55", "NOBODYS", "04BB22")]
    assert told == ["Accepted", "Blocked", "Expired", "Unknown", "NotAtThisLocation"]


def test_a_transaction_becomes_a_rated_session(world, station, begun):
    answer = station.event("Started", begun, uid="04AA11", wh=1000, context="Transaction.Begin", charging="EVConnected")
    assert answer["idTokenInfo"]["status"] == "Accepted"
    station.event("Updated", begun + timedelta(minutes=30), wh=6000, charging="Charging")
    assert ConnectorState.objects.get().state == "charging"
    station.event("Ended", begun + timedelta(hours=1), wh=11000, context="Transaction.End")
    session = Session.objects.get()
    assert (session.kwh, session.customer) == (10, world.jansen)
    assert session.periods == [["charging", 1800, "5"], ["charging", 1800, "5"]]
    assert session.ratings.count() == 1


def test_a_card_that_comes_after_the_cable_is_the_transactions(world, station, begun):
    station.event("Started", begun, wh=0, context="Transaction.Begin")
    answer = station.event("Updated", begun + timedelta(minutes=1), uid="04AA11")
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert station.event("Updated", begun, uid="04BB22")["idTokenInfo"]["status"] == "NotAtThisLocation"
    station.event("Ended", begun + timedelta(hours=1), wh=5000)
    assert (Session.objects.get().customer, Session.objects.get().ratings.count()) == (world.jansen, 1)


def test_a_transaction_without_any_card_is_a_session_without_a_price(world, station, begun):
    station.event("Started", begun, wh=0)
    station.event("Ended", begun + timedelta(hours=1), wh=5000)
    session = Session.objects.get()
    assert (session.card_uid, session.verdict, session.ratings.count()) == ("", "UNKNOWN", 0)


def test_events_that_come_twice_change_nothing(world, station, begun):
    for _ in range(2):
        station.event("Started", begun, uid="04AA11", wh=0, number=0)
    for _ in range(2):
        station.event("Ended", begun + timedelta(hours=1), wh=5000, number=1)
    assert Session.objects.get().ratings.count() == 1
    assert station.event("Started", begun, uid="04AA11", wh=0, number=0)["idTokenInfo"]["status"] == "Accepted"


def test_an_end_that_comes_before_its_start_waits_for_it(world, station, begun):
    station.event("Ended", begun + timedelta(hours=1), wh=5000)
    assert not Session.objects.exists()
    station.event("Started", begun, uid="04AA11", wh=0, context="Transaction.Begin")
    session = Session.objects.get()
    assert (session.kwh, session.ended_at, session.ratings.count()) == (5, begun + timedelta(hours=1), 1)


def test_the_same_id_at_two_points_is_two_transactions(world, station, begun):
    station.event("Started", begun, uid="04AA11")
    Transaction.objects.create(
        provider=world.bluevolt, charge_point=world.quay, code="T1", last_message_at=timezone.now()
    )
    station.event("Ended", begun + timedelta(hours=1))
    assert Transaction.objects.get(charge_point=world.quay).session is None
    assert Session.objects.get().charge_point == world.market


def test_a_pending_station_is_told_why(market):
    type(market.point).objects.filter(pk=market.point.pk).update(status="inactive")
    answer = Station(market.connect("ocpp2.0.1")).boot()
    assert answer["status"] == "Pending"
    assert "activate it" in answer["statusInfo"]["additionalInfo"]
