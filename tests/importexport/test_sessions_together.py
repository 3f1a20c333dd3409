"""Sessions taken together: by set they come to the same decisions and ratings as each of them alone."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from chargepoints.models import ChargePoint, Rating, Session
from chargepoints.resources import sessions as session_resource
from chargepoints.session_recorder import Recorder
from customers.models import ChargeCard, Customer
from evcnet.importexport import sheet_rows, sheet_stream
from evcnet.importexport.plain_rows import PlainBatch, PlainRows
from tests import factories as make

pytestmark = pytest.mark.django_db
HEADER = "id,charge_point,card_uid,started_at,ended_at,kwh,parking_seconds,note"
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
CHANGED = BEGIN + timedelta(days=20)
HISTORIES = ("customers_customerevent", "customers_chargecardevent", "chargepoints_chargepointevent")
CARDS = ("04AA11", "04BB22", "04-aa:11", "04C055", "04D055", "NOBODY", "")
SESSION = (
    "card_id", "customer_id", "card_uid", "verdict", "reason", "tariff_version_id", "tariff_source",
)  # fmt: skip
RATING = (
    "tariff_version_id",
    "ended_at",
    "kwh",
    "parking_seconds",
    "currency",
    "excl_vat",
    "incl_vat",
    "lines",
    "notes",
)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """As if a file had many times as many rows as it has."""
    for module in (sheet_stream, sheet_rows):
        monkeypatch.setattr(module, "TOGETHER", 100)
    monkeypatch.setattr("evcnet.importexport.staged_import.MAX_ROWS", 10)
    monkeypatch.setattr(session_resource, "ASKED_TOGETHER", 40)


@pytest.fixture
def past(world):
    """Halfway a card was handed on, a customer blocked, and a charge point moved to dearer prices."""
    lent = make.ChargeCardFactory(customer=world.jansen, uid="04C055")
    make.ChargeCardFactory(customer=make.CustomerFactory(user_group=world.north), uid="04D055")
    dear = make.TariffFactory(provider=world.greengrid, code="DEAR", per_kwh="0.79")
    dearer = make.ChargeGroupFactory(
        user_group=world.north, code="DEAR", terms={"tariff": dear, "own_user_group": True}
    )
    moved = make.ChargePointFactory(charge_group=world.leusden, identity="NLGRGE0055")
    happened(BEGIN - timedelta(days=30))
    ChargeCard.objects.filter(pk=lent.pk).update(customer=make.CustomerFactory(user_group=world.north))
    Customer.objects.filter(pk=world.jansen.pk).update(status="blocked")
    ChargePoint.objects.filter(pk=moved.pk).update(charge_group=dearer)
    happened(CHANGED)
    return world


def happened(moment):
    """What the history has written in this transaction, and was not moved yet, happened then."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in HISTORIES:
            cursor.execute(f"UPDATE {table} SET pgh_created_at = %s WHERE pgh_created_at = now()", [moment])
        cursor.execute("SET LOCAL session_replication_role = origin")


def drawn_rows(seed, count=260):
    """In no order of time; some overlap, some are too small for a price, some park."""
    chance = random.Random(seed)
    for number in range(count):
        start = BEGIN + timedelta(minutes=chance.randrange(40 * 1440), seconds=chance.randrange(60))
        length = timedelta(minutes=chance.choice([1, 20, 90, 400]))
        parked = chance.choice([0, 0, length.seconds // 3])
        kwh = f"{chance.randrange(0, 30_000) / 1000}"
        point = chance.choice(["NLGRGE0001", "nlgrge0001", "NLGRGE0055"])
        moments = [each.isoformat() for each in (start, start + length)]
        yield [f"S{number:04}", point, chance.choice(CARDS), *moments, kwh, str(parked), chance.choice(["", "a note"])]


def spoiled(rows):
    """Wrong in ways that cells tell, that columns tell together, that other rows tell, and that only the price tells."""
    bad = {
        20: {"kwh": "-1"}, 50: {"charge_point": "NOBLVE0001"}, 70: {"ended_at": "2026-01-01T00:00:00+00:00"},
        110: {"parking_seconds": "90000"}, 120: {"started_at": "2036-01-01T00:00:00+00:00"}, 130: {"id": "S0003"},
        140: {"kwh": "99999.5"}, 150: {"id": ""}, 160: {"note": "n" * 501}, 170: {"started_at": "2026-02-30T10:00"},
    }  # fmt: skip
    rows[200] = ["TWICE", *rows[30][1:]]
    for place, changes in bad.items():
        rows[place] = list((dict(zip(HEADER.split(","), rows[place], strict=True)) | changes).values())
    return rows


def lines(rows):
    return [HEADER, *(",".join(each) for each in rows)]


@pytest.mark.parametrize("are_wrong", [True, False], ids=["with bad rows", "good"])
def test_a_file_taken_together_and_row_by_row_says_the_same(past, take, monkeypatch, are_wrong):
    rows = list(drawn_rows(3))
    file = lines(spoiled(rows) if are_wrong else rows)
    together = take("sessions", *file, dry_run=True).said
    with monkeypatch.context() as patch:
        patch.setattr(PlainRows, "read", lambda self, rows, may_add: PlainBatch(odd=set(range(len(rows)))))
        one_by_one = take("sessions", *file, dry_run=True).said
    assert together == one_by_one
    assert len(together["errors"]) == (11 if are_wrong else 0)
    assert not Session.objects.exists()


@pytest.mark.parametrize("seed", range(4))
def test_each_session_of_a_file_is_decided_and_rated_as_it_is_alone(past, take, seed):
    assert take("sessions", *lines(drawn_rows(seed))).counts == (260, 0, 0, 0)
    recorder = Recorder(past.greengrid)
    stored = Session.objects.select_related("charge_point").order_by("pk")
    typed = {row[0]: row[2] for row in drawn_rows(seed)}
    reasons = set()
    for session in stored:
        reasons.add((session.reason, session.tariff_version_id))
        asked = ("provider_id", "code", "charge_point", "started_at", "ended_at", "kwh", "parking_seconds", "note")
        alone = Session(**{name: getattr(session, name) for name in asked}, card_uid=typed[session.code])
        rating = recorder.record(alone)
        assert [getattr(session, name) for name in SESSION] == [getattr(alone, name) for name in SESSION]
        assert session.decision | {"decided_at": ""} == alone.decision | {"decided_at": ""}
        kept = Rating.objects.filter(session=session).values(*RATING)
        assert list(kept) == ([{name: getattr(rating, name) for name in RATING}] if rating else [])
    assert len(reasons) >= 4, reasons
    assert take("sessions", *lines(drawn_rows(seed))).counts == (0, 0, 260, 0)


def test_sessions_that_were_refused_are_decided_anew_by_few_statements(past, take, django_assert_max_num_queries):
    nobodys = [[*row[:2], "NOBODY", *row[3:]] for row in drawn_rows(5)]
    assert take("sessions", *lines(nobodys)).counts == (260, 0, 0, 0)
    assert not Rating.objects.exists()
    with django_assert_max_num_queries(100):
        known = [[*row[:2], "04D055", *row[3:]] for row in nobodys]
        assert take("sessions", *lines(known)).counts == (0, 260, 0, 0)
    assert Rating.objects.count() == 260


def test_a_preview_of_very_many_rows_writes_none_and_says_what_a_price_refuses(past, take):
    rows = [*drawn_rows(7)]
    rows[180][6] = "90000"
    answer = take("sessions", *lines(rows))
    assert (answer.errors, answer.counts) == ([(182, "parking_seconds")], (259, 0, 0, 1))
    assert not Session.objects.exists()
