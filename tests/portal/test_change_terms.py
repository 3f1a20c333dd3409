"""The wizard that changes the terms of a charge group: asked, shown, confirmed, each step without scripts."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from changes.apply import apply_change, preview_change
from changes.models import Change
from changes.proposals import NewTerms
from chargegroups.models import Terms
from chargepoints.authorization import authorize
from customers.models import Notice
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


def preview(browser, page, **typed):
    """The preview of what was typed over the terms in force."""
    return preview_of(browser, page, **typed)


def confirmed(browser, page, shown, **typed):
    return press(browser, shown, step="confirm", **typed)


def asked(card="04AA11"):
    return authorize(card, "NLGRGE0001", database_clock())


def nothing_was_written(world):
    return not Change.objects.exists() and Terms.objects.filter(charge_group=world.leusden).count() == 1


def typed_moment(moment, zone):
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def test_the_form_shows_the_terms_in_force(anna, page):
    fields = sent(anna.get(page), page)
    assert fields["tariff"] == ["STANDARD"]
    assert fields["own_user_group"] == ["on"]
    assert "other_user_groups" not in fields


def test_each_switch_says_what_it_means_and_for_how_many(anna, page):
    text = anna.get(page).content.decode()
    assert "Customers of North may charge here, present and future ones: 1 now" in text
    assert "other user groups may charge here" in text


def test_it_says_so_as_well_where_what_was_typed_is_told_to_be_wrong(anna, page):
    text = preview(anna, page).content.decode()
    assert "there is nothing to change" in text
    assert "Publicly accessible within own user group" in text
    assert "Customers of North may charge here, present and future ones: 1 now" in text
    assert "In the time of Europe/Amsterdam" in text


def test_tariffs_of_one_name_are_told_apart_by_their_codes(world, anna, page):
    make.TariffFactory(provider=world.greengrid, code="CHEAP2", name="Cheap", per_kwh="0.20")
    offered = anna.get(page).content.decode()
    assert ">Cheap (CHEAP): 0.20 EUR/kWh" in offered and ">Cheap (CHEAP2): 0.20 EUR/kWh" in offered


def test_the_preview_says_who_pays_more_and_writes_nothing(world, anna, page):
    make.TariffFactory(provider=world.greengrid, code="DEAR", name="Dear", per_kwh="0.50")
    shown = preview(anna, page, tariff="DEAR")
    text = shown.content.decode()
    assert shown.context["counts"]["pays_more"] == 1
    assert "customer pays more" in text
    assert "0.35 EUR/kWh" in text and "0.50 EUR/kWh" in text
    assert "Nothing has been written yet" in text
    assert nothing_was_written(world)


def test_the_preview_shows_reference_sessions_before_and_after(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP")
    street = shown.context["transitions"][0].references[0]
    assert (str(street.before), str(street.after), street.percent) == ("7.70", "4.40", "-42.9 %")


def test_confirming_makes_the_change_and_leads_back_to_the_tab(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP")
    done = confirmed(anna, page, shown, reason="spring", named="cg-leusden")
    assert done["Location"] == reverse("admin:chargegroups_chargegroup_access", args=[world.leusden.pk])
    change = Change.objects.get()
    assert (change.made_by, change.reason, change.sentence) == (world.anna, "spring", f"Terms of {world.leusden}")
    assert asked().decision.tariff.code == "CHEAP"


def test_the_message_links_to_the_page_of_the_change(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP")
    done = press(anna, shown, step="confirm", named="CG-LEUSDEN", follow=True)
    assert reverse("admin:changes_change_change", args=[Change.objects.get().pk]) in done.content.decode()


def test_a_big_change_wants_the_name_typed(world, anna, page):
    shown = preview(anna, page, own_user_group=None)
    refused = confirmed(anna, page, shown, named="something else")
    assert "1 of 1 customers with access lose it" in refused.content.decode()
    assert "That is not the name" in refused.content.decode()
    assert nothing_was_written(world)
    confirmed(anna, page, refused, named="leusden  CENTRE")
    assert asked().verdict == "NOT_ALLOWED"


def test_free_for_everyone_is_a_big_change_in_words(world, anna, page):
    make.TariffFactory(provider=world.greengrid, code="FREE", name="Free", per_kwh="0")
    shown = preview(anna, page, tariff="FREE")
    assert "1 charge point becomes free of charge for customers of North." in shown.content.decode()


def test_a_small_change_asks_for_no_name(world, anna, page):
    make.TariffFactory(provider=world.greengrid, code="BIT", name="Bit", per_kwh="0.36")
    shown = preview(anna, page, tariff="BIT")
    assert shown.context["safeguard"].reasons == []
    assert confirmed(anna, page, shown).status_code == 302
    assert Change.objects.count() == 1


def test_going_back_returns_with_what_was_typed(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP", roaming="on")
    back = press(anna, shown, step="edit", reason="because", notify="none")
    fields = sent(back, page)
    assert (fields["tariff"], fields["roaming"]) == (["CHEAP"], ["on"])
    again = press(anna, back, step="preview", follow=True)
    fields = sent(again, again.context["wizard"].address)
    assert (fields["reason"], fields["notify"]) == (["because"], ["none"])


def test_a_stale_preview_shows_both_versions_and_writes_nothing(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP")
    make.CustomerFactory(user_group=world.north)
    stale = confirmed(anna, page, shown, named="CG-LEUSDEN")
    lines = {line.what: (line.then, line.now) for line in stale.context["stale"].lines}
    assert lines["Pay less"] == ("1", "2")
    assert nothing_was_written(world)
    assert confirmed(anna, page, stale, named="CG-LEUSDEN").status_code == 302


def test_what_a_colleague_changed_meanwhile_is_named(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP")
    proposal = NewTerms(world.leusden, {"roaming": True})
    seen = preview_change(proposal)
    bens = apply_change(proposal, fingerprint=seen.impact.fingerprint, by=world.ben).change
    stale = confirmed(anna, page, shown, named="CG-LEUSDEN")
    assert stale.context["stale"].between == [bens]
    assert Change.objects.count() == 1


def test_what_a_colleague_changed_elsewhere_on_the_form_is_kept(world, anna, page):
    form = sent(anna.get(page), page, step="preview", tariff="CHEAP")
    proposal = NewTerms(world.leusden, {"roaming": True})
    seen = preview_change(proposal)
    apply_change(proposal, fingerprint=seen.impact.fingerprint)
    confirmed(anna, page, anna.post(page, form, follow=True), named="CG-LEUSDEN")
    terms = Terms.objects.in_force(database_clock()).get(charge_group=world.leusden)
    assert (terms.tariff.code, terms.roaming) == ("CHEAP", True)


def test_a_double_click_makes_one_change_and_says_so(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP")
    confirmed(anna, page, shown, named="CG-LEUSDEN")
    again = press(anna, shown, step="confirm", named="CG-LEUSDEN", follow=True)
    assert "had been done already" in again.content.decode()
    assert Change.objects.count() == 1


def test_two_tabs_make_one_change(world, anna, page):
    first, second = preview(anna, page, tariff="CHEAP"), preview(anna, page, tariff="CHEAP")
    confirmed(anna, page, first, named="CG-LEUSDEN")
    confirmed(anna, page, second, named="CG-LEUSDEN")
    assert Change.objects.count() == 1


def test_a_fingerprint_of_another_proposal_is_refused(world, anna, page):
    other = preview(anna, page, roaming="on")
    shown = preview(anna, page, tariff="CHEAP")
    stale = press(anna, shown, step="confirm", shown=other.context["impact"].fingerprint, named="CG-LEUSDEN")
    assert "nothing has been written" in stale.content.decode()
    assert nothing_was_written(world)


def test_terms_equal_to_those_in_force_are_told_and_not_written(world, anna, page):
    response = preview(anna, page)
    assert "there is nothing to change" in response.content.decode()
    assert nothing_was_written(world)


def test_a_change_is_scheduled_in_the_providers_zone(world, anna, page):
    at = (database_clock() + timedelta(days=3)).replace(second=0, microsecond=0)
    shown = preview(anna, page, tariff="CHEAP", at=typed_moment(at, world.greengrid.zone))
    assert shown.context["preview"].scheduled == at
    done = press(anna, shown, step="confirm", named="CG-LEUSDEN", follow=True)
    assert "Scheduled: Terms of" in done.content.decode()
    assert authorize("04AA11", "NLGRGE0001", at).decision.tariff.code == "CHEAP"
    assert asked().decision.tariff.code == "STANDARD"


@pytest.mark.parametrize("at", ["2020-01-01T09:00", "never", "2030-03-31T02:30", "2026-99-01T00:00"])
def test_a_moment_that_is_none_or_has_passed_is_refused_at_its_field(world, anna, page, at):
    response = preview(anna, page, tariff="CHEAP", at=at)
    assert response.context["form"].errors["at"]
    assert nothing_was_written(world)


@pytest.mark.parametrize("code", ["FJORDPRICE", "NOSUCH", "", "\0"])
def test_a_tariff_of_another_provider_looks_like_none_at_all(world, anna, page, code):
    response = preview(anna, page, tariff=code)
    assert response.context["form"].errors["tariff"]
    assert "Fjordprice" not in response.content.decode()
    assert nothing_was_written(world)


def test_a_guard_of_the_database_speaks_in_the_preview(world, anna, page):
    make.TariffFactory(provider=world.greengrid, code="USD", currency="USD")
    response = preview(anna, page, tariff="USD")
    assert "share one currency" in response.content.decode()
    assert nothing_was_written(world)


def test_a_home_group_is_not_opened_for_roaming(world, anna):
    home = make.ChargeGroupFactory(user_group=world.north, type="home")
    address = reverse("admin:chargegroups_chargegroup_terms", args=[home.pk])
    assert preview(anna, address, roaming="on").context["form"].errors["roaming"]
    assert not Change.objects.exists()


def test_what_changes_for_roaming_cards_is_said_in_words(world, anna, page):
    shown = preview(anna, page, roaming="on")
    assert shown.context["roaming"] == [
        f"{world.leusden}: roaming cards may charge, and pay 0.35 EUR/kWh, VAT not stated."
    ]


@pytest.mark.parametrize(("notify", "told"), [("all", 1), ("regulars", 0), ("none", 0), ("nonsense", 0)])
def test_the_warning_goes_to_whom_was_chosen(world, anna, page, notify, told):
    confirmed(anna, page, preview(anna, page, tariff="CHEAP"), notify=notify, named="CG-LEUSDEN")
    assert Change.objects.count() == 1
    assert Notice.objects.count() == told


def test_only_tariffs_on_offer_are_choices_of_a_sub_provider(world, signed_in, page):
    carla = signed_in(world.carla)
    text = carla.get(page).content.decode()
    assert "STANDARD" in text and "CHEAP" not in text
    assert preview(carla, page, tariff="CHEAP").context["form"].errors["tariff"]
    world.cheap.offers.create(provider=world.greengrid, user_group=world.north)
    assert preview(carla, page, tariff="CHEAP").context["counts"]["pays_less"] == 1


@pytest.mark.parametrize("who", ["hugo", "rita"])
def test_who_only_reads_changes_nothing(world, signed_in, page, who):
    browser = signed_in(getattr(world, who))
    assert browser.get(page).status_code == 403
    assert browser.post(page, {"tariff": "CHEAP", "step": "confirm"}).status_code == 403
    assert "Change terms" not in browser.get(page.replace("terms", "access")).content.decode()
    assert nothing_was_written(world)


def test_a_group_of_another_provider_looks_like_none(world, signed_in, page):
    assert signed_in(world.otto).get(page).status_code == 404


def test_the_password_is_asked_again_after_a_while(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP")
    session = anna.session
    session["proved_at"] = timezone.now().timestamp() - 86_400
    session.save()
    response = confirmed(anna, page, shown, named="CG-LEUSDEN")
    assert response.status_code == 302
    assert "access" not in response["Location"].partition("?")[0]
    assert nothing_was_written(world)


def test_the_list_names_the_affected_and_the_csv_is_complete(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP", other_user_groups="on")
    listed = press(anna, shown, step="list")
    assert "Jansen" in listed.content.decode() and "Bakker" in listed.content.decode()
    only = press(anna, listed, step="list", effect="gains_access")
    assert "Jansen" not in only.content.decode() and "Bakker" in only.content.decode()
    rows = b"".join(press(anna, listed, step="csv", effect="")).decode().splitlines()
    assert rows[0] == "number,name,user_group,effect,before,after"
    assert {row.partition(",")[0] for row in rows[1:]} == {"1001", "1002"}


def test_customers_out_of_sight_are_neither_counted_nor_named(world, signed_in, page):
    carla = signed_in(world.carla)
    shown = preview(carla, page, other_user_groups="on", own_user_group=None)
    assert shown.context["impact"].total == 1 and shown.context["counts"]["gains_access"] == 0
    assert "Counted are customers of your user groups" in shown.content.decode()
    listed = press(carla, shown, step="list")
    assert (listed.context["total"], listed.context["hidden"]) == (1, 0)
    assert "Bakker" not in listed.content.decode()
    assert b"Bakker" not in b"".join(press(carla, listed, step="csv"))


def test_the_list_leads_back_to_the_preview_with_what_was_said(world, anna, page):
    shown = preview(anna, page, tariff="CHEAP")
    listed = press(anna, shown, step="list", reason="because")
    again = press(anna, listed, step="preview")
    fields = sent(again, again.context["wizard"].address)
    assert (fields["reason"], fields["tariff"]) == (["because"], ["CHEAP"])


def test_enter_in_a_field_shows_again_and_never_confirms(world, anna, page):
    """The first button of a form is the one that Enter presses."""
    text = preview(anna, page, tariff="CHEAP").content.decode()
    form = text[text.index('class="evc-change"') :]
    assert form.index('value="preview"') < form.index('value="confirm"')
