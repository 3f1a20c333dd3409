"""Rules over several tables: what they refuse of a file names a column of it, and a way out."""

import pytest

from chargegroups.models import ChargeGroup, CustomerException
from chargepoints.models import ChargePoint, Location
from tests import factories as make

pytestmark = pytest.mark.django_db
GROUPS = "user_group,code,name,type"


@pytest.fixture
def home(world):
    return make.ChargeGroupFactory(user_group=world.north, code="HOME", type="home", terms={"tariff": world.standard})


@pytest.fixture
def social(world):
    """Leusden's neighbours queue; so all of their charge points are in the Netherlands."""
    terms = {"tariff": world.standard, "social_charging": True}
    group = make.ChargeGroupFactory(user_group=world.north, code="SOCIAL", terms=terms)
    make.ChargePointFactory(charge_group=group, location=make.LocationFactory(provider=world.greengrid, code="NEAR"))
    make.LocationFactory(provider=world.greengrid, code="KLEVE", country="DE")
    return group


def test_a_home_charger_at_a_published_location_is_refused_at_the_location(world, home, take):
    make.LocationFactory(provider=world.greengrid, code="SHOWN", published=True)
    answer = take("charge_points", "identity,location,charge_group", "CP1,SHOWN,HOME")
    assert (answer.status, answer.errors) == (1, [(2, "location")])
    assert "unpublish the location" in answer.messages
    assert not ChargePoint.objects.filter(identity="CP1").exists()


def test_a_group_that_roams_is_not_made_a_home_group(world, take):
    make.ChargeGroupFactory(
        user_group=world.north, code="ROAMS", type="other", terms={"tariff": world.standard, "roaming": True}
    )
    answer = take("charge_groups", GROUPS, "NORTH,ROAMS,Roams,home")
    assert (answer.status, answer.errors) == (1, [(2, "type")])
    assert "choose type Other" in answer.messages
    assert ChargeGroup.objects.get(code="ROAMS").type == "other"


def test_a_group_with_a_published_location_is_not_made_a_home_group(world, take):
    Location.objects.filter(pk=world.market.location_id).update(published=True)
    answer = take("charge_groups", GROUPS, "NORTH,CG-LEUSDEN,Leusden centre,home")
    assert (answer.status, answer.errors) == (1, [(2, "type")])
    assert "unpublish the location" in answer.messages
    assert ChargeGroup.objects.get(code="CG-LEUSDEN").type == "other"


def test_a_charge_point_abroad_is_kept_out_of_a_group_with_social_charging(world, social, take):
    answer = take("charge_points", "identity,location,charge_group", "CP1,KLEVE,SOCIAL")
    assert (answer.status, answer.errors) == (1, [(2, "location")])
    assert "place them there" in answer.messages
    assert not ChargePoint.objects.filter(identity="CP1").exists()


def test_a_location_with_social_charging_does_not_move_abroad(world, social, take):
    answer = take("locations", "code,name,country", "NEAR,Near,DE")
    assert (answer.status, answer.errors) == (1, [(2, "country")])
    assert "social charging off" in answer.messages
    assert Location.objects.get(code="NEAR").country.code == "NL"


def test_an_exception_in_another_currency_says_which_to_choose(world, take):
    make.TariffFactory(provider=world.greengrid, code="KRONE", currency="NOK")
    answer = take("exceptions", "charge_group,customer,tariff", "CG-LEUSDEN,1002,KRONE")
    assert (answer.status, answer.errors) == (1, [(2, "tariff")])
    assert "choose a tariff in the currency" in answer.messages
    assert not CustomerException.objects.exists()


def test_a_currency_that_there_is_not_is_refused_at_the_provider(world, take):
    answer = take("providers", "code,name,country_code,party_id,currency", "NEW,New,NL,NEW,XYZ", provider=None)
    assert (answer.status, answer.errors) == (1, [(2, "currency")])
    assert "such as EUR" in answer.messages
