"""Presets of lists: tabs above them, each with the number of the rows that it leads to."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chargepoints.models import DecisionEntry, Rating, Session
from customers.models import Customer
from evcnet.admin import presets
from gateway.models import ConnectorState, Device, GatewayProcess
from tests import factories as make
from tests.tables import for_each

pytestmark = pytest.mark.django_db

CUSTOMERS, CARDS = "/customers/customer/", "/customers/chargecard/"
GROUPS, POINTS, SESSIONS = "/chargegroups/chargegroup/", "/chargepoints/chargepoint/", "/chargepoints/session/"
LISTS = (CUSTOMERS, CARDS, GROUPS, POINTS, SESSIONS)
STATEMENTS = {CUSTOMERS: 2, CARDS: 1, GROUPS: 5, POINTS: 1, SESSIONS: 2}
"""What the tabs of a list cost at most; those of charge groups ask for the clock and the prices twice."""


@pytest.fixture
def work(world):
    """Something of every preset, in North, in South and at BlueVolt."""
    for group in (world.north, world.south, world.fjord):
        for status in ("pending", "blocked", "active"):
            make.CustomerFactory(user_group=group, status=status)
        for status in ("inactive", "deactivated"):
            make.ChargeCardFactory(customer=make.CustomerFactory(user_group=group), status=status)
        make.ChargeGroupFactory(user_group=group, terms=None)
        make.ChargeGroupFactory(user_group=group, terms=None, closed_at=timezone.now())
    for point, customer, tariff in (
        (world.market, world.jansen, world.standard),
        (world.market, world.bakker, world.standard),
        (world.quay, world.olsen, world.foreign),
    ):
        for verdict in ("ALLOWED", "NOT_ALLOWED"):
            record_session(point, customer, tariff.versions.get(), verdict)
        refuse(point, customer)
    for provider in (world.greengrid, world.bluevolt):
        make.ChargePointFactory(charge_group=None, provider=provider, location__provider=provider, status="inactive")
    connect(world.market, "charging")
    connect(world.quay, "charging")
    for group, provider in ((world.leusden, world.greengrid), (world.oslo, world.bluevolt)):
        point = make.ChargePointFactory(charge_group=group, location__provider=provider)
        Device.objects.create(charge_point=point, password_hash="x", connected_at=timezone.now())
    return world


def record_session(point, customer, version, verdict):
    allowed, now = verdict == "ALLOWED", timezone.now()
    session = Session.objects.create(
        provider=point.provider, code=f"S-{customer.number}-{verdict}", charge_point=point, customer=customer,
        started_at=now, ended_at=now, kwh=1, verdict=verdict, tariff_version=version if allowed else None,
    )  # fmt: skip
    for number in (1, 2) if allowed else ():
        Rating.objects.create(
            provider=point.provider, session=session, tariff_version=version, ended_at=now, kwh=1, currency="EUR",
            number=number, excl_vat=1, incl_vat=1, reason="late" if number > 1 else "",
        )  # fmt: skip


def refuse(point, customer, *, at=None, source="gateway"):
    asked = at or timezone.now()
    DecisionEntry.objects.create(
        asked_at=asked, at=asked, source=source, provider_id=point.provider_id, card_uid="04AA11",
        identity=point.identity, customer=customer, charge_point=point, charge_group_id=point.charge_group_id,
        verdict="NOT_ALLOWED", reason="no_access", told="no_access", facts={}, answer={},
    )  # fmt: skip


def connect(point, state):
    now = timezone.now()
    Device.objects.create(
        charge_point=point, password_hash="x", process=GatewayProcess.objects.create(id=uuid4()), connection=uuid4(),
        protocol="ocpp1.6", connected_at=now, last_message_at=now, registration="accepted", booted_at=now,
    )  # fmt: skip
    for evse in (1, 2):
        ConnectorState.objects.create(
            charge_point=point, evse=evse, state=state, reported="Charging", since=now, reported_at=now
        )


def tabs(browser, address) -> dict[str, str]:
    return {tab.label: tab.count for tab in browser.get(address).context["preset_tabs"]}


@for_each("who", ["anna", "ben", "carla", "hugo", "rita", "otto"])
@for_each("address", LISTS)
def test_each_role_reads_of_each_tab_how_many_rows_the_list_under_it_shows(work, signed_in, address, who):
    browser = signed_in(getattr(work, who))
    response = browser.get(address)
    for tab in response.context["preset_tabs"]:
        under = browser.get(address + tab.url)
        assert tab.count == str(under.context["cl"].result_count), (who, address, tab)
        assert [each.label for each in under.context["preset_tabs"] if each.is_open] == [tab.label]
        assert not set(under.context["cl"].result_list) - set(response.context["cl"].result_list)


def test_what_is_counted_is_of_ones_own_provider_and_user_groups(work, signed_in):
    anna, carla = signed_in(work.anna), signed_in(work.carla)
    assert tabs(anna, CUSTOMERS) == {"All": "12", "Waiting": "2", "Blocked": "2", "Without a card": "6"}
    assert tabs(carla, CUSTOMERS) == {"All": "6", "Waiting": "1", "Blocked": "1", "Without a card": "3"}
    assert tabs(anna, CARDS) == {"All": "6", "Active": "2", "Blocked": "2", "Inactive": "2"}
    assert tabs(anna, GROUPS) == {"All": "5", "Nobody can charge": "2", "Free of charge": "0", "Closed": "2"}
    assert tabs(anna, POINTS) == {
        "All": "3", "Without a group": "1", "Charging": "1", "Offline": "1", "Refused today": "1",
    }  # fmt: skip
    assert tabs(anna, SESSIONS) == {"All": "4", "Not allowed": "2", "Corrected": "2"}


def test_refused_today_are_points_where_a_card_was_refused_since_midnight(world, signed_in):
    anna = signed_in(world.anna)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    refuse(world.market, world.jansen, at=midnight - timedelta(seconds=1))
    refuse(world.market, world.jansen, source="explainer")
    refuse(world.quay, world.jansen)
    assert tabs(anna, POINTS)["Refused today"] == "0"
    assert list(anna.get(f"{POINTS}?refused=week").context["cl"].result_list) == [world.market]
    refuse(world.market, world.jansen, at=midnight)
    assert tabs(anna, POINTS)["Refused today"] == "1"


def test_a_preset_stays_open_while_one_searches_in_it_and_not_with_another_filter(work, signed_in):
    anna = signed_in(work.anna)

    def opened(query):
        return [tab.label for tab in anna.get(CUSTOMERS + query).context["preset_tabs"] if tab.is_open]

    assert opened("?q=jansen") == ["All"]
    assert opened("?status__exact=pending&q=nobody&o=1&kind__exact=") == ["Waiting"]
    assert opened("?status__exact=pending&payment__exact=prepaid") == []
    assert 'aria-current="page">Waiting' in anna.get(f"{CUSTOMERS}?status__exact=pending").content.decode()


def test_all_that_wait_are_approved_from_above_the_list_by_who_may(work, signed_in, monkeypatch):
    waiting = f"{CUSTOMERS}?status__exact=pending"
    anna = signed_in(work.anna)
    offered = anna.get(waiting).context["preset_action"]
    assert offered.label == "Approve all 2…"
    sent = {"action": offered.name, "select_across": "1", "_selected_action": offered.first}
    page = anna.post(waiting, sent)
    assert page.status_code == 200 and Customer.objects.filter(status="pending").count() == 3, "asked first"
    monkeypatch.setattr(presets, "MOST_ROWS", 1)
    assert anna.get(waiting).context["preset_action"] is None, "the page of an action would refuse so many"
    for login, address in ((work.rita, waiting), (work.anna, CUSTOMERS), (work.anna, f"{waiting}&q=nobody")):
        assert signed_in(login).get(address).context["preset_action"] is None


def test_many_rows_are_counted_so_far_and_no_further(work, signed_in, monkeypatch):
    anna = signed_in(work.anna)
    monkeypatch.setattr(presets, "COUNTED", 2)
    assert tabs(anna, CARDS) == {"All": "2+", "Active": "2", "Blocked": "2", "Inactive": "2"}
    assert tabs(anna, SESSIONS) == {"All": "2+", "Not allowed": "", "Corrected": ""}
    assert tabs(anna, CUSTOMERS) == {"All": "12", "Waiting": "2", "Blocked": "2", "Without a card": "2+"}
    monkeypatch.setattr(presets, "SCANNED", 11)
    assert tabs(anna, CUSTOMERS)["Without a card"] == ""


@for_each("address", LISTS)
def test_the_tabs_of_a_list_cost_few_statements(work, signed_in, monkeypatch, address):
    anna = signed_in(work.anna)
    model = anna.get(address).context["cl"].model

    def statements():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            anna.get(address)
        return len(asked)

    with_tabs = statements()
    with monkeypatch.context() as patch:
        patch.setattr(site.get_model_admin(model), "presets", ())
        without = statements()
    assert with_tabs - without <= STATEMENTS[address], address


def test_a_customer_without_a_card_is_found_by_a_filter(work, signed_in):
    anna = signed_in(work.anna)
    none = anna.get(f"{CUSTOMERS}?cards=none").context["cl"].queryset
    some = anna.get(f"{CUSTOMERS}?cards=some").context["cl"].queryset
    assert set(some) == set(Customer.objects.visible_to(work.anna)) - set(none)
    assert not none.filter(chargecard__isnull=False)


def test_a_list_to_choose_from_has_no_tabs(work, signed_in):
    html = signed_in(work.anna).get(f"{CUSTOMERS}?_popup=1").content.decode()
    assert not re.search("Presets of this list", html)
