"""Undo, field by field: what a change set is set back, what later changes set stays unless it is chosen."""

import pytest
from django.urls import reverse

from changes.apply import apply_change, preview_change
from changes.models import Change
from changes.proposals import CustomerMoves, ExceptionChanges, NewTerms, NewVersion, NothingToChange, ProposedException
from changes.proposals.points import GroupClosure, Move, PointMoves
from changes.undo import undo_of, undo_proposal
from chargegroups.models import ChargeGroup, CustomerException
from chargepoints.models import ChargePoint
from customers.models import Customer
from tests import factories as make
from tests.portal.sent import sent
from tests.queries.test_changes import per_kwh

pytestmark = pytest.mark.django_db


def applied(proposal, **options):
    return apply_change(proposal, fingerprint=preview_change(proposal).impact.fingerprint, **options).change


def undone(change, *also):
    return applied(undo_proposal(change, also), undoes=change)


def terms(world):
    row = world.leusden.terms.order_by("-valid_from").first()
    return row.tariff.code, row.own_user_group, row.roaming


def conflicts(change):
    return [conflict.what for conflict in undo_of(change).conflicts]


# Terms


def test_what_a_later_change_of_terms_set_stays(world):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(NewTerms(world.leusden, {"roaming": True}))
    undone(first)
    assert terms(world) == ("STANDARD", True, True)
    assert conflicts(first) == []


def test_a_switch_that_a_later_change_set_too_stays_and_is_named(world):
    make.TariffFactory(provider=world.greengrid, code="DEAR", name="Dear", per_kwh="0.50")
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap, "roaming": True}))
    applied(NewTerms(world.leusden, {"tariff": make.Tariff.objects.get(code="DEAR")}))
    assert conflicts(first) == ["tariff"]
    undone(first)
    assert terms(world) == ("DEAR", True, False)


def test_it_is_set_back_all_the_same_where_that_is_chosen(world):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(NewTerms(world.leusden, {"tariff": make.TariffFactory(provider=world.greengrid, per_kwh="0.50")}))
    undone(first, "tariff")
    assert terms(world)[0] == "STANDARD"


def test_what_was_set_back_by_hand_is_neither_undone_nor_named(world):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(NewTerms(world.leusden, {"tariff": world.standard}))
    assert conflicts(first) == []
    with pytest.raises(NothingToChange, match="set back already"):
        undo_proposal(first)


# Versions


def test_prices_that_a_later_version_changed_stay_unless_they_are_chosen(world):
    first = applied(NewVersion(world.standard, per_kwh("0.40")))
    applied(NewVersion(world.standard, per_kwh("0.50")))
    with pytest.raises(NothingToChange, match="choose what to set back"):
        undo_proposal(first)
    assert conflicts(first) == [f"prices of {world.standard}"]
    undone(first, "prices")
    version = world.standard.versions.order_by("-valid_from").first()
    assert str(version.elements.get().energy_price) == "0.3500"


# Exceptions


def test_of_an_exception_each_column_is_undone_by_itself(world):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="allowed", note="old")
    first = applied(ExceptionChanges([ProposedException(world.leusden, world.jansen, "denied", note="unpaid")]))
    applied(ExceptionChanges([ProposedException(world.leusden, world.jansen, "denied", note="paid since")]))
    assert conflicts(first) == [f"note of the exception of {world.jansen} at {world.leusden}"]
    undone(first)
    row = CustomerException.objects.get()
    assert (row.access, row.note) == ("allowed", "paid since")


def test_an_exception_that_was_added_and_changed_since_stays_unless_it_is_chosen(world):
    first = applied(ExceptionChanges([ProposedException(world.leusden, world.jansen, "denied")]))
    applied(ExceptionChanges([ProposedException(world.leusden, world.jansen, "allowed")]))
    [conflict] = undo_of(first).conflicts
    with pytest.raises(NothingToChange):
        undo_proposal(first)
    undone(first, conflict.key)
    assert not CustomerException.objects.exists()


