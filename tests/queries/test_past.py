"""The moment decides all facts: random histories, asked about at random moments, against a naive replay of what happened."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargegroups.access import BY_REASON
from chargegroups.access_history import AccessAt
from chargegroups.models import CustomerException
from chargegroups.writes import put_exceptions
from chargepoints.authorization import authorize_at, authorize_past
from chargepoints.models import ChargePoint, Session
from chargepoints.session_recorder import Recorder
from customers.models import ApiKey, ChargeCard, Customer
from tariffs.writes import allow_terms_write
from tests import factories as make
from tests.rules.test_access import Facts, Policy, naive

pytestmark = pytest.mark.django_db
START = datetime(2025, 10, 23, tzinfo=UTC)
"""Two days before the hour that the clock repeats: 26 October, 01:00 to 02:00 UTC is 02:00 to 03:00 for the second time."""
HOUR = timedelta(hours=1)
NOW = START + 1000 * HOUR
LINES = list(BY_REASON)
HISTORIES = (
    "customers_customerevent",
    "customers_chargecardevent",
    "chargegroups_chargegroupevent",
    "chargegroups_customerexceptionevent",
    "chargepoints_chargepointevent",
    "chargepoints_locationevent",
)


@dataclass
class Told:
    """What happened, as a person would write it down: of each thing its states, each from a moment on, and whether the history
    was switched on when it came about."""

    states: dict = field(default_factory=dict)

    def note(self, at, thing, state, recorded=True):
        self.states.setdefault(thing, []).append((at, state, recorded))

    def forget(self, thing):
        """The history of it was lost."""
        self.states[thing] = [(at, state, False) for at, state, _ in self.states[thing]]

    def current(self, thing):
        return self.states[thing][-1][1] if thing in self.states else None

    def recorded(self, thing):
        return [(at, state) for at, state, recorded in self.states.get(thing, []) if recorded]

    def unknown(self, things, at):
        """Was one of them not known at the moment?"""
        return at < NOW and any(first is None or at < first for first in map(self.first, things))

    def first(self, thing):
        """None where the history has nothing of it."""
        return next((at for at, _ in self.recorded(thing)), None)

    def of(self, thing, at):
        return self._state(thing, at, before=True)

    def exception(self, group, customer, at, unknown):
        """None where there was none."""
        return self._state(("exception", group, customer), at, before=unknown)

    def _state(self, thing, at, before):
        """As it stood at the moment; ``before``: else as it was first known."""
        entries = self.recorded(thing)
        known = [state for since, state in entries if since <= at]
        if at >= NOW:
            return self.current(thing)
        if known:
            return known[-1]
        return (entries[0][1] if entries else self.current(thing)) if before else None


class Past:
    """A world that is made and changed at moments of its own: the history's entries are moved to them."""

    def __init__(self):
        self.told = Told()
        self.north = make.UserGroupFactory()
        self.south = make.UserGroupFactory(provider=self.north.provider)
        provider = self.north.provider
        old = START - 1000 * HOUR
        self.tariffs = {
            name: make.TariffFactory(provider=provider, code=name, per_kwh=None)
            for name in ("OWN", "PREPAID", "THEIRS")
        }
        for tariff in self.tariffs.values():
            make.tariff_writes.add_version(tariff, [make.TariffElement(energy_price=1)], valid_from=old)
        self.location = make.LocationFactory(provider=provider)
        self.groups = {}
        for name, switches in {"open": {"own_user_group": True}, "roaming": {"roaming": True}, "closed": {}}.items():
            group = make.ChargeGroupFactory(user_group=self.north, terms=None)
            make.TermsFactory(charge_group=group, tariff=self.tariffs["OWN"],
                              prepaid_tariff=self.tariffs["PREPAID"], valid_from=old, **switches)  # fmt: skip
            self.groups[name] = (group, switches)
        self.at(old)

    def at(self, moment, recorded=True):
        """All that the history has written in this transaction so far, and has not been moved yet, happened then."""
        for table in HISTORIES:
            if recorded:
                self.history(f"UPDATE {table} SET pgh_created_at = %s WHERE pgh_created_at = now()", moment)
            else:
                self.history(f"DELETE FROM {table} WHERE pgh_created_at = now()")

    def history(self, statement, *params):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement, params)
            cursor.execute("SET LOCAL session_replication_role = origin")

    def lose_history(self, table, row):
        self.history(f"DELETE FROM {table} WHERE pgh_obj_id = %s", row.pk)
        self.told.forget(row)

    def create(self, moments, customers, cards, points):
        self.customers, self.cards, self.points = [], [], []
        for status, payment, own in customers:
            group = self.north if own else self.south
            row = make.CustomerFactory(user_group=group, status=status, payment=payment)
            self.customers.append(row)
            self.note(next(moments), row, {"status": status, "payment": payment, "own": own})
        for holder, status, roams in cards:
            customer = self.customers[holder]
            roams = roams and customer.payment != "prepaid"
            row = make.ChargeCardFactory(customer=customer, status=status, roaming=roams)
            self.cards.append(row)
            self.note(next(moments), row, {"customer": customer, "status": status, "roams": roams})
        for name, status in points:
            row = make.ChargePointFactory(charge_group=self.groups[name][0], location=self.location, status=status)
            self.points.append(row)
            self.note(next(moments), row, {"group": name, "status": status})
        for name, (group, _) in self.groups.items():
            self.told.note(START - 1000 * HOUR, group, {"name": name})

    def note(self, moment, thing, state):
        """``moment``: when, and whether the history was on. An update of a row that changes nothing leaves no entry."""
        at, recorded = moment
        self.at(at, recorded)
        is_unchanged = state is not None and state == self.told.current(thing)
        self.told.note(at, thing, state, recorded and not is_unchanged)

    def change(self, moment, what):
        kind, index, values = what
        if kind == "customer":
            self._customer(moment, self.customers[index], *values)
        elif kind == "card":
            row = self.cards[index]
            holder, status, roams = values
            customer = self.customers[holder]
            roams = roams and self.told.current(customer)["payment"] != "prepaid"
            ChargeCard.objects.filter(pk=row.pk).update(customer=customer, status=status, roaming=roams)
            self.note(moment, row, {"customer": customer, "status": status, "roams": roams})
        elif kind == "point":
            row = self.points[index]
            name, status = values
            group, status = (self.groups[name][0], status) if name else (None, "inactive")
            ChargePoint.objects.filter(pk=row.pk).update(charge_group=group, status=status)
            self.note(moment, row, {"group": name, "status": status})
        else:
            self._exception(moment, self.groups[values[0]][0], self.customers[index], *values[1:])

    def _customer(self, moment, row, status, payment, own):
        if payment == "prepaid":  # whose cards never roam
            for card in self.cards:
                state = self.told.current(card)
                if state["customer"] == row and state["roams"]:
                    ChargeCard.objects.filter(pk=card.pk).update(roaming=False)
                    self.note(moment, card, state | {"roams": False})
        group = self.north if own else self.south
        Customer.objects.filter(pk=row.pk).update(status=status, payment=payment, user_group=group)
        self.note(moment, row, {"status": status, "payment": payment, "own": own})

    def _exception(self, moment, group, customer, access, priced):
        if access is None:
            with allow_terms_write():
                CustomerException.objects.filter(charge_group=group, customer=customer).delete()
            if ("exception", group, customer) in self.told.states:
                self.note(moment, ("exception", group, customer), None)
            return
        tariff = self.tariffs["THEIRS"] if priced else None
        put_exceptions([CustomerException(provider_id=group.provider_id, charge_group=group, customer=customer,
                                          access=access, tariff=tariff)])  # fmt: skip
        self.note(moment, ("exception", group, customer), (access, priced))

    # What a person reads off the notes

    def answer(self, card, point, at):
        """(verdict, reason, tariff, customer's number, known from)."""
        told = self.told
        holder, place = told.of(card, at), told.of(point, at)
        customer, (group, switches) = holder["customer"], self.groups.get(place["group"], (None, {}))
        things = [card, point, customer, *([group] if group else [])]
        firsts = [told.first(thing) for thing in things]
        known = max(firsts) if at < NOW and None not in firsts else None
        judged = self._judged(holder, place["status"], customer, group, switches, at, told.unknown(things, at))
        return (*judged, customer.number, known)

    def code(self, access):
        codes = {str(tariff.pk): name for name, tariff in self.tariffs.items()}
        return codes[access.decision.tariff.code] if access.decision.tariff else None

    def of_customer(self, customer, group, at):
        """By the best of their active cards, those known then first, or by the policy where they have none."""
        (switches,) = (switches for each, switches in self.groups.values() if each == group)
        held = [(card, self.told.of(card, at)) for card in self.cards]
        held = [(card, state) for card, state in held if state["customer"] == customer and state["status"] == "active"]
        held.sort(key=lambda each: self.told.unknown([each[0]], at))
        readings = [(state["roams"], [customer, group, card]) for card, state in held] or [(False, [customer, group])]
        answers = []
        for roams, things in readings:
            card = {"customer": customer, "status": "active", "roams": roams}
            unknown = self.told.unknown(things, at)
            answers.append(self._judged(card, "active", customer, group, switches, at, unknown))
        return min(answers, key=lambda answer: LINES.index(answer[1]) if answer[0] == "ALLOWED" else len(LINES))

    def _judged(self, holder, point_status, customer, group, switches, at, unknown):
        told = self.told
        state = told.of(customer, at)
        exception = told.exception(group, customer, at, unknown)
        reason = naive(Facts(
            at=at, point_known=True, point_status=point_status, point_in_group=group is not None, point_located=True, card_known=True,
            card_status=holder["status"], card_roams=holder["roams"], customer_status=state["status"],
            same_provider=True, same_user_group=state["own"], exception=exception and exception[0],
            policy=Policy(switches.get("own_user_group", False), False, switches.get("roaming", False), False, True),
        ))  # fmt: skip
        if reason[0] != "ALLOWED":
            return (*reason, None)
        if exception and exception[1]:
            return (*reason, "THEIRS")
        return (*reason, "PREPAID" if state["payment"] == "prepaid" else "OWN")


