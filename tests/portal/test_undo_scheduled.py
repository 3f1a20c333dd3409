"""The page of undoing terms where others are scheduled: it says which of them are set back too, and does so."""

from datetime import timedelta

import pytest
from django.urls import reverse

from changes.apply import apply_change, preview_change
from changes.models import Change
from changes.proposals import NewTerms
from chargegroups.models import Terms
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.portal.sent import press

pytestmark = pytest.mark.django_db


def applied(proposal, at=None):
    return apply_change(proposal, fingerprint=preview_change(proposal, at).impact.fingerprint, at=at).change


@pytest.fixture
def first(world):
    """A cheaper tariff, with roaming scheduled upon it."""
    change = applied(NewTerms(world.leusden, {"tariff": world.cheap}))
    applied(NewTerms(world.leusden, {"roaming": True}), database_clock() + timedelta(days=3))
    return change


def tariffs(world):
    """Of now and of all that is scheduled."""
    rows = Terms.objects.filter(charge_group=world.leusden).order_by("valid_from")
    return [row.tariff.code for row in rows][2:]


def pages(world, first):
    return reverse("admin:changes_change_undo", args=[first.pk]), reverse(
        "admin:chargegroups_chargegroup_terms", args=[world.leusden.pk]
    )


def test_the_preview_names_what_is_set_back_and_confirming_does_it(world, signed_in, first):
    anna, (undo, _) = signed_in(world.anna), pages(world, first)
    shown = anna.get(undo)
    text, begins = shown.content.decode(), Terms.objects.latest("valid_from").valid_from
    when = begins.astimezone(world.greengrid.zone)
    said = f"The change scheduled for {when:%-d %b %Y %H:%M} keeps what it sets itself (accessible for roaming)"
    assert f"{said} and gets this back too: tariff." in text
    assert [line.what.partition(" from ")[0] for line in shown.context["differences"].lines] == ["Tariff", "Tariff"]
    done = press(anna, shown, step="confirm", named="CG-LEUSDEN")
    assert done.status_code == 302 and tariffs(world) == ["STANDARD", "STANDARD"]
    change = Change.objects.get(undoes=first)
    logged = anna.get(reverse("admin:changes_change_change", args=[change.pk]))
    assert "Tariff from " in logged.content.decode()
    timeline = anna.get(reverse("admin:chargegroups_chargegroup_access", args=[world.leusden.pk]))
    scheduled = Change.objects.get(scheduled=True)
    assert reverse("admin:changes_change_change", args=[scheduled.pk]) in timeline.content.decode()


def test_another_tariff_that_is_chosen_instead_stays_out_of_scheduled_terms(world, signed_in, first):
    make.TariffFactory(provider=world.greengrid, code="DEAR", name="Dear", per_kwh="0.50")
    anna, (undo, _) = signed_in(world.anna), pages(world, first)
    shown = anna.get(undo)
    edited = press(anna, shown, step="preview", tariff="DEAR", follow=True)
    assert "gets this back too" not in edited.content.decode()
    press(anna, edited, step="confirm", named="CG-LEUSDEN")
    assert tariffs(world) == ["DEAR", "CHEAP"]


def test_terms_that_only_claim_to_undo_what_has_not_begun_set_nothing_back(world, signed_in, first):
    anna, (undo, _) = signed_in(world.anna), pages(world, first)
    scheduled = Change.objects.get(scheduled=True)
    shown = anna.get(undo)
    claimed = press(anna, shown, step="preview", undoes=scheduled.pk, follow=True)
    press(anna, claimed, step="confirm", named="CG-LEUSDEN")
    assert tariffs(world) == ["STANDARD", "CHEAP"] and not Change.objects.exclude(undoes=None).exists()
