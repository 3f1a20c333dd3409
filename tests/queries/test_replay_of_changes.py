"""Replays of a change: what customers would have paid more or less. Priced as the sessions were measured, or corrected since."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changes.admin.replay import replayed
from changes.apply import preview_change
from changes.proposals import NewVersion
from chargepoints.rating import Measured, correct
from evcnet.datetimes import database_clock
from tests.queries.test_changes import per_kwh
from tests.sessions import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def last_week():
    return f"{database_clock() - timedelta(days=7):%Y-%m-%dT10:00}"


def dearer(world):
    return preview_change(NewVersion(world.standard, per_kwh("0.50")))


def test_a_session_is_priced_again_as_it_was_measured(world, last_week):
    record(world, "S1", at=last_week, kwh="20")
    assert replayed(dearer(world)).total.difference == Decimal("3.00")


def test_a_corrected_session_is_priced_again_as_it_was_corrected(world, last_week):
    session = record(world, "S1", at=last_week, kwh="20")
    version = world.standard.versions.get()
    correct(session, version, Measured(session.started_at, session.ended_at, Decimal(10)), "The meter was wrong.")
    assert replayed(dearer(world)).total.difference == Decimal("1.50")


def test_corrections_cost_no_query_each(world, last_week):
    def cost():
        seen = dearer(world)
        with CaptureQueriesContext(connection) as queries:
            replayed(seen)
        return len(queries)

    record(world, "S0", at=last_week)
    few = cost()
    for number in range(1, 6):
        record(world, f"S{number}", at=last_week)
    assert cost() == few