statuses = st.sampled_from(["active", "active", "active", "blocked", "pending"])
payments = st.sampled_from(["subscription", "subscription", "prepaid"])
customer_values = st.tuples(statuses, payments, st.booleans())
card_values = st.tuples(st.integers(0, 1), st.sampled_from(["active", "active", "deactivated"]), st.booleans())
group_names = st.sampled_from(["open", "open", "roaming", "closed"])
point_statuses = st.sampled_from(["active", "active", "out_of_service"])
exception_values = st.tuples(group_names, st.sampled_from([None, "allowed", "denied", "policy"]), st.booleans())
changes = st.lists(
    st.one_of(
        st.tuples(st.just("customer"), st.integers(0, 1), customer_values),
        st.tuples(st.just("card"), st.integers(0, 2), card_values),
        st.tuples(st.just("point"), st.integers(0, 1), st.tuples(group_names | st.none(), point_statuses)),
        st.tuples(st.just("exception"), st.integers(0, 1), exception_values),
        st.tuples(st.just("exception"), st.integers(0, 1), exception_values),
    ),
    min_size=2,
    max_size=12,
)
hours = st.integers(-20, 130) | st.integers(70, 76) | st.just(2000)
"""Seventy-three and the half are in the hour that the clock repeats."""
often, seldom = (st.sampled_from([usual] * 9 + [not usual]) for usual in (True, False))
histories = st.fixed_dictionaries(
    {
        "customers": st.lists(customer_values, min_size=2, max_size=2),
        "cards": st.lists(card_values, min_size=3, max_size=3),
        "points": st.lists(st.tuples(group_names, point_statuses), min_size=2, max_size=2),
        "changes": changes,
        "steps": st.lists(st.tuples(st.integers(1, 9), often), min_size=20, max_size=20),
        "lost": st.lists(seldom, min_size=10, max_size=10),
        "questions": st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 1), hours, st.sampled_from([0, 30, 59])), min_size=4, max_size=8
        ),
    }
)


