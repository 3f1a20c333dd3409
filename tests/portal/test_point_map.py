"""Map of charge points: who is shown which, by which state, where there is none, and what is shown of very many."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from chargepoints.admin import point_map
from chargepoints.models import Location
from evcnet.admin.base import page_of_row
from gateway.models import Device
from tests import factories as make

pytestmark = pytest.mark.django_db


def place(point, latitude, longitude):
    Location.objects.filter(pk=point.location_id).update(latitude=latitude, longitude=longitude)


@pytest.fixture
def on_the_map(world):
    """Market square and Quay 1 have coordinates; beside them a point of South, and one without any."""
    south = make.ChargeGroupFactory(user_group=world.south, code="CG-SOUTH")
    world.square = make.ChargePointFactory(charge_group=south, identity="NLGRGE0009", status="out_of_service")
    world.nowhere = make.ChargePointFactory(charge_group=world.leusden, identity="NLGRGE0010")
    for point, latitude in ((world.market, "52.13"), (world.quay, "59.91"), (world.square, "52.20")):
        place(point, latitude, "5.42")
    return world


def shown(browser, **asked):
    """{label: kind} of what the address answers."""
    answer = browser.get(reverse("admin:point_map"), asked).json()
    assert answer["in_areas"] is False
    return {each["label"]: kind for each in answer["places"] for kind in each["kinds"]}


def test_each_login_is_shown_the_points_in_its_sight_and_no_others(on_the_map, signed_in):
    market, square, quay = {"NLGRGE0001": "active"}, {"NLGRGE0009": "out_of_service"}, {"NOBLVE0001": "active"}
    assert shown(signed_in(on_the_map.ben)) == market | square
    assert shown(signed_in(on_the_map.carla)) == market
    assert shown(signed_in(on_the_map.otto)) == quay


def test_a_group_location_or_point_out_of_sight_shows_nothing(on_the_map, signed_in):
    browser = signed_in(on_the_map.otto)
    market = on_the_map.market
    for asked in ("charge_group", "location", "charge_point"):
        key = market.pk if asked == "charge_point" else getattr(market, f"{asked}_id")
        assert shown(signed_in(on_the_map.ben), **{asked: key}) == {"NLGRGE0001": "active"}
        assert shown(browser, **{asked: key}) == shown(browser, **{asked: "x"}) == {}


def test_an_active_point_is_in_the_state_that_its_device_says(on_the_map, signed_in):
    now = timezone.now()
    Device.objects.create(charge_point=on_the_map.market, password_hash="x", connected_at=now, disconnected_at=now)
    Device.objects.create(charge_point=on_the_map.square, password_hash="x", connected_at=now, connection=uuid4())
    assert shown(signed_in(on_the_map.ben)) == {"NLGRGE0001": "offline", "NLGRGE0009": "out_of_service"}


def test_a_page_has_a_map_where_a_point_in_sight_has_coordinates(on_the_map, signed_in):
    ben = signed_in(on_the_map.ben)
    with_map = ["/", *(page_of_row(type(row), row.pk) for row in (on_the_map.leusden, on_the_map.market))]
    with_map.append(page_of_row(Location, on_the_map.market.location_id))
    for page in with_map:
        assert "data-map=" in ben.get(page).content.decode(), page
    assert "data-map=" not in ben.get(page_of_row(type(on_the_map.nowhere), on_the_map.nowhere.pk)).content.decode()

    place(on_the_map.market, None, None)
    for page in with_map[1:]:
        assert "data-map=" not in ben.get(page).content.decode(), page
    assert "data-map=" not in signed_in(on_the_map.carla).get("/").content.decode()


def test_very_many_points_are_counted_by_area_until_few_are_in_sight(on_the_map, signed_in, monkeypatch):
    monkeypatch.setattr(point_map, "MOST", 1)
    ben = signed_in(on_the_map.ben)
    answer = ben.get(reverse("admin:point_map")).json()
    assert answer["in_areas"] is True
    assert sorted(str(each["kinds"]) for each in answer["places"]) == ["{'active': 1}", "{'out_of_service': 1}"]
    assert not any("label" in each for each in answer["places"])
    assert shown(ben, within="52.0,5.0,52.15,6.0") == {"NLGRGE0001": "active"}
