"""Undo of terms where others are scheduled: those keep what they set, and bring nothing back that was undone."""

import time
from datetime import timedelta

import pytest

from changes.apply import StalePreview, apply_change, preview_change
from changes.cancel import cancel_change
from changes.models import Change
from changes.proposals import NewTerms, NothingToChange
from changes.undo import undo_proposal
from chargegroups.models import Terms
from chargepoints.authorization import authorize
from customers.models import ChargeCard
from evcnet.datetimes import database_clock
from tests import factories as make

pytestmark = pytest.mark.django_db


def applied(proposal, at=None, **options):
    fingerprint = preview_change(proposal, at).impact.fingerprint
    return apply_change(proposal, fingerprint=fingerprint, at=at, **options).change


def undone(change, *also, at=None):
    return applied(undo_proposal(change, also), at, undoes=change)


def soon(hours=1):
    return database_clock() + timedelta(hours=hours)


def terms(world, at=None):
    """As they are in force at a moment: tariff, roaming and whether other user groups may charge."""
    row = Terms.objects.in_force(at or database_clock()).get(charge_group=world.leusden)
    return row.tariff.code, row.roaming, row.other_user_groups


def warnings(proposal):
    return " ".join(preview_change(proposal).impact.warnings)


def own_terms(change):
    return next(iter(change.own_terms.values()), None)


def rows(world):
    return list(world.leusden.terms.order_by("valid_from").values_list("pk", "valid_from", "tariff", "roaming"))


def cheaper_then_roaming(world):
    """A change of the tariff, and another one that was scheduled after it and sets roaming alone."""
    at = soon()
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    later = applied(NewTerms(world.leusden, {"roaming": True}), at)
    return first, later, at


def test_what_was_undone_does_not_come_back_with_a_scheduled_change(world):
    first, later, at = cheaper_then_roaming(world)
    undo = undone(first)
    assert terms(world) == ("STANDARD", False, False)
    assert terms(world, at) == ("STANDARD", True, False)
    assert authorize("04AA11", "NLGRGE0001", at).decision.tariff.code == "STANDARD"
    row = Terms.objects.get(charge_group=world.leusden, valid_from=at)
    assert set(row.changes.all()) == {later, undo}
    assert own_terms(undo) != row and own_terms(later) == row


def test_every_scheduled_change_that_carries_it_gets_it_back(world):
    first, _, at = cheaper_then_roaming(world)
    applied(NewTerms(world.leusden, {"other_user_groups": True}), soon(3))
    undone(first)
    assert terms(world, at) == ("STANDARD", True, False)
    assert terms(world, soon(4)) == ("STANDARD", True, True)


def test_of_several_fields_a_scheduled_change_keeps_the_one_that_it_sets_itself(world):
    dear = make.TariffFactory(provider=world.greengrid, code="DEAR", per_kwh="0.50")
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap, "other_user_groups": True}))
    applied(NewTerms(world.leusden, {"tariff": dear}), soon())
    assert "keeps what it sets itself (tariff)" in warnings(undo_proposal(first))
    undone(first)
    assert terms(world) == ("STANDARD", False, False)
    assert terms(world, soon(2)) == ("DEAR", False, False)


def test_a_scheduled_change_that_sets_the_same_field_stays_whole_and_is_named(world):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    dear = make.TariffFactory(provider=world.greengrid, code="DEAR", per_kwh="0.50")
    later = applied(NewTerms(world.leusden, {"tariff": dear}), soon())
    row = own_terms(later)
    assert "sets this itself and keeps it: tariff." in warnings(undo_proposal(first))
    undone(first)
    assert own_terms(later) == row and terms(world, soon(2))[0] == "DEAR"


def test_what_follows_a_scheduled_change_that_set_the_same_value_itself_stays(world):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(NewTerms(world.leusden, {"tariff": world.cheap, "roaming": True}), soon())
    applied(NewTerms(world.leusden, {"other_user_groups": True}), soon(3))
    undone(first)
    assert terms(world)[0] == "STANDARD"
    assert terms(world, soon(2))[0] == terms(world, soon(4))[0] == "CHEAP"


def test_a_scheduled_change_that_is_older_than_what_is_undone_stays_as_it_is(world):
    later = applied(NewTerms(world.leusden, {"roaming": True}), soon())
    row = own_terms(later)
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    undone(first)
    assert own_terms(later) == row and terms(world, soon(2)) == ("STANDARD", True, False)


def test_the_preview_says_it_and_counts_whom_it_meets_only_from_then_on(world):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(NewTerms(world.leusden, {"other_user_groups": True}), soon())
    preview = preview_change(undo_proposal(first))
    assert (
        "keeps what it sets itself (publicly accessible outside user group) and gets this back too: tariff."
        in " ".join(preview.impact.warnings)
    )
    # One has access today, the other one only from the scheduled change on: both pay more than without the undo.
    assert preview.impact.customers_by_effect["pays_more"] == 2


