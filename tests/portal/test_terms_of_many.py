"""The action that changes the terms of many charge groups at once: one form, one draft, one change."""

import pytest
from django.urls import reverse

from changes.apply import apply_change, preview_change
from changes.models import Change, Draft
from changes.proposals import NewTerms
from chargegroups.models import Terms
from customers.models import Provider
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.portal.sent import press, sent

pytestmark = pytest.mark.django_db
LIST = "/chargegroups/chargegroup/"


@pytest.fixture
def zeist(world):
    """A street group of South, dearer than Leusden, for South's customers."""
    dear = make.TariffFactory(provider=world.greengrid, code="DEAR", name="Dear", per_kwh="0.70")
    terms = {"tariff": dear, "own_user_group": True}
    return make.ChargeGroupFactory(user_group=world.south, code="CG-ZEIST", name="Zeist station", terms=terms)


@pytest.fixture
def anna(world, signed_in):
    return signed_in(world.anna)


@pytest.fixture
def draft(world, zeist, anna):
    """The page of Anna's draft: both groups at the cheap tariff."""
    return proposed(anna, world.leusden, zeist, tariff="CHEAP", reason="spring")


def choose(browser, *groups, **more):
    keys = [group.pk for group in groups]
    return browser.post(LIST, {"action": "terms-of-many", "index": "0", "_selected_action": keys} | more)


def proposed(browser, *groups, **typed):
    form = choose(browser, *groups)
    return browser.post(LIST, sent(form, LIST, step="preview", **typed), follow=True)


def confirm(browser, shown, **more):
    return press(browser, shown, step="confirm", named="GRG", **more)


def text(response):
    return response.content.decode()


def tariffs(*groups):
    rows = Terms.objects.in_force(database_clock()).select_related("tariff")
    return [rows.get(charge_group=group).tariff.code for group in groups]


def nothing_was_changed(world, zeist):
    return not Change.objects.exists() and tariffs(world.leusden, zeist) == ["STANDARD", "DEAR"]


def test_what_is_empty_is_said_to_stay_and_not_to_follow_the_tariff_above(world, zeist, anna):
    page = text(choose(anna, world.leusden, zeist))
    assert "as it is in each" in page
    assert "Empty: the tariff above" not in page


def test_the_form_lists_the_groups_as_they_are_and_proposes_nothing(world, zeist, anna):
    form = choose(anna, world.leusden, zeist)
    assert "CG-LEUSDEN Leusden centre" in text(form) and "CG-ZEIST Zeist station" in text(form)
    assert "Choose at least one thing" not in text(form)
    refused = anna.post(LIST, sent(form, LIST, step="preview"))
    assert "Choose at least one thing that changes." in text(refused)
    assert not Draft.objects.exists() and nothing_was_changed(world, zeist)


def test_one_draft_shows_each_group_as_it_is_and_as_it_becomes_and_all_customers_once(world, zeist, draft):
    lines = {line.what: (line.before, line.after) for line in draft.context["differences"].lines}
    assert list(lines) == ["CG-LEUSDEN Leusden centre", "CG-ZEIST Zeist station"]
    before, after = lines["CG-ZEIST Zeist station"]
    assert before[0].startswith("Tariff: Dear, ") and after[0].startswith("Tariff: Cheap, ")
    assert draft.context["counts"]["pays_less"] == 2
    stored = Draft.objects.get()
    assert set(stored.groups.all()) == {world.leusden, zeist} and nothing_was_changed(world, zeist)


def test_everything_on_all_pages_of_the_list_is_one_draft_too(world, zeist, anna):
    form = choose(anna, world.leusden, select_across="1")
    anna.post(LIST, sent(form, LIST, step="preview", roaming="on"))
    assert set(Draft.objects.get().groups.all()) == {world.leusden, zeist}


def test_confirming_applies_all_of_them_by_one_change(world, zeist, anna, draft):
    done = confirm(anna, draft)
    assert done["Location"] == LIST
    assert tariffs(world.leusden, zeist) == ["CHEAP", "CHEAP"]
    change = Change.objects.get()
    assert (change.reason, change.made_by) == ("spring", world.anna)
    assert set(change.groups.all()) == {world.leusden, zeist}


def test_a_double_click_applies_it_once_and_says_so(anna, draft):
    confirm(anna, draft)
    assert "was not done twice" in text(confirm(anna, draft, follow=True))
    assert Change.objects.count() == 1


