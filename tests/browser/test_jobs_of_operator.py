"""The jobs of the platform's operator, as docs/roles.md has them: Olaf looks after the providers, and sees no customer."""

import csv

import pytest
from django.core import mail

from customers.models import Provider, StaffMember
from tests import factories as make
from tests.browser.walking import Jobs, downloaded

pytestmark = pytest.mark.django_db(transaction=True)
job = Jobs("Platform operator")


def test_an_operator_does_ten_jobs_after_one_sign_in(subtests, world, portal):
    job.walk_all(
        subtests, portal, world, make.StaffMemberFactory(name="Olaf", email="olaf@platform.example", is_operator=True)
    )


def provider(name: str) -> Provider:
    return Provider.objects.get(name=name)


@job
def list_the_providers(walk, world):
    walk.menu("Providers")
    walk.search("volt")
    walk.reads("BlueVolt")


@job
def add_a_provider(walk, world):
    walk.menu("Providers")
    walk.follow("Add provider")
    for label, typed in (("Code", "SUN"), ("Name", "SunCharge"), ("Party id", "SUN")):
        walk.fill(label, typed)
    walk.select("Country", "NL")
    walk.press("Save")
    assert provider("SunCharge").party_id == "SUN"


@job
def invite_the_first_admin(walk, world):
    walk.menu("Providers")
    walk.choose("SunCharge")
    walk.follow("Invite the first admin")
    walk.fill("Name", "Suzy")
    walk.fill("E-mail address", "suzie@sun.example")
    walk.press("Invite")
    walk.reads("An invitation is on its way to suzie@sun.example")
    assert StaffMember.objects.get(name="Suzy").memberships.get().provider == provider("SunCharge")


@job
def invite_again(walk, world):
    walk.menu("Providers")
    walk.choose("SunCharge")
    walk.follow("Look at the invitation")
    walk.press("Send the invitation again")
    assert [each.to for each in mail.outbox[-2:]] == [["suzie@sun.example"]] * 2


@job
def correct_the_address(walk, world):
    walk.menu("Providers")
    walk.choose("SunCharge")
    walk.follow("Look at the invitation")
    walk.fill("Name", "Suzy")
    walk.fill("E-mail address", "suzy@sun.example")
    walk.press("Invite")
    assert mail.outbox[-1].to == ["suzy@sun.example"]


@job
def require_a_second_factor(walk, world):
    walk.menu("Providers")
    walk.choose("SunCharge")
    walk.select("Second factor", "every login")
    walk.press("Save")
    assert provider("SunCharge").mfa_required_for == "everyone"


@job
def keep_decisions_longer(walk, world):
    walk.menu("Providers")
    walk.choose("SunCharge")
    walk.fill("Months", "24")
    walk.press("Save")
    assert provider("SunCharge").decision_months == 24


@job
def read_who_changed_a_provider(walk, world):
    walk.menu("Providers")
    walk.choose("SunCharge")
    walk.follow("History")
    walk.reads("Olaf", "24")


@job
def download_the_providers(walk, world):
    walk.menu("Providers")
    walk.follow("Export")
    rows = csv.DictReader(downloaded(walk, "Download"))
    assert {row["code"] for row in rows} == {"GRG", "BLV", "SUN"}


@job
def remove_a_provider(walk, world):
    make.ProviderFactory(name="Typo", code="TYP")
    walk.menu("Providers")
    walk.choose("Typo")
    walk.follow("Delete provider")
    walk.press("Yes, I’m sure")
    assert not Provider.objects.filter(name="Typo").exists()
