"""The pages of charge points."""

import pytest
from django.urls import reverse

from changes.models import Change
from chargegroups.models import CustomerException
from chargepoints.models import ChargePoint, Location
from evcnet.datetimes import database_clock
from tariffs.models import Tariff
from tests import factories as make
from tests.portal.forms import CONFIRMED, page_form
from tests.portal.sent import sent

pytestmark = pytest.mark.django_db

LIST = "/chargepoints/chargepoint/"


@pytest.fixture
def spare(world):
    """A charge point of GreenGrid without a charge group, inactive."""
    location = make.LocationFactory(provider=world.greengrid)
    return ChargePoint.objects.create(provider=world.greengrid, identity="NLGRGE0002", location=location)


def page(point) -> str:
    return reverse("admin:chargepoints_chargepoint_overview", args=[point.pk])


def form_of(point) -> str:
    return reverse("admin:chargepoints_chargepoint_change", args=[point.pk])


def verb(point, name) -> str:
    return reverse("admin:chargepoints_chargepoint_action", args=[point.pk, name])


def now(point):
    return ChargePoint.objects.get(pk=point.pk)


def in_bulk(browser, name, points, **more):
    return browser.post(
        LIST, {"action": name, "_selected_action": [p.pk for p in points], "index": 0, **more}, follow=True
    )


