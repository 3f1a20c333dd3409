"""Drafts of changes: an address that is opened, reloaded, sent to a colleague, applied once or discarded."""

from datetime import timedelta

import pytest
from django.urls import reverse

from changes.apply import apply_change, preview_change
from changes.models import Change, Draft
from changes.proposals import NewTerms
from chargegroups.models import Terms
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.portal.sent import press, preview_of, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(world):
    return reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk])


@pytest.fixture
def anna(world, signed_in):
    return signed_in(world.anna)


@pytest.fixture
def draft(anna, page):
    """Anna proposes the cheap tariff."""
    return preview_of(anna, page, tariff="CHEAP", reason="spring").context["draft"]


def address(draft):
    return f"/changes/drafts/{draft.pk}/"


def text(response):
    return response.content.decode()


def nothing_was_changed(world):
    return not Change.objects.exists() and Terms.objects.filter(charge_group=world.leusden).count() == 1


def made(proposal):
    return apply_change(proposal, fingerprint=preview_change(proposal).impact.fingerprint).change


def test_asking_whom_it_affects_leads_to_the_address_of_a_draft(world, anna, page):
    saved = anna.post(page, sent(anna.get(page), page, step="preview", tariff="CHEAP"))
    draft = Draft.objects.get()
    assert saved["Location"] == address(draft)
    assert (draft.author, draft.proposal["set"], draft.state) == (world.anna, {"tariff": "CHEAP"}, "draft")
    assert nothing_was_changed(world)


def test_opening_it_again_judges_it_again(world, anna, draft):
    make.CustomerFactory(user_group=world.north)
    shown = anna.get(address(draft))
    assert shown.context["counts"]["pays_less"] == 2
    assert shown.context["saved"] is None
    assert Draft.objects.count() == 1 and nothing_was_changed(world)


def test_the_tiles_say_who_loses_who_pays_more_and_who_gains(anna, world, page):
    make.TariffFactory(provider=world.greengrid, code="DEAR", name="Dear", per_kwh="0.70")
    tiles = preview_of(anna, page, tariff="DEAR").context["tiles"]
    assert [(each.number, each.words) for each in tiles[:3]] == [
        ("0", "lose access"),
        ("1", "pays more, up to +100 %"),
        ("0", "gain access or pay less"),
    ]


def test_a_colleague_opens_the_link_and_applies_it(world, signed_in, draft):
    ben = signed_in(world.ben)
    shown = ben.get(address(draft))
    assert "by Anna" in text(shown)
    done = press(ben, shown, step="confirm", named="CG-LEUSDEN")
    assert done["Location"] == reverse("admin:chargegroups_chargegroup_access", args=[world.leusden.pk])
    change, draft = Change.objects.get(), Draft.objects.get()
    assert (change.made_by, change.reason) == (world.ben, "spring")
    assert (draft.state, draft.change, draft.closed_by) == ("applied", change, world.ben)


def test_two_of_the_staff_apply_it_once(world, anna, signed_in, draft):
    ben = signed_in(world.ben)
    annas, bens = anna.get(address(draft)), ben.get(address(draft))
    press(anna, annas, step="confirm", named="CG-LEUSDEN")
    second = press(ben, bens, step="confirm", named="CG-LEUSDEN", follow=True)
    change = Change.objects.get()
    assert change.made_by == world.anna
    assert second.redirect_chain[-1][0] == reverse("admin:changes_change_change", args=[change.pk])
    assert "was applied by Anna" in text(second)


def test_a_double_click_applies_it_once_and_says_so(anna, draft):
    shown = anna.get(address(draft))
    press(anna, shown, step="confirm", named="CG-LEUSDEN")
    assert "was not done twice" in text(press(anna, shown, step="confirm", named="CG-LEUSDEN", follow=True))
    assert Change.objects.count() == 1


def test_what_has_changed_since_is_told_beside_what_is_so_now(world, anna, draft):
    bens = made(NewTerms(world.leusden, {"other_user_groups": True}))
    shown = anna.get(address(draft))
    lines = {line.what: (line.then, line.now) for line in shown.context["saved"].lines}
    assert lines["Pay less"] == ("1", "2") and shown.context["saved"].between == [bens]
    assert "What it builds upon has changed since it was saved" in text(shown)
    press(anna, shown, step="confirm", named="CG-LEUSDEN")
    terms = Terms.objects.in_force(database_clock()).get(charge_group=world.leusden)
    assert (terms.tariff.code, terms.other_user_groups) == ("CHEAP", True)


def test_what_was_shown_before_a_colleagues_change_is_not_applied(world, anna, draft):
    shown = anna.get(address(draft))
    made(NewTerms(world.leusden, {"other_user_groups": True}))
    refused = press(anna, shown, step="confirm", named="CG-LEUSDEN")
    assert "nothing has been written" in text(refused)
    assert text(refused).count("Meanwhile:") == 1, "the colleague's change is named once"
    assert Change.objects.count() == 1 and Draft.objects.get().state == "draft"


