"""The moment decides all facts: random histories, asked about at random moments, against a naive replay of what happened."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargegroups.access_history import AccessAt
from chargegroups.models import CustomerException
from chargegroups.writes import put_exceptions
from chargepoints.authorization import authorize_at
from chargepoints.models import ChargePoint, Session
from chargepoints.session_recorder import Recorder
from customers.models import ChargeCard, Customer
from tariffs.writes import allow_terms_write
from tests import factories as make
from tests.rules.test_access import Facts, Policy, naive

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = START + 1000 * HOUR
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
    """What happened, as a person would write it down: of each thing its states, each from a moment on."""

    states: dict = field(default_factory=dict)

    def note(self, at, thing, state):
        self.states.setdefault(thing, []).append((at, state))

    def first(self, thing):
        return self.states[thing][0][0]

    def of(self, thing, at):
        known = [state for since, state in self.states[thing] if since <= at]
        return known[-1] if known else self.states[thing][0][1]

    def exception(self, group, customer, at, unknown):
        """None where there was none."""
        states = self.states.get(("exception", group, customer), [])
        known = [state for since, state in states if since <= at]
        if known:
            return known[-1]
        return states[0][1] if states and unknown else None


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

    def at(self, moment):
        """All that the history has written in this transaction so far, and has not been moved yet, happened then."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in HISTORIES:
                cursor.execute(f"UPDATE {table} SET pgh_created_at = %s WHERE pgh_created_at = now()", [moment])
            cursor.execute("SET LOCAL session_replication_role = origin")

    def create(self, moments, customers, cards, points):
        self.customers, self.cards, self.points = [], [], []
        for status, payment, own in customers:
            moment = next(moments)
            group = self.north if own else self.south
            row = make.CustomerFactory(user_group=group, status=status, payment=payment)
            self.customers.append(row)
            self.note(moment, row, {"status": status, "payment": payment, "own": own})
        for holder, status, roams in cards:
            moment, customer = next(moments), self.customers[holder]
            roams = roams and customer.payment != "prepaid"
            row = make.ChargeCardFactory(customer=customer, status=status, roaming=roams)
            self.cards.append(row)
            self.note(moment, row, {"customer": customer, "status": status, "roams": roams})
        for name, status in points:
            moment = next(moments)
            row = make.ChargePointFactory(charge_group=self.groups[name][0], location=self.location, status=status)
            self.points.append(row)
            self.note(moment, row, {"group": name, "status": status})
        for name, (group, _) in self.groups.items():
            self.told.note(START - 1000 * HOUR, group, {"name": name})

    def note(self, moment, thing, state):
        self.at(moment)
        self.told.note(moment, thing, state)

    def change(self, moment, what):
        kind, index, values = what
        if kind == "customer":
            row = self.customers[index]
            self._customer(moment, row, *values)
        elif kind == "card":
            row = self.cards[index]
            holder, status, roams = values
            customer = self.customers[holder]
            roams = roams and self.told.of(customer, moment)["payment"] != "prepaid"
            ChargeCard.objects.filter(pk=row.pk).update(customer=customer, status=status, roaming=roams)
            self.note(moment, row, {"customer": customer, "status": status, "roams": roams})
        elif kind == "point":
            row = self.points[index]
            name, status = values
            ChargePoint.objects.filter(pk=row.pk).update(charge_group=self.groups[name][0], status=status)
            self.note(moment, row, {"group": name, "status": status})
        else:
            self._exception(moment, self.groups[values[0]][0], self.customers[index], *values[1:])

    def _customer(self, moment, row, status, payment, own):
        if payment == "prepaid":  # whose cards never roam
            for card in self.cards:
                state = self.told.of(card, moment)
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
        told, now = self.told, at >= NOW
        holder, place = told.of(card, at), told.of(point, at)
        customer, (group, switches) = holder["customer"], self.groups[place["group"]]
        known = max(told.first(thing) for thing in (card, point, customer, group))
        return (*self._judged(holder, place["status"], customer, group, switches, at, not now and at < known),
                customer.number, None if now else known)  # fmt: skip

    def code(self, access):
        codes = {str(tariff.pk): name for name, tariff in self.tariffs.items()}
        return codes[access.decision.tariff.code] if access.decision.tariff else None

    def of_customer(self, customer, group, at):
        """By the best of their cards, or by the policy where they have none: (verdict, reason, tariff)."""
        (switches,) = (switches for each, switches in self.groups.values() if each == group)
        holdings = [self.told.of(card, at) for card in self.cards]
        roams = any(each["customer"] == customer and each["status"] == "active" and each["roams"] for each in holdings)
        unknown = at < NOW and at < max(self.told.first(customer), self.told.first(group))
        card = {"customer": customer, "status": "active", "roams": roams}
        return self._judged(card, "active", customer, group, switches, at, unknown)

    def _judged(self, holder, point_status, customer, group, switches, at, unknown):
        told = self.told
        state = told.of(customer, at)
        exception = told.exception(group, customer, at, unknown)
        reason = naive(Facts(
            at=at, point_known=True, point_status=point_status, point_in_group=True, point_located=True, card_known=True,
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
point_values = st.tuples(group_names, st.sampled_from(["active", "active", "out_of_service"]))
exception_values = st.tuples(group_names, st.sampled_from([None, "allowed", "denied", "policy"]), st.booleans())
changes = st.lists(
    st.one_of(
        st.tuples(st.just("customer"), st.integers(0, 1), customer_values),
        st.tuples(st.just("card"), st.integers(0, 1), card_values),
        st.tuples(st.just("point"), st.integers(0, 1), point_values),
        st.tuples(st.just("exception"), st.integers(0, 1), exception_values),
    ),
    min_size=2,
    max_size=12,
)
histories = st.fixed_dictionaries(
    {
        "customers": st.lists(customer_values, min_size=2, max_size=2),
        "cards": st.lists(card_values, min_size=2, max_size=2),
        "points": st.lists(point_values, min_size=2, max_size=2),
        "changes": changes,
        "steps": st.lists(st.integers(1, 9), min_size=20, max_size=20),
        "questions": st.lists(
            st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(-20, 130) | st.just(2000)),
            min_size=4,
            max_size=8,
        ),
    }
)


def make_past(drawn):
    past = Past()
    hours = 0
    moments = []
    for step in drawn["steps"]:
        hours += step
        moments.append(START + hours * HOUR)
    moments = iter(moments)
    past.create(moments, drawn["customers"], drawn["cards"], drawn["points"])
    for what in drawn["changes"]:
        past.change(next(moments), what)
    return past


def the_answer(card, point, at):
    answer = authorize_at(card.uid.lower(), point.identity, at, now=NOW)
    told = answer.as_json(steps=False)
    assert ("known_from" in told) == (at < NOW)
    return (answer.verdict, answer.reason, told["tariff"], told["customer"], answer.facts.known_from)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=histories)