def make_past(drawn):
    past = Past()
    hours = 0
    moments = []
    for step, recorded in drawn["steps"]:
        hours += step
        moments.append((START + hours * HOUR, recorded))
    moments = iter(moments)
    past.create(moments, drawn["customers"], drawn["cards"], drawn["points"])
    for what in drawn["changes"]:
        past.change(next(moments), what)
    groups = [group for group, _ in past.groups.values()]
    kept = [
        (past.customers, HISTORIES[0]),
        (past.cards, HISTORIES[1]),
        (groups, HISTORIES[2]),
        (past.points, HISTORIES[4]),
    ]
    things = [(table, row) for rows, table in kept for row in rows]
    for lost, (table, row) in zip(drawn["lost"], things, strict=True):
        if lost:
            past.lose_history(table, row)
    return past


def moment_of(hour, minutes):
    return START + hour * HOUR + timedelta(minutes=minutes, seconds=7)


def of_rules(card, point, at):
    """By the explainer's own door, and by the statement for many."""
    answer = authorize_at(card.uid.lower(), point.identity, at, now=NOW)
    if at < NOW:
        (many,) = authorize_past([(card.uid, point.identity, at)])
        assert (many.verdict, many.reason, many.facts.row) == (answer.verdict, answer.reason, answer.facts.row)
    told = answer.as_json(steps=False)
    assert ("known_from" in told) == (at < NOW)
    return (answer.verdict, answer.reason, told["tariff"], told["customer"], answer.facts.known_from)


