"""Signals of changes: sent once and inside the transaction; their receivers warn, and a receiver that fails refuses."""

from datetime import timedelta

import pytest
from django.db import transaction

from changes import receivers
from changes.apply import StalePreview, apply_change, preview_change
from changes.cancel import cancel_change
from changes.models import Change
from changes.proposals import CustomerMoves, ExceptionChanges, NewTerms, NewVersion, ProposedException
from changes.proposals.points import GroupClosure, PointMoves
from changes.signals import SIGNALS
from changes.undo import undo_proposal
from chargegroups.models import Terms
from customers.models import Alert, Announcement, Notice
from evcnet.datetimes import database_clock
from evcnet.errors import DomainError
from tests import factories as make
from tests.queries.test_changes import per_kwh

pytestmark = pytest.mark.django_db
LATER = timedelta(days=3)


@pytest.fixture
def sent():
    """What a receiver of both signals is sent, in order."""
    heard = []

    def hear(signal, sender, **arguments):
        assert transaction.get_connection().in_atomic_block
        name = next(name for name, each in SIGNALS.items() if each is signal)
        heard.append({"name": name, "sender": sender, **arguments})

    yield from connected(hear, heard)


def connected(receive, given=None):
    for signal in SIGNALS.values():
        signal.connect(receive)
    yield given
    for signal in SIGNALS.values():
        signal.disconnect(receive)


@pytest.fixture
def refusing():
    def refuse(sender, **arguments):
        raise DomainError("The partner of this group can't be told: try it again tomorrow.")

    yield from connected(refuse)


@pytest.fixture
def failing():
    def fail(sender, **arguments):
        raise RuntimeError("the disk is full")

    yield from connected(fail)


@pytest.fixture
def nobody_listens():
    ours = (receivers.write_notices, receivers.write_alerts)
    for signal in SIGNALS.values():
        assert all(signal.disconnect(each, sender=Change) for each in ours)
    yield
    for signal in SIGNALS.values():
        for each in ours:
            signal.connect(each, sender=Change)


def applied(proposal, at=None, **options):
    fingerprint = preview_change(proposal, at).impact.fingerprint
    return apply_change(proposal, fingerprint=fingerprint, at=at, **options).change


def names(sent):
    return [each["name"] for each in sent]


def nothing_was_written(world):
    terms = Terms.objects.filter(charge_group=world.leusden)
    return (Change.objects.count(), terms.count(), Announcement.objects.count(), Notice.objects.count()) == (0, 1, 0, 0)


def test_both_say_which_change_where_and_from_when(world, sent):
    at = database_clock() + LATER
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap, "own_user_group": False}), at)
    assert names(sent) == ["tariff_changed", "access_changed"]
    for each in sent:
        assert (each["sender"], each["change"], each["groups"]) == (Change, change, [world.leusden.pk])
        assert (each["takes_effect_at"], each["cancelled"]) == (at, False)


@pytest.mark.parametrize("switch", ["own_user_group", "other_user_groups", "roaming", "social_charging"])
def test_every_switch_is_a_change_of_access(world, sent, switch):
    applied(NewTerms(world.leusden, {switch: not getattr(world.leusden.terms.get(), switch)}))
    assert "access_changed" in names(sent)


def test_a_roaming_tariff_is_a_change_of_price_though_nobody_counted_pays_it(world, sent):
    applied(NewTerms(world.leusden, {"roaming_tariff": world.cheap}))
    assert names(sent) == ["tariff_changed"]