def test_one_card_is_judged_by_the_facts_of_the_moment(db, drawn):
    with transaction.atomic():
        past = make_past(drawn)
        for card, point, hour in drawn["questions"]:
            asked = past.cards[card], past.points[point], START + hour * HOUR + HOUR / 2
            assert the_answer(*asked) == past.answer(*asked)
        transaction.set_rollback(True)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=histories)
def test_a_session_that_arrives_late_is_decided_by_the_facts_of_its_start(db, drawn):
    with transaction.atomic():
        past = make_past(drawn)
        recorder = Recorder(past.north.provider)
        recorder.now = NOW
        for number, (card, point, hour) in enumerate(drawn["questions"]):
            start = START + min(hour, 130) * HOUR + HOUR / 2
            session = Session(
                provider=past.north.provider, code=f"S{number}", charge_point=past.points[point],
                card_uid=past.cards[card].uid, started_at=start, ended_at=start + HOUR, kwh=10,
            )  # fmt: skip
            recorder.record(session)
            tariff = session.tariff_version.tariff.code if session.tariff_version_id else None
            verdict, reason, expected, number_then, _ = past.answer(past.cards[card], past.points[point], start)
            assert (session.verdict, session.reason, tariff) == (verdict, reason, expected)
            assert session.customer.number == number_then
        transaction.set_rollback(True)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=histories)
def test_the_page_of_the_past_lists_each_customer_by_the_facts_of_the_moment(db, drawn):
    with transaction.atomic():
        past = make_past(drawn)
        login = make.StaffMemberFactory(role="provider_admin", at=past.north.provider)
        for _, point, hour in drawn["questions"]:
            at = START + hour * HOUR + HOUR / 2
            group, _ = past.groups[past.told.of(past.points[point], at)["group"]]
            answer = AccessAt(group, at, login, now=NOW)
            listed = {row.id: row.access for row in answer.customers(answer.accesses)}
            assert {
                pk: (access.decision.access.verdict, access.reason, past.code(access)) for pk, access in listed.items()
            } == {customer.pk: past.of_customer(customer, group, at) for customer in past.customers}
        transaction.set_rollback(True)
