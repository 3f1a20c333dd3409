"""Terms of several charge groups in one change: judged together, written together or not at all, undone together."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changes.apply import StalePreview, apply_change, preview_change
from changes.cancel import cancel_change
from changes.change_permissions import may_make
from changes.models import Change
from changes.proposals import Inapplicable, NewTerms, NothingToChange, TermsOfMany
from changes.proposals.points import GroupClosure
from changes.proposals.stored import read_proposal
from changes.undo import undo_of, undo_proposal
from chargegroups.models import ChargeGroup, Terms
from evcnet.datetimes import database_clock
from tests import factories as make

pytestmark = pytest.mark.django_db
STATEMENTS_A_GROUP = 0
"""So many more a charge group of a proposal takes to preview and to confirm."""


@pytest.fixture
def zeist(world):
    """A second street group of North, dearer than Leusden and open to all of GreenGrid."""
    dear = make.TariffFactory(provider=world.greengrid, code="DEAR", name="Dear", per_kwh="0.70")
    terms = {"tariff": dear, "own_user_group": True, "other_user_groups": True}
    return make.ChargeGroupFactory(user_group=world.north, code="CG-ZEIST", name="Zeist station", terms=terms)


@pytest.fixture
def both(world, zeist):
    """Leusden and Zeist at the cheap tariff."""
    return TermsOfMany.alike([world.leusden, zeist], {"tariff": world.cheap})


def applied(proposal, at=None, **options):
    fingerprint = preview_change(proposal, at).impact.fingerprint
    return apply_change(proposal, fingerprint=fingerprint, at=at, **options).change


def tariffs(*groups, at=None):
    rows = Terms.objects.in_force(at or database_clock()).select_related("tariff")
    return [rows.get(charge_group=group).tariff.code for group in groups]


def nothing_was_written():
    return not Change.objects.exists() and Terms.objects.filter(valid_from__gte=database_clock()).count() == 0


def counts(preview):
    return {effect: number for effect, number in preview.impact.customers_by_effect.items() if number}


def test_each_customer_counts_once_whatever_number_of_the_groups_is_open_to_them(both):
    """Jansen charges in both, Bakker in Zeist alone; Olsen is of another provider."""
    assert counts(preview_change(both)) == {"pays_less": 2}
    assert nothing_was_written()


def test_whoever_loses_in_one_group_and_pays_less_in_the_other_counts_as_losing(world, zeist):
    proposal = TermsOfMany({world.leusden: {"tariff": world.cheap}, zeist: {"other_user_groups": False}})
    assert counts(preview_change(proposal)) == {"loses_access": 1, "pays_less": 1}


def test_one_change_writes_the_terms_of_all_and_only_what_was_proposed(world, zeist, both):
    change = applied(both)
    assert tariffs(world.leusden, zeist) == ["CHEAP", "CHEAP"]
    now = {row.charge_group: row for row in Terms.objects.in_force(database_clock()).filter(changes=change)}
    assert (now[world.leusden].other_user_groups, now[zeist].other_user_groups) == (False, True)
    assert set(change.groups.all()) == {world.leusden, zeist} and change.sentence == "Terms of 2 charge groups"


def test_a_group_that_says_so_already_is_left_as_it_is(world, zeist):
    change = applied(TermsOfMany.alike([world.leusden, zeist], {"tariff": world.standard}))
    assert list(change.groups.all()) == [zeist] and change.terms.get().charge_group == zeist
    assert change.impact["warnings"] == ["CG-LEUSDEN Leusden centre: This is so already, and nothing is written."]


def test_where_all_say_so_already_there_is_nothing_to_change(world, zeist):
    with pytest.raises(NothingToChange):
        preview_change(TermsOfMany.alike([world.leusden, zeist], {"own_user_group": True}))


def test_one_closed_group_stops_all_of_them_and_is_named(world, zeist, both):
    applied(GroupClosure(zeist))
    zeist.refresh_from_db()
    with pytest.raises(Inapplicable, match="CG-ZEIST Zeist station is closed"):
        preview_change(both)
    assert tariffs(world.leusden) == ["STANDARD"]


def test_one_group_that_the_database_refuses_stops_all_of_them(world, zeist):
    """Zeist becomes a Home group, which is never accessible for roaming."""
    ChargeGroup.objects.filter(pk=zeist.pk).update(type="home")
    with pytest.raises(Inapplicable):
        preview_change(TermsOfMany.alike([world.leusden, zeist], {"roaming": True}))
    assert nothing_was_written()


def test_other_terms_of_one_group_from_that_very_moment_stop_all_and_the_group_is_named(world, zeist, both):
    at = database_clock() + timedelta(hours=1)
    applied(NewTerms(zeist, {"roaming": True}), at)
    with pytest.raises(Inapplicable, match="CG-ZEIST Zeist station: Other terms begin at this very moment"):
        preview_change(both, at)
    assert tariffs(world.leusden, zeist, at=at) == ["STANDARD", "DEAR"]


def test_groups_of_two_providers_are_no_proposal(world):
    with pytest.raises(Inapplicable, match="several providers"):
        TermsOfMany.alike([world.leusden, world.oslo], {"roaming": True})


def test_what_was_shown_before_one_of_them_changed_is_refused(world, zeist, both):
    shown = preview_change(both).impact.fingerprint
    applied(NewTerms(zeist, {"social_charging": False, "roaming": True}))
    with pytest.raises(StalePreview):
        apply_change(both, fingerprint=shown)
    assert tariffs(world.leusden, zeist) == ["STANDARD", "DEAR"]


def test_undo_sets_each_group_back_to_what_it_said(world, zeist, both):
    change = applied(both)
    applied(undo_proposal(change), undoes=change)
    assert tariffs(world.leusden, zeist) == ["STANDARD", "DEAR"]


def test_undoing_the_undo_brings_it_again(world, zeist, both):
    change = applied(both)
    undo = applied(undo_proposal(change), undoes=change)
    applied(undo_proposal(undo), undoes=undo)
    assert tariffs(world.leusden, zeist) == ["CHEAP", "CHEAP"]


def test_what_a_later_change_of_one_group_set_is_asked_about_by_the_groups_name(world, zeist, both):
    change = applied(both)
    applied(NewTerms(zeist, {"tariff": world.standard}))
    undo = undo_of(change)
    assert [conflict.what for conflict in undo.conflicts] == ["tariff of CG-ZEIST Zeist station"]
    applied(undo.proposal, undoes=change)
    assert tariffs(world.leusden, zeist) == ["STANDARD", "STANDARD"]
    whole = undo_proposal(change, [conflict.key for conflict in undo.conflicts])
    applied(whole, undoes=change)
    assert tariffs(world.leusden, zeist) == ["STANDARD", "DEAR"]


def test_an_undo_sets_scheduled_terms_of_each_group_back_as_well(world, zeist, both):
    at = database_clock() + timedelta(hours=1)
    change = applied(both)
    applied(TermsOfMany.alike([world.leusden, zeist], {"roaming": True}), at)
    undo = applied(undo_proposal(change), undoes=change)
    assert tariffs(world.leusden, zeist, at=at) == ["STANDARD", "DEAR"]
    assert all(row.roaming for row in Terms.objects.in_force(at).filter(charge_group__in=[world.leusden, zeist]))
    applied(undo_proposal(undo), undoes=undo)
    assert tariffs(world.leusden, zeist, at=at) == ["CHEAP", "CHEAP"]


def test_a_scheduled_one_is_cancelled_whole(world, zeist, both):
    at = database_clock() + timedelta(hours=1)
    change = applied(both, at)
    assert (
        tariffs(world.leusden, zeist) == ["STANDARD", "DEAR"] and tariffs(world.leusden, zeist, at=at) == ["CHEAP"] * 2
    )
    cancel_change(change)
    assert tariffs(world.leusden, zeist, at=at) == ["STANDARD", "DEAR"]


def test_scheduled_terms_of_some_are_warned_of_once_with_the_groups_names(world, zeist, both):
    at = database_clock() + timedelta(hours=1)
    applied(TermsOfMany.alike([world.leusden, zeist], {"roaming": True}), at)
    (warning,) = preview_change(both).impact.warnings
    assert warning.startswith("CG-LEUSDEN Leusden centre, CG-ZEIST Zeist station: Other terms are scheduled")


def test_it_is_read_again_as_it_was_stored(world, zeist):
    values = {world.leusden: {"tariff": world.cheap, "roaming": True}, zeist: {"prepaid_tariff": None}}
    stored = TermsOfMany(values).as_json()
    assert read_proposal(world.greengrid.pk, stored).as_json() == stored


def test_who_may_not_change_one_of_the_groups_may_change_none_by_it(world, zeist, both):
    assert may_make(world.anna, both) and not may_make(world.otto, both) and not may_make(world.rita, both)
    souths = make.ChargeGroupFactory(user_group=world.south, terms={"tariff": world.standard})
    roaming = {"social_charging": True}
    assert may_make(world.carla, TermsOfMany.alike([world.leusden, zeist], roaming))
    assert not may_make(world.carla, TermsOfMany.alike([world.leusden, souths], roaming))


def test_a_tariff_that_one_group_has_named_is_not_thereby_known_to_the_other(world, zeist):
    """Carla is offered no tariff: Leusden may keep its own, and Zeist does not get it."""
    assert may_make(world.carla, TermsOfMany({world.leusden: {"tariff": world.standard}, zeist: {"roaming": True}}))
    assert not may_make(world.carla, TermsOfMany({world.leusden: {"roaming": True}, zeist: {"tariff": world.standard}}))


def test_preview_and_confirmation_take_as_many_statements_for_twenty_groups_as_for_two(world):
    groups = [
        make.ChargeGroupFactory(user_group=world.north, terms={"tariff": world.standard, "own_user_group": True})
        for _ in range(22)
    ]
    few, many = (statements_of(chosen, world.cheap) for chosen in (groups[:2], groups[2:]))
    assert many[0] - few[0] <= 18 * STATEMENTS_A_GROUP, (few, many)
    assert many[1] - few[1] <= 18 * STATEMENTS_A_GROUP, (few, many)


def statements_of(groups, tariff):
    """Of the preview, and of the confirmation."""
    stored = TermsOfMany.alike(groups, {"tariff": tariff}).as_json()
    with CaptureQueriesContext(connection) as of_preview:
        preview = preview_change(read_proposal(groups[0].provider_id, stored))
    with CaptureQueriesContext(connection) as of_confirmation:
        apply_change(read_proposal(groups[0].provider_id, stored), fingerprint=preview.impact.fingerprint)
    return len(of_preview), len(of_confirmation)
