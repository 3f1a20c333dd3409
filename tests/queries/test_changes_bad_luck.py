"""What can go wrong with a change: nothing is half done, nothing is told twice, nobody is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from changes import apply
from changes.apply import StalePreview, apply_change
from changes.models import Change
from changes.proposals import ExceptionChanges, Inapplicable, NewTerms, NewVersion, ProposedException
from chargegroups.models import CustomerException, Terms
from chargepoints.authorization import authorize
from customers.models import Announcement, Customer, Notice
from evcnet.datetimes import database_clock
from tariffs.models import TariffVersion
from tests import factories as make
from tests.queries.test_changes import made, per_kwh, seen

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def clock(monkeypatch):
    """Sets the clock by which changes come into force, so much ahead of that of the database."""
    real = database_clock

    def ahead(by):
        monkeypatch.setattr(apply, "database_clock", lambda: real() + by)

    return ahead


def all_terms(world):
    return list(Terms.objects.filter(charge_group=world.leusden).order_by("pk"))


# Bad input


@pytest.mark.parametrize("slot", ["tariff", "prepaid_tariff", "roaming_tariff"])
def test_a_tariff_of_another_provider_is_refused_for_every_slot(world, slot):
    foreign = make.TariffFactory(provider=world.bluevolt)
    with pytest.raises(Inapplicable, match="of the same provider"):
        seen(NewTerms(world.leusden, {slot: foreign}))
    assert len(all_terms(world)) == 1


def test_a_tariff_of_another_provider_is_refused_for_an_exception(world):
    foreign = make.TariffFactory(provider=world.bluevolt)
    with pytest.raises(Inapplicable, match="of the same provider"):
        seen(ExceptionChanges([ProposedException(world.leusden, world.jansen, "allowed", tariff=foreign)]))
    assert not CustomerException.objects.exists()


def test_an_exception_that_ends_before_it_begins_is_refused(world):
    now = database_clock()
    row = ProposedException(world.leusden, world.jansen, "denied", valid_from=now, valid_until=now - HOUR)
    with pytest.raises(Inapplicable, match="ends before it begins"):
        seen(ExceptionChanges([row]))
    assert not CustomerException.objects.exists()


# A preview that is left open over night


def test_a_preview_of_yesterday_fits_as_long_as_nothing_else_happened(world, clock):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = seen(proposal).fingerprint
    clock(timedelta(hours=14))
    assert apply_change(proposal, fingerprint=shown).change.impact["counts"]["pays_less"] == 1


def test_a_preview_of_yesterday_is_stale_once_a_scheduled_change_took_effect(world, clock):
    made(NewTerms(world.leusden, {"own_user_group": False}), database_clock() + HOUR)
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = seen(proposal).fingerprint
    clock(timedelta(hours=14))
    with pytest.raises(StalePreview):
        apply_change(proposal, fingerprint=shown)
    assert Change.objects.count() == 1


def test_a_preview_of_yesterday_is_stale_once_an_exception_ran_out(world, clock):
    make.CustomerExceptionFactory(
        charge_group=world.leusden, customer=world.jansen, access="denied", valid_until=database_clock() + HOUR
    )
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = seen(proposal).fingerprint
    clock(timedelta(hours=14))
    with pytest.raises(StalePreview) as stale:
        apply_change(proposal, fingerprint=shown)
    assert stale.value.preview.impact.customers_by_effect["pays_less"] == 1
    assert not Change.objects.exists()


def test_a_moment_that_passed_over_night_is_refused(world, clock):
    proposal, at = NewTerms(world.leusden, {"tariff": world.cheap}), database_clock() + HOUR
    shown = seen(proposal, at).fingerprint
    clock(timedelta(hours=14))
    with pytest.raises(Inapplicable, match="passed"):
        apply_change(proposal, fingerprint=shown, at=at)
    assert len(all_terms(world)) == 1


# The clock goes back


def test_terms_stay_in_the_order_in_which_they_were_made(world, clock):
    clock(HOUR)
    first = made(NewTerms(world.leusden, {"tariff": world.cheap}))
    clock(timedelta(minutes=1))
    second = made(NewTerms(world.leusden, {"tariff": world.standard, "roaming": True}))
    assert second.takes_effect_at == first.takes_effect_at + timedelta(microseconds=1)
    assert [row.changes.first() for row in Terms.objects.filter(charge_group=world.leusden).order_by("valid_from")] == [
        None,
        first,
        second,
    ]
    assert authorize("04AA11", "NLGRGE0001", database_clock() + 2 * HOUR).decision.tariff.code == "STANDARD"


def test_a_preview_after_the_clock_went_back_builds_upon_the_last_change(world, clock):
    clock(HOUR)
    made(NewTerms(world.leusden, {"tariff": world.cheap}))
    clock(timedelta(0))
    assert seen(NewTerms(world.leusden, {"tariff": world.standard})).customers_by_effect["pays_more"] == 1


def test_versions_stay_in_order_too(world, clock):
    clock(HOUR)
    made(NewVersion(world.standard, per_kwh("0.40")))
    clock(timedelta(minutes=1))
    made(NewVersion(world.standard, per_kwh("0.50")))
    begins = list(
        TariffVersion.objects.filter(tariff=world.standard).order_by("pk").values_list("valid_from", flat=True)
    )
    assert begins == sorted(begins)
    assert "0.50" in authorize("04AA11", "NLGRGE0001", database_clock() + 2 * HOUR).price_text


# What fails in the middle


@pytest.mark.parametrize("step", ["send_changed", "signals_of"])
def test_a_failure_while_it_is_applied_leaves_nothing(world, monkeypatch, step):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = seen(proposal).fingerprint

    def fail(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(apply, step, fail)
    with pytest.raises(RuntimeError):
        apply_change(proposal, fingerprint=shown, notify="all")
    assert len(all_terms(world)) == 1
    assert not Change.objects.exists() and not Announcement.objects.exists() and not Notice.objects.exists()


def test_a_failure_while_its_rows_are_written_tells_nobody(world, monkeypatch):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = seen(proposal).fingerprint

    def fail(change, at):
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(proposal, "write", fail)
        with pytest.raises(RuntimeError):
            apply_change(proposal, fingerprint=shown, notify="all")
    assert not Change.objects.exists() and not Notice.objects.exists()
    apply_change(proposal, fingerprint=shown, notify="all")
    assert Notice.objects.filter(customer=world.jansen).count() == 1


def test_a_customer_blocked_in_between_is_not_told_and_nothing_is_written(world):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = seen(proposal).fingerprint
    Customer.objects.filter(pk=world.jansen.pk).update(status="blocked")
    with pytest.raises(StalePreview):
        apply_change(proposal, fingerprint=shown, notify="all")
    assert len(all_terms(world)) == 1 and not Notice.objects.exists()


# The change to summer time


@pytest.mark.parametrize(
    "at",
    [
        datetime(2100, 3, 28, 1, tzinfo=UTC),  # 02:00 becomes 03:00 in Amsterdam
        datetime(2100, 10, 31, 1, tzinfo=UTC),  # 03:00 becomes 02:00
    ],
    ids=["to summer time", "to winter time"],
)
def test_a_scheduled_change_holds_from_its_very_second_across_a_change_of_the_clock(world, at):
    assert at.astimezone(world.greengrid.zone).utcoffset() != (at - HOUR).astimezone(world.greengrid.zone).utcoffset()
    made(NewTerms(world.leusden, {"tariff": world.cheap}), at)
    made(NewTerms(world.leusden, {"own_user_group": False}), at + HOUR)
    told = [authorize("04AA11", "NLGRGE0001", at + each) for each in (-timedelta(seconds=1), timedelta(0))]
    assert [answer.decision.tariff.code for answer in told] == ["STANDARD", "CHEAP"]
    told = [authorize("04AA11", "NLGRGE0001", at + HOUR + each) for each in (-timedelta(seconds=1), timedelta(0))]
    assert [answer.verdict for answer in told] == ["ALLOWED", "NOT_ALLOWED"]


def test_a_version_holds_from_its_very_second_across_the_change_to_summer_time(world):
    at = datetime(2100, 3, 28, 1, tzinfo=UTC)
    made(NewVersion(world.standard, per_kwh("0.50")), at)
    told = [authorize("04AA11", "NLGRGE0001", at + each).price_text for each in (-timedelta(seconds=1), timedelta(0))]
    assert ["0.35" in told[0], "0.50" in told[1]] == [True, True]
