"""Regulars of a change, counted: by the facts that hold their exceptions, and read only where these do not tell."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changes.apply import preview_change
from changes.audience import audiences
from changes.impact import AFFECTED
from changes.proposals import NewTerms
from chargegroups.writes import put_exceptions
from customers.models import Customer
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.sessions import record

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def people(world, *numbers, email="someone@example.org"):
    return [make.CustomerFactory(user_group=world.north, number=number, email=email) for number in numbers]


def excepted(world, customer, **said):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=customer, **({"access": "policy"} | said))


def seen(world, **terms):
    return preview_change(NewTerms(world.leusden, {"tariff": world.cheap} | terms))


def test_as_many_regulars_are_counted_as_are_read(world):
    now = database_clock()
    held, silent, today, over, to_come, charged = people(world, "HELD", "SILENT", "TODAY", "OVER", "TO-COME", "CHARGED")
    Customer.objects.filter(pk__in=[silent.pk, over.pk]).update(email="")
    excepted(world, held), excepted(world, silent)
    excepted(world, today, valid_from=now - DAY, valid_until=now + DAY)
    excepted(world, over, valid_from=now - 2 * DAY, valid_until=now - DAY)
    excepted(world, to_come, valid_from=now + DAY)
    card = make.ChargeCardFactory(customer=charged, uid="04DD99")
    record(world, "S1", at=f"{now - 30 * DAY:%Y-%m-%dT%H:%M}", card=card)
    [denied] = people(world, "DENIED")
    excepted(world, denied, access="denied")
    excepted(world, world.bakker)
    preview = seen(world)
    told = set(preview.regulars(AFFECTED).values_list("number", flat=True))
    assert told == {"HELD", "SILENT", "TODAY", "OVER", "TO-COME", "CHARGED"}
    assert preview.count_regulars(AFFECTED) == (6, 2)
    assert preview.impact.regulars == 6
    [regulars, *_] = audiences(preview, None)
    assert (regulars.count, regulars.unreachable) == (6, 2)


def test_a_login_of_a_user_group_has_its_own_counted_alone(world):
    [north] = people(world, "NORTH-1")
    excepted(world, north), excepted(world, world.bakker, access="allowed")
    preview = seen(world)
    assert preview.count_regulars(AFFECTED) == (2, 0)
    [regulars, *_] = audiences(preview, world.carla)
    assert (regulars.count, regulars.left_out) == (1, 2)


def test_who_holds_an_exception_without_an_end_is_not_read(world):
    def pages():
        """Of the database, of the statement that counts regulars."""
        with CaptureQueriesContext(connection) as captured:
            preview = seen(world)
        [counted] = [each["sql"] for each in captured if "chargepoints_session" in each["sql"]]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {counted.replace('%', '%%')}", [])
            [plan] = cursor.fetchone()[0]
        return preview.impact.regulars, plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]

    crowd = make.CustomerFactory.build_batch(300, user_group=world.north, provider=world.greengrid)
    Customer.objects.bulk_create(crowd)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    none, few = pages()
    put_exceptions(
        make.CustomerExceptionFactory.build(
            provider=world.greengrid, charge_group=world.leusden, customer=each, access="policy"
        )
        for each in crowd
    )
    all_of_them, many = pages()
    assert (none, all_of_them) == (0, 300)
    assert many < few + 100
