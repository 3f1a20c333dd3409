"""The record of each change says to whom its preview was shown, or that it was not, and why: nothing else."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from changes.apply import apply_change, apply_now, preview_change
from changes.cancel import cancel_change
from changes.models import Change, Way
from changes.proposals import NewTerms
from evcnet.datetimes import database_clock
from tests.tables import for_each

pytestmark = pytest.mark.django_db


def applied(world, by, at=None):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    shown = preview_change(proposal, at).impact.fingerprint
    return apply_change(proposal, fingerprint=shown, at=at, by=by).change


def test_who_confirmed_the_preview_is_named(world):
    assert applied(world, world.anna).preview_note == "shown to Anna"


def test_a_command_is_not_said_to_have_been_shown(world):
    assert applied(world, None).preview_note == "not shown: command"


@for_each("way", [way for way in Way if way not in (Way.PREVIEW, Way.FORM)])
def test_what_nobody_saw_says_how_it_came(world, way):
    change = apply_now(NewTerms(world.leusden, {"tariff": world.cheap}), way=way, by=world.anna)
    assert change.preview_note == f"not shown: {way.value}"


def test_nothing_can_claim_a_preview_that_was_not_confirmed(world):
    with pytest.raises(ValueError, match="fingerprint"):
        apply_now(NewTerms(world.leusden, {"tariff": world.cheap}), way=Way.PREVIEW, by=world.anna)
    assert not Change.objects.exists()


@for_each(
    "columns",
    [
        {"way": ""},
        {"way": "somehow"},
        {"way": "preview", "made_by": None},
        {"way": "form", "made_by": None},
        {"cancelled_way": "command"},
    ],
)
def test_the_database_takes_no_change_that_does_not_say_it(world, columns):
    change = applied(world, world.anna)
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.filter(pk=change.pk).update(**columns)


def test_cancelling_is_recorded_in_the_same_words(world):
    for by, note in ((world.ben, "shown to Ben"), (None, "not shown: command")):
        change = applied(world, world.anna, database_clock() + timedelta(days=10))
        cancel_change(change, by)
        assert Change.objects.get(pk=change.pk).cancelled_note == note
