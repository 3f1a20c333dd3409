"""Each kind of change, whichever way it is made: previewed, refused when stale, applied once, scheduled, undone.

What a kind cannot do stands in docs/terms.md with its reason, and is told when it is tried.
"""

from datetime import timedelta
from pathlib import Path

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
from changes.proposals.points import GroupClosure, Move, PointMoves
from changes.undo import undo_proposal
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargepoints.authorization import authorize
from chargepoints.models import ChargePoint
from customers.models import Customer
from evcnet.datetimes import database_clock
from evcnet.importexport.csv_file import read_csv
from evcnet.importexport.registry import resource_named
from evcnet.importexport.scope import FileScope
from tests import factories as make
from tests.importexport.files import csv_of
from tests.queries.test_changes import per_kwh

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(world):
    """Beside the group of Leusden one of South with a point, and an exception of Jansen's there."""
    world.second = make.ChargeGroupFactory(
        user_group=world.south, code="CG-2", terms={"tariff": world.standard, "own_user_group": True}
    )
    world.quayside = make.ChargePointFactory(charge_group=world.second, identity="NLGRGE0002")
    make.CustomerExceptionFactory(charge_group=world.second, customer=world.jansen, tariff=world.cheap)
    return world


def except_(world, group, customer, access="denied", **said):
    return ProposedException(group, customer, access, **said)


def reread(point):
    return ChargePoint.objects.select_related("charge_group").get(pk=point.pk)


KINDS = {
    "terms": lambda w: NewTerms(w.leusden, {"tariff": w.cheap, "other_user_groups": True}),
    "version": lambda w: NewVersion(w.standard, per_kwh("0.50")),
    "one exception added": lambda w: ExceptionChanges([except_(w, w.leusden, w.jansen)]),
    "one exception changed": lambda w: ExceptionChanges([except_(w, w.second, w.jansen)]),
    "one exception removed": lambda w: ExceptionChanges([except_(w, w.second, w.jansen, removed=True)]),
    "many exceptions": lambda w: ExceptionChanges(
        [except_(w, w.leusden, w.jansen), except_(w, w.second, w.bakker, "allowed", tariff=w.cheap)]
    ),
    "customers moved": lambda w: CustomerMoves([(w.jansen, w.south), (w.bakker, w.north)]),
    "point attached": lambda w: PointMoves([Move(_detached(w), w.leusden, "active")]),
    "point detached": lambda w: PointMoves.to([reread(w.market)], None),
    "points moved": lambda w: PointMoves([Move(reread(w.market), w.second), Move(reread(w.quayside), w.leusden)]),
    "group closed": lambda w: GroupClosure(ChargeGroup.objects.get(pk=w.leusden.pk)),
}
FILES = {
    "exceptions": ("exceptions", "charge_group,customer,access", "CG-LEUSDEN,1001,denied", "CG-2,1002,denied"),
    "points": ("charge_points", "identity,charge_group", "NLGRGE0001,", "NLGRGE0002,CG-LEUSDEN"),
    "customers": ("customers", "user_group,number,name", "SOUTH,1001,Jansen", "NORTH,1002,Bakker"),
    "version": ("tariffs", "code,name,valid_from,energy_per_kwh", "STANDARD,Standard,2100-01-01T00:00:00Z,0.50"),
}
SCHEDULED = ("terms", "version")
"""Kinds whose rows carry a date."""
NOT_SCHEDULED = {
    "exceptions": "removing and editing happen at once, as there is one row for each customer",
    "customers": "no: a customer's row carries no date",
    "points": "no: a point is in exactly one group, and its row carries no date",
    "closing": "no: its points could not be detached at a date",
}
"""Why, as docs/terms.md says it."""


def _detached(world):
    point = ChargePoint.objects.filter(identity="NLGRGE0003").first()
    return point or ChargePoint.objects.create(
        provider=world.greengrid, identity="NLGRGE0003", location=world.market.location
    )


def rows():
    """What a change writes: terms, versions, exceptions, where points and customers are, what is closed."""
    return {
        "terms": list(Terms.objects.order_by("pk").values_list("pk", "tariff_id", "valid_from")),
        "versions": list(Terms.objects.order_by("pk").values_list("tariff__versions", flat=True)),
        "exceptions": sorted(CustomerException.objects.values_list("charge_group", "customer", "access", "tariff")),
        "points": list(ChargePoint.objects.order_by("pk").values_list("pk", "charge_group", "status")),
        "customers": list(Customer.objects.order_by("pk").values_list("pk", "user_group", "status")),
        "closed": list(ChargeGroup.objects.order_by("pk").values_list("pk", "closed_at")),
    }


