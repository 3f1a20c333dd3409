"""The counts of a preview: in any world those of asking for every customer one by one, before and after."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changes.apply import apply_change, preview_change
from changes.impact import EFFECTS
from changes.proposals import CustomerMoves, ExceptionChanges, Inapplicable, NewTerms, NewVersion, ProposedException
from changes.proposals.points import GroupClosure, Move, PointMoves
from chargepoints.authorization import authorize
from evcnet.datetimes import database_clock
from tariffs.pricing import Component, Element, Tariff
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PRICES = ["0.20", "0.35", "0.50"]
LAST_YEAR = datetime(2025, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOWS = {"always": (None, None), "running": (-HOUR, 3 * HOUR), "over": (-2 * HOUR, -HOUR), "later": (HOUR, None)}
"""Of exceptions that are proposed: from when, and until when."""

flags = st.fixed_dictionaries(
    {name: st.booleans() for name in ("own_user_group", "other_user_groups", "roaming")}
    | {"tariff": st.integers(0, 3), "prepaid_tariff": st.none() | st.integers(0, 3)}
    | {"roaming_tariff": st.none() | st.integers(0, 3)}
)
drivers = st.fixed_dictionaries(
    {
        "south": st.booleans(),
        "status": st.sampled_from(["active", "active", "active", "active", "pending", "blocked"]),
        "prepaid": st.booleans(),
        "roams": st.booleans(),
        "second_card": st.booleans(),
        "exception": st.none()
        | st.tuples(st.sampled_from(["policy", "allowed", "denied"]), st.none() | st.integers(0, 3)),
        "over": st.sampled_from([None, -1, 1]),
    }
)
changes = st.one_of(
    st.tuples(st.just("terms"), flags),
    st.tuples(st.just("version"), st.tuples(st.integers(0, 3), st.sampled_from(PRICES))),
    st.tuples(st.just("exceptions"), st.tuples(st.sampled_from(["policy", "allowed", "denied", "gone"]), st.none() | st.integers(0, 3), st.sampled_from(["always", "running", "over", "later"]))),
    st.tuples(st.just("customers"), st.tuples(st.booleans(), st.booleans())),
    st.tuples(st.just("points"), st.sampled_from(["moved", "detached", "swapped"])),
    st.tuples(st.just("closing"), st.integers(0, 1)),
)  # fmt: skip


class World:
    """North and South, four tariffs of which the last has no version, two groups with a point each, some drivers."""

    def __init__(self, groups, people):
        self.north = make.UserGroupFactory()
        self.south = make.UserGroupFactory(provider=self.north.provider)
        prices = [*PRICES, None]
        self.tariffs = [make.TariffFactory(provider=self.north.provider, per_kwh=price) for price in prices]
        self.groups = [make.ChargeGroupFactory(user_group=self.north, terms=self.slots(terms)) for terms in groups]
        self.points = [make.ChargePointFactory(charge_group=group) for group in self.groups]
        self.customers = [self.driver(each) for each in people]
        make.ChargeCardFactory(roaming=True)

    def slots(self, terms):
        named = ("tariff", "prepaid_tariff", "roaming_tariff")
        return terms | {slot: None if terms[slot] is None else self.tariffs[terms[slot]] for slot in named}

    def driver(self, drawn):
        customer = make.CustomerFactory(
            user_group=self.south if drawn["south"] else self.north,
            status=drawn["status"],
            payment="prepaid" if drawn["prepaid"] else "subscription",
        )
        make.ChargeCardFactory(customer=customer, roaming=drawn["roams"] and not drawn["prepaid"])
        if drawn["second_card"]:
            make.ChargeCardFactory(customer=customer, valid_until=LAST_YEAR, roaming=not drawn["prepaid"])
        if drawn["exception"]:
            access, tariff = drawn["exception"]
            until = None if drawn["over"] is None else database_clock() + timedelta(days=drawn["over"])
            make.CustomerExceptionFactory(
                charge_group=self.groups[0],
                customer=customer,
                access=access,
                tariff=None if tariff is None else self.tariffs[tariff],
                valid_until=until,
            )
        return customer

    def proposal(self, kind, drawn):
        if kind == "terms":
            return NewTerms(self.groups[0], self.slots(drawn))
        if kind == "version":
            return NewVersion(self.tariffs[drawn[0]], per_kwh(drawn[1]))
        if kind == "customers":
            ends = [self.south if south else self.north for south in drawn]
            moves = zip(self.customers[:2], ends, strict=True)
            return CustomerMoves([move for move in moves if move[0].user_group_id != move[1].pk])
        if kind == "points":
            return self.moved(drawn)
        if kind == "closing":
            return GroupClosure(self.groups[drawn])
        access, tariff, window = drawn
        begins, ends = WINDOWS[window]
        now = database_clock()
        window = (begins and now + begins, ends and now + ends)
        own = None if tariff is None else self.tariffs[tariff]
        rows = [
            ProposedException(self.groups[0], customer, removed=True)
            if access == "gone"
            else ProposedException(self.groups[0], customer, access, own, *window)
            for customer in self.customers[:2]
        ]
        return ExceptionChanges(rows)

    def moved(self, how):
        first, second = self.points
        if how == "swapped":
            return PointMoves([Move(first, self.groups[1]), Move(second, self.groups[0])])
        return PointMoves.to([first], self.groups[1] if how == "moved" else None)

    def standing(self, ahead=timedelta(0)):
        """For every active customer and point: what their best card is told, by asking as a reader asks."""
        now = database_clock() + ahead
        told = {}
        for customer in self.customers:
            if customer.status != "active":
                continue
            for point in self.points:
                answers = [authorize(card.uid, point.identity, now) for card in customer.chargecard_set.all()]
                told[customer.pk, point.pk] = next((a for a in answers if a.verdict == "ALLOWED"), None)
        return told


def per_kwh(price):
    return Tariff("EUR", (Element((Component("ENERGY", Decimal(price)),)),))


def effect(before, after):
    if before is None or after is None:
        return "unchanged" if before is after else "gains_access" if before is None else "loses_access"
    old, new = (Decimal(answer.price_text.split()[0]) for answer in (before, after))
    if old != new:
        return "pays_more" if new > old else "pays_less"
    return "unchanged" if before.decision.tariff.code == after.decision.tariff.code else "renamed"


def one_by_one(before, after):
    heaviest = {}
    for (customer, point), answer in before.items():
        found = effect(answer, after[customer, point])
        heaviest[customer] = min(heaviest.get(customer, "unchanged"), found, key=EFFECTS.index)
    return {name: Counter(heaviest.values())[name] for name in EFFECTS}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(groups=st.tuples(flags, flags), people=st.lists(drivers, min_size=2, max_size=5), change=changes)
def test_the_counts_are_those_of_asking_one_by_one(db, groups, people, change):
    with transaction.atomic():
        world = World(groups, people)
        before = world.standing()
        try:
            proposal = world.proposal(*change)
            shown = preview_change(proposal).impact
        except Inapplicable:
            assert world.standing().keys() == before.keys()
        else:
            apply_change(proposal, fingerprint=shown.fingerprint, notify="none")
            counted = dict(shown.customers_by_effect)
            if proposal.customers is not None:
                left_out = sum(customer.status == "active" for customer in world.customers) - shown.total
                counted["unchanged"] += left_out
            # An exception that begins later is judged at the moment at which it does.
            later = change[0] == "exceptions" and change[1][0] != "gone" and change[1][2] == "later"
            assert counted == one_by_one(before, world.standing(2 * HOUR if later else timedelta(0)))
        transaction.set_rollback(True)
