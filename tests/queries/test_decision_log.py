"""Every decision that was asked for is kept, as it was, and nothing changes it; answers neither wait for it nor depend on it."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from chargegroups.access import judge
from chargepoints import decision_log, tasks
from chargepoints.authorization import authorize
from chargepoints.decision_log import LOG, Asker, facts_from_json, keep_decision
from chargepoints.models import DecisionEntry
from customers.models import ApiKey, ChargeCard, Customer, Provider
from customers.privacy.erase import erase
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(world):
    return ApiKey.make(provider=world.greengrid, name="backend")


def ask(client, key, **body):
    headers = {"Authorization": f"Token {key[1]}"}
    return client.post("/api/v1/authorize", json.dumps(body), content_type="application/json", headers=headers)


def kept() -> list[DecisionEntry]:
    LOG.flush()
    return list(DecisionEntry.objects.order_by("asked_at", "id"))


# What is kept


def test_a_decision_by_api_is_kept_with_who_asked_and_what_was_decided(world, client, key):
    answer = ask(client, key, card="04aa11", charge_point="nlgrge0001").json()
    (entry,) = kept()
    assert (entry.source, entry.api_key, entry.login, entry.provider) == ("api", key[0], None, world.greengrid)
    assert (entry.card_uid, entry.identity) == ("04aa11", "NLGRGE0001")
    assert (entry.card, entry.customer) == (world.jansens_card, world.jansen)
    assert (entry.charge_point, entry.charge_group) == (world.market, world.leusden)
    assert (entry.verdict, entry.reason, entry.told) == ("ALLOWED", "own_user_group", "own_user_group")
    assert entry.tariff_version.tariff == world.standard
    assert entry.answer["price_text"] == answer["price_text"]


def test_a_decision_on_the_page_is_kept_with_the_login(world, signed_in):
    page = signed_in(world.hugo)
    page.get("/may-this-card-charge/", {"card": "04AA11", "charge_point": "NLGRGE0001"})
    (entry,) = kept()
    assert (entry.source, entry.login, entry.api_key) == ("explainer", world.hugo, None)
    assert entry.verdict == "ALLOWED"


def test_a_page_that_decides_nothing_keeps_nothing(world, signed_in):
    page = signed_in(world.hugo)
    page.get("/may-this-card-charge/")
    page.get("/may-this-card-charge/", {"card": "04AA11", "charge_point": "nowhere"})
    assert kept() == []


def test_unknown_cards_and_points_are_kept_for_who_asked(world, client, key):
    ask(client, key, card="FFFF", charge_point="NLGRGE0001")
    ask(client, key, card="04AA11", charge_point="NOWHERE")
    card, point = kept()
    assert (card.card_uid, card.reason, card.card) == ("FFFF", "card_unknown", None)
    assert (point.identity, point.reason, point.provider) == ("NOWHERE", "charge_point_unknown", world.greengrid)


def test_a_point_of_another_provider_is_kept_as_one_that_nobody_knows(world, client, key):
    assert ask(client, key, card="04CC33", charge_point="NOBLVE0001").status_code == 404
    (entry,) = kept()
    assert (entry.provider, entry.reason) == (world.greengrid, "charge_point_unknown")
    assert (entry.charge_point, entry.card, entry.customer, entry.facts) == (None, None, None, {})


def test_of_a_card_of_another_provider_it_says_what_was_told(world, client, key):
    Customer.objects.filter(pk=world.olsen.pk).update(status="blocked")
    ask(client, key, card="04CC33", charge_point="NLGRGE0001")
    (entry,) = kept()
    assert (entry.reason, entry.told) == ("customer_blocked", "card_not_accepted")
    assert entry.card_provider == world.bluevolt


def test_a_refused_request_decides_nothing_and_is_not_kept(world, client, key):
    assert ask(client, key, card="", charge_point="NLGRGE0001").status_code == 400
    assert ask(client, (None, "evc_wrong"), card="04AA11", charge_point="NLGRGE0001").status_code == 401
    assert kept() == []


@pytest.mark.usefixtures("one_minute")
def test_keeping_costs_the_request_no_statement(world, client, key, django_assert_num_queries):
    ask(client, key, card="04AA11", charge_point="NLGRGE0001")  # the first of a minute is counted at once
    with django_assert_num_queries(2):
        ask(client, key, card="04AA11", charge_point="NLGRGE0001")


def test_the_facts_of_a_kept_decision_give_it_again_whatever_has_changed_since(world):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, access="denied")
    now = datetime.now(UTC)
    for uid in ("04AA11", "04BB22", "04CC33", "FFFF"):
        answer = authorize(uid, "NLGRGE0001", now)
        keep_decision(answer, Asker("api", world.greengrid.pk), answer.as_provider_json(steps=False))
    entries = kept()
    Customer.objects.update(status="blocked")
    assert [entry.reason for entry in entries] == ["own_user_group", "exception_denied", "no_access", "card_unknown"]
    for entry in entries:
        assert judge(facts_from_json(entry.facts, entry.at)).reason == entry.reason


# Nothing changes it


def test_the_log_is_appended_to_and_never_changed(world, client, key):
    ask(client, key, card="04AA11", charge_point="NLGRGE0001")
    (entry,) = kept()
    rows = DecisionEntry.objects.filter(pk=entry.pk)
    for write in (lambda: rows.update(verdict="BLOCKED"), rows.delete):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            write()
    assert rows.get().verdict == "ALLOWED"


def test_an_erasure_overwrites_the_card_and_nothing_else(world, client, key):
    ask(client, key, card="04AA11", charge_point="NLGRGE0001")
    ask(client, key, card="04AA11", charge_point="NOWHERE")
    before, elsewhere = kept()
    erase(world.jansen)
    after = DecisionEntry.objects.get(pk=before.pk)
    world.jansens_card.refresh_from_db()
    assert after.card_uid == world.jansens_card.uid != "04AA11"
    assert DecisionEntry.objects.get(pk=elsewhere.pk).card_uid == world.jansens_card.uid
    assert (after.verdict, after.facts, after.customer_id) == (before.verdict, before.facts, world.jansen.pk)


def test_a_decision_that_waited_while_the_person_was_erased_does_not_name_them(world, client, key):
    ask(client, key, card="04AA11", charge_point="NLGRGE0001")
    erase(world.jansen)
    (entry,) = kept()
    assert (entry.card_uid, entry.card) == ("erased", None)


def test_a_decision_at_an_unknown_point_that_waited_does_not_name_the_person_either(world, client, key):
    ask(client, key, card="04AA11", charge_point="NOWHERE")
    ask(client, key, card="04aa11", charge_point="NOBLVE0001")
    ask(client, key, card="04BB22", charge_point="NOWHERE")
    erase(world.jansen)
    assert [(entry.card_uid, entry.card) for entry in kept()] == [("erased", None), ("erased", None), ("04BB22", None)]


def test_what_was_nobodys_card_and_waited_while_a_person_was_erased_may_have_named_them(world, client, key):
    ask(client, key, card="Jansen, T.", charge_point="NLGRGE0001")
    erase(world.jansen)
    ask(client, key, card="FFFF", charge_point="NLGRGE0001")
    assert [entry.card_uid for entry in kept()] == ["erased", "FFFF"]


def test_a_decision_of_a_former_holder_that_waited_does_not_name_the_card_of_the_erased(world, client, key):
    ask(client, key, card="04AA11", charge_point="NLGRGE0001")
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(customer=world.bakker)
    erase(world.bakker)
    (entry,) = kept()
    world.jansens_card.refresh_from_db()
    assert entry.customer == world.jansen
    assert entry.card_uid == world.jansens_card.uid != "04AA11"


@pytest.mark.parametrize("asked", ["04AA11 at a point", "04AA11 at none", "typed name"])
def test_nothing_that_names_an_erased_person_is_anywhere_in_the_log(world, client, key, asked):
    """Whether the batch was written before the erasure or comes after it."""
    card, point = {"04AA11 at a point": ("04AA11", "NLGRGE0001"), "04AA11 at none": ("04AA11", "NOWHERE")}.get(
        asked, ("Jansen, T.", "NLGRGE0001")
    )
    ask(client, key, card=card, charge_point=point)
    LOG.flush()
    ask(client, key, card=card, charge_point=point)
    erase(world.jansen)
    LOG.flush()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(d::text, ' ') FROM chargepoints_decisionentry d")
        (whole,) = cursor.fetchone()
    assert "04AA11" not in whole
    assert "Jansen" not in whole


def test_a_name_that_was_typed_for_a_card_goes_with_the_person(world, signed_in):
    world.jansen.name = "Qwertysen"
    world.jansen.save()
    signed_in(world.rita).get("/may-this-card-charge/", {"card": "Qwertysen's?", "charge_point": "NLGRGE0001"})
    assert [entry.card_uid for entry in kept()] == ["Qwertysen's?"]
    erase(world.jansen)
    assert [entry.card_uid for entry in kept()] == ["(erased)'s?"]


# Months


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'chargepoints_decisionentry'::regclass"
        )
        return {name.rpartition("_")[2] for (name,) in cursor.fetchall()}


def entry_at(world, moment):
    answer = authorize("04AA11", "NLGRGE0001", moment)
    keep_decision(answer, Asker("api", world.greengrid.pk), answer.as_provider_json(steps=False))
    (entry,) = LOG._take()
    return entry._replace(asked_at=moment)


def test_a_month_without_a_partition_gets_one_and_the_batch_is_written_again(world):
    entry = entry_at(world, datetime(2031, 5, 5, tzinfo=UTC))
    assert decision_log.write([entry]) is False
    assert "203105" in partitions()
    assert decision_log.write([entry]) is True
    assert DecisionEntry.objects.get().asked_at == entry.asked_at


def test_the_job_makes_the_months_to_come_and_drops_those_that_nobody_keeps(world):
    now = datetime.now(UTC)
    old = now - timedelta(days=31 * 14)
    decision_log.make_partitions([old, now - timedelta(days=31 * 12)])
    decision_log.write([entry_at(world, old)])
    tasks.keep_months_of_decisions(timestamp=0)
    assert f"{old:%Y%m}" not in partitions()
    assert {f"{now - timedelta(days=31 * 12):%Y%m}", f"{now:%Y%m}", f"{now + timedelta(days=62):%Y%m}"} <= partitions()
    assert not DecisionEntry.objects.exists()


def test_a_provider_that_keeps_less_loses_no_decision_of_another(world):
    Provider.objects.filter(pk=world.greengrid.pk).update(decision_months=2)
    old = datetime.now(UTC) - timedelta(days=31 * 4)
    decision_log.make_partitions([old])
    mine = entry_at(world, old)
    decision_log.write([mine, mine._replace(provider_id=world.bluevolt.pk)])
    tasks.drop_old_decisions(datetime.now(UTC))
    assert [entry.provider for entry in DecisionEntry.objects.all()] == [world.bluevolt]


# Bad luck


def test_while_the_database_is_away_the_batch_waits(world, monkeypatch):
    def away(batch):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(decision_log, "_copy", away)
    assert decision_log.write([entry_at(world, datetime.now(UTC))]) is False


def test_a_batch_that_waited_is_written_once_the_database_is_back(world, monkeypatch, settings):
    """The thread itself, with a database that is away twice."""
    attempts, written = [], threading.Event()

    def write(batch):
        attempts.append(list(batch))
        if len(attempts) == 3:
            written.set()
        return len(attempts) == 3

    settings.DECISION_LOG_WRITER = True
    monkeypatch.setattr(decision_log, "write", write)
    monkeypatch.setattr(decision_log, "RETRY_SECONDS", 0.01)
    log = decision_log.DecisionLog()
    log.keep("entry")
    assert written.wait(3.0)
    log.close()
    assert attempts == [["entry"]] * 3
    assert log._dropped == 0


def test_while_the_disk_is_full_the_batch_waits_and_none_of_it_is_written(world):
    batch = [entry_at(world, datetime.now(UTC)) for _ in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF (SELECT count(*) FROM chargepoints_decisionentry) >= 2 THEN"
            " RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END IF;"
            " RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON chargepoints_decisionentry FOR EACH ROW EXECUTE FUNCTION pg_temp.full()"
        )
    assert decision_log.write(batch) is False
    assert not DecisionEntry.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER full_disk ON chargepoints_decisionentry")
    assert decision_log.write(batch) is True
    assert DecisionEntry.objects.count() == 3


def test_a_clock_that_jumps_back_over_the_end_of_a_month_loses_nothing(world):
    now = datetime.now(UTC)
    before = now - timedelta(days=40)
    batch = [entry_at(world, now), entry_at(world, before), entry_at(world, now)]
    assert decision_log.write(batch) or decision_log.write(batch)
    assert [entry.asked_at for entry in DecisionEntry.objects.order_by("asked_at")] == [before, now, now]


def test_an_entry_that_the_database_never_takes_is_left_out_and_the_others_are_written(world):
    good = entry_at(world, datetime.now(UTC))
    assert decision_log.write([good._replace(verdict="X" * 99), good]) is True
    assert DecisionEntry.objects.get().verdict == "ALLOWED"


def test_a_full_queue_drops_the_entry_and_delays_nothing(world, monkeypatch):
    log = decision_log.DecisionLog()
    monkeypatch.setattr(log, "_queue", type(log._queue)(maxsize=1))
    entry = entry_at(world, datetime.now(UTC))
    log.keep(entry)
    log.keep(entry)
    assert (log._dropped, log._queue.qsize()) == (1, 1)


def test_the_writer_writes_within_a_second_and_once_more_at_the_end(monkeypatch, settings):
    """The thread itself, with what it would write in place of the database."""
    settings.DECISION_LOG_WRITER = True
    written, seen = [], threading.Event()

    def write(batch):
        written.extend(batch)
        seen.set()
        return True

    monkeypatch.setattr(decision_log, "write", write)
    log = decision_log.DecisionLog()
    log.keep("first")
    assert seen.wait(1.0)
    log.keep("last")
    log.close()
    assert written == ["first", "last"]
