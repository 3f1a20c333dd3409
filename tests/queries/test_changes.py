"""The way of a change, from its proposal to its taking effect."""

from datetime import timedelta

import pytest

from changes.apply import StalePreview, apply_change, preview_change
from changes.cancel import cancel_change
from changes.models import Change
from changes.proposals import (
    CustomerMoves,
    ExceptionChanges,
    Inapplicable,
    NewTerms,
    NewVersion,
    NothingToChange,
    ProposedException,
)
from changes.undo import undo_proposal
from chargegroups.models import Terms
from chargepoints.authorization import authorize
from customers.models import Notice
from evcnet.datetimes import database_clock
from tariffs.pricing import Component, Element, Tariff
from tests import factories as make

pytestmark = pytest.mark.django_db


def per_kwh(price):
    from decimal import Decimal

    return Tariff("EUR", (Element((Component("ENERGY", Decimal(price)),)),))


def seen(proposal, at=None):
    return preview_change(proposal, at).impact


def made(proposal, at=None, **options):
    shown = seen(proposal, at)
    return apply_change(proposal, fingerprint=shown.fingerprint, at=at, **options).change


def asked(card="04AA11"):
    return authorize(card, "NLGRGE0001", database_clock())


def soon(hours=1):
    return database_clock() + timedelta(hours=hours)


def test_a_dearer_tariff_is_seen_before_it_is_made(world):
    dear = make.TariffFactory(provider=world.greengrid, per_kwh="0.50")
    impact = seen(NewTerms(world.leusden, {"tariff": dear}))
    assert impact.customers_by_effect["pays_more"] == 1
    assert impact.customers_by_effect["unchanged"] == 1
    assert impact.points == 1
    assert not Change.objects.exists()


def test_confirming_makes_exactly_what_was_shown(world):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap}), by=world.anna, reason="spring")
    assert asked().decision.tariff.code == "CHEAP"
    assert (change.made_by, change.reason, change.impact["counts"]["pays_less"]) == (world.anna, "spring", 1)


def test_only_the_own_providers_customers_are_counted(world):
    impact = seen(NewTerms(world.leusden, {"roaming": True, "other_user_groups": True}))
    assert impact.customers_by_effect["gains_access"] == 1
    assert impact.total == 2


def test_a_customer_is_counted_once_by_the_heaviest_effect(world):
    second = make.ChargeGroupFactory(user_group=world.south, terms={"tariff": world.standard, "own_user_group": True})
    make.CustomerExceptionFactory(charge_group=second, customer=world.jansen, tariff=world.standard)
    impact = seen(NewVersion(world.standard, per_kwh("0.39")))
    assert impact.customers_by_effect["pays_more"] == 2
    assert impact.total == 2


def test_a_stale_preview_is_refused_with_the_new_picture_and_nothing_written(world):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = seen(proposal)
    make.CustomerFactory(user_group=world.north)
    with pytest.raises(StalePreview) as stale:
        apply_change(proposal, fingerprint=shown.fingerprint)
    assert stale.value.preview.impact.customers_by_effect["pays_less"] == 2
    assert not Change.objects.exists()
    assert Terms.objects.filter(charge_group=world.leusden).count() == 1


def test_a_customer_blocked_in_between_makes_it_stale(world):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = seen(proposal)
    type(world.jansen).objects.filter(pk=world.jansen.pk).update(status="blocked")
    with pytest.raises(StalePreview):
        apply_change(proposal, fingerprint=shown.fingerprint)


def test_a_double_click_makes_one_change(world):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = seen(proposal)
    apply_change(proposal, fingerprint=shown.fingerprint)
    with pytest.raises(NothingToChange):
        apply_change(proposal, fingerprint=shown.fingerprint)
    assert Change.objects.count() == 1


def test_another_proposals_fingerprint_does_not_fit(world):
    shown = seen(NewTerms(world.leusden, {"tariff": world.cheap}))
    with pytest.raises(StalePreview):
        apply_change(NewTerms(world.leusden, {"roaming": True}), fingerprint=shown.fingerprint)
    assert not Change.objects.exists()


def test_a_fingerprint_does_not_depend_on_the_second(world):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    assert seen(proposal).fingerprint == seen(proposal).fingerprint


def test_terms_equal_to_those_in_force_are_told_and_not_written(world):
    with pytest.raises(NothingToChange):
        seen(NewTerms(world.leusden, {"tariff": world.standard, "own_user_group": True}))


def test_a_scheduled_change_holds_from_its_very_moment(world):
    at = soon()
    made(NewTerms(world.leusden, {"own_user_group": False}), at)
    assert authorize("04AA11", "NLGRGE0001", at - timedelta(microseconds=1)).verdict == "ALLOWED"
    assert authorize("04AA11", "NLGRGE0001", at).reason == "no_access"


def test_the_past_is_refused(world):
    with pytest.raises(Inapplicable, match="passed"):
        seen(NewTerms(world.leusden, {"tariff": world.cheap}), soon(-1))


