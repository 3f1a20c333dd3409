"""The jobs of provider staff, as docs/roles.md has them: Ben builds GreenGrid's places and prices."""

from decimal import Decimal

import pytest

from changes.models import Change
from chargepoints.models import ChargePoint, Location, Rating, Session
from customers.models import Customer, UserGroup
from tariffs.models import Tariff, TariffOffer
from tests.browser.walking import Jobs

pytestmark = pytest.mark.django_db(transaction=True)
job = Jobs("Provider staff")


def test_provider_staff_do_their_ten_jobs_after_one_sign_in(subtests, world, portal, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    job.walk_all(subtests, portal, world, world.ben)


@job
def add_a_location(walk, world):
    walk.menu("Locations")
    walk.follow("Add location")
    walk.fill("Code", "STATION")
    walk.fill("Name", "Station")
    walk.fill("City", "Leusden")
    walk.press("Save")
    assert Location.objects.get(code="STATION").provider == world.greengrid


@job
def add_a_charge_point(walk, world):
    walk.menu("Charge points")
    walk.follow("Add charge point")
    walk.fill("Identity", "NLGRGE0002")
    walk.fill("Name", "Station, left")
    walk.pick("location", "Station")
    walk.press("Save")
    assert ChargePoint.objects.get(identity="NLGRGE0002").location.code == "STATION"


@job
def attach_a_charge_point(walk, world):
    walk.menu("Charge points")
    walk.choose("NLGRGE0002")
    walk.follow("Attach to a charge group")
    walk.pick("charge_group", "CG-LEUSDEN")
    walk.press("Attach to a charge group")
    walk.press("Apply now")
    assert ChargePoint.objects.get(identity="NLGRGE0002").charge_group == world.leusden


@job
def activate_a_charge_point(walk, world):
    walk.menu("Charge points")
    walk.choose("NLGRGE0002")
    walk.follow("Activate")
    walk.press("Activate")
    assert ChargePoint.objects.get(identity="NLGRGE0002").status == ChargePoint.Status.ACTIVE


@job
def publish_a_location(walk, world):
    walk.menu("Locations")
    walk.choose("Station")
    walk.follow("Publish")
    walk.press("Publish")
    assert Location.objects.get(code="STATION").published


@job
def offer_a_tariff(walk, world):
    walk.menu("Tariffs")
    walk.choose("CHEAP")
    walk.follow("Data and offers")
    walk.open_up("Add another Offer to a user group")
    walk.choose_option("user_group", str(world.south.pk))
    walk.press("Save")
    assert TariffOffer.objects.get(tariff=world.cheap).user_group == world.south


@job
def schedule_new_prices(walk, world):
    walk.menu("Tariffs")
    walk.choose("STANDARD")
    walk.follow("Prices")
    walk.follow("Simple form")
    walk.fill("Per kWh", "0.39")
    walk.press("Show whom it affects")
    walk.type_name()
    walk.press("Apply now")
    assert Tariff.objects.get(code="STANDARD").versions.latest("valid_from").elements.get().energy_price == Decimal(
        "0.39"
    )


@job
def add_a_user_group(walk, world):
    walk.menu("User groups")
    walk.follow("Add user group")
    walk.fill("Code", "EAST")
    walk.fill("Name", "East")
    walk.press("Save")
    assert UserGroup.objects.get(code="EAST").provider == world.greengrid


@job
def move_a_customer(walk, world):
    walk.menu("Customers")
    walk.choose("Bakker, M.")
    walk.open_menu()
    walk.follow("Move to another user group")
    walk.select("User group", "East")
    walk.press("Move to another user group")
    walk.press("Apply now")
    assert Customer.objects.get(pk=world.bakker.pk).user_group.code == "EAST"
    assert Change.objects.exists()


@job
def import_sessions(walk, world):
    row = "S1,NLGRGE0001,04AA11,2026-03-02T09:00,2026-03-02T11:00,20"
    walk.menu("Sessions")
    walk.follow("Import")
    walk.upload("sessions.csv", f"id,charge_point,card_uid,started_at,ended_at,kwh\n{row}\n")
    walk.press("Show what it would change")
    walk.press("Import 1 row")
    assert Rating.objects.get(session=Session.objects.get(code="S1")).excl_vat == Decimal("7.00")
