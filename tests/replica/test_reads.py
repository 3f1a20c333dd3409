"""Reads from a replica: what is read there, what never is, and that its pages are right whatever becomes of it."""

import pytest
from django.db import connection, connections, transaction
from django.db.utils import InternalError
from django.urls import reverse, reverse_lazy

from chargepoints.authorization import authorize
from customers.models import Customer
from evcnet import replica
from evcnet.datetimes import database_clock

CUSTOMERS = reverse_lazy("admin:customers_customer_changelist")
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def page_of_anna(standby, world, signed_in):
    client = signed_in(world.anna)
    client.get(reverse("admin:index"))  # warms up what is read once a process
    standby.catch_up()
    return client


def test_a_list_is_read_from_the_replica(page_of_anna, standby):
    with standby.statements() as there:
        page = page_of_anna.get(CUSTOMERS)
    assert "Jansen, T." in page.content.decode() and "Olsen" not in page.content.decode()
    assert any('FROM "customers_customer"' in each["sql"] for each in there)


def test_who_saved_sees_it_at_once_though_the_replica_lags(page_of_anna, standby, world):
    standby.stop_replaying()
    chosen = {
        "action": "block",
        "_selected_action": [world.jansen.pk],
        "index": 0,
        "confirmed": "yes",
        "reason": "Moved",
    }
    page_of_anna.post(CUSTOMERS, chosen)
    with standby.statements() as there:
        answered = page_of_anna.get(f"{CUSTOMERS}?status=blocked").content.decode()
    standby.go_on()
    assert "Jansen, T." in answered and len(there) == 1  # how far it is


def test_others_see_what_the_replica_has_until_it_goes_on(page_of_anna, standby, world, signed_in):
    standby.stop_replaying()
    Customer.objects.filter(pk=world.jansen.pk).update(name="Jansen-Smit, T.")
    before = page_of_anna.get(CUSTOMERS).content.decode()
    standby.go_on()
    standby.catch_up()
    assert "Jansen-Smit, T." not in before
    assert "Jansen-Smit, T." in page_of_anna.get(CUSTOMERS).content.decode()


def test_a_replica_that_is_further_behind_than_a_page_may_be_is_not_read(page_of_anna, standby, world):
    standby.stop_replaying()
    Customer.objects.filter(pk=world.jansen.pk).update(name="Jansen-Smit, T.")
    replica.forget_state()  # as after FRESH seconds
    answered = page_of_anna.get(CUSTOMERS).content.decode()
    standby.go_on()
    assert "Jansen-Smit, T." in answered


def test_a_replica_that_is_stopped_leaves_every_page_as_it_was(page_of_anna, replica_server, world):
    replica_server.stop(patience=5)
    pages = [CUSTOMERS, *(reverse(f"admin:chargegroups_chargegroup_{each}", args=[world.leusden.pk]) for each in TABS)]
    assert [page_of_anna.get(each).status_code for each in pages] == [200] * len(pages)


TABS = ("customers", "points", "then", "history")


def test_a_statement_that_the_replica_ends_is_asked_again_of_the_first_database(page_of_anna, standby, monkeypatch):
    asked = []

    def read_or_fail(*args):
        asked.append(replica.alias_to_read())
        if asked[-1] == replica.ALIAS:
            raise InternalError("canceling statement due to conflict with recovery")
        return 7

    assert replica.read(read_or_fail) == 7
    assert asked == ["replica", "default"]
    assert replica.read(read_or_fail) == 7 and asked[2:] == ["default"]


def test_the_past_and_a_tab_of_customers_are_read_there_by_their_own_sql(page_of_anna, standby, world):
    for tab in ("then", "customers"):
        address = reverse(f"admin:chargegroups_chargegroup_{tab}", args=[world.leusden.pk])
        with standby.statements() as there:
            page = page_of_anna.get(address, {"at": "2020-01-01 12:00"} if tab == "then" else {})
        assert page.status_code == 200
        assert any("facts" in each["sql"] and "WITH" in each["sql"] for each in there), tab


def test_an_export_is_read_there_and_recorded_here(page_of_anna, standby, world):
    with standby.statements() as there:
        answer = page_of_anna.post(f"{CUSTOMERS}export/", {"resource": 0, "format": 0})
        text = b"".join(answer.streaming_content).decode()
    assert "Jansen, T." in text and "Olsen" not in text
    assert not any("INSERT" in each["sql"] for each in there)
    assert any("customers_customer" in each["sql"] for each in there)


def test_a_decision_never_asks_it_not_even_amid_a_page_that_reads_there(page_of_anna, standby, world):
    standby.stop_replaying()
    Customer.objects.filter(pk=world.jansen.pk).update(status=Customer.Status.BLOCKED)
    with standby.statements() as there, replica.reading():
        decision = authorize(world.jansens_card.uid, world.market.identity, database_clock())
    standby.go_on()
    assert decision.reason == "customer_blocked" and not there.captured_queries


def test_nothing_within_a_transaction_and_nothing_that_is_sent_is_read_there(page_of_anna, standby, world):

    with standby.statements() as there:
        with transaction.atomic():
            page_of_anna.get(CUSTOMERS)
        page_of_anna.post(reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk]), {})
    assert not there.captured_queries


def test_a_role_that_was_taken_away_counts_at_once(standby, world, signed_in):
    client = signed_in(world.ben)
    standby.catch_up()
    standby.stop_replaying()
    world.ben.memberships.all().delete()
    answered = client.get(CUSTOMERS)
    standby.go_on()
    assert answered.status_code == 403 and b"Jansen" not in answered.content


def test_an_outsider_sees_nothing_of_others_there(standby, world, signed_in):
    client = signed_in(world.otto)
    standby.catch_up()
    with standby.statements() as there:
        page = client.get(CUSTOMERS).content.decode()
    assert there.captured_queries and "Olsen" in page and "Jansen" not in page


def test_a_database_that_replays_nothing_is_no_replica(page_of_anna, standby, world, monkeypatch):
    connections[replica.ALIAS].close()
    monkeypatch.setitem(connections[replica.ALIAS].settings_dict, "HOST", connection.settings_dict["HOST"])
    with standby.statements() as there:
        assert page_of_anna.get(CUSTOMERS).status_code == 200
    assert len(there) == 1
    assert page_of_anna.get("/readyz").json()["replica"] == "REPLICA_URL names a database that replays nothing"


def test_health_tells_how_far_behind_it_is_and_is_well_without_it(page_of_anna, standby, replica_server):
    replica_server.stop(patience=5)
    assert page_of_anna.get("/readyz").json() == {"status": "ok", "replica": "it does not answer"}


@pytest.mark.parametrize("text", ["", "x", "0/0' OR 1", "FFFFFFFFF/0"])
def test_a_position_that_is_none_is_as_good_as_no_position(page_of_anna, text):
    page_of_anna.cookies[replica.COOKIE] = text
    assert page_of_anna.get(CUSTOMERS).status_code == 200
