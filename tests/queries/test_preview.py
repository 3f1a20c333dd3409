"""The cost of a preview: the same number of queries and rows for twenty customers and for two thousand."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from changes.apply import apply_change, preview_change
from changes.proposals import NewTerms, NewVersion
from chargegroups import writes
from chargegroups.customer_facts import FactsQuery
from chargegroups.models import CustomerException, Terms
from customers.models import Customer
from tests import factories as make
from tests.queries.test_changes import per_kwh

pytestmark = pytest.mark.django_db
MOST_QUERIES = 60
MOST_ROWS = 60


def crowd(world, many):
    """So many customers, half of each user group, a tenth of them prepaid."""
    Customer.objects.bulk_create(
        Customer(
            provider=world.greengrid,
            user_group=(world.north, world.south)[number % 2],
            number=f"C{number}",
            name=f"Customer {number}",
            payment="prepaid" if number % 10 == 0 else "subscription",
        )
        for number in range(many)
    )


class Rows:
    """Counts the rows that queries hand out."""

    def __init__(self):
        self.handed_out = 0

    def __call__(self, execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        cursor = context["cursor"]
        if cursor.description is not None and cursor.rowcount > 0:
            self.handed_out += cursor.rowcount
        return result


def cost_of(proposal):
    rows = Rows()
    with CaptureQueriesContext(connection) as queries, connection.execute_wrapper(rows):
        seen = preview_change(proposal)
    return len(queries), rows.handed_out, seen.impact


PROPOSALS = {
    "terms": lambda world: NewTerms(world.leusden, {"tariff": world.cheap, "other_user_groups": True}),
    "version": lambda world: NewVersion(world.standard, per_kwh("0.39")),
}


@pytest.mark.parametrize("kind", PROPOSALS)
def test_a_preview_costs_the_same_for_few_and_many_customers(world, kind):
    crowd(world, 20)
    few_queries, few_rows, few = cost_of(PROPOSALS[kind](world))
    Customer.objects.filter(number__startswith="C").delete()
    crowd(world, 2_000)
    queries, rows, many = cost_of(PROPOSALS[kind](world))
    print(f"{kind}: {queries} queries, {rows} rows for {many.total:,} customers")
    assert (queries, rows) == (few_queries, few_rows)
    assert queries <= MOST_QUERIES and rows <= MOST_ROWS
    assert (few.total, many.total) == (22, 2_002)
    assert many.affected > 900


def test_the_whole_page_of_a_preview_costs_the_same_too(world, signed_in):
    from django.urls import reverse

    from tests.portal.sent import sent

    page = reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk])
    anna = signed_in(world.anna)

    def cost(many):
        Customer.objects.filter(number__startswith="C").delete()
        crowd(world, many)
        typed = sent(anna.get(page), page, step="preview", tariff="CHEAP")
        rows = Rows()
        with CaptureQueriesContext(connection) as queries, connection.execute_wrapper(rows):
            assert anna.post(page, typed, follow=True).status_code == 200
        return len(queries), rows.handed_out

    anna.get(page)
    few, many = cost(20), cost(2_000)
    print(f"page: {many[0]} queries, {many[1]} rows")
    assert many == few


def test_more_exceptions_are_more_facts_and_no_more_queries(world):
    crowd(world, 50)
    few = cost_of(PROPOSALS["terms"](world))[0]
    for customer in Customer.objects.filter(number__startswith="C")[:40]:
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=customer, access="denied")
    assert cost_of(PROPOSALS["terms"](world))[0] == few


def loops_in(plan: dict) -> list[dict]:
    """The inner sides of all nested loops of a plan, each with what stands below it."""
    below = plan.get("Plans", [])
    inner = [below[1]] if plan["Node Type"] == "Nested Loop" else []
    return inner + [each for node in below for each in loops_in(node)]


def nodes_of(plan: dict) -> set[str]:
    return {plan["Node Type"]}.union(*map(nodes_of, plan.get("Plans", [])))


@pytest.mark.parametrize("past", [False, True])
def test_exceptions_are_gathered_once_and_not_for_each_customer_whatever_the_planner_thinks_of_the_tables(world, past):
    proposed = [
        {"customer_id": world.jansen.pk, "charge_group_id": world.leusden.pk, "access": "denied", "tariff_id": None}
    ]
    query = FactsQuery(
        world.greengrid.pk,
        [world.leusden.pk],
        timezone.now(),
        past=past,
        customers=[world.jansen.pk],
        proposed=proposed,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {query.sql} SELECT * FROM facts", query.params)
        [[[plan]]] = cursor.fetchall()
    anew = [node for node in loops_in(plan["Plan"]) if {"Aggregate", "Function Scan"} & nodes_of(node)]
    assert anew == []


def test_a_thousand_exceptions_with_tariffs_hand_out_no_more_rows(world):
    crowd(world, 1_000)
    customers = list(Customer.objects.filter(number__startswith="C"))

    def cost(people):
        writes.put_exceptions(
            CustomerException(
                provider=world.greengrid, charge_group=world.leusden, customer=customer, tariff=world.cheap
            )
            for customer in people
        )
        return cost_of(PROPOSALS["terms"](world))[:2]

    few = cost(customers[:200])
    assert cost(customers[200:900]) == few


# Changes previewed and made where no transaction is open, as pages and commands do


@pytest.mark.django_db(transaction=True)
def test_a_change_that_takes_effect_now_is_shown_and_then_made(world):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    seen = preview_change(proposal)
    assert Terms.objects.filter(charge_group=world.leusden).count() == 1
    apply_change(proposal, fingerprint=seen.impact.fingerprint)
    assert Terms.objects.filter(charge_group=world.leusden).latest("valid_from").tariff == world.cheap
