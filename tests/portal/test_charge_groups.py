"""A charge group in the portal: its points, its policy in words, and how it is made and closed."""

import pytest
from django.urls import reverse

from changes.models import Change
from chargegroups.models import ChargeGroup, Terms
from chargepoints.models import ChargePoint
from tests import factories as make
from tests.portal.sent import sent

pytestmark = pytest.mark.django_db

NEW = {"code": "CG-NEW", "name": "New street", "type": "other"}


def page(group, view="change") -> str:
    return reverse(f"admin:chargegroups_chargegroup_{view}", args=[group.pk])


def text(response) -> str:
    assert response.status_code == 200, response
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("view", ["change", "points", "access", "customers", "roaming", "social", "history", "close"])
def test_every_page_of_a_foreign_group_looks_missing(world, signed_in, view):
    browser = signed_in(world.anna)
    assert browser.get(page(world.leusden, view)).status_code == 200
    foreign, missing = browser.get(page(world.oslo, view)), browser.get(f"/chargegroups/chargegroup/99999/{view}/")
    assert foreign.status_code == missing.status_code != 200


def test_the_list_says_tariff_price_and_who_may_charge(world, signed_in):
    shown = text(signed_in(world.anna).get("/chargegroups/chargegroup/"))
    assert "Standard" in shown and "0.35 EUR/kWh" in shown
    assert "Customers of North" in shown
    assert "Oslo" not in shown


# Points


def test_several_points_are_attached_at_once(world, signed_in):
    loose = make.ChargePointFactory.create_batch(
        2, charge_group=None, provider=world.greengrid, location__provider=world.greengrid, status="inactive"
    )
    browser = signed_in(world.anna)
    assert loose[0].identity in text(browser.get(page(world.leusden, "points") + "?find=NLXXX"))
    shown = browser.post(page(world.leusden, "points"), {"point": [point.pk for point in loose]})
    assert set(world.leusden.chargepoint_set.all()) == {world.market}
    browser.post(page(world.leusden, "points"), sent(shown, page(world.leusden, "points"), step="confirm"))
    assert set(world.leusden.chargepoint_set.all()) == {world.market, *loose}


def test_a_foreign_point_is_neither_found_nor_attached(world, signed_in):
    browser = signed_in(world.anna)
    assert world.quay.identity not in text(browser.get(page(world.leusden, "points") + "?find=quay"))
    browser.post(page(world.leusden, "points"), {"point": [world.quay.pk, "x", "9" * 30]})
    world.quay.refresh_from_db()
    assert world.quay.charge_group == world.oslo


def test_detaching_first_names_what_stops_working(world, signed_in):
    browser = signed_in(world.anna)
    shown = browser.post(page(world.leusden, "points_detach"), {"point": [world.market.pk]})
    asked = text(shown)
    assert world.market.identity in asked and "1 active charge point stops working" in asked
    world.market.refresh_from_db()
    assert world.market.status == "active"
    action = page(world.leusden, "points_detach")
    browser.post(action, sent(shown, action, step="confirm", named="CG-LEUSDEN"))
    world.market.refresh_from_db()
    assert (world.market.status, world.market.charge_group) == ("inactive", None)


def test_helpdesk_neither_attaches_nor_detaches(world, signed_in):
    browser = signed_in(world.hugo)
    assert "Detach selected" not in text(browser.get(page(world.leusden, "points")))
    assert browser.post(page(world.leusden, "points_detach"), {"point": [world.market.pk]}).status_code == 403
    assert browser.post(page(world.leusden, "points"), {"point": [world.market.pk]}).status_code == 403
    assert browser.post(page(world.leusden, "close")).status_code == 403
    world.market.refresh_from_db()
    assert world.market.charge_group == world.leusden


# Tariff and access


def test_the_policy_is_a_table_of_who_pays_what(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, access="denied")
    response = signed_in(world.anna).get(page(world.leusden, "access"))
    rows = {row.who: (row.verdict, row.count) for row in response.context["rows"]}
    assert rows == {
        "Customers of North": ("yes", 1),
        "Customers of your other user groups": ("no", 0),
        "With an exception: denied": ("no", 1),
        "Roaming cards of any provider": ("no", None),
    }
    assert "0.35 EUR/kWh" in text(response)


def test_the_policy_of_a_group_whose_tariff_ended_lets_nobody_in(world, signed_in):
    ended = make.TariffFactory(provider=world.greengrid, valid_until=make.LONG_AGO.replace(year=2021))
    group = make.ChargeGroupFactory(user_group=world.north, terms={"tariff": ended, "own_user_group": True})
    response = signed_in(world.anna).get(page(group, "access"))
    assert {row.verdict for row in response.context["rows"]} == {"no"}
    assert "no version in force" in text(response)


# Making one


def founding(world, **answers):
    return NEW | {"user_group": world.north.pk, "tariff": world.standard.pk} | answers


