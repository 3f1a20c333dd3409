"""The pages of locations."""

import pytest
from django.urls import reverse

from chargepoints.models import ChargePoint, Location
from tests import factories as make
from tests.portal.forms import CONFIRMED, page_form

pytestmark = pytest.mark.django_db

LIST = "/chargepoints/location/"


@pytest.fixture
def place(world):
    return world.market.location


def page(location) -> str:
    return reverse("admin:chargepoints_location_overview", args=[location.pk])


def form_of(location) -> str:
    return reverse("admin:chargepoints_location_change", args=[location.pk])


def edit(browser, location, **typed):
    return browser.post(form_of(location), page_form(browser.get(form_of(location))) | CONFIRMED | typed, follow=True)


def publish(location):
    Location.objects.filter(pk=location.pk).update(published=True)


@pytest.mark.parametrize("who", ["anna", "ben", "carla", "hugo", "rita"])
def test_each_role_sees_its_locations_and_none_of_another_provider(world, signed_in, place, who):
    browser = signed_in(getattr(world, who))
    foreign = world.quay.location
    assert place.code in browser.get(LIST).content.decode()
    assert f">{foreign.code}<" not in browser.get(LIST).content.decode()
    assert browser.get(page(place)).status_code == 200
    assert browser.get(page(foreign)).status_code == 404


def test_the_page_lists_its_charge_points(world, signed_in, place):
    text = signed_in(world.hugo).get(page(place)).content.decode()
    assert "NLGRGE0001" in text and "Leusden centre" in text


def test_publishing_is_a_switch_of_its_own_that_explains_itself(world, signed_in, place):
    browser = signed_in(world.ben)
    assert "This is the only place where that is set" in browser.get(form_of(place)).content.decode()
    edit(browser, place, published="on")
    assert Location.objects.get(pk=place.pk).published


def test_a_location_with_home_chargers_is_not_published(world, signed_in):
    home = make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home", terms={"tariff": world.standard})
    place = make.ChargePointFactory(charge_group=home).location
    browser = signed_in(world.ben)
    assert "can't be published" in browser.get(page(place)).content.decode()
    refused = edit(browser, place, published="on")
    assert "published" in refused.context["adminform"].form.errors
    assert not Location.objects.get(pk=place.pk).published


def test_a_published_location_where_nobody_can_charge_is_warned_about(world, signed_in, place):
    publish(place)
    browser = signed_in(world.ben)
    assert "nobody can charge here" not in browser.get(page(place)).content.decode()
    ChargePoint.objects.filter(pk=world.market.pk).update(status="inactive")
    assert "nobody can charge here" in browser.get(page(place)).content.decode()


def test_a_group_that_is_open_to_nobody_counts_as_nobody(world, signed_in):
    closed = make.ChargeGroupFactory(user_group=world.north, code="NOBODY", terms={"tariff": world.standard})
    place = make.ChargePointFactory(charge_group=closed).location
    publish(place)
    browser = signed_in(world.ben)
    assert "nobody can charge here" in browser.get(page(place)).content.decode()
    make.CustomerExceptionFactory(charge_group=closed, customer=world.jansen)
    assert "nobody can charge here" not in browser.get(page(place)).content.decode()


def test_a_tariff_without_a_version_in_force_opens_to_nobody(world, signed_in):
    empty = make.TariffFactory(provider=world.greengrid, code="EMPTY", per_kwh=None)
    group = make.ChargeGroupFactory(user_group=world.north, code="G", terms={"tariff": empty, "own_user_group": True})
    place = make.ChargePointFactory(charge_group=group).location
    publish(place)
    assert "nobody can charge here" in signed_in(world.ben).get(page(place)).content.decode()


def test_roaming_at_an_unpublished_location_is_told(world, signed_in):
    group = make.ChargeGroupFactory(user_group=world.north, code="R", terms={"tariff": world.standard, "roaming": True})
    place = make.ChargePointFactory(charge_group=group).location
    browser = signed_in(world.ben)
    assert "Open for roaming, and not published" in browser.get(page(place)).content.decode()
    publish(place)
    assert "Open for roaming, and not published" not in browser.get(page(place)).content.decode()


@pytest.mark.parametrize("who", ["carla", "hugo", "rita", "otto"])
def test_who_may_not_change_locations_publishes_nothing(world, signed_in, place, who):
    signed_in(getattr(world, who)).post(
        form_of(place), {"published": "on", "code": place.code, "name": "x", "country": "NL"}
    )
    assert not Location.objects.get(pk=place.pk).published


def test_a_new_location_is_of_ones_own_provider_and_unpublished(world, signed_in):
    browser = signed_in(world.ben)
    sent = page_form(browser.get(LIST + "add/"))
    assert (sent["country"], sent["time_zone"]) == ("NL", "Europe/Amsterdam")
    browser.post(LIST + "add/", sent | {"code": "NEW", "name": "New"})
    made = Location.objects.get(code="NEW")
    assert (made.provider, made.published) == (world.greengrid, False)


def test_an_unknown_time_zone_is_refused(world, signed_in, place):
    refused = edit(signed_in(world.ben), place, time_zone="Europe/Leusden")
    assert "time_zone" in refused.context["adminform"].form.errors
    assert Location.objects.get(pk=place.pk).time_zone == "Europe/Amsterdam"
