"""Who needs a second factor, and that nobody gets past without showing it."""

from datetime import UTC, datetime

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.db import connection
from django.test import Client

from evcnet.accounts import second_factor
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    _, now, _ = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(secret, now))


@pytest.fixture(autouse=True)
def still_clock():
    """A code holds for half a minute: without this one that is typed late would fail now and then."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield


def sign_in(login, client: Client):
    return client.post("/login/", {"login": login.email, "password": PASSWORD})


@pytest.fixture
def strict(world):
    """GreenGrid asks a second factor of its admins: what every provider does unless it says otherwise."""
    world.greengrid.mfa_required_for = "admins"
    world.greengrid.save()
    return world


@pytest.fixture
def annas_app(strict):
    TOTP.activate(strict.anna, SECRET)
    return RecoveryCodes.activate(strict.anna)


@pytest.mark.parametrize(
    ("required_for", "login", "needs"),
    [
        ("admins", "anna", True),
        ("admins", "ben", False),
        ("everyone", "ben", True),
        ("everyone", "hugo", True),
        ("nobody", "anna", False),
        ("everyone", "otto", False),
    ],
)
def test_the_provider_says_who_needs_a_second_factor(world, required_for, login, needs):
    world.greengrid.mfa_required_for = required_for
    world.greengrid.save()
    assert getattr(world, login).needs_second_factor is needs


def test_of_several_providers_the_strictest_counts(strict):
    strict.otto.memberships.create(provider=strict.greengrid, role="provider_admin")
    assert strict.otto.needs_second_factor


def test_operators_need_one_in_production(world, settings):
    world.ben.is_operator = True
    assert not world.ben.needs_second_factor
    settings.OPERATORS_NEED_SECOND_FACTOR = True
    assert world.ben.needs_second_factor


@pytest.mark.parametrize("path", ["/", "/customers/customer/", "/may-this-card-charge/", "/password_change/"])
def test_who_has_none_yet_gets_no_further_than_setting_one_up(strict, client, path):
    sign_in(strict.anna, client)
    led = client.get(path)
    assert led.status_code == 302
    assert led["Location"].startswith("/account/")
    assert "Set up a second factor first" in client.get("/account/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up_with_its_code_and_opens_the_portal_at_once(strict, client):
    sign_in(strict.anna, client)
    secret = client.get("/account/app/").context["form"].secret
    assert client.post("/account/app/", {"code": "000000"}).status_code == 200
    assert not second_factor.has_one(strict.anna)
    assert client.post("/account/app/", {"code": code_of(secret)})["Location"] == "/account/recovery-codes/"
    assert second_factor.has_one(strict.anna)
    assert client.get("/").status_code == 200
    assert len(client.get("/account/recovery-codes/").context["unused_codes"]) == 10


def test_the_password_alone_does_not_sign_in_where_an_app_is_set_up(annas_app, strict, client):
    assert sign_in(strict.anna, client)["Location"] == "/login/second-factor/"
    assert 'name="login"' not in client.get("/login/second-factor/").content.decode()
    assert client.get("/customers/customer/")["Location"].startswith("/login/")


def test_with_the_code_it_does(annas_app, strict, client):
    sign_in(strict.anna, client)
    assert client.post("/login/second-factor/", {"code": code_of(SECRET)})["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_code_works_once(annas_app, strict, client):
    code = code_of(SECRET)
    sign_in(strict.anna, client)
    client.post("/login/second-factor/", {"code": code})
    another = Client()
    sign_in(strict.anna, another)
    assert another.post("/login/second-factor/", {"code": code}).status_code == 200
    assert "_auth_user_id" not in another.session


def test_a_recovery_code_works_once(annas_app, strict, client):
    code = annas_app.get_unused_codes()[0]
    for browser, signed_in in ((client, True), (Client(), False)):
        sign_in(strict.anna, browser)
        browser.post("/login/second-factor/", {"code": code})
        assert ("_auth_user_id" in browser.session) is signed_in


def test_guesses_at_the_code_are_stopped(annas_app, strict, client):
    sign_in(strict.anna, client)
    for _ in range(10):
        client.post("/login/second-factor/", {"code": "000000"})
    stopped = client.post("/login/second-factor/", {"code": code_of(SECRET)})
    assert "Too many failed attempts" in stopped.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_session_from_before_must_show_the_factor_too(strict, signed_in):
    browser = signed_in(strict.anna)
    TOTP.activate(strict.anna, SECRET)
    led = browser.get("/customers/customer/")
    assert led["Location"] == "/confirm/code/?next=%2Fcustomers%2Fcustomer%2F"
    assert browser.get("/account/app/remove/")["Location"].startswith("/confirm/code/")
    shown = browser.post(led["Location"], {"code": code_of(SECRET)})
    assert shown["Location"] == "/customers/customer/"
    assert browser.get("/").status_code == 200


def test_a_factor_shown_by_one_login_does_not_count_for_the_next(annas_app, strict, client):
    strict.greengrid.mfa_required_for = "everyone"
    strict.greengrid.save()
    sign_in(strict.anna, client)
    client.post("/login/second-factor/", {"code": code_of(SECRET)})
    client.post("/logout/")
    sign_in(strict.ben, client)
    assert client.get("/").headers["Location"].startswith("/account/")


def test_the_secret_is_not_readable_in_the_database(annas_app):
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator")
        kept = cursor.fetchone()[0]
    assert SECRET not in kept and kept.count("gAAAA") == 2


def test_what_was_encrypted_with_a_former_key_is_still_read(annas_app, strict, settings, client):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one, which replaces it on a quiet evening"
    sign_in(strict.anna, client)
    assert client.post("/login/second-factor/", {"code": code_of(SECRET)})["Location"] == "/"


def test_who_lost_the_phone_sets_up_a_new_one_after_all_were_removed(annas_app, strict, client):
    second_factor.remove_all(strict.anna)
    assert not Authenticator.objects.filter(user=strict.anna).exists()
    sign_in(strict.anna, client)
    assert client.get("/")["Location"].startswith("/account/")