def plain(told):
    known = told.get("known_from")
    return (told["verdict"], told["reason"], told["tariff"], told["customer"], known and datetime.fromisoformat(known))


def of_api(client, key, card, point, at):
    body = json.dumps({"card": card.uid, "charge_point": point.identity, "at": at.isoformat()})
    answer = client.post("/api/v1/authorize", body, content_type="application/json", headers={"Authorization": key})
    assert answer.status_code == 200, answer.content
    return plain(answer.json())


def of_page(client, card, point, at):
    asked = {"card": card.uid, "charge_point": point.identity, "at": at.isoformat()}
    return plain(client.get("/may-this-card-charge/", asked).context["answer"])


def of_late_session(recorder, number, card, point, at):
    session = Session(provider=point.provider, code=f"S{number}", charge_point=point, card_uid=card.uid,
                      started_at=at, ended_at=at + HOUR, kwh=10)  # fmt: skip
    recorder.record(session)
    tariff = session.tariff_version.tariff.code if session.tariff_version_id else None
    return (session.verdict, session.reason, tariff, session.customer.number)


def of_page_of_the_past(past, login, group, at):
    answer = AccessAt(group, at, login, now=NOW)
    listed = {row.id: row.access for row in answer.customers(answer.accesses)}
    assert sum(access.count for access in answer.accesses) == len(listed)
    return {pk: (access.decision.access.verdict, access.reason, past.code(access)) for pk, access in listed.items()}


@pytest.mark.slow
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=histories)
def test_every_way_to_ask_about_a_moment_gives_the_one_answer_of_many_worlds(db, drawn):
    ask_every_way(drawn)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=histories)
def test_every_way_to_ask_about_a_moment_gives_the_one_answer(db, drawn):
    ask_every_way(drawn)


def ask_every_way(drawn):
    """Statement, API, explainer, late session and page of the past, against a naive replay of what happened."""
    with transaction.atomic(), time_machine.travel(NOW, tick=False):
        past = make_past(drawn)
        login = make.StaffMemberFactory(role="provider_admin", at=past.north.provider)
        browser, backend = Client(), Client()
        browser.force_login(login)
        key = f"Token {ApiKey.make(provider=past.north.provider, name='backend')[1]}"
        recorder = Recorder(past.north.provider)
        for number, (card, point, hour, minutes) in enumerate(drawn["questions"]):
            card, point, at = past.cards[card], past.points[point], moment_of(hour, minutes)
            expected = past.answer(card, point, at)
            assert of_rules(card, point, at) == expected
            assert of_api(backend, key, card, point, at) == expected
            assert of_page(browser, card, point, at) == expected
            if at < NOW:
                assert of_late_session(recorder, number, card, point, at) == expected[:4]
            for group, _ in past.groups.values():
                everyone = {customer.pk: past.of_customer(customer, group, at) for customer in past.customers}
                assert of_page_of_the_past(past, login, group, at) == everyone
        transaction.set_rollback(True)


# The hour that the clock repeats


@pytest.mark.parametrize(
    ("typed", "access"),
    [
        ("2025-10-26T02:30", "allowed"),
        ("2025-10-26T02:30+02:00", "allowed"),
        ("2025-10-26T02:30+01:00", "denied"),
        ("2025-10-26T00:30+00:00", "allowed"),
    ],
)
def test_a_moment_in_the_repeated_hour_is_the_first_unless_an_offset_says_otherwise(db, signed_in, typed, access):
    """The exception was edited as the clock said 03:00 for the first time, and went back to 02:00."""
    past = Past()
    group, _ = past.groups["closed"]
    customer = make.CustomerFactory(user_group=past.north)
    card = make.ChargeCardFactory(customer=customer)
    point = make.ChargePointFactory(charge_group=group, location=past.location)
    row = make.CustomerExceptionFactory(charge_group=group, customer=customer, access="allowed")
    past.at(START)
    with allow_terms_write():
        CustomerException.objects.filter(pk=row.pk).update(access="denied")
    past.at(datetime(2025, 10, 26, 1, tzinfo=UTC))
    browser = signed_in(make.StaffMemberFactory(role="provider_admin", at=past.north.provider))
    asked = {"card": card.uid, "charge_point": point.identity, "at": typed}
    assert browser.get("/may-this-card-charge/", asked).context["answer"]["reason"] == f"exception_{access}"
    page = browser.get(f"/chargegroups/chargegroup/{group.pk}/then/", {"at": typed, "access": "all"})
    (line,) = page.context["lines"]
    assert line["customer"].access.reason == f"exception_{access}"
