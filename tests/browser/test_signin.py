"""The ways in, in a browser: app and recovery codes, passkey, lock, invitation; and that a session that ended is out."""

import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.sessions.models import Session
from django.core import mail
from playwright.sync_api import expect

from customers.models import AuditEntry
from tests import factories as make
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

CHOSEN = "seven blue herons at dawn"
HOME = re.compile("^Good (morning|afternoon|evening)")


@pytest.fixture
def strict(world):
    """GreenGrid asks a second factor of its admins, as every new provider does."""
    world.greengrid.mfa_required_for = "admins"
    world.greengrid.save()
    return world


def type_password(page, email: str, password: str = PASSWORD):
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def code_of(secret: str, other_than: str = "") -> str:
    """What an authenticator app shows; a code works once, so that one next to it is typed instead."""
    codes = [format_hotp_value(hotp_value(secret, moment)) for moment in yield_hotp_counters_from_time()]
    return next(code for code in reversed(codes) if code != other_than)


def at_home(page):
    expect(page.get_by_role("heading", name=HOME)).to_be_visible()


def sign_out(page, portal):
    portal.open("/logout/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_the_first_sign_in_sets_up_an_app_and_shows_recovery_codes(strict, portal):
    page = portal.open("/")
    assert portal.accessible() == []
    type_password(page, strict.anna.email)
    expect(page.get_by_text("Set up a second factor first")).to_be_visible()
    assert portal.accessible() == []
    page.get_by_role("link", name="Set up an app").click()
    secret = page.locator("#authenticator_secret").inner_text()
    assert portal.accessible() == []
    first = code_of(secret)
    page.locator("input[name=code]").fill(first)
    page.get_by_role("button", name="Switch it on").click()
    codes = page.locator(".signin-codes li")
    expect(codes).to_have_count(10)
    recovery = codes.first.inner_text()
    assert portal.accessible() == []
    page.get_by_role("link", name=re.compile("I have kept them")).click()
    at_home(page)

    sign_out(page, portal)
    type_password(page, strict.anna.email)
    expect(page.locator("input[name=code]")).to_be_visible()
    assert portal.accessible() == []
    page.locator("input[name=code]").fill("000000" if first != "000000" else "111111")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.locator("input[name=code]").fill(code_of(secret, other_than=first))
    page.get_by_role("button", name="Sign in", exact=True).click()
    at_home(page)

    sign_out(page, portal)
    type_password(page, strict.anna.email)
    page.locator("input[name=code]").fill(recovery)
    page.get_by_role("button", name="Sign in", exact=True).click()
    at_home(page)


def with_authenticator(page):
    """A fingerprint reader in the device, which always recognises its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_and_signs_in_without_a_password(strict, portal):
    page = portal.open("/")
    with_authenticator(page)
    type_password(page, strict.anna.email)
    page.get_by_role("link", name="Add a passkey").click()
    assert portal.accessible() == []
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.locator(".signin-codes li")).to_have_count(10)
    assert Authenticator.objects.filter(user=strict.anna, type="webauthn").count() == 1
    portal.open("/account/passkeys/")
    assert portal.accessible() == []

    sign_out(page, portal)
    page.get_by_role("button", name="Sign in with a passkey").click()
    at_home(page)
    assert AuditEntry.objects.filter(event="signed_in", login=strict.anna, about__contains="passkey").exists()


def test_wrong_passwords_lock_the_login_and_the_page_says_for_how_long(world, portal):
    page = portal.open("/login/")
    for _ in range(9):
        type_password(page, world.ben.email, "x" * 12)
        expect(page.get_by_role("alert")).to_contain_text("don’t belong together")
    assert portal.accessible() == []
    type_password(page, world.ben.email, "x" * 12)
    expect(page.get_by_role("alert")).to_contain_text("You can try again in 15 minutes")
    assert portal.accessible() == []
    portal.open("/login/")
    type_password(page, world.ben.email)
    expect(page.get_by_role("alert")).to_contain_text("You can try again in")
    assert AuditEntry.objects.filter(event="locked_out", login=world.ben).exists()
    assert not AuditEntry.objects.filter(event="signed_in", login=world.ben).exists()


def test_an_invited_login_chooses_a_password_and_comes_home(world, portal):
    page = portal.sign_in(world.anna)
    portal.open("/customers/staffmember/add/")
    page.fill("input[name=name]", "Dirk")
    page.fill("input[name=email]", "dirk@greengrid.example")
    page.locator("select[name=memberships-0-role]").select_option("helpdesk")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("An invitation is on its way to dirk@greengrid.example")).to_be_visible()
    (letter,) = mail.outbox
    link = urlsplit(next(word for word in letter.body.split() if "/invitation/" in word)).path

    page.context.clear_cookies()
    portal.open(link)
    assert portal.accessible() == []
    page.fill("input[name=password1]", "password1234")
    page.fill("input[name=password2]", "password1234")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert").first).to_contain_text("too common")
    page.fill("input[name=password1]", CHOSEN)
    page.fill("input[name=password2]", CHOSEN)
    page.get_by_role("button", name="Set the password").click()
    type_password(page, "dirk@greengrid.example", CHOSEN)
    at_home(page)
    portal.open(link)
    expect(page.get_by_text("does not work any more")).to_be_visible()
    assert portal.accessible() == []


def test_a_session_that_was_ended_is_out_and_comes_back_to_where_it_was(world, portal):
    page = portal.sign_in(world.ben)
    portal.open("/account/sessions/")
    assert portal.accessible() == []
    Session.objects.all().delete()
    portal.open("/customers/customer/")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    type_password(page, world.ben.email)
    expect(page).to_have_url(re.compile("/customers/customer/$"))


def test_what_was_typed_goes_on_after_the_password_was_asked_again(world, portal):
    page = portal.sign_in(world.ben)
    portal.open(f"/customers/customer/{world.jansen.pk}/do/erase/")
    assert portal.accessible() == []
    for session in Session.objects.all():
        store = session.get_session_store_class()(session.session_key)
        store["proved_at"] = 0
        store.save()
    page.get_by_label("Customer number").fill("1001")
    page.get_by_label("Reason").fill("asked for it in writing")
    page.get_by_role("button", name="Erase the person").click()
    expect(page.get_by_role("heading", name="Is it still you, Ben?")).to_be_visible()
    assert portal.accessible() == []
    page.fill("input[name=password]", PASSWORD)
    page.locator("main button[type=submit]").first.click()
    expect(page.get_by_text("The person behind customer 1001 is erased")).to_be_visible()
    assert portal.accessible() == []
    world.jansen.refresh_from_db()
    assert world.jansen.name == "Erased customer"


@pytest.mark.parametrize("who", ["anna", "ben", "carla", "hugo", "rita", "olga"])
def test_the_home_page_of_every_role_opens_and_is_accessible(world, portal, who):
    world.olga = make.StaffMemberFactory(name="Olga", email="olga@platform.example", is_operator=True)
    page = portal.sign_in(getattr(world, who))
    at_home(page)
    assert portal.accessible() == []
