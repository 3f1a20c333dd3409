"""The jobs of a provider admin, as docs/roles.md has them: Anna looks after GreenGrid, its logins, keys and persons."""

import pytest

from chargegroups.models import ChargeGroup, Terms
from customers.models import ApiKey, AuditEntry, Customer, LetterSettings, Membership, StaffMember
from customers.permissions import Role
from evcnet.datetimes import database_clock
from tests.browser.changing import in_days
from tests.browser.walking import Jobs, downloaded

pytestmark = pytest.mark.django_db(transaction=True)
job = Jobs("Provider admin")


def test_a_provider_admin_does_its_ten_jobs_after_one_sign_in(subtests, world, portal):
    job.walk_all(subtests, portal, world, world.anna)


@job
def invite_a_colleague(walk, world):
    walk.menu("Logins")
    walk.follow("Add login")
    walk.fill("Name", "Dirk")
    walk.fill("E-mail address", "dirk@greengrid.example")
    walk.choose_option("role", Role.PROVIDER_STAFF)
    walk.press("Save")
    assert Membership.objects.get(staff_member__name="Dirk").role == Role.PROVIDER_STAFF


@job
def end_a_login(walk, world):
    walk.menu("Logins")
    walk.choose("Rita")
    walk.page.get_by_label("Active").uncheck()
    walk.press("Save")
    walk.fill("Reason", "left us")
    walk.press("Save: Set to inactive")
    assert not StaffMember.objects.get(name="Rita").is_active


@job
def let_a_sub_provider_make_tariffs(walk, world):
    walk.menu("Logins")
    walk.choose("Carla")
    walk.page.locator("input[name$=may_make_tariffs]").first.check()
    walk.press("Save")
    assert Membership.objects.get(staff_member=world.carla).may_make_tariffs


@job
def make_an_api_key(walk, world):
    walk.menu("API keys")
    walk.follow("Add API key")
    walk.fill("Name", "back end")
    walk.press("Save")
    walk.reads("It is shown only now.")
    assert ApiKey.objects.get(name="back end").provider == world.greengrid


@job
def stop_an_api_key(walk, world):
    walk.menu("API keys")
    walk.choose("back end")
    walk.follow("Deactivate")
    walk.fill("Reason", "it leaked")
    walk.press("Deactivate")
    assert not ApiKey.objects.get(name="back end").active


@job
def add_a_charge_group(walk, world):
    walk.menu("Charge groups")
    walk.follow("Add charge group")
    walk.fill("ID", "CG-STATION")
    walk.fill("Name", "Station")
    walk.select("User group", "North")
    walk.choose_option("tariff", str(world.cheap.pk))
    walk.tick("Publicly accessible within own user group")
    walk.press("Save")
    assert ChargeGroup.objects.get(code="CG-STATION").terms.get().tariff == world.cheap


@job
def schedule_terms(walk, world):
    walk.menu("Charge groups")
    walk.choose("CG-LEUSDEN")
    walk.follow("Tariff and access")
    walk.follow("Change terms")
    walk.choose_option("tariff", "CHEAP")
    walk.page.locator("input[name=at]").fill(in_days(30))
    walk.press("Show whom it affects")
    walk.type_name()
    walk.press("Schedule for …")
    assert Terms.objects.scheduled(database_clock()).get().tariff == world.cheap


@job
def write_the_letters(walk, world):
    walk.menu("Letters")
    walk.follow("Add letter settings")
    walk.fill("Sender name", "GreenGrid, your charge points")
    walk.press("Save")
    assert LetterSettings.objects.get(provider=world.greengrid).sender_name == "GreenGrid, your charge points"


@job
def hand_out_what_is_held(walk, world):
    walk.menu("Customers")
    walk.choose("Jansen, T.")
    walk.open_menu()
    assert "jansen@example.org" in "".join(downloaded(walk, "Export this customer’s data"))
    assert AuditEntry.objects.filter(event=AuditEntry.Event.CUSTOMER_EXPORTED).exists()


@job
def erase_a_person(walk, world):
    walk.menu("Customers")
    walk.choose("Bakker, M.")
    walk.open_menu()
    walk.follow("Erase the person")
    walk.fill("Customer number", "1002")
    walk.fill("Reason", "asked for it")
    walk.press("Erase the person")
    assert Customer.objects.get(pk=world.bakker.pk).erased_at
