"""Charge points that move and groups that are closed: what it does to customers."""

import pytest

from changes.apply import StalePreview, apply_change, preview_change
from changes.models import Change
from changes.proposals import Inapplicable, NothingToChange
from changes.proposals.points import GroupClosure, PointMoves
from changes.undo import undo_proposal
from chargepoints.authorization import authorize
from chargepoints.models import ChargePoint
from evcnet.datetimes import database_clock
from tests import factories as make

pytestmark = pytest.mark.django_db


def made(proposal):
    shown = preview_change(proposal).impact
    return apply_change(proposal, fingerprint=shown.fingerprint).change


def asked(card="04AA11"):
    return authorize(card, "NLGRGE0001", database_clock())


@pytest.fixture
def village(world):
    """A group of South, open to South at 0.20."""
    return make.ChargeGroupFactory(
        user_group=world.south, code="CG-VILLAGE", terms={"tariff": world.cheap, "own_user_group": True}
    )


def test_moving_a_point_takes_access_from_some_and_gives_it_to_others(world, village):
    impact = preview_change(PointMoves.to([world.market], village)).impact
    assert (impact.customers_by_effect["loses_access"], impact.customers_by_effect["gains_access"], impact.points) == (
        1,
        1,
        1,
    )
    made(PointMoves.to([world.market], village))
    assert asked("04AA11").verdict == "NOT_ALLOWED"
    assert asked("04BB22").verdict == "ALLOWED"


def test_a_detached_active_point_stops_and_comes_back_to_work_when_that_is_undone(world):
    change = made(PointMoves.to([world.market], None))
    assert "stops working" in change.impact["warnings"][0]
    world.market.refresh_from_db()
    assert (world.market.status, world.market.charge_group) == ("inactive", None)
    made(undo_proposal(change))
    assert asked().verdict == "ALLOWED"


def test_an_inactive_point_moves_without_touching_anybody(world, village):
    idle = make.ChargePointFactory(charge_group=world.leusden, status="inactive")
    impact = preview_change(PointMoves.to([idle], village)).impact
    assert (impact.affected, impact.total) == (0, 2)


def test_a_point_that_moved_meanwhile_makes_the_preview_stale(world, village):
    proposal = PointMoves.to([world.market], None)
    shown = preview_change(proposal).impact
    ChargePoint.objects.filter(pk=world.market.pk).update(charge_group=village)
    with pytest.raises(StalePreview):
        apply_change(proposal, fingerprint=shown.fingerprint)
    assert not Change.objects.exists()


def test_a_move_that_the_rules_refuse_is_refused_in_the_preview(world):
    home = make.ChargeGroupFactory(user_group=world.north, type="home")
    world.market.location.published = True
    world.market.location.save()
    with pytest.raises(Inapplicable, match="unpublish"):
        preview_change(PointMoves.to([world.market], home))
    world.market.refresh_from_db()
    assert world.market.charge_group == world.leusden


def test_closing_detaches_all_and_is_undone_whole(world):
    change = made(GroupClosure(world.leusden))
    assert change.impact["counts"]["loses_access"] == 1
    world.leusden.refresh_from_db()
    assert world.leusden.closed_at is not None
    with pytest.raises(NothingToChange):
        preview_change(GroupClosure(world.leusden))
    made(undo_proposal(change))
    world.leusden.refresh_from_db()
    assert world.leusden.closed_at is None
    assert asked().verdict == "ALLOWED"