def answers():
    """Who may charge where, and at which price."""
    now = database_clock()
    asked = [authorize(card, point, now) for card in ("04AA11", "04BB22") for point in ("NLGRGE0001", "NLGRGE0002")]
    return [(answer.verdict, answer.reason, answer.price_text) for answer in asked]


def fingerprint(proposal, at=None):
    return preview_change(proposal, at).impact.fingerprint


def made(proposal, at=None, **options):
    return apply_change(proposal, fingerprint=fingerprint(proposal, at), at=at, **options).change


def everybody_is_blocked(world):
    """Somebody else does it, while the preview is open: whom it was to affect is not counted any more."""
    Customer.objects.filter(provider=world.greengrid).update(status="blocked")


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_previewed_and_nothing_is_written(places, kind):
    proposal = KINDS[kind](places)
    before = rows()
    assert preview_change(proposal).impact.affected > 0 or kind == "point attached"
    assert rows() == before
    assert not Change.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused_when_it_would_do_something_else_than_was_shown(places, kind):
    shown = fingerprint(KINDS[kind](places))
    everybody_is_blocked(places)
    before = rows()
    with pytest.raises(StalePreview):
        apply_change(KINDS[kind](places), fingerprint=shown)
    assert rows() == before
    assert not Change.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_applied_once_however_often_it_is_confirmed(places, kind):
    first, second = KINDS[kind](places), KINDS[kind](places)
    shown = fingerprint(first)
    apply_change(first, fingerprint=shown)
    before = rows()
    with pytest.raises((StalePreview, NothingToChange)):
        apply_change(second, fingerprint=shown)
    assert rows() == before
    assert Change.objects.count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_it_waits_for_its_moment_or_says_that_it_cannot(places, kind):
    proposal, at, before = KINDS[kind](places), database_clock() + timedelta(days=1), answers()
    if proposal.kind not in SCHEDULED:
        stored = rows()
        with pytest.raises(Inapplicable, match="can't be scheduled"):
            preview_change(proposal, at)
        assert rows() == stored
        assert NOT_SCHEDULED[proposal.kind] in Path("docs/terms.md").read_text()
        return
    change = made(proposal, at)
    assert (change.scheduled, answers()) == (True, before)
    cancel_change(change)
    assert answers() == before
    with pytest.raises(Inapplicable):
        cancel_change(change)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_undone_by_a_change_of_its_own(places, kind):
    proposal = KINDS[kind](places)
    before, stored = answers(), rows()
    change = made(proposal)
    undoing = made(undo_proposal(change), undoes=change)
    assert answers() == before
    assert undoing.undoes == change
    for what in ("exceptions", "points", "customers", "closed"):
        assert rows()[what] == stored[what]


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_takes_effect_in_the_past(places, kind):
    proposal, before = KINDS[kind](places), rows()
    with pytest.raises(Inapplicable):
        preview_change(proposal, database_clock() - timedelta(hours=1))
    assert rows() == before


# The same by a file


def taken(world, file, *, write=True, expected=None, resource=None):
    resource = resource or resource_of(world, file)
    return resource.import_data(read_csv(csv_of(*FILES[file][1:])), dry_run=not write, expected=expected)


def resource_of(world, file):
    return resource_named(FILES[file][0])(FileScope(), world.greengrid)


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_previewed_and_nothing_is_written(places, file):
    before = rows()
    resource = resource_of(places, file)
    taken(places, file, write=False, resource=resource)
    [seen] = resource.file_changes.previews
    assert seen.impact.affected > 0
    assert rows() == before
    assert not Change.objects.exists()


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_refused_when_it_would_do_something_else_than_was_shown(places, file):
    shown = taken(places, file, write=False).fingerprint
    everybody_is_blocked(places)
    before = rows()
    assert not taken(places, file, expected=shown).written
    assert rows() == before
    assert not Change.objects.exists()


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_applied_once_however_often_it_is_confirmed(places, file):
    shown = taken(places, file, write=False).fingerprint
    assert taken(places, file, expected=shown).written
    before = rows()
    assert not taken(places, file, expected=shown).written
    resource = resource_of(places, file)
    taken(places, file, resource=resource)
    assert resource.file_changes.previews == []
    assert rows() == before
    assert Change.objects.count() == 1


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_undone_or_cancelled(places, file):
    before, stored = answers(), rows()
    taken(places, file)
    change = Change.objects.get()
    if change.scheduled:
        cancel_change(change)
    else:
        made(undo_proposal(change), undoes=change)
    assert answers() == before
    for what in ("exceptions", "points", "closed"):
        assert rows()[what] == stored[what]