def test_looking_at_the_undo_writes_nothing(world):
    first, _, _ = cheaper_then_roaming(world)
    before = rows(world)
    preview_change(undo_proposal(first))
    assert rows(world) == before and Change.objects.count() == 2


def test_an_undo_whose_scheduled_change_was_cancelled_meanwhile_is_stale(world):
    first, later, _ = cheaper_then_roaming(world)
    proposal = undo_proposal(first)
    fingerprint = preview_change(proposal).impact.fingerprint
    cancel_change(later)
    before = rows(world)
    with pytest.raises(StalePreview):
        apply_change(proposal, fingerprint=fingerprint, undoes=first)
    assert rows(world) == before


def test_a_preview_upon_the_scheduled_terms_is_stale_after_the_undo(world):
    first, _, _ = cheaper_then_roaming(world)
    proposal, at = NewTerms(world.leusden, {"social_charging": True}), soon(5)
    ChargeCard.objects.all().delete()
    fingerprint = preview_change(proposal, at).impact.fingerprint
    undone(first)
    with pytest.raises(StalePreview):
        apply_change(proposal, fingerprint=fingerprint, at=at)


def test_an_undo_is_stale_where_the_scheduled_change_came_into_force_meanwhile_and_right_when_made_again(world):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    at = database_clock() + timedelta(seconds=2)
    applied(NewTerms(world.leusden, {"roaming": True}), at)
    proposal = undo_proposal(first)
    fingerprint = preview_change(proposal).impact.fingerprint
    time.sleep(max(0, (at - database_clock()).total_seconds()) + 0.05)
    before = rows(world)
    with pytest.raises(StalePreview):
        apply_change(proposal, fingerprint=fingerprint, undoes=first)
    assert rows(world) == before
    undone(first)
    assert terms(world) == ("STANDARD", True, False)
    assert rows(world)[: len(before)] == before


def test_a_scheduled_change_that_was_set_back_is_cancelled_whole(world):
    first, later, at = cheaper_then_roaming(world)
    undo = undone(first)
    cancel_change(later)
    assert terms(world, at) == ("STANDARD", False, False)
    assert not Terms.objects.filter(valid_from__gt=database_clock()).exists()
    assert undo.terms.get() == own_terms(undo)


def test_undoing_a_change_that_was_set_back_while_it_waited_sets_back_only_what_it_set(world):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    at = database_clock() + timedelta(seconds=2)
    later = applied(NewTerms(world.leusden, {"roaming": True}), at)
    undone(first)
    time.sleep(max(0, (at - database_clock()).total_seconds()) + 0.05)
    assert terms(world) == ("STANDARD", True, False)
    undone(later)
    assert terms(world) == ("STANDARD", False, False)


def test_undoing_the_undo_gives_the_scheduled_change_back_what_it_said(world):
    first, later, at = cheaper_then_roaming(world)
    undo = undone(first)
    again = undone(undo)
    assert terms(world) == ("CHEAP", False, False)
    assert terms(world, at) == ("CHEAP", True, False)
    assert set(own_terms(later).changes.all()) == {later, undo, again}
    undone(again)
    assert terms(world, at) == ("STANDARD", True, False)
    with pytest.raises(NothingToChange):
        undo_proposal(first)


def test_the_first_change_can_be_undone_again_after_its_undo_was_undone(world):
    first, _, at = cheaper_then_roaming(world)
    undone(undone(first))
    undone(first)
    assert terms(world) == ("STANDARD", False, False)
    assert terms(world, at) == ("STANDARD", True, False)


def test_undoing_the_undo_leaves_alone_what_was_scheduled_at_that_moment_since(world):
    first, later, at = cheaper_then_roaming(world)
    undo = undone(first)
    cancel_change(later)
    applied(NewTerms(world.leusden, {"tariff": world.standard, "other_user_groups": True}), at)
    undone(undo)
    assert terms(world) == ("CHEAP", False, False)
    assert terms(world, at) == ("STANDARD", False, True)


def test_a_scheduled_undo_sets_back_what_follows_it_and_gives_it_back_when_it_is_cancelled(world):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(NewTerms(world.leusden, {"roaming": True}), soon(5))
    undo = undone(first, at=soon(2))
    assert [terms(world, soon(hours))[0] for hours in (1, 3, 6)] == ["CHEAP", "STANDARD", "STANDARD"]
    cancel_change(undo)
    assert [terms(world, soon(hours)) for hours in (1, 3, 6)] == [
        ("CHEAP", False, False),
        ("CHEAP", False, False),
        ("CHEAP", True, False),
    ]
