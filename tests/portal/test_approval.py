"""Approval: a change that affects more customers than the provider lets one person change needs a second one."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from changes.apply import apply_change, preview_change
from changes.drafts import discard_old_drafts
from changes.models import Change, Draft
from changes.proposals import NewTerms
from chargegroups.models import ChargeGroup, CustomerException
from customers.models import Provider, StaffAlert
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.portal.sent import press, preview_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(world):
    return reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk])


@pytest.fixture
def anna(world, signed_in):
    return signed_in(world.anna)


@pytest.fixture
def ben(world, signed_in):
    return signed_in(world.ben)


@pytest.fixture
def shown(world, anna, page):
    """Anna's draft of a change that affects Jansen, where GreenGrid lets one person change nobody."""
    Provider.objects.filter(pk=world.greengrid.pk).update(approval_above=0)
    return preview_of(anna, page, tariff="CHEAP", reason="spring")


def address(shown):
    return shown.context["wizard"].address


def text(response):
    return response.content.decode()


def asked(anna, shown):
    return press(anna, shown, step="ask", reason="please look", follow=True)


def test_one_person_alone_does_not_apply_it(anna, shown):
    assert "needs a second person" in text(shown) and "Apply now" not in text(shown)
    refused = press(anna, shown, step="confirm", named="CG-LEUSDEN", follow=True)
    assert "needs a second person" in text(refused)
    assert not Change.objects.exists() and Draft.objects.get().state == "draft"


def test_a_second_person_approves_and_then_it_is_applied(world, anna, ben, shown):
    asked(anna, shown)
    assert "to approve" in text(ben.get("/"))
    seen = ben.get(address(shown))
    assert "asks for approval" in text(seen) and "please look" in text(seen)
    approved = press(ben, seen, step="approve", follow=True)
    assert not Change.objects.exists() and "Approved by Ben" in text(approved)
    assert "approved and not applied yet" in text(anna.get("/"))
    press(anna, anna.get(address(shown)), step="confirm", named="CG-LEUSDEN")
    change = Change.objects.get()
    assert (change.made_by, change.approved_by, change.approval_note) == (world.anna, world.ben, "approved by Ben")
    assert "approved by Ben" in text(anna.get(reverse("admin:changes_change_change", args=[change.pk])))


def test_nobody_approves_their_own(anna, shown):
    asked(anna, shown)
    own = anna.get(address(shown))
    assert "nobody approves their own" in text(own) and 'value="approve"' not in text(own)
    anna.post(address(shown), {"step": "approve", "shown": own.context["impact"].fingerprint})
    draft = Draft.objects.get()
    assert draft.state == "awaiting"
    with pytest.raises(IntegrityError), transaction.atomic():
        Draft.objects.update(approved_by=draft.author, state="approved")


def test_the_bell_tells_who_may_approve_and_then_the_author(world, anna, ben, shown):
    asked(anna, shown)
    assert list(StaffAlert.objects.values_list("login", "alert__event")) == [(world.ben.pk, "asked")]
    opened = ben.post(reverse("admin:customers_staffalert_open", args=[StaffAlert.objects.get().pk]))
    assert opened["Location"] == address(shown)
    press(ben, ben.get(address(shown)), step="approve")
    assert StaffAlert.objects.filter(login=world.anna).get().alert.event == "approved"


def test_it_is_handed_back_with_a_note(world, anna, ben, shown):
    asked(anna, shown)
    press(ben, ben.get(address(shown)), step="hand-back", reason="too dear")
    draft = Draft.objects.get()
    assert (draft.state, draft.note) == ("draft", "too dear")
    assert StaffAlert.objects.filter(login=world.anna).get().alert.event == "back"


def test_an_approval_lapses_where_what_it_builds_upon_changes(world, anna, ben, shown):
    asked(anna, shown)
    press(ben, ben.get(address(shown)), step="approve")
    proposal = NewTerms(world.leusden, {"other_user_groups": True})
    apply_change(proposal, fingerprint=preview_change(proposal).impact.fingerprint)
    again = anna.get(address(shown))
    assert "does not count any more" in text(again)
    press(anna, again, step="confirm", named="CG-LEUSDEN")
    assert Change.objects.count() == 1


def test_what_the_approver_did_not_see_is_not_approved(world, anna, ben, shown):
    asked(anna, shown)
    seen = ben.get(address(shown))
    proposal = NewTerms(world.leusden, {"other_user_groups": True})
    apply_change(proposal, fingerprint=preview_change(proposal).impact.fingerprint)
    assert "nothing has been written" in text(press(ben, seen, step="approve"))
    assert Draft.objects.get().state == "awaiting"


def test_a_form_without_a_draft_keeps_one_when_it_is_confirmed(world, anna, shown):
    exceptions = reverse("admin:chargegroups_chargegroup_exceptions", args=[world.leusden.pk])
    typed = {"customer": world.jansen.pk, "access": "denied", "note": ""}
    preview = anna.post(exceptions, typed | {"step": "preview"})
    kept = press(anna, preview, step="confirm", named="CG-LEUSDEN", follow=True)
    draft = Draft.objects.get(kind="exceptions")
    assert "needs a second person" in text(kept) and kept.context["draft"] == draft
    assert kept.context["impact"].fingerprint == preview.context["impact"].fingerprint
    assert not CustomerException.objects.exists() and not Change.objects.exists()


