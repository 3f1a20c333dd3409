"""Many charge points attached at once: all on a street, or all that match, by the tab of a charge group."""

import re

import pytest
from django.urls import reverse

from changes.models import Change
from chargepoints.models import ChargePoint
from tests import factories as make
from tests.portal.sent import sent

pytestmark = pytest.mark.django_db


def tab(group):
    return reverse("admin:chargegroups_chargegroup_points", args=[group.pk])


def text(response):
    assert response.status_code == 200, response
    return " ".join(response.content.decode().split())


def chosen(response):
    """What a browser without scripts would send of the picker after this page."""
    values = re.findall(r'name="point" value="([\d,]+)"(?: checked|>)', text(response))
    return {int(key) for value in values for key in value.split(",")}


@pytest.fixture
def street(world):
    """Six charge points on Stationsstraat in Leusden, two of them in CG-SOUTH; one on that of Zwolle, one of BlueVolt on it."""
    world.southern = make.ChargeGroupFactory(user_group=world.south, code="CG-SOUTH", name="South", terms={})

    def point(number, city="Leusden", provider=world.greengrid, **values):
        where = make.LocationFactory(provider=provider, address=f"Stationsstraat {number}", city=city)
        return make.ChargePointFactory(**{"provider": provider, "charge_group": None, "status": "inactive"} | values, location=where)  # fmt: skip

    world.loose = [point(number, name=name) for number, name in enumerate(("Birch", "Chestnut", "Elm", "Willow"), 1)]
    world.taken = [point(f"{number}-b", charge_group=world.southern, status="active") for number in range(8, 10)]
    world.zwolle = point(1, city="Zwolle")
    world.foreign_point = point(2, provider=world.bluevolt)
    return world


def test_the_whole_street_of_one_that_matches_is_chosen_at_once(street, signed_in):
    """Also those that the search does not find; nobody else's, and none in another city."""
    anna = signed_in(street.anna)
    found = text(anna.post(tab(street.leusden), {"point-find": "elm", "point-search": "1"}))
    assert "All 6 on Stationsstraat, Leusden" in found and "that match </button>" not in found
    answer = {"point-find": "elm", "point-street": street.loose[2].location_id}
    all_of_it = anna.post(tab(street.leusden), answer)
    assert chosen(all_of_it) == {point.pk for point in (*street.loose, *street.taken)}
    assert "6 charge points chosen, of which 2 leave CG-SOUTH South." in text(all_of_it)
    assert not Change.objects.exists()


def test_all_that_match_are_shown_with_whom_it_affects_and_then_attached(street, signed_in):
    anna, page = signed_in(street.anna), tab(street.leusden)
    picked = anna.post(page, {"point-find": "leusden stationsstraat", "point-all": "1"})
    shown = anna.post(page, {"point": sorted(chosen(picked)), "point-find": "leusden stationsstraat"})
    assert "CG-SOUTH South" in text(shown) and shown.context["preview"].impact.points == 6
    assert ChargePoint.objects.filter(charge_group=street.leusden).count() == 1
    anna.post(page, sent(shown, page, step="confirm", named="GRG"))
    assert ChargePoint.objects.filter(charge_group=street.leusden).count() == 7
    assert Change.objects.get().kind == "points"


def test_a_search_may_stand_in_the_address(street, signed_in):
    page = text(signed_in(street.anna).get(tab(street.leusden) + "?find=stationsstraat"))
    assert "All 6 on Stationsstraat, Leusden" in page and "Zwolle" in page


def test_the_points_of_an_outsider_look_like_none(street, signed_in):
    anna, foreign = signed_in(street.anna), street.foreign_point
    for where in (foreign.location_id, 10**9):
        answer = anna.post(tab(street.leusden), {"point-find": foreign.identity, "point-street": where})
        assert chosen(answer) == set() and "None is chosen yet" in text(answer)
        assert "All " not in text(answer).split('id="point"')[1].split("</form>")[0]
    refused = anna.post(tab(street.leusden), {"point": [foreign.pk]}, follow=True)
    assert foreign.identity not in text(refused) and not Change.objects.exists()
    otto = signed_in(street.otto)
    assert otto.post(tab(street.leusden), {"point-find": "stationsstraat", "point-search": "1"}).status_code == 404


def test_whoever_may_not_move_points_searches_none(street, signed_in):
    rita = signed_in(street.rita)
    assert "point-find" not in text(rita.get(tab(street.leusden)))
    assert rita.post(tab(street.leusden), {"point-find": "stationsstraat", "point-all": "1"}).status_code == 403


def test_a_new_group_takes_a_street_too(street, signed_in):
    add, answers = reverse("admin:chargegroups_chargegroup_add"), {"code": "CG-NEW", "points-find": "birch"}
    found = text(signed_in(street.anna).post(add, answers | {"points-street": street.loose[0].location_id}))
    assert "6 charge points chosen, of which 2 leave CG-SOUTH South." in found
