"""How somebody signs in with a password, and how little a stranger learns by trying."""

import re
from typing import ClassVar

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from customers.models import StaffMember
from evcnet.templatetags.browsers import browser_in_words
from tests import factories as make
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "/login/"
OTHER_PASSWORD = "seven blue herons at dawn"


def sign_in(login: str, password: str = PASSWORD, client: Client | None = None, **extra):
    return (client or Client()).post(LOGIN, {"login": login, "password": password}, **extra)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def text_of(response) -> str:
    """What a visitor reads; the token of the form differs each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


@pytest.mark.parametrize("path", ["/", "/login/"])
def test_a_visitor_is_asked_to_sign_in(path, client, db):
    response = client.get(path)
    assert response.status_code == 200
    assert 'name="login"' in response.content.decode()


def test_a_visitor_of_a_page_within_comes_back_to_it_after_signing_in(world, client):
    asked = client.get("/customers/customer/?q=jan")
    assert asked["Location"] == "/login/?next=/customers/customer/%3Fq%3Djan"
    response = client.post(
        LOGIN, {"login": world.ben.email, "password": PASSWORD, "next": "/customers/customer/?q=jan"}
    )
    assert response["Location"] == "/customers/customer/?q=jan"


def test_nobody_is_sent_to_another_site_after_signing_in(world, client):
    response = client.post(LOGIN, {"login": world.ben.email, "password": PASSWORD, "next": "https://evil.example/"})
    assert response["Location"] == "/"


@pytest.mark.parametrize("typed", ["ben@greengrid.example", "Ben@GreenGrid.Example", " ben@greengrid.example "])
def test_one_signs_in_with_the_address_whatever_its_case(world, client, typed):
    assert sign_in(typed, client=client)["Location"] == "/"
    assert client.get("/").wsgi_request.user == world.ben


def test_an_address_is_kept_in_lower_case(db):
    assert make.StaffMemberFactory(email="Anna@Example.ORG").email == "anna@example.org"


@pytest.mark.parametrize("path", ["/password_change/", "/account/", "/account/sessions/", "/confirm/"])
def test_ones_own_pages_are_for_who_is_signed_in(path, client, db):
    assert client.get(path)["Location"].startswith("/login/")


def test_a_wrong_password_and_an_unknown_address_read_the_same(world):
    wrong, unknown = sign_in("ben@greengrid.example", "x" * 12), sign_in("who@greengrid.example", "x" * 12)
    same = text_of(wrong).replace("ben@", "who@") == text_of(unknown)
    assert same and wrong.status_code == unknown.status_code == 200
    assert "don’t belong together" in text_of(wrong)


class CountingHasher(MD5PasswordHasher):
    hashed: ClassVar[list[str]] = []

    def encode(self, password, salt):
        self.hashed.append(password)
        return super().encode(password, salt)


def test_an_unknown_address_costs_as_many_hashes_as_a_wrong_password(world, settings):
    settings.PASSWORD_HASHERS = ["tests.portal.test_signin.CountingHasher"]
    sign_in("ben@greengrid.example", "a wrong one")
    sign_in("who@greengrid.example", "an unknown one")
    assert CountingHasher.hashed == ["a wrong one", "an unknown one"]


def test_a_login_that_is_not_active_stays_out(world, client):
    StaffMember.objects.filter(pk=world.ben.pk).update(is_active=False)
    assert sign_in(world.ben.email, client=client)["Location"] == "/inactive/"
    assert not is_in(client)
    assert "not active" in client.get("/inactive/").content.decode()


def test_a_login_that_is_switched_off_is_out_at_once(world, signed_in):
    browser = signed_in(world.ben)
    StaffMember.objects.filter(pk=world.ben.pk).update(is_active=False)
    assert 'name="login"' in browser.get("/").content.decode()


def test_signing_out_takes_a_post(world, signed_in):
    browser = signed_in(world.ben)
    browser.get("/logout/")
    assert is_in(browser)
    assert browser.post("/logout/")["Location"] == "/"
    assert not is_in(browser)


def test_the_portal_hashes_passwords_with_argon2():
    from evcnet import settings as portal

    assert portal.PASSWORD_HASHERS[0].rpartition(".")[2] == "Argon2PasswordHasher"
    assert Argon2PasswordHasher().encode(PASSWORD, "saltsaltsalt").startswith("argon2$argon2id$")


# Who guesses


def test_the_tenth_wrong_password_locks_this_login_from_this_address(world, client):
    for _ in range(9):
        assert sign_in("ben@greengrid.example", "x" * 12).status_code == 200
    locked = sign_in("ben@greengrid.example", "x" * 12)
    assert locked.status_code == 429
    assert "You can try again in 15 minutes" in text_of(locked)
    assert sign_in("BEN@greengrid.example", PASSWORD, client).status_code == 429
    assert not is_in(client)


def test_others_sign_in_meanwhile_and_so_does_the_login_from_elsewhere(world, client):
    for _ in range(10):
        sign_in("ben@greengrid.example", "x" * 12)
    assert sign_in(world.anna.email).status_code == 302
    assert sign_in(world.ben.email, client=client, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_an_unknown_address_is_locked_just_the_same(world):
    for _ in range(9):
        sign_in("who@greengrid.example", "x" * 12)
    locked = sign_in("who@greengrid.example", "x" * 12)
    assert locked.status_code == 429
    for _ in range(10):
        known = sign_in("ben@greengrid.example", "x" * 12)
    assert text_of(known).replace("ben@", "who@") == text_of(locked)


# No sign-up


def test_nobody_signs_up_by_themselves(world, client):
    answers = {"email": "new@example.org", "password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD}
    before = StaffMember.objects.count()
    assert "by invitation" in client.get("/sign-up/").content.decode()
    assert "by invitation" in client.post("/sign-up/", answers).content.decode()
    assert StaffMember.objects.count() == before
    assert not is_in(client)


# One's own sessions


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(world, signed_in):
    here, elsewhere = signed_in(world.ben), signed_in(world.ben)
    here.post("/password_change/", {"oldpassword": PASSWORD, "password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD})
    world.ben.refresh_from_db()
    assert world.ben.check_password(OTHER_PASSWORD)
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert "password was changed" in mail.outbox[0].body.lower()


def test_sessions_are_listed_and_one_of_them_is_ended(world):
    here, elsewhere = Client(), Client()
    sign_in(world.ben.email, client=here, HTTP_USER_AGENT="Firefox at the desk")
    sign_in(world.ben.email, client=elsewhere, HTTP_USER_AGENT="Safari on a phone")
    page = here.get("/account/sessions/").content.decode()
    assert "Firefox at the desk" in page and "Safari on a phone" in page
    here.post("/account/sessions/", {"end": re.search(r'name="end" value="(\d+)"', page)[1]})
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
        ("curl/8.5", "curl/8.5"),
        ("", "unknown browser"),
    ],
)
def test_a_browser_is_told_in_words(said, words):
    assert browser_in_words(said) == words


def test_nobody_ends_the_session_of_another(world):
    bens, annas = Client(), Client()
    sign_in(world.ben.email, client=bens)
    sign_in(world.anna.email, client=annas)
    number = bens.get("/account/sessions/").context["sessions"][0].pk
    annas.post("/account/sessions/", {"end": number})
    assert bens.get("/account/").status_code == 200
    assert Session.objects.count() == 2