def test_commands_pass_and_the_record_says_so(world, shown, capsys):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    fingerprint = preview_change(proposal).impact.fingerprint
    call_command(
        "change_terms", "--charge-group", "CG-LEUSDEN", "--set", "tariff=CHEAP", "--provider", "GRG",
        "--confirm", fingerprint,
    )  # fmt: skip
    assert Change.objects.get().approval_note == "not approved: command"


def test_the_setting_needs_two_who_may_approve(world):
    world.greengrid.approval_above = 100
    world.greengrid.clean()
    type(world.ben).objects.filter(pk=world.ben.pk).update(is_active=False)
    with pytest.raises(ValidationError, match="Two logins at least"):
        world.greengrid.clean()


def test_asking_is_refused_where_nobody_else_is_left(world, anna, shown):
    type(world.ben).objects.filter(pk=world.ben.pk).update(is_active=False)
    assert "Nobody else may approve this" in text(asked(anna, shown))
    assert Draft.objects.get().state == "draft"


def test_how_many_are_affected_out_of_reach_is_not_told(world, signed_in, page):
    make.CustomerFactory.create_batch(36, user_group=world.south)
    make.TermsFactory(
        charge_group=world.leusden,
        valid_from=database_clock() - timedelta(minutes=1),
        tariff=world.standard,
        own_user_group=True,
        other_user_groups=True,
    )
    Provider.objects.filter(pk=world.greengrid.pk).update(approval_above=0)
    carla = signed_in(world.carla)
    shown = preview_of(carla, page, tariff="STANDARD", other_user_groups="")
    refused = press(carla, shown, step="confirm", named="CG-LEUSDEN", follow=True)
    assert "needs a second person" in text(refused)
    assert not re.search(r"\b3[78] customers", text(refused))
    assert not Change.objects.exists()


def test_a_small_change_needs_nobody(world, anna, page):
    Provider.objects.filter(pk=world.greengrid.pk).update(approval_above=1)
    shown = preview_of(anna, page, tariff="CHEAP")
    assert press(anna, shown, step="confirm", named="CG-LEUSDEN").status_code == 302
    assert Change.objects.get().approval_note == ""


def test_drafts_that_lie_for_too_long_are_discarded_and_say_so(world, anna, shown):
    later = database_clock() + timedelta(days=31)
    assert discard_old_drafts(world.bluevolt, later) == 0
    assert discard_old_drafts(world.greengrid, later) == 1
    assert "it lay for too long" in text(anna.get(address(shown)))
    anna.post(address(shown), {"step": "take-up"})
    assert Draft.objects.get().state == "draft"


def test_the_list_says_what_has_changed_since_and_whose_it_is(world, anna, ben, shown):
    proposal = NewTerms(world.leusden, {"other_user_groups": True})
    apply_change(proposal, fingerprint=preview_change(proposal).impact.fingerprint)
    assert "Changed since" in text(anna.get("/changes/drafts/?whose=own"))
    assert address(shown) not in text(ben.get("/changes/drafts/?whose=own"))
    assert address(shown) in text(ben.get("/changes/drafts/?whose=others"))


@pytest.mark.parametrize(("who", "status"), [("carla", 403), ("rita", 403), ("hugo", 404), ("otto", 404)])
def test_who_does_not_approve(world, signed_in, anna, shown, who, status):
    asked(anna, shown)
    sent = {"step": "approve", "shown": shown.context["impact"].fingerprint}
    assert signed_in(getattr(world, who)).post(address(shown), sent).status_code == status
    assert Draft.objects.get().state == "awaiting"


def test_a_new_group_with_charge_points_waits_and_arises_once_it_is_applied(world, anna, ben):
    """What its form says travels with the draft: the points stay where they are until then."""
    Provider.objects.filter(pk=world.greengrid.pk).update(approval_above=0)
    typed = {
        "code": "CG-VILLAGE", "name": "Village", "type": "other", "user_group": world.south.pk,
        "tariff": world.cheap.pk, "own_user_group": "on", "points": [world.market.pk],
        "additional_information": "by the church",
    }  # fmt: skip
    add = reverse("admin:chargegroups_chargegroup_add")
    preview = anna.post(add, typed)
    assert "It needs a second person, and waits" in text(preview) and "Apply now" not in text(preview)
    kept = press(anna, preview, step="confirm", named="GreenGrid", follow=True)
    assert "kept as a draft" in text(kept) and not ChargeGroup.objects.filter(code="CG-VILLAGE").exists()
    asked(anna, kept)
    press(ben, ben.get(address(kept)), step="approve")
    assert not Change.objects.exists()
    press(anna, anna.get(address(kept)), step="confirm", named="GreenGrid")
    group = ChargeGroup.objects.get(code="CG-VILLAGE")
    world.market.refresh_from_db()
    assert (world.market.charge_group, group.user_group) == (group, world.south)
    assert group.additional_information == "by the church"
    assert (Change.objects.get().approved_by, Draft.objects.get().state) == (world.ben, "applied")