def said(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


@pytest.mark.parametrize("who", ["anna", "ben", "carla", "hugo", "rita"])
def test_each_role_sees_its_charge_points_and_none_of_another_provider(world, signed_in, who):
    browser = signed_in(getattr(world, who))
    for url in (LIST, page(world.market), LIST + "?q=Market", LIST + "?missing=group"):
        response = browser.get(url)
        assert response.status_code == 200
        assert "NOBLVE0001" not in response.content.decode()
        assert "Oslo" not in response.content.decode()
    assert "NLGRGE0001" in browser.get(LIST).content.decode()


def test_a_point_of_another_provider_looks_like_a_missing_one(world, signed_in):
    browser = signed_in(world.anna)
    for name in ("attach", "detach", "activate", "deactivate", "free-for-owner"):
        foreign = browser.post(verb(world.quay, name), {"confirmed": "yes"})
        missing = browser.post(f"{LIST}999999/do/{name}/", {"confirmed": "yes"})
        assert foreign.status_code == missing.status_code == 404
    assert now(world.quay).status == "active"


def test_the_page_shows_the_effective_tariff(world, signed_in):
    text = signed_in(world.hugo).get(page(world.market)).content.decode()
    assert "0.35 EUR/kWh" in text
    assert "Customers of North" in text
    assert "May this card charge here?" in text and "?charge_point=NLGRGE0001" in text


def test_who_may_charge_by_exception_is_counted_among_customers_in_sight(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, access="allowed")
    assert "1 customer by exception" in signed_in(world.anna).get(page(world.market)).content.decode()
    assert "by exception" not in signed_in(world.carla).get(page(world.market)).content.decode()
    make.TermsFactory(charge_group=world.leusden, tariff=world.standard, valid_from=database_clock())
    assert "Nobody but those with" in signed_in(world.carla).get(page(world.market)).content.decode()


def test_a_spare_point_says_what_is_missing(world, signed_in, spare):
    text = signed_in(world.ben).get(page(spare)).content.decode()
    assert "It has no charge group: attach it to one first." in text


@pytest.mark.parametrize("name", ["activate", "deactivate", "attach", "detach"])
@pytest.mark.parametrize("who", ["hugo", "rita"])
def test_who_only_reads_changes_nothing(world, signed_in, who, name):
    browser = signed_in(getattr(world, who))
    browser.post(verb(world.market, name), {"confirmed": "yes", "charge_group": world.leusden.pk})
    in_bulk(browser, name, [world.market], confirmed="yes", charge_group=world.leusden.pk)
    assert (now(world.market).status, now(world.market).charge_group) == ("active", world.leusden)


def test_a_point_is_deactivated_and_activated_from_its_page(world, signed_in):
    browser = signed_in(world.carla)
    browser.post(verb(world.market, "deactivate"), CONFIRMED)
    assert now(world.market).status == "inactive"
    browser.post(verb(world.market, "activate"), CONFIRMED)
    assert now(world.market).status == "active"


def test_looking_at_an_address_changes_nothing(world, signed_in):
    browser = signed_in(world.ben)
    assert "can no longer charge there" in browser.get(verb(world.market, "deactivate")).content.decode()
    assert browser.get(verb(world.market, "detach")).status_code == 404
    assert now(world.market).status == "active"


def test_detaching_first_shows_whom_it_affects_and_that_the_point_stops(world, signed_in):
    browser, url = signed_in(world.ben), verb(world.market, "detach")
    shown = browser.post(url)
    assert "1 active charge point stops working" in shown.content.decode()
    assert "customer loses access" in shown.content.decode()
    assert now(world.market).charge_group == world.leusden
    done = browser.post(url, sent(shown, url, step="confirm", named="CG-LEUSDEN"), follow=True)
    assert (now(world.market).charge_group, now(world.market).status) == (None, "inactive")
    assert "Market square detached" in said(done)
    assert Change.objects.get().made_by == world.ben


def test_a_sub_provider_who_detaches_a_point_is_told_before_and_lands_on_the_list(world, signed_in):
    browser, url = signed_in(world.carla), verb(world.market, "detach")
    shown, words = browser.post(url), "see the charge point any more"
    assert words in shown.content.decode()
    assert words not in signed_in(world.ben).post(url).content.decode()
    assert words in browser.get(f"/chargegroups/chargegroup/{world.leusden.pk}/close/").content.decode()
    done = browser.post(url, sent(shown, url, step="confirm", named="CG-LEUSDEN"))
    assert done["Location"] == LIST


def test_a_bulk_detach_names_what_stops_and_is_confirmed(world, signed_in, spare):
    browser = signed_in(world.ben)
    shown = in_bulk(browser, "detach", [world.market, spare])
    assert "1 active charge point stops working: Market square" in shown.content.decode()
    assert now(world.market).charge_group == world.leusden
    done = browser.post(LIST, sent(shown, LIST, step="confirm", named="CG-LEUSDEN"), follow=True)
    assert "Done: Market square detached" in said(done)
    assert (now(world.market).charge_group, now(world.market).status) == (None, "inactive")


def test_a_bulk_attach_asks_for_the_group_and_leaves_out_what_does_not_fit(world, signed_in, spare):
    home = make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home", terms={"tariff": world.standard})
    Location.objects.filter(pk=world.market.location_id).update(published=True)
    browser = signed_in(world.ben)
    assert "Choose the charge group" in in_bulk(browser, "attach", [spare, world.market]).content.decode()
    shown = in_bulk(browser, "attach", [spare, world.market], confirmed="yes", charge_group=home.pk)
    assert "Market square is left out" in shown.content.decode()
    assert "unpublish" in shown.content.decode()
    browser.post(LIST, sent(shown, LIST, step="confirm"))
    assert (now(spare).charge_group, now(world.market).charge_group) == (home, world.leusden)


def test_points_of_which_none_fits_are_refused_with_the_reason(world, signed_in):
    home = make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home", terms={"tariff": world.standard})
    Location.objects.filter(pk=world.market.location_id).update(published=True)
    done = in_bulk(signed_in(world.ben), "attach", [world.market], confirmed="yes", charge_group=home.pk)
    assert "Nothing was changed. Market square" in said(done)
    assert not Change.objects.exists()


def test_no_point_is_attached_to_a_group_of_another_provider(world, signed_in, spare):
    response = in_bulk(signed_in(world.anna), "attach", [spare], confirmed="yes", charge_group=world.oslo.pk)
    assert "Select a valid choice" in response.content.decode()
    assert "Oslo" not in response.content.decode()
    assert now(spare).charge_group is None


def test_a_bulk_activation_tells_which_points_lack_what(world, signed_in, spare):
    done = in_bulk(signed_in(world.ben), "activate", [spare, world.market])
    assert "no charge group" in said(done) and "activated already" in said(done)
    assert now(spare).status == "inactive"


def test_the_form_saves_the_rest_and_leads_to_the_preview_of_another_group(world, signed_in):
    browser = signed_in(world.ben)
    typed = page_form(browser.get(form_of(world.market))) | {"charge_group": "", "name": "Old market"}
    shown = browser.post(form_of(world.market), typed, follow=True)
    assert "1 active charge point stops working" in shown.content.decode()
    assert (now(world.market).name, now(world.market).charge_group) == ("Old market", world.leusden)
    url = shown.redirect_chain[-1][0]
    browser.post(url, sent(shown, url, step="confirm", named="CG-LEUSDEN"))
    assert (now(world.market).charge_group, now(world.market).status) == (None, "inactive")


def test_the_form_activates_only_what_is_complete(world, signed_in, spare):
    browser = signed_in(world.ben)
    typed = page_form(browser.get(form_of(spare))) | {"status": "active"}
    assert "attach it to one first" in browser.post(form_of(spare), typed).content.decode()
    assert now(spare).status == "inactive"
    shown = browser.post(form_of(spare), typed | {"charge_group": world.leusden.pk}, follow=True)
    assert (now(spare).status, now(spare).charge_group) == ("inactive", None)
    url = shown.redirect_chain[-1][0]
    browser.post(url, sent(shown, url, step="confirm"))
    assert (now(spare).status, now(spare).charge_group) == ("active", world.leusden)


@pytest.mark.parametrize("to", ["x", "0", "99999999999999999999"])
def test_a_group_that_is_none_of_ones_own_is_a_missing_page(world, signed_in, to):
    url = reverse("admin:chargepoints_chargepoint_regroup", args=[world.market.pk])
    assert signed_in(world.ben).get(url + f"?to={to}").status_code == 404
    assert signed_in(world.ben).get(url + f"?to={world.oslo.pk}").status_code == 404
    assert signed_in(world.otto).get(url).status_code == 404
    assert signed_in(world.rita).get(url).status_code == 403


def test_the_form_keeps_home_groups_away_from_published_locations(world, signed_in, spare):
    home = make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home", terms={"tariff": world.standard})
    Location.objects.filter(pk=spare.location_id).update(published=True)
    browser = signed_in(world.ben)
    typed = page_form(browser.get(form_of(spare))) | {"charge_group": home.pk}
    assert "unpublish" in browser.post(form_of(spare), typed).content.decode()
    assert now(spare).charge_group is None


def test_a_new_point_is_made_attached_and_active_in_one_go(world, signed_in):
    browser = signed_in(world.ben)
    typed = page_form(browser.get(LIST + "add/"))
    typed |= {
        "identity": "NEW1",
        "charge_group": world.leusden.pk,
        "location": world.market.location_id,
        "status": "active",
    }
    shown = browser.post(LIST + "add/", typed)
    assert shown.context["counts"]["gains_access"] == 1
    assert "NEW1" in shown.content.decode() and not ChargePoint.objects.filter(identity="NEW1").exists()
    done = browser.post(LIST + "add/", sent(shown, LIST + "add/", step="confirm"))
    made = ChargePoint.objects.get(identity="NEW1")
    assert done["Location"] == page(made)
    assert (made.provider, made.status, made.charge_group) == (world.greengrid, "active", world.leusden)
    change = Change.objects.get()
    assert (change.kind, change.preview_note) == ("points", "shown to Ben")


def test_a_new_point_that_does_not_work_yet_is_added_at_once(world, signed_in):
    browser = signed_in(world.ben)
    typed = page_form(browser.get(LIST + "add/")) | {
        "identity": "NEW2",
        "charge_group": world.leusden.pk,
        "location": world.market.location.pk,
        "status": "inactive",
        "connectors-TOTAL_FORMS": 1,
        "connectors-0-ocpi_id": "1",
        "connectors-0-standard": "IEC_62196_T2",
        "connectors-0-format": "SOCKET",
        "connectors-0-power_type": "AC_3_PHASE",
        "connectors-0-max_voltage": 230,
        "connectors-0-max_amperage": 32,
    }
    assert browser.post(LIST + "add/", typed).status_code == 302
    made = ChargePoint.objects.get(identity="NEW2")
    assert (made.status, made.charge_group, made.connectors.count()) == ("inactive", world.leusden, 1)
    assert Change.objects.get().preview_note == "not shown: form"


def test_going_back_from_the_preview_of_a_new_point_keeps_what_was_typed(world, signed_in):
    browser = signed_in(world.ben)
    typed = page_form(browser.get(LIST + "add/")) | {
        "identity": "NEW3",
        "charge_group": world.leusden.pk,
        "location": world.market.location.pk,
        "status": "active",
    }
    shown = browser.post(LIST + "add/", typed)
    form = browser.post(LIST + "add/", sent(shown, LIST + "add/", step="edit")).context["adminform"].form
    assert (form["identity"].value(), form["status"].value(), dict(form.errors)) == ("NEW3", "active", {})
    assert not ChargePoint.objects.filter(identity="NEW3").exists()


def test_an_identity_that_is_taken_elsewhere_cannot_be_used(world, signed_in):
    browser = signed_in(world.ben)
    typed = page_form(browser.get(LIST + "add/")) | {"identity": "noblve0001", "status": "inactive"}
    response = browser.post(LIST + "add/", typed)
    assert "This identity cannot be used." in response.content.decode()
    assert not ChargePoint.objects.filter(identity="noblve0001").exists()


class TestOwner:
    @pytest.fixture
    def owned(self, world):
        ChargePoint.objects.filter(pk=world.market.pk).update(owner=world.jansen)
        return world.market

    def test_who_pays_like_everyone_is_told_with_a_button(self, world, signed_in, owned):
        text = signed_in(world.ben).get(page(owned)).content.decode()
        assert "has no exception in" in text
        assert "Make it free of charge for the owner" in text

    def test_the_button_makes_an_exception_with_a_new_free_tariff(self, world, signed_in, owned):
        browser = signed_in(world.ben)
        assert "Make a new tariff" in browser.get(verb(owned, "free-for-owner")).content.decode()
        url = verb(owned, "free-for-owner")
        shown = browser.post(url, {"confirmed": "yes", "tariff": ""})
        assert shown.context["counts"]["pays_less"] == 1 and not CustomerException.objects.exists()
        browser.post(url, sent(shown, url, step="confirm", named="CG-LEUSDEN"))
        assert Change.objects.get().preview_note == "shown to Ben"
        made = CustomerException.objects.get(charge_group=world.leusden, customer=world.jansen)
        assert (made.access, made.tariff.name) == ("allowed", "Free of charge")
        assert "charges here free of charge" in browser.get(page(owned)).content.decode()

    def test_only_free_tariffs_are_offered(self, world, signed_in, owned):
        free = make.TariffFactory(provider=world.greengrid, code="GRATIS", name="Gratis", per_kwh="0")
        text = signed_in(world.ben).get(verb(owned, "free-for-owner")).content.decode()
        assert "Gratis" in text and "Standard" not in text
        browser, url = signed_in(world.ben), verb(owned, "free-for-owner")
        shown = browser.post(url, {"confirmed": "yes", "tariff": free.pk})
        browser.post(url, sent(shown, url, step="confirm", named="CG-LEUSDEN"))
        assert CustomerException.objects.get().tariff == free

    def test_a_sub_provider_takes_a_free_tariff_that_it_is_offered_or_none(self, world, signed_in, owned):
        signed_in(world.carla).post(verb(owned, "free-for-owner"), {"confirmed": "yes", "tariff": ""})
        assert not CustomerException.objects.exists()
        assert not Tariff.objects.filter(name="Free of charge").exists()

    def test_an_owner_with_a_priced_exception_is_warned_about(self, world, signed_in, owned):
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, tariff=world.cheap)
        assert "pays for their own sessions" in signed_in(world.ben).get(page(owned)).content.decode()