KINDS = {
    "another tariff": (lambda w: NewTerms(w.leusden, {"tariff": w.cheap}), ["tariff_changed"]),
    "a new version": (lambda w: NewVersion(w.standard, per_kwh("0.50")), ["tariff_changed"]),
    "somebody denied": (
        lambda w: ExceptionChanges([ProposedException(w.leusden, w.jansen, "denied")]),
        ["access_changed"],
    ),
    "a price of one's own": (
        lambda w: ExceptionChanges([ProposedException(w.leusden, w.jansen, tariff=w.cheap)]),
        ["tariff_changed"],
    ),
    "a note alone": (lambda w: ExceptionChanges([ProposedException(w.leusden, w.jansen, note="mind")]), []),
    "a customer moved": (lambda w: CustomerMoves.to([w.jansen], w.south), ["access_changed"]),
    "a point detached": (lambda w: PointMoves.to([w.market], None), ["access_changed"]),
    "a group closed": (lambda w: GroupClosure(w.leusden), ["access_changed"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_change_sends_what_it_touches_once(world, sent, kind):
    proposal, expected = KINDS[kind]
    applied(proposal(world))
    assert names(sent) == expected


def test_a_preview_sends_nothing(world, sent):
    preview_change(NewTerms(world.leusden, {"tariff": world.cheap}))
    assert sent == []


def test_a_stale_confirmation_sends_nothing(world, sent):
    with pytest.raises(StalePreview):
        apply_change(NewTerms(world.leusden, {"tariff": world.cheap}), fingerprint="not what was shown")
    assert sent == []


def test_what_is_rolled_back_leaves_neither_change_nor_notice(world, sent):
    with pytest.raises(RuntimeError), transaction.atomic():
        applied(NewTerms(world.leusden, {"tariff": world.cheap}), notify="all")
        raise RuntimeError("the power went")
    assert names(sent) == ["tariff_changed"]  # inside of what was rolled back
    assert nothing_was_written(world)


def test_cancelling_sends_again_what_was_sent(world, sent):
    change = applied(NewTerms(world.leusden, {"social_charging": True}), database_clock() + LATER)
    cancel_change(change)
    assert [(each["name"], each["cancelled"]) for each in sent] == [("access_changed", False), ("access_changed", True)]
    assert sent[1]["groups"] == [world.leusden.pk] and sent[1]["change"].cancelled_at is not None


def test_undoing_sends_as_any_change_does(world, sent):
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(undo_proposal(change), undoes=change)
    assert names(sent) == ["tariff_changed", "tariff_changed"]


def test_a_scheduled_version_that_is_replaced_is_sent_as_cancelled_on_confirming_alone(world, sent):
    at = database_clock() + LATER
    first = applied(NewVersion(world.standard, per_kwh("0.50")), at)
    proposal, replaces = NewVersion(world.standard, per_kwh("0.60")), first.versions.get()
    preview = preview_change(proposal, at, replaces=replaces)
    assert names(sent) == ["tariff_changed"] and first.versions.exists()
    apply_change(proposal, fingerprint=preview.impact.fingerprint, at=at, replaces=first.versions.get())
    assert [each["cancelled"] for each in sent] == [False, True, False]


@pytest.mark.parametrize("notify", ["all", "none"])
def test_a_receiver_that_refuses_has_nothing_written_and_says_why(world, refusing, notify):
    with pytest.raises(DomainError, match="can't be told: try it again tomorrow"):
        applied(NewTerms(world.leusden, {"tariff": world.cheap}), notify=notify)
    assert nothing_was_written(world)


def test_a_receiver_that_fails_has_nothing_written_and_people_are_told_what_to_do(world, failing, caplog):
    with pytest.raises(DomainError, match="nothing was changed. Try it again"):
        applied(NewTerms(world.leusden, {"tariff": world.cheap}), notify="all")
    assert nothing_was_written(world)
    assert "the disk is full" in caplog.text


def test_a_receiver_that_fails_keeps_a_scheduled_change_from_being_cancelled(world, request):
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap}), database_clock() + LATER)
    request.getfixturevalue("failing")
    with pytest.raises(DomainError):
        cancel_change(change)
    change.refresh_from_db()
    assert change.cancelled_at is None and change.terms.exists()


# What the portal's own receiver does


def test_the_receiver_writes_the_notices_once_for_a_change_of_price_and_access(world):
    make.CustomerFactory(user_group=world.south)
    applied(NewTerms(world.leusden, {"tariff": world.cheap, "other_user_groups": True}), notify="all")
    assert Announcement.objects.count() == 1
    assert set(Notice.objects.values_list("effect", flat=True)) == {"pays_less", "gains_access"}


def test_without_receivers_nobody_is_warned(world, nobody_listens):
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap}), database_clock() + LATER, notify="all")
    cancel_change(change)
    assert Change.objects.count() == 1 and not Announcement.objects.exists() and not Notice.objects.exists()
    assert not Alert.objects.exists()
