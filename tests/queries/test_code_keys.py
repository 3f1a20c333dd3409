"""Keys of codes in the database: the same as in Python, found by an index, and kept apart by a migration's first step."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargepoints.authorization import authorize, authorize_at, authorize_past
from chargepoints.authorization_facts import HISTORY, HISTORY_OF_MANY, LIVE
from chargepoints.models import ChargePoint, DecisionEntry, Session
from customers.models import ChargeCard, Customer
from evcnet.code_collisions import refuse_collisions
from evcnet.code_keys import IdentityKey, UidKey, UnpaddedUidKey
from evcnet.search_keys import search_key
from tests import factories as make

pytestmark = pytest.mark.django_db
OTHERWISE = ["04aa11", "04:AA:11", " 04-aa-11 ", "04 AA 11", "04.aa.11"]
signs = st.text(alphabet="0aAzZ :-.*éÉßıſKå\u200b_%\\'\"\n\t", max_size=12)
anything = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=signs | anything)
def test_python_and_the_database_have_one_key_of_any_text(db, text):
    for key in (UidKey, IdentityKey, UnpaddedUidKey):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {key.template % {'expressions': '%s::text'}}", [text])
            assert cursor.fetchone() == (key.of(text),)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="aZ é-ÿĀ.ž'ßŒŁİıſĳΩ\u0301’:", max_size=12) | anything)
def test_texts_that_are_searched_have_one_key_in_python_and_in_the_database(db, text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT evcnet_search_key(%s)", [text])
        assert cursor.fetchone() == (search_key(text),)


def test_each_letter_of_the_alphabet_with_an_accent_has_the_key_of_its_plain_one(db):
    letters = "".join(map(chr, range(0x20, 0x250)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT evcnet_search_key(%s)", [letters])
        assert cursor.fetchone() == (search_key(letters),)
    assert search_key("Ñandú ÇELİK Łódź Øre Straße Æon") == "nandu celik lodz ore strasse aeon"


@pytest.mark.parametrize("uid", OTHERWISE)
def test_a_reader_may_spell_a_uid_as_it_likes(world, uid):
    now = timezone.now()
    for identity in ("NLGRGE0001", "nl*grg*e0001", "NL-GRG-E0001"):
        answers = [
            authorize(uid, identity, now),
            authorize_at(uid, identity, now - timedelta(microseconds=1), now=now),
            *authorize_past([(uid, identity, now)]),
        ]
        for answer in answers:
            assert (answer.decision.allowed, answer.facts.row["uid"]) == (True, "04AA11")
            assert answer.facts.row["identity"] == "NLGRGE0001"


@pytest.mark.parametrize("uid", ["", "-", ": .", "04AA1", "004AA11", "04AA11*"])
def test_another_uid_is_another_card(world, uid):
    assert authorize(uid, "NLGRGE0001", timezone.now()).decision.access.reason == "card_unknown"


def test_the_database_keeps_a_uid_and_an_identity_once_however_they_are_spelled(world):
    for make_it in (
        lambda: make.ChargeCardFactory(customer=world.olsen, uid="04:aa:11"),
        lambda: make.ChargePointFactory(charge_group=world.oslo, identity="nl*grg*e0001"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_it()
    assert ChargeCard.objects.count() == 3
    assert ChargePoint.objects.count() == 2


def use_indexes():
    """As in tables of which nothing is known: what other tests left in the statistics chooses among indexes of some rows.

    An index of parts of words, which bitmaps alone read, may be the cheaper one there.
    """
    with connection.cursor() as cursor:
        ours = "relname ~ '^(customers|chargepoints|chargegroups|tariffs|roaming)_'"
        cursor.execute(f"DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE {ours})")
        cursor.execute(f"UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relkind = 'r' AND {ours}")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")


def plan_of(statement, params):
    use_indexes()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_a_decision_is_found_by_the_indexes_of_the_keys(world):
    at = datetime(2026, 3, 3, tzinfo=UTC)
    today = plan_of(LIVE, {"uid": "04AA11", "identity": "NLGRGE0001", "at": at, "held_at": at})
    assert "card_uid_once" in today
    assert "charge_point_identity_once" in today
    past = plan_of(HISTORY, {"uid": "04AA11", "identity": "NLGRGE0001", "at": at, "held_at": at})
    many = plan_of(HISTORY_OF_MANY, {"uids": ["04AA11"], "identities": ["NLGRGE0001"], "moments": [at]})
    for index in ("card_history_by_uid", "charge_point_history_by_identity", "card_uid_once"):
        assert index in past
        assert index in many


def expressions_of(index):
    """As plans write them: which of several indexes is taken in a table of three rows says nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_indexdef(i.indexrelid, n, false) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " CROSS JOIN generate_series(1, i.indnatts) n WHERE c.relname LIKE %s",
            [f"%{index}"],
        )
        return {text for (text,) in cursor.fetchall() if "(" in text}


def test_other_lookups_by_key_have_an_index_too(world):
    cards, entries = ChargeCard.objects.order_by(), DecisionEntry.objects.order_by()
    of_provider = Customer.objects.filter(provider=world.greengrid).order_by()
    for rows, index in [
        (cards.filter(uid__uid_key__in=["04AA11", "04BB22"]), "card_uid_once"),
        (cards.filter(provider=world.greengrid, uid__unpadded_uid_key__in=["4AA11"]), "card_uid_without_zeros"),
        (Session.objects.filter(card_uid__uid_key="04AA11").order_by(), "session_of_card_key"),
        (entries.filter(card_uid__uid_key="04AA11"), "translate_asked_at_idx"),
        (cards.filter(visual_number__identity_key="NLGRG000001A"), "card_visual_key_parts"),
        (ChargePoint.objects.filter(evse_id__identity_key="NLGRGE1482").order_by(), "charge_point_evse_id_parts"),
        (of_provider.filter(number__identity_key__in=["1001"]), "customer_by_number_key"),
    ]:
        plan = rows.explain()
        assert any(each in plan for each in expressions_of(index)), plan


@pytest.mark.parametrize(
    ("model", "column", "key", "index", "spellings"),
    [
        (ChargeCard, "uid", UidKey, "card_uid_once", ("04AA11", "04:aa:11")),
        (ChargePoint, "identity", IdentityKey, "charge_point_identity_once", ("NLGRGE0001", "NL*GRG*E0001")),
    ],
)
def test_a_migration_stops_and_names_rows_that_are_one_by_the_new_key(world, model, column, key, index, spellings):
    refuse_collisions(model, column, key)  # all are apart
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")
    if model is ChargeCard:
        make.ChargeCardFactory(customer=world.olsen, uid=spellings[1])
    else:
        make.ChargePointFactory(charge_group=world.oslo, identity=spellings[1])
    with pytest.raises(CommandError) as refused:
        refuse_collisions(model, column, key)
    first, second = sorted([f"“{spellings[0]}” of GRG", f"“{spellings[1]}” of BLV"])
    assert f"{first} and {second}" in str(refused.value) or f"{second} and {first}" in str(refused.value)
    assert "Nothing was migrated" in str(refused.value)