def test_two_changes_at_one_moment_are_refused_and_a_later_one_is_warned_of(world):
    at = soon()
    made(NewTerms(world.leusden, {"tariff": world.cheap}), at)
    with pytest.raises(Inapplicable, match="very moment"):
        seen(NewTerms(world.leusden, {"roaming": True}), at)
    assert "scheduled" in seen(NewTerms(world.leusden, {"roaming": True})).warnings[0]


def test_a_cancelled_change_leaves_no_trace_in_what_holds(world):
    at = soon()
    change = made(NewTerms(world.leusden, {"own_user_group": False}), at)
    cancel_change(change, world.anna)
    assert authorize("04AA11", "NLGRGE0001", at).verdict == "ALLOWED"
    change.refresh_from_db()
    assert change.cancelled_by == world.anna


def test_what_has_taken_effect_is_not_cancelled_but_undone(world):
    change = made(NewTerms(world.leusden, {"tariff": world.cheap}))
    with pytest.raises(Inapplicable):
        cancel_change(change)
    made(undo_proposal(change), undoes=change)
    assert asked().decision.tariff.code == "STANDARD"
    assert Terms.objects.filter(charge_group=world.leusden).count() == 3


def test_a_new_version_prices_from_its_moment_and_is_undone_by_another(world):
    change = made(NewVersion(world.standard, per_kwh("0.39")))
    assert "0.39" in asked().price_text
    made(undo_proposal(change))
    assert "0.35" in asked().price_text
    assert world.standard.versions.count() == 3


def test_a_scheduled_version_is_cancelled(world):
    at = soon()
    change = made(NewVersion(world.standard, per_kwh("0.39")), at)
    assert "0.39" in authorize("04AA11", "NLGRGE0001", at).price_text
    cancel_change(change)
    assert "0.35" in authorize("04AA11", "NLGRGE0001", at).price_text


def test_the_same_prices_are_no_new_version(world):
    with pytest.raises(NothingToChange):
        seen(NewVersion(world.standard, per_kwh("0.35")))


def test_exceptions_are_added_changed_and_removed_and_each_is_undone(world):
    deny = ExceptionChanges([ProposedException(world.leusden, world.jansen, "denied", note="unpaid")])
    assert seen(deny).customers_by_effect["loses_access"] == 1
    denied = made(deny)
    assert asked().reason == "exception_denied"
    cheaper = ExceptionChanges([ProposedException(world.leusden, world.jansen, "allowed", tariff=world.cheap)])
    assert seen(cheaper).customers_by_effect["gains_access"] == 1
    changed = made(cheaper)
    removed = made(ExceptionChanges([ProposedException(world.leusden, world.jansen, removed=True)]))
    assert removed.impact["counts"]["pays_more"] == 1
    made(undo_proposal(removed))
    assert asked().decision.tariff.code == "CHEAP"
    made(undo_proposal(changed))
    assert asked().reason == "exception_denied"
    made(undo_proposal(denied))
    assert asked().reason == "own_user_group"


def test_an_exception_is_not_scheduled_by_the_door_but_by_its_own_window(world):
    later = soon()
    with pytest.raises(Inapplicable, match="can't be scheduled"):
        seen(ExceptionChanges([ProposedException(world.leusden, world.jansen, "denied")]), later)
    made(ExceptionChanges([ProposedException(world.leusden, world.jansen, "denied", valid_from=later)]))
    assert asked().verdict == "ALLOWED"
    assert authorize("04AA11", "NLGRGE0001", later).reason == "exception_denied"


def test_customers_moved_to_another_user_group_meet_its_terms(world):
    moved = made(CustomerMoves.to([world.jansen], world.south))
    assert moved.impact["counts"]["loses_access"] == 1
    assert asked().reason == "no_access"
    made(undo_proposal(moved))
    assert asked().verdict == "ALLOWED"


def test_a_tariff_of_another_currency_is_refused_before_anybody_confirms(world):
    dollars = make.TariffFactory(provider=world.greengrid, currency="USD")
    with pytest.raises(Inapplicable, match="share one currency"):
        seen(NewTerms(world.leusden, {"tariff": dollars}))
    assert Terms.objects.filter(charge_group=world.leusden).count() == 1


@pytest.mark.parametrize(("notify", "told"), [("all", {"1001", "1003"}), ("none", set()), ("regulars", {"1003"})])
def test_the_warning_goes_to_whom_the_staff_chose(world, notify, told):
    regular = make.CustomerFactory(user_group=world.north, number="1003")
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=regular, access="policy")
    made(NewTerms(world.leusden, {"tariff": world.cheap}), notify=notify)
    assert set(Notice.objects.values_list("customer__number", flat=True)) == told


def test_a_notice_says_the_price_before_and_after(world):
    made(NewTerms(world.leusden, {"tariff": world.cheap}), notify="all")
    notice = Notice.objects.get(customer=world.jansen)
    assert (notice.effect, "0.35" in notice.before, "0.20" in notice.after) == ("pays_less", True, True)
