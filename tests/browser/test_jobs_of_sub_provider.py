"""The jobs of a sub provider, as docs/roles.md has them: Carla runs North, with tariffs and locations of its own."""

import pytest

from changes.models import Change
from chargegroups.models import CustomerException, Terms
from chargepoints.models import Location
from customers.models import ChargeCard, Customer, Membership
from customers.permissions import Role
from evcnet.datetimes import database_clock
from tariffs.models import Tariff, TariffOffer
from tests.browser.walking import Jobs

pytestmark = pytest.mark.django_db(transaction=True)
job = Jobs("Sub provider")


def test_a_sub_provider_does_its_ten_jobs_after_one_sign_in(subtests, world, portal, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world.carla.memberships.update(may_make_tariffs=True, may_add_locations=True)
    TariffOffer.objects.create(provider=world.greengrid, tariff=world.cheap, user_group=world.north)
    job.walk_all(subtests, portal, world, world.carla)


def tariff_now(world):
    return Terms.objects.in_force(database_clock()).get(charge_group=world.leusden).tariff


@job
def add_a_customer(walk, world):
    walk.menu("Customers")
    walk.follow("Add customer")
    walk.fill("Customer number", "1010")
    walk.fill("Name", "De Vries, J.")
    walk.select("User group", "North")
    walk.press("Save")
    assert Customer.objects.get(number="1010").user_group == world.north


@job
def give_a_card(walk, world):
    walk.menu("Customers")
    walk.choose("De Vries, J.")
    walk.follow("Add a card")
    walk.fill("Uid", "04:DD:44:11")
    walk.press("Save")
    card = ChargeCard.objects.get(uid="04:DD:44:11")
    assert card.customer.number == "1010" and card.status == ChargeCard.Status.ACTIVE


@job
def import_customers(walk, world):
    walk.menu("Customers")
    walk.follow("Import")
    walk.upload("new.csv", "user_group,number,name\nNORTH,1011,Smit\nNORTH,1012,Mulder\n")
    walk.press("Show what it would change")
    walk.press("Import 2 rows")
    assert Customer.objects.filter(user_group=world.north, number__in=["1011", "1012"]).count() == 2


@job
def block_a_customer(walk, world):
    walk.menu("Customers")
    walk.choose("Smit")
    walk.follow("Block")
    walk.fill("Reason", "does not pay")
    walk.press("Block")
    assert Customer.objects.get(number="1011").status == Customer.Status.BLOCKED


@job
def make_an_exception(walk, world):
    walk.menu("Charge groups")
    walk.choose("CG-LEUSDEN")
    walk.follow("Customers and tariffs")
    walk.choose("Add exception of Jansen, T.")
    walk.page.get_by_role("form", name="Exception of Jansen, T.").get_by_label("Access").select_option("denied")
    walk.press("Save")
    assert CustomerException.objects.get(customer=world.jansen).access == CustomerException.Access.DENIED


@job
def change_the_tariff(walk, world):
    walk.menu("Charge groups")
    walk.choose("CG-LEUSDEN")
    walk.follow("Tariff and access")
    walk.follow("Change terms")
    walk.choose_option("tariff", "CHEAP")
    walk.press("Show whom it affects")
    walk.type_name()
    walk.press("Apply now")
    assert tariff_now(world) == world.cheap


@job
def undo_a_change(walk, world):
    walk.menu("Changes")
    walk.choose("Terms of CG-LEUSDEN")
    walk.follow("Undo")
    walk.type_name()
    walk.press("Apply now")
    assert tariff_now(world) == world.standard
    assert Change.objects.exclude(undoes=None).exists()


@job
def make_a_tariff(walk, world):
    walk.menu("Tariffs")
    walk.follow("Add tariff")
    walk.fill("Code", "NORTH-DAY")
    walk.fill("Name", "North by day")
    walk.page.locator("input[name$=energy_price]").first.fill("0.31")
    walk.press("Save")
    assert Tariff.objects.get(code="NORTH-DAY").user_group == world.north


@job
def add_a_location(walk, world):
    walk.menu("Locations")
    walk.follow("Add location")
    walk.fill("Code", "CHURCH")
    walk.fill("Name", "Church square")
    walk.press("Save")
    assert Location.objects.get(code="CHURCH").user_group == world.north


@job
def invite_a_helpdesk(walk, world):
    walk.menu("Logins")
    walk.follow("Add login")
    walk.fill("Name", "Hilde")
    walk.fill("E-mail address", "hilde@north.example")
    walk.choose_option("role", Role.HELPDESK)
    walk.choose_option("user_group", str(world.north.pk))
    walk.press("Save")
    assert Membership.objects.get(staff_member__name="Hilde").user_group == world.north
