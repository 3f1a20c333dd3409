"""Transactions of OCPP 1.6 become sessions: pinned at their start, rated at their stop, each once, whatever comes twice or late."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from chargepoints import decision_log
from chargepoints.models import DecisionEntry, Session
from customers.models import ChargeCard, Customer
from gateway import transactions
from gateway.models import MeterReading, Transaction
from tariffs import writes as tariff_writes
from tariffs.models import TariffElement
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def device(market):
    device = market.connect()
    device.boot()
    return device


def accepted(answer):
    return answer["idTagInfo"]["status"]


def test_a_session_is_pinned_at_its_start_and_rated_at_its_stop(world, device, now):
    started = device.start("04AA11", now, 1000)
    assert accepted(started) == "Accepted"
    element = TariffElement(energy_price=Decimal("9.99"))
    tariff_writes.add_version(world.standard, [element], valid_from=timezone.now() + timedelta(seconds=1))
    device.read(started["transactionId"], now + timedelta(seconds=90), 6000)
    device.stop(started["transactionId"], now + timedelta(minutes=3), 11000)
    session = Session.objects.get()
    assert (session.kwh, session.started_at, session.ended_at) == (10, now, now + timedelta(minutes=3))
    assert (session.customer, session.card, session.verdict) == (world.jansen, world.jansens_card, "ALLOWED")
    assert session.periods == [["charging", 90, "5"], ["charging", 90, "5"]]
    assert session.ratings.get().excl_vat == Decimal("3.50")
    assert not MeterReading.objects.exists()


def test_what_flows_no_more_is_parking_and_shows_in_the_periods(world, device, now):
    begun = now - timedelta(hours=3)
    code = device.start("04AA11", begun)["transactionId"]
    for minutes, meter in ((30, 5000), (60, 8000), (90, 8000)):
        device.read(code, begun + timedelta(minutes=minutes), meter)
    device.stop(code, begun + timedelta(hours=2), 8000)
    session = Session.objects.get()
    assert (session.kwh, session.parking_seconds) == (8, 3600)
    assert session.periods == [["charging", 1800, "5"], ["charging", 1800, "3"], ["parking", 3600, "0"]]


def test_every_decision_is_kept_and_says_that_a_charge_point_asked(world, device, now):
    decision_log.LOG.clear()  # of what other tests left waiting
    device.call("Authorize", idTag="04AA11")
    device.call("Authorize", idTag="NOBODYS")
    device.start("04BB22", now)
    decision_log.LOG.flush()
    rows = DecisionEntry.objects.order_by("asked_at").values_list("source", "card_uid", "verdict", "reason", "identity")
    assert list(rows) == [
        ("gateway", "04AA11", "ALLOWED", "own_user_group", "NLGRGE0001"),
        ("gateway", "NOBODYS", "UNKNOWN", "card_unknown", "NLGRGE0001"),
        ("gateway", "04BB22", "NOT_ALLOWED", "no_access", "NLGRGE0001"),
    ]


def test_each_verdict_is_told_in_the_words_of_ocpp_1_6(world, device, now):
    expired = make.ChargeCardFactory(customer=world.jansen, uid="04EE55", valid_until=now - timedelta(days=1))
    blocked = make.ChargeCardFactory(customer=world.jansen, uid="04DD44", status=ChargeCard.Status.DEACTIVATED)
    told = {uid: accepted(device.call("Authorize", idTag=uid))
            for uid in ("04AA11", blocked.uid, expired.uid, "NOBODYS", "04BB22")}  # fmt: skip
    assert list(told.values()) == ["Accepted", "Blocked", "Expired", "Invalid", "Invalid"]


def test_a_start_that_comes_twice_is_one_transaction(world, device, now):
    one, two = device.start("04AA11", now, 500), device.start("04AA11", now, 500)
    assert one["transactionId"] == two["transactionId"]
    assert accepted(two) == "Accepted"
    device.stop(one["transactionId"], now + timedelta(minutes=3), 5500)
    assert device.start("04AA11", now, 500)["transactionId"] == one["transactionId"]
    assert Session.objects.count() == Transaction.objects.count() == 1


def test_a_stop_that_comes_twice_is_one_session_rated_once(world, device, now):
    code = device.start("04AA11", now - timedelta(hours=1))["transactionId"]
    for meter in (5000, 5000, 9000):
        device.stop(code, now, meter)
    assert Session.objects.get().kwh == 5
    assert Session.objects.get().ratings.count() == 1


def test_a_stop_without_a_start_is_taken_and_no_session(world, device, now):
    assert device.stop(424242, now, 5000) == {}
    row = Transaction.objects.get()
    assert (row.code, row.started_at, row.session) == ("424242", None, None)
    assert not Session.objects.exists()


def test_a_start_at_a_connector_ends_what_still_ran_there(world, device, now):
    first = device.start("04AA11", now - timedelta(hours=3))["transactionId"]
    device.read(first, now - timedelta(hours=2), 4000)
    device.start("04AA11", now - timedelta(hours=1), 4000)
    session = Session.objects.get()
    assert (session.kwh, session.ended_at) == (4, now - timedelta(hours=2))
    assert transactions.REPLACED in session.note
    assert device.stop(first, now, 9000) == {}
    assert Session.objects.get().kwh == 4


def test_connectors_have_transactions_of_their_own(world, device, now):
    codes = {device.start("04AA11", now, connector=number)["transactionId"] for number in (1, 2)}
    assert len(codes) == 2
    assert not Session.objects.exists()


def test_a_meter_that_goes_back_takes_no_energy_away(world, device, now):
    begun = now - timedelta(hours=2)
    code = device.start("04AA11", begun, 1000)["transactionId"]
    for minutes, meter in ((30, 5000), (60, 200), (90, 7000)):
        device.read(code, begun + timedelta(minutes=minutes), meter)
    device.stop(code, now, 300)
    session = Session.objects.get()
    assert (session.kwh, transactions.WENT_BACK in session.note) == (6, True)


def test_a_clock_that_is_ahead_or_years_behind_gives_way_to_the_time_of_receipt(world, device, now):
    for reported in (now.replace(year=2001), now + timedelta(days=400)):
        code = device.start("04AA11", reported)["transactionId"]
        device.stop(code, reported + timedelta(minutes=0), 0)
        row = Transaction.objects.get(code=code)
        assert abs(row.started_at - now) < timedelta(minutes=2)
        assert transactions.CLOCK in row.session.note


def test_where_the_clock_was_off_the_length_is_what_it_said_it_was(world, now):
    off = now.replace(year=2001)
    start = transactions.Start(world.market.pk, "04AA11", off, 1, Decimal(0))
    row, _ = transactions.begin(start, now - timedelta(hours=1))
    transactions.read_meter(
        world.market.pk, row.code, [transactions.Reading(off + timedelta(minutes=15), Decimal(4000))]
    )
    transactions.end(transactions.End(world.market.pk, row.code, off + timedelta(minutes=30), Decimal(6000)), now)
    session = Session.objects.get()
    assert session.ended_at - session.started_at == timedelta(minutes=30)
    assert session.periods == [["charging", 900, "4"], ["charging", 900, "2"]]


def test_an_end_before_the_start_ends_at_its_receipt(world, device, now):
    code = device.start("04AA11", now - timedelta(minutes=10))["transactionId"]
    device.stop(code, now - timedelta(hours=5), 5000)
    assert Session.objects.get().ended_at >= now


def test_a_queue_of_old_messages_is_judged_by_the_moment_of_each(world, device, now):
    yesterday = now - timedelta(days=1)
    before = device.start("04AA11", yesterday)
    device.stop(before["transactionId"], yesterday + timedelta(hours=1), 2000)
    Customer.objects.filter(pk=world.jansen.pk).update(status=Customer.Status.BLOCKED)
    old = device.start("04AA11", yesterday + timedelta(hours=2), 2000)
    new = device.start("04AA11", timezone.now() + timedelta(seconds=1), 2000)
    assert (accepted(old), accepted(new)) == ("Accepted", "Blocked")


def test_blocking_the_card_ends_no_running_session(world, device, now):
    code = device.start("04AA11", now - timedelta(hours=1))["transactionId"]
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(status=ChargeCard.Status.DEACTIVATED)
    assert Transaction.objects.get().session is None
    device.stop(code, now, 5000)
    assert Session.objects.get().ratings.count() == 1


def test_a_transaction_whose_card_was_refused_is_a_session_without_a_price(world, device, now):
    code = device.start("04BB22", now - timedelta(hours=1))["transactionId"]
    device.stop(code, now, 5000)
    session = Session.objects.get()
    assert (session.verdict, session.tariff_version, session.ratings.count()) == ("NOT_ALLOWED", None, 0)


def test_a_transaction_of_a_pending_point_is_kept_too(world, market, now):
    type(market.point).objects.filter(pk=market.point.pk).update(status="inactive")
    device = market.connect()
    assert device.boot() == "Pending"
    started = device.start("04AA11", now + timedelta(seconds=1))
    assert accepted(started) == "Invalid"
    device.stop(started["transactionId"], now, 0)
    assert Session.objects.get().reason == "charge_point_not_active"


def test_a_transaction_that_lost_its_end_ends_after_a_week_and_once(world, device, now):
    device.start("04AA11", now - timedelta(hours=1))
    assert transactions.end_lost(now + timedelta(days=6)) == 0
    assert transactions.end_lost(now + timedelta(days=8)) == 1
    assert transactions.end_lost(now + timedelta(days=9)) == 0
    assert transactions.LOST in Session.objects.get().note


def test_energy_that_no_meter_reports_is_kept_without_a_price(world, device, now):
    code = device.start("04AA11", now - timedelta(minutes=10))["transactionId"]
    device.stop(code, now, 900_000_000)
    session = Session.objects.get()
    assert session.ratings.count() in (0, 1)
    if not session.ratings.count():
        assert "Not rated" in session.note
