"""How a new provider comes to its first admin: invited by the platform's operator, who sees none of its data."""

import pytest
from django.core import mail
from django.test import Client

from customers.models import AuditEntry, Membership, StaffMember
from customers.permissions import Role
from tests import factories as make
from tests.factories import PASSWORD
from tests.portal.test_invitations import CHOSEN, TWICE, DeafMailServer

pytestmark = pytest.mark.django_db

DORA = {"name": "Dora", "email": "Dora@newgrid.example"}


@pytest.fixture
def olga(world):
    """Operates the platform."""
    return make.StaffMemberFactory(name="Olga", email="olga@platform.example", is_operator=True)


@pytest.fixture
def newgrid(world):
    return make.ProviderFactory(code="NEW", name="NewGrid", party_id="NEW")


def page(provider, view: str = "first-login") -> str:
    return f"/customers/provider/{provider.pk}/{view}/"


def link() -> str:
    return next(word for word in mail.outbox[-1].body.split() if "/invitation/" in word).removeprefix(
        "http://testserver"
    )


def test_a_provider_that_was_just_added_says_that_nobody_can_sign_in(olga, newgrid, signed_in):
    said = signed_in(olga).get(page(newgrid, "change")).content.decode()
    assert "Nobody can sign in for this provider yet" in said
    assert page(newgrid) in said


def test_the_operator_invites_its_first_admin_who_chooses_a_password_and_signs_in(olga, newgrid, signed_in):
    answer = signed_in(olga).post(page(newgrid), DORA, follow=True)
    assert "An invitation is on its way to dora@newgrid.example" in answer.content.decode()
    (letter,) = mail.outbox
    assert letter.to == ["dora@newgrid.example"]
    assert "NewGrid" in letter.body and "Olga" in letter.body
    browser = Client()
    browser.post(link(), TWICE)
    browser.post("/login/", {"login": "dora@newgrid.example", "password": CHOSEN})
    assert b"NewGrid" in browser.get("/").content
    assert Membership.objects.get(staff_member__name="Dora").role == Role.PROVIDER_ADMIN


def test_it_is_on_the_record_that_the_new_admin_reads(olga, newgrid, signed_in):
    signed_in(olga).post(page(newgrid), DORA)
    entries = AuditEntry.objects.filter(provider=newgrid, login=olga).order_by("pk")
    assert [entry.event for entry in entries] == ["role_given", "invited"]


def test_once_an_admin_has_chosen_a_password_the_operator_invites_nobody(world, olga, signed_in):
    browser = signed_in(olga)
    assert "has an admin already" in browser.get(page(world.greengrid)).content.decode()
    assert "has an admin already" in browser.post(page(world.greengrid), DORA).content.decode()
    assert not StaffMember.objects.filter(name="Dora").exists()
    assert mail.outbox == []


def test_the_page_names_no_admin_who_came(world, olga, signed_in):
    said = signed_in(olga).get(page(world.greengrid)).content.decode()
    assert "Anna" not in said and "anna@" not in said


def test_an_invitation_to_a_wrong_address_is_withdrawn_by_the_next(olga, newgrid, signed_in):
    browser = signed_in(olga)
    browser.post(page(newgrid), {"name": "Dora", "email": "dra@newgrid.example"})
    first = link()
    assert "dra@newgrid.example" in browser.get(page(newgrid)).content.decode()
    browser.post(page(newgrid), DORA)
    assert Client().get(first).status_code == 410
    assert Client().get(link()).status_code == 200
    assert [login.email for login in StaffMember.objects.filter(name="Dora")] == ["dora@newgrid.example"]


def test_it_is_sent_again_on_request(olga, newgrid, signed_in):
    browser = signed_in(olga)
    browser.post(page(newgrid), DORA)
    browser.post(page(newgrid), {"again": "1"})
    assert [letter.to for letter in mail.outbox] == [["dora@newgrid.example"]] * 2
    assert StaffMember.objects.filter(name="Dora").count() == 1


@pytest.mark.parametrize("email", ["anna@greengrid.example", "ANNA@greengrid.example"])
def test_an_address_that_is_taken_on_the_platform_cannot_be_used(world, olga, newgrid, signed_in, email):
    answer = signed_in(olga).post(page(newgrid), {"name": "Dora", "email": email})
    assert "This e-mail address cannot be used." in answer.content.decode()
    assert not Membership.objects.filter(provider=newgrid).exists()


def test_nobody_is_added_whom_no_mail_reaches(olga, newgrid, signed_in, settings):
    settings.EMAIL_BACKEND = f"{DeafMailServer.__module__}.{DeafMailServer.__qualname__}"
    answer = signed_in(olga).post(page(newgrid), DORA)
    assert "could not be mailed" in answer.content.decode()
    assert not StaffMember.objects.filter(name="Dora").exists()


@pytest.mark.parametrize("who", ["anna", "ben", "otto"])
def test_nobody_else_finds_the_page(world, newgrid, signed_in, who):
    browser = signed_in(getattr(world, who))
    for provider in (newgrid, world.greengrid):
        assert browser.get(page(provider)).status_code == 404
        assert browser.post(page(provider), DORA).status_code == 404
    assert not StaffMember.objects.filter(name="Dora").exists()


def test_it_asks_for_the_password_again(olga, newgrid, signed_in):
    browser = signed_in(olga)
    session = browser.session
    session["proved_at"] = 0
    session.save()
    assert browser.post(page(newgrid), DORA)["Location"].startswith("/confirm/")
    assert mail.outbox == []


def test_so_does_a_change_of_who_needs_a_second_factor(world, signed_in):
    browser = signed_in(world.anna)
    session = browser.session
    session["proved_at"] = 0
    session.save()
    asked = browser.post(page(world.greengrid, "change"), {"mfa_required_for": "nobody"})
    assert asked["Location"].startswith("/confirm/")
    assert browser.post("/confirm/", {"password": PASSWORD}).status_code == 302