@pytest.mark.parametrize("typed", ["nlgrge0001", "Market", "CG-LEUSDEN", "Leusden centre", "market leusden"])
def test_points_are_found_by_identity_name_place_and_group(world, signed_in, spare, typed):
    text = signed_in(world.anna).get(LIST, {"q": typed}).content.decode()
    assert "NLGRGE0001" in text and "NLGRGE0002" not in text


def test_the_history_of_a_point_says_who_took_it_out_of_its_group(world, signed_in):
    browser = signed_in(world.ben)
    url = verb(world.market, "detach")
    browser.post(url, sent(browser.post(url), url, step="confirm", named="CG-LEUSDEN"))
    text = browser.get(reverse("admin:chargepoints_chargepoint_history", args=[world.market.pk])).content.decode()
    assert "Ben" in text and "Leusden centre" in text and "inactive" in text


def test_a_form_never_changes_how_an_identity_is_spelled(world, signed_in):
    browser = signed_in(world.anna)
    address = reverse("admin:chargepoints_chargepoint_change", args=[world.market.pk])
    typed = {"identity": "nl*grg*e0001", "name": "Market", "evse_id": "NL*GRG*E0001"}
    browser.post(address, page_form(browser.get(address)) | typed)
    world.market.refresh_from_db()
    assert (world.market.identity, world.market.name) == ("NLGRGE0001", "Market")
    refused = browser.post(address, page_form(browser.get(address)) | {"evse_id": "NL*GRG*\u04151"})
    assert "U+0415, a Cyrillic capital letter ie, at place 8" in refused.content.decode()