# Customers and charge points


def test_a_customer_who_moved_on_stays_and_the_others_go_back(world):
    east = make.UserGroupFactory(provider=world.greengrid)
    other = make.CustomerFactory(user_group=world.north)
    first = applied(CustomerMoves.to([world.jansen, other], world.south))
    applied(CustomerMoves.to([Customer.objects.get(pk=other.pk)], east))
    assert conflicts(first) == [f"user group of {other}"]
    undone(first)
    assert Customer.objects.get(pk=world.jansen.pk).user_group == world.north
    assert Customer.objects.get(pk=other.pk).user_group == east


def test_a_point_that_moved_on_stays_and_a_status_that_staff_set_stays(world):
    second, third = (make.ChargeGroupFactory(user_group=world.north) for _ in range(2))
    other = make.ChargePointFactory(charge_group=world.leusden, location=world.market.location)
    reread = ChargePoint.objects.select_related("charge_group")
    points = list(reread.filter(pk__in=[world.market.pk, other.pk]))
    first = applied(PointMoves.to(points, second))
    applied(PointMoves([Move(reread.get(pk=other.pk), third)]))
    ChargePoint.objects.filter(pk=world.market.pk).update(status="out_of_service")
    assert conflicts(first) == [f"charge group of {other}"]
    undone(first)
    assert reread.get(pk=other.pk).charge_group == third
    market = reread.get(pk=world.market.pk)
    assert (market.charge_group, market.status) == (world.leusden, "out_of_service")


def test_a_group_is_opened_again_without_the_points_that_stand_elsewhere_since(world):
    second = make.ChargeGroupFactory(user_group=world.north)
    first = applied(GroupClosure(world.leusden))
    applied(PointMoves.to([ChargePoint.objects.get(pk=world.market.pk)], second))
    assert conflicts(first) == [f"charge group of {world.market}"]
    undone(first)
    assert ChargeGroup.objects.get(pk=world.leusden.pk).closed_at is None
    assert ChargePoint.objects.get(pk=world.market.pk).charge_group == second


# The page


def test_the_page_asks_where_a_later_change_set_the_same_and_writes_what_was_chosen(world, signed_in):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(NewTerms(world.leusden, {"tariff": make.TariffFactory(provider=world.greengrid, per_kwh="0.50")}))
    anna, page = signed_in(world.anna), reverse("admin:changes_change_undo", args=[first.pk])
    asked = anna.get(page)
    assert "Set back the tariff all the same" in asked.content.decode()
    assert page in anna.get(reverse("admin:changes_change_change", args=[first.pk])).content.decode()
    refused = anna.post(page, sent(asked, page, step="preview"))
    assert "choose what to set back all the same" in refused.content.decode()
    preview = anna.post(page, sent(asked, page, step="preview", also="tariff"))
    assert Change.objects.count() == 2
    done = anna.post(page, sent(preview, page, step="confirm", named="CG-LEUSDEN"))
    assert done.status_code == 302 and terms(world)[0] == "STANDARD"
    assert Change.objects.get(undoes=first).proposal["set"] == {"tariff": "STANDARD"}


def test_the_page_opens_on_the_preview_where_no_later_change_set_the_same(world, signed_in):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(NewTerms(world.leusden, {"roaming": True}))
    shown = signed_in(world.anna).get(reverse("admin:changes_change_undo", args=[first.pk]))
    assert shown.context["preview"].proposal.values == {"tariff": world.standard}


def test_a_conflict_is_not_named_to_who_may_not_undo_it(world, signed_in):
    first = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(NewTerms(world.leusden, {"tariff": make.TariffFactory(provider=world.greengrid, per_kwh="0.50")}))
    answer = signed_in(world.hugo).get(reverse("admin:changes_change_undo", args=[first.pk]))
    assert answer.status_code in (403, 404)