@pytest.mark.parametrize("gone", ["done already", "tariff renamed", "moment passed"])
def test_one_that_makes_no_sense_any_more_says_why_and_can_be_discarded(world, anna, draft, gone):
    if gone == "done already":
        made(NewTerms(world.leusden, {"tariff": world.cheap}))
    elif gone == "moment passed":
        Draft.objects.update(at=database_clock() - timedelta(days=1))
    else:
        type(world.cheap).objects.filter(pk=world.cheap.pk).update(code="OTHER")
    changes = Change.objects.count()
    shown = anna.get(address(draft))
    assert "be applied as it stands" in text(shown) and "Pay less" in text(shown)
    anna.post(address(draft), {"step": "confirm", "shown": draft.picture["fingerprint"]})
    assert Change.objects.count() == changes
    anna.post(address(draft), {"step": "discard"})
    assert Draft.objects.get().state == "discarded"


def test_a_note_is_kept_and_editing_saves_into_the_same_draft(world, anna, draft):
    shown = anna.get(address(draft))
    shown = press(anna, shown, step="note", reason="for the board", notify="none", follow=True)
    form = press(anna, shown, step="edit")
    assert sent(form, form.context["wizard"].address)["tariff"] == ["CHEAP"]
    again = press(anna, form, step="preview", roaming="on", follow=True)
    draft = Draft.objects.get()
    assert (draft.proposal["set"], draft.note) == ({"tariff": "CHEAP", "roaming": True}, "for the board")
    assert again.context["draft"] == draft


def test_editing_a_colleagues_draft_saves_one_of_ones_own(world, signed_in, draft):
    ben = signed_in(world.ben)
    form = press(ben, ben.get(address(draft)), step="edit")
    press(ben, form, step="preview", roaming="on")
    assert [(each.author, each.proposal["set"]) for each in Draft.objects.order_by("pk")] == [
        (world.anna, {"tariff": "CHEAP"}),
        (world.ben, {"tariff": "CHEAP", "roaming": True}),
    ]


def test_a_discarded_draft_is_taken_up_again(world, anna, draft):
    press(anna, anna.get(address(draft)), step="discard")
    shown = anna.get(address(draft))
    assert "Discarded" in text(shown) and "Take it up again" in text(shown)
    anna.post(address(draft), {"step": "confirm", "shown": draft.picture["fingerprint"], "named": "CG-LEUSDEN"})
    assert nothing_was_changed(world)
    anna.post(address(draft), {"step": "take-up"})
    assert Draft.objects.get().state == "draft"


def test_prices_of_a_tariff_are_a_draft_that_reads_the_same_again(world, anna):
    page = reverse("admin:tariffs_tariff_version", args=[world.standard.pk])
    shown = preview_of(anna, page, **{"elements-0-energy_price": "0.36", "elements-0-max_kwh": "20"})
    draft, again = shown.context["draft"], anna.get(address(shown.context["draft"]))
    assert again.context["impact"].fingerprint == shown.context["impact"].fingerprint == draft.picture["fingerprint"]
    form = press(anna, again, step="edit")
    assert sent(form, page)["elements-0-max_kwh"] == ["20"]
    assert press(anna, again, step="confirm", named="STANDARD").status_code == 302
    assert Draft.objects.get().change == Change.objects.get()


def test_the_list_names_drafts_with_their_notes(anna, draft):
    listed = text(anna.get("/changes/drafts/"))
    assert address(draft) in listed and "spring" in listed


@pytest.mark.parametrize(("who", "status"), [("carla", 200), ("rita", 200), ("hugo", 404), ("otto", 404)])
def test_who_opens_it(world, signed_in, draft, who, status):
    assert signed_in(getattr(world, who)).get(address(draft)).status_code == status


@pytest.mark.parametrize("step", ["confirm", "note", "discard", "take-up", "list", "csv", "letter"])
def test_who_only_reads_does_nothing_with_it(world, signed_in, draft, step):
    rita = signed_in(world.rita)
    assert "Apply now" not in text(rita.get(address(draft)))
    assert rita.post(address(draft), {"step": step, "shown": draft.picture["fingerprint"]}).status_code == 403
    assert nothing_was_changed(world) and Draft.objects.get().state == "draft"


def test_a_sub_provider_sees_no_draft_that_concerns_others_too(world, signed_in, anna):
    make.ChargeGroupFactory(user_group=world.south, terms={"tariff": world.standard, "own_user_group": True})
    page = reverse("admin:tariffs_tariff_version", args=[world.standard.pk])
    draft = preview_of(anna, page, **{"elements-0-energy_price": "0.36"}).context["draft"]
    assert signed_in(world.carla).get(address(draft)).status_code == 404
    assert address(draft) not in text(signed_in(world.carla).get("/changes/drafts/"))
