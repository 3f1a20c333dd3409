"""Every row that moved access or price is tied to a change that says to whom it was shown, or why not: in the database."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from changes.apply import apply_change, preview_change
from changes.cancel import cancel_change
from changes.models import Change
from changes.proposals import CustomerMoves, ExceptionChanges, NewTerms, ProposedException
from changes.proposals.points import GroupClosure
from changes.undo import undo_proposal
from chargegroups.writes import save_exception
from chargepoints.models import ChargePoint
from customers.privacy.erase import erase
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.ocpi.objects import tariff
from tests.portal.sent import sent

pytestmark = pytest.mark.django_db(transaction=True)

UNRECORDED = """
WITH moved AS (
    SELECT 'terms' AS what, t.provider_id, t.pgh_created_at AS at FROM chargegroups_termsevent t
    WHERE NOT EXISTS (SELECT FROM chargegroups_chargegroupevent g  -- those with which a group arises change nobody's
        WHERE g.pgh_obj_id = t.charge_group_id AND g.pgh_label = 'insert' AND g.pgh_created_at = t.pgh_created_at)
    UNION ALL
    SELECT 'exception', provider_id, pgh_created_at FROM chargegroups_customerexceptionevent
    UNION ALL
    SELECT 'version', v.provider_id, v.pgh_created_at FROM tariffs_tariffversionevent v
    WHERE EXISTS (SELECT FROM chargegroups_terms t WHERE t.created_at < v.pgh_created_at
        AND v.tariff_id IN (t.tariff_id, t.prepaid_tariff_id, t.roaming_tariff_id))
    UNION ALL
    SELECT 'charge point', provider_id, pgh_created_at FROM (
        SELECT *, lag(charge_group_id) OVER (PARTITION BY pgh_obj_id ORDER BY pgh_id) AS was
        FROM chargepoints_chargepointevent) p
    WHERE pgh_label <> 'delete' AND charge_group_id IS DISTINCT FROM was
    UNION ALL
    SELECT 'customer', provider_id, pgh_created_at FROM (
        SELECT *, lag(user_group_id) OVER (PARTITION BY pgh_obj_id ORDER BY pgh_id) AS was
        FROM customers_customerevent) c
    WHERE pgh_label = 'update' AND user_group_id <> was
)
SELECT what, count(*) FROM moved
WHERE at >= %s AND NOT EXISTS (
    SELECT FROM changes_changeevent e  -- the change was made, or cancelled, in the same transaction
    WHERE e.provider_id = moved.provider_id AND e.pgh_created_at = moved.at AND e.way <> '')
GROUP BY what ORDER BY what
"""


def unrecorded(since):
    with connection.cursor() as cursor:
        cursor.execute(UNRECORDED, [since])
        return dict(cursor.fetchall())


def notes():
    return [change.preview_note for change in Change.objects.order_by("pk")]


@pytest.fixture
def since(world):
    """The world is made before: it has no record."""
    return database_clock()


def applied(proposal, by, at=None):
    return apply_change(proposal, fingerprint=preview_change(proposal, at).impact.fingerprint, at=at, by=by).change


def test_what_nobody_recorded_is_found(world, since):
    """Else the others would prove nothing."""
    ChargePoint.objects.filter(pk=world.market.pk).update(charge_group=None, status="inactive")
    save_exception(make.CustomerExceptionFactory.build(
        provider=world.greengrid, charge_group=world.leusden, customer=world.jansen, access="denied"))  # fmt: skip
    assert unrecorded(since) == {"charge point": 1, "exception": 1}


def test_pages_record_to_whom_they_have_shown_it(world, since, signed_in):
    browser = signed_in(world.anna)
    group = {"code": "CG-V", "name": "Village", "type": "other", "user_group": world.south.pk}
    typed = group | {"tariff": world.cheap.pk, "own_user_group": "on", "points": [world.market.pk]}
    add = reverse("admin:chargegroups_chargegroup_add")
    browser.post(add, sent(browser.post(add, typed), add, step="confirm", named="GRG"))
    add = reverse("admin:chargepoints_chargepoint_add")
    typed = {"identity": "N1", "charge_group": world.leusden.pk, "location": world.market.location_id}
    typed |= {"connectors-TOTAL_FORMS": 0, "connectors-INITIAL_FORMS": 0}
    browser.post(add, sent(browser.post(add, typed | {"status": "active"}), add, step="confirm"))
    assert ChargePoint.objects.get(identity="N1").status == "active"
    assert notes() == ["shown to Anna", "shown to Anna"]
    assert unrecorded(since) == {}


def test_a_form_records_what_affects_nobody(world, since, signed_in):
    add = reverse("admin:chargepoints_chargepoint_add")
    typed = {"identity": "N1", "charge_group": world.leusden.pk, "location": world.market.location_id}
    typed |= {"connectors-TOTAL_FORMS": 0, "connectors-INITIAL_FORMS": 0, "status": "inactive"}
    signed_in(world.ben).post(add, typed)
    assert notes() == ["not shown: form"]
    assert unrecorded(since) == {}


def test_changes_undoing_and_cancelling_are_recorded(world, since):
    row = ProposedException(world.leusden, world.bakker, access="allowed")
    for proposal in (
        ExceptionChanges([row]),
        CustomerMoves.to([world.jansen], world.south),
        GroupClosure(world.leusden),
    ):
        applied(undo_proposal(applied(proposal, world.anna)), world.ben)
    later = applied(NewTerms(world.leusden, {"tariff": world.cheap}), world.anna, database_clock() + timedelta(days=9))
    cancel_change(later, world.ben)
    assert notes() == ["shown to Anna", "shown to Ben"] * 3 + ["shown to Anna"]
    assert Change.objects.get(pk=later.pk).cancelled_note == "shown to Ben"
    assert unrecorded(since) == {}


def test_commands_files_and_feeds_say_that_nothing_was_shown(world, since, tmp_path):
    village = make.ChargeGroupFactory(
        user_group=world.south, code="CG-V", terms={"tariff": world.cheap, "own_user_group": True}
    )
    moment = database_clock()
    fingerprint = preview_change(NewTerms(world.leusden, {"other_user_groups": True})).impact.fingerprint
    terms = {"charge_group": "CG-LEUSDEN", "set": ["other_user_groups=true"], "provider": "GRG"}
    call_command("change_terms", **terms, confirm=fingerprint)
    points, exceptions, prices = (tmp_path / name for name in ("points.csv", "exceptions.csv", "tariffs.csv"))
    points.write_text(f"identity,charge_group\n{world.market.identity},{village.code}\n")
    exceptions.write_text("charge_group,customer,access\nCG-LEUSDEN,1002,allowed\n")
    prices.write_text("code,name,valid_from,energy_per_kwh\nSTANDARD,Standard,2099-01-01,0.5\n")
    for kind, file in (("charge_points", points), ("exceptions", exceptions), ("tariffs", prices)):
        call_command("import_csv", kind, str(file), provider="GRG")
    feed = tmp_path / "tariffs.json"
    feed.write_text(json.dumps([tariff("CHEAP", 0.25)]))
    call_command("import_ocpi", "tariffs", str(feed), provider="GRG")
    assert notes() == ["not shown: command", *["not shown: file"] * 3, "not shown: feed"]
    assert unrecorded(moment) == {}


def test_an_erasure_says_it_too(world, since):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen)
    moment = database_clock()
    erase(world.jansen, by=world.anna)
    assert notes() == ["not shown: erasure"]
    assert unrecorded(moment) == {}
