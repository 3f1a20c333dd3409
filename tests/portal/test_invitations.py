"""How a new login comes in: by an invitation that works once and expires, sent by the admin who adds it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils import timezone

from customers.invitations import NotValid, invite, login_of, token_of
from customers.models import AuditEntry, Membership, StaffMember
from customers.permissions import Role
from evcnet.errors import DomainError
from tests import factories as make
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

CHOSEN = "seven blue herons at dawn"
TWICE = {"password1": CHOSEN, "password2": CHOSEN}


class DeafMailServer(BaseEmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError("nobody listens")


@pytest.fixture
def dirk(world):
    """Added by Anna, and without a password yet."""
    login = make.StaffMemberFactory(name="Dirk", email="dirk@greengrid.example", role=Role.HELPDESK, at=world.greengrid)
    login.set_unusable_password()
    login.save()
    return login


@pytest.fixture
def link(dirk):
    return reverse("invitation", args=[token_of(dirk)])


def added(browser, world, **said):
    sent = {"name": "Dirk", "email": "dirk@greengrid.example", "password": "", "password_again": ""}
    sent |= {"memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0, "memberships-0-role": "helpdesk"}
    return browser.post("/customers/staffmember/add/", sent | said)


# By the admin


def test_a_login_that_is_added_without_a_password_is_invited(world, signed_in):
    assert added(signed_in(world.anna), world).status_code == 302
    (letter,) = mail.outbox
    assert letter.to == ["dirk@greengrid.example"]
    assert "Hello Dirk" in letter.body and "Anna (anna@greengrid.example)" in letter.body and "GreenGrid" in letter.body
    assert re.search(r"http://testserver/invitation/\S+/\n", letter.body)
    entry = AuditEntry.objects.get(event="invited")
    assert (entry.login, entry.provider, entry.about) == (world.anna, world.greengrid, "Dirk <dirk@greengrid.example>")


def test_a_login_whose_invitation_cannot_be_mailed_is_not_added(world, signed_in, settings):
    settings.EMAIL_BACKEND = "tests.portal.test_invitations.DeafMailServer"
    refused = added(signed_in(world.anna), world)
    assert "could not be mailed" in refused.content.decode()
    assert not StaffMember.objects.filter(name="Dirk").exists()
    assert not AuditEntry.objects.filter(event="invited").exists()


def test_a_login_with_a_password_is_not_invited(world, signed_in):
    added(signed_in(world.anna), world, password=CHOSEN, password_again=CHOSEN)
    assert StaffMember.objects.get(name="Dirk").check_password(CHOSEN)
    assert mail.outbox == []
    with pytest.raises(DomainError, match="has a password already"):
        invite(world.ben, world.anna, str)


def test_the_invitation_is_sent_again(world, dirk, signed_in):
    browser, page = signed_in(world.anna), reverse("admin:customers_staffmember_change", args=[dirk.pk])
    again = reverse("admin:customers_staffmember_invite", args=[dirk.pk])
    assert again in browser.get(page).content.decode()
    assert browser.get(again).status_code == 405
    assert browser.post(again)["Location"] == page
    assert [letter.to for letter in mail.outbox] == [["dirk@greengrid.example"]]


@pytest.mark.parametrize("who", ["ben", "carla", "hugo", "rita", "otto"])
def test_nobody_but_the_admin_invites(world, dirk, signed_in, who):
    again = reverse("admin:customers_staffmember_invite", args=[dirk.pk])
    assert signed_in(getattr(world, who)).post(again).status_code in (403, 404)
    assert mail.outbox == []


def test_an_admin_of_one_provider_does_not_invite_for_another(world, dirk, signed_in):
    Membership.objects.create(staff_member=world.otto, provider=world.bluevolt, role=Role.PROVIDER_ADMIN)
    again = reverse("admin:customers_staffmember_invite", args=[dirk.pk])
    assert signed_in(world.otto).post(again).status_code == 404
    assert mail.outbox == []


# By the invited


def test_the_invited_choose_a_password_and_sign_in(dirk, link, client):
    page = client.get(link).content.decode()
    assert "Welcome, Dirk" in page and "GreenGrid" in page
    assert client.post(link, TWICE)["Location"] == "/login/"
    assert "_auth_user_id" not in client.session
    assert client.post("/login/", {"login": dirk.email, "password": CHOSEN})["Location"] == "/"


@pytest.mark.parametrize(
    ("first", "second"), [("short", "short"), ("password1234", "password1234"), (CHOSEN, PASSWORD)]
)
def test_a_poor_or_mistyped_password_is_refused(dirk, link, client, first, second):
    assert client.post(link, {"password1": first, "password2": second}).status_code == 200
    dirk.refresh_from_db()
    assert not dirk.has_usable_password()


def test_the_link_works_once(dirk, link, client):
    client.post(link, TWICE)
    assert client.get(link).status_code == 410
    assert client.post(link, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 410
    dirk.refresh_from_db()
    assert dirk.check_password(CHOSEN)


def test_the_link_expires_after_a_week(dirk, link, client):
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23), tick=False):
        assert client.get(link).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1), tick=False):
        gone = client.get(link)
        assert gone.status_code == 410
        assert "send the invitation again" in gone.content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"email": "someone-else@greengrid.example"},
        {"is_active": False},
    ],
)
def test_the_link_ends_with_a_change_of_address_and_with_the_login(dirk, change):
    token = token_of(dirk)
    StaffMember.objects.filter(pk=dirk.pk).update(**change)
    with pytest.raises(NotValid):
        login_of(token)


@pytest.mark.parametrize("token", ["", "x", "1:2:3", "WzFd:1:x"])
def test_a_made_up_link_opens_nothing(token, client, db):
    assert client.get(f"/invitation/{token or '-'}/").status_code == 410


def test_who_was_signed_in_at_this_browser_is_signed_out(world, link, signed_in):
    browser = signed_in(world.ben)
    browser.post(link, TWICE)
    assert "_auth_user_id" not in browser.session


def test_without_the_link_nobody_signs_in(dirk, client):
    for guess in ("", "!", dirk.password):
        client.post("/login/", {"login": dirk.email, "password": guess})
    assert "_auth_user_id" not in client.session


# A lost phone


def test_the_admin_takes_a_lost_second_factor_away(world, dirk, signed_in):
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(dirk, "JBSWY3DPEHPK3PXP")
    browser = signed_in(world.anna)
    address = reverse("admin:customers_staffmember_second-factor", args=[dirk.pk])
    assert address in browser.get(reverse("admin:customers_staffmember_change", args=[dirk.pk])).content.decode()
    assert signed_in(world.ben).post(address).status_code in (403, 404)
    assert dirk.authenticator_set.exists()
    browser.post(address)
    assert not dirk.authenticator_set.exists()
    assert AuditEntry.objects.get(event="factor_removed").about == "all of Dirk <dirk@greengrid.example>"


@pytest.mark.parametrize("page", ["add/", "{}/change/", "{}/password/", "{}/invite/", "{}/second-factor/"])
def test_what_is_done_to_logins_asks_for_the_password_again(world, dirk, signed_in, page):
    browser = signed_in(world.anna)
    session = browser.session
    session["proved_at"] -= 3600
    session.save()
    asked = browser.post(f"/customers/staffmember/{page.format(dirk.pk)}", {"name": "Changed"})
    assert asked["Location"].startswith("/confirm/?next=")
    assert mail.outbox == []
    assert StaffMember.objects.get(pk=dirk.pk).name == "Dirk"