def test_a_group_whose_terms_changed_since_is_told_and_nothing_is_written(world, zeist, anna, draft):
    proposal = NewTerms(zeist, {"other_user_groups": True})
    bens = apply_change(proposal, fingerprint=preview_change(proposal).impact.fingerprint).change
    refused = confirm(anna, draft)
    assert "nothing has been written" in text(refused)
    assert tariffs(world.leusden, zeist) == ["STANDARD", "DEAR"] and Change.objects.count() == 1
    again = anna.get(draft.context["wizard"].address)
    assert again.context["saved"].between == [bens]


def test_it_asks_for_the_name_of_the_provider_where_the_change_is_big(world, zeist, anna, draft):
    assert "GRG" in draft.context["safeguard"].names
    refused = press(anna, draft, step="confirm", named="CG-LEUSDEN")
    assert "That is not the name" in text(refused) and nothing_was_changed(world, zeist)


def test_back_to_editing_comes_with_what_was_typed_and_saves_into_the_same_draft(world, zeist, anna, draft):
    form = press(anna, draft, step="edit")
    assert sent(form, LIST)["tariff"] == ["CHEAP"] and sent(form, LIST)["own_user_group"] == [""]
    press(anna, form, step="preview", roaming="on", follow=True)
    assert Draft.objects.get().proposal["charge_groups"]["CG-ZEIST"] == {"tariff": "CHEAP", "roaming": True}


def test_groups_out_of_reach_look_like_none(world, zeist, signed_in):
    carla, otto = signed_in(world.carla), signed_in(world.otto)
    gone = {"action": "terms-of-many", "index": "0", "_selected_action": [world.leusden.pk, 999_999_999]}
    answers = [choose(carla, world.leusden, zeist), choose(otto, world.oslo, world.leusden), carla.post(LIST, gone)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert nothing_was_changed(world, zeist) and not Draft.objects.exists()


def test_who_sees_one_of_its_groups_alone_sees_no_draft_and_of_the_change_their_own_line(
    world, zeist, anna, signed_in, draft
):
    carla, otto = signed_in(world.carla), signed_in(world.otto)
    address = draft.context["wizard"].address
    assert [browser.get(address).status_code for browser in (carla, otto)] == [404, 404]
    confirm(anna, draft)
    page = reverse("admin:changes_change_change", args=[Change.objects.get().pk])
    seen = carla.get(page)
    assert [line.what for line in seen.context["differences"].lines] == ["CG-LEUSDEN Leusden centre"]
    assert "Zeist" not in text(seen) and "Dear" not in text(seen)
    assert otto.get(page).status_code == 404


def test_who_only_reads_is_not_offered_it(world, zeist, signed_in):
    rita = signed_in(world.rita)
    assert "terms-of-many" not in text(rita.get(LIST))
    choose(rita, world.leusden, zeist)
    assert not Draft.objects.exists() and nothing_was_changed(world, zeist)


def test_more_customers_than_one_person_may_change_wait_for_a_second_one(world, zeist, anna, signed_in):
    """Each group alone affects one, both together two."""
    Provider.objects.filter(pk=world.greengrid.pk).update(approval_above=1)
    draft = proposed(anna, world.leusden, zeist, tariff="CHEAP")
    assert "needs a second person" in text(draft)
    confirm(anna, draft)
    assert nothing_was_changed(world, zeist)
    press(anna, draft, step="ask", reason="please look", follow=True)
    ben = signed_in(world.ben)
    press(ben, ben.get(draft.context["wizard"].address), step="approve", follow=True)
    confirm(anna, anna.get(draft.context["wizard"].address))
    assert Change.objects.get().approved_by == world.ben and tariffs(world.leusden, zeist) == ["CHEAP", "CHEAP"]


def test_undo_sets_all_of_them_back(world, zeist, anna, draft):
    confirm(anna, draft)
    page = reverse("admin:changes_change_undo", args=[Change.objects.get().pk])
    shown = anna.post(page, {})
    assert next(line.what for line in shown.context["differences"].lines) == "CG-LEUSDEN Leusden centre"
    confirm(anna, shown)
    assert tariffs(world.leusden, zeist) == ["STANDARD", "DEAR"] and Change.objects.count() == 2


def test_none_any_more_empties_a_slot_in_all_of_them(world, zeist, anna):
    proposal = NewTerms(zeist, {"prepaid_tariff": world.cheap})
    apply_change(proposal, fingerprint=preview_change(proposal).impact.fingerprint)
    confirm(anna, proposed(anna, world.leusden, zeist, no_prepaid_tariff="on"))
    assert Terms.objects.in_force(database_clock()).get(charge_group=zeist).prepaid_tariff is None
    assert list(Change.objects.first().groups.all()) == [zeist]


def test_a_single_group_opens_its_own_form(world, anna):
    page = reverse("admin:chargegroups_chargegroup_terms", args=[world.leusden.pk])
    assert choose(anna, world.leusden)["Location"] == page