def test_a_group_is_made_with_its_terms_and_points(world, signed_in):
    idle = make.ChargePointFactory(
        charge_group=None, provider=world.greengrid, location__provider=world.greengrid, status="inactive"
    )
    answers = founding(world, own_user_group="on", points=[idle.pk])
    response = signed_in(world.anna).post("/chargegroups/chargegroup/add/", answers)
    assert response.status_code == 302
    group = ChargeGroup.objects.get(code="CG-NEW")
    assert group.provider == world.greengrid
    assert group.terms.get().own_user_group and group.terms.get().tariff == world.standard
    assert list(group.chargepoint_set.all()) == [idle]
    assert Change.objects.get().preview_note == "not shown: form"


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({}, "nobody_yet"),
        ({"own_user_group": "on", "nobody_yet": "on"}, "nobody_yet"),
        ({"type": "home", "roaming": "on"}, "roaming"),
        ({"own_user_group": "on", "tariff": ""}, "tariff"),
        ({"own_user_group": "on", "tariff": "x"}, "tariff"),
        ({"own_user_group": "on", "valid_from": "yesterday"}, "valid_from"),
        ({"own_user_group": "on", "points": ["x"]}, "points"),
        ({"own_user_group": "on", "code": "CG-LEUSDEN"}, "__all__"),
    ],
)
def test_a_group_that_makes_no_sense_is_refused_at_its_field(world, signed_in, answers, field):
    response = signed_in(world.anna).post("/chargegroups/chargegroup/add/", founding(world, **answers))
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert ChargeGroup.objects.filter(provider=world.greengrid).count() == 1


def test_nobody_yet_makes_a_closed_shop(world, signed_in):
    signed_in(world.anna).post("/chargegroups/chargegroup/add/", founding(world, nobody_yet="on"))
    terms = Terms.objects.get(charge_group__code="CG-NEW")
    assert not (terms.own_user_group or terms.other_user_groups or terms.roaming)


def test_free_for_everyone_asks_for_confirmation(world, signed_in):
    free = make.TariffFactory(provider=world.greengrid, per_kwh="0")
    browser, answers = signed_in(world.anna), founding(world, tariff=free.pk, own_user_group="on")
    refused = browser.post("/chargegroups/chargegroup/add/", answers)
    assert "free_for_everyone" in refused.context["adminform"].form.errors
    assert not ChargeGroup.objects.filter(code="CG-NEW").exists()
    browser.post("/chargegroups/chargegroup/add/", answers | {"free_for_everyone": "on"})
    assert ChargeGroup.objects.filter(code="CG-NEW").exists()


def test_tariffs_of_two_currencies_make_no_group(world, signed_in):
    swedish = make.TariffFactory(provider=world.greengrid, currency="SEK")
    answers = founding(world, own_user_group="on", roaming_tariff=swedish.pk)
    refused = signed_in(world.anna).post("/chargegroups/chargegroup/add/", answers)
    assert "tariff" in refused.context["adminform"].form.errors
    assert not ChargeGroup.objects.filter(code="CG-NEW").exists()


def test_a_point_that_does_not_fit_leaves_no_half_made_group(world, signed_in):
    world.market.location.published = True
    world.market.location.save()
    answers = founding(world, type="home", own_user_group="on", points=[world.market.pk])
    refused = signed_in(world.anna).post("/chargegroups/chargegroup/add/", answers)
    assert "points" in refused.context["adminform"].form.errors
    assert not ChargeGroup.objects.filter(code="CG-NEW").exists()
    world.market.refresh_from_db()
    assert world.market.charge_group == world.leusden


def test_the_switches_say_how_many_customers_they_mean(world, signed_in):
    shown = text(signed_in(world.carla).get("/chargegroups/chargegroup/add/"))
    assert "Now: 1" in shown


# The end of one


def test_closing_detaches_and_keeps_the_group(world, signed_in):
    browser = signed_in(world.anna)
    shown = browser.get(page(world.leusden, "close"))
    assert world.market.identity in text(shown)
    browser.post(
        page(world.leusden, "close"), sent(shown, page(world.leusden, "close"), step="confirm", named="CG-LEUSDEN")
    )
    world.leusden.refresh_from_db()
    world.market.refresh_from_db()
    assert world.leusden.closed_at is not None
    assert (world.market.status, world.market.charge_group) == ("inactive", None)


def test_a_group_that_counted_is_closed_rather_than_deleted(world, signed_in):
    ChargePoint.objects.filter(pk=world.market.pk).update(charge_group=None, status="inactive")
    for method in ("get", "post"):
        response = getattr(signed_in(world.anna), method)(page(world.leusden, "delete"), {"post": "yes"})
        assert response["Location"] == page(world.leusden, "close")
    assert ChargeGroup.objects.filter(pk=world.leusden.pk).exists()


def test_a_group_that_never_counted_can_be_deleted(world, signed_in):
    group = make.ChargeGroupFactory(
        user_group=world.north, terms={"tariff": world.standard, "valid_from": make.LONG_AGO.replace(year=2120)}
    )
    assert signed_in(world.anna).post(page(group, "delete"), {"post": "yes"}).status_code == 302
    assert not ChargeGroup.objects.filter(pk=group.pk).exists()


@pytest.mark.parametrize("typed", ["Jansen", "T. Jansen 1001", "04:AA:11", "nl grg 000001 a", "jansen@example.org"])
def test_who_had_access_is_searched_as_customers_are(world, signed_in, typed):
    page = signed_in(world.anna).get(
        f"/chargegroups/chargegroup/{world.leusden.pk}/then/", {"q": typed, "access": "all"}
    )
    assert [line["customer"].id for line in page.context["lines"]] == [world.jansen.pk]


def test_who_had_access_finds_nobody_out_of_reach_by_a_card(world, signed_in):
    for login, card in ((world.hugo, world.bakkers_card), (world.anna, world.olsens_card)):
        page = signed_in(login).get(
            f"/chargegroups/chargegroup/{world.leusden.pk}/then/", {"q": card.uid, "access": "all"}
        )
        assert page.context["lines"] == []
