"""Who guesses is locked out, and never the owner: what is counted, for whom, for how long, and what can't undo it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client

from customers.invitations import token_of
from customers.models import AuditEntry
from evcnet.accounts.attempts import Client as Origin
from evcnet.accounts.attempts import Kind, begin_attempt
from evcnet.accounts.models import FailedAttempt, UsedCode
from evcnet.accounts.tasks import remove_old_attempts
from tests import factories as make
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, 0, 5, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CHOSEN = "seven blue herons at dawn"
WRONG = "x" * 12


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as travel:
        yield travel


def sign_in(login, client: Client, password: str = PASSWORD, **extra):
    return client.post("/login/", {"login": getattr(login, "email", login), "password": password}, **extra)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def guess(login, times: int, **extra):
    """Wrong passwords by a stranger; the last answer."""
    return [sign_in(login, Client(), WRONG, **extra) for _ in range(times)][-1]


def guess_from_everywhere(login):
    """All wrong passwords that strangers have together, each from another address, and one more; the last answer."""
    for number in range(100):
        begin_attempt(Kind.PASSWORD, login.email, Origin(f"203.0.113.{number}", known=False))
    return guess(login, 1)


@pytest.fixture
def desk(world):
    """A browser in which Ben signed in before, and signed out again."""
    browser = Client()
    sign_in(world.ben, browser)
    browser.post("/logout/")
    return browser


# Known devices


def test_strangers_at_the_same_address_do_not_lock_the_device_of_the_owner(world, desk):
    assert guess(world.ben, 10).status_code == 429
    assert sign_in(world.ben, desk).status_code == 302
    assert is_in(desk)


def test_strangers_from_everywhere_do_not_lock_the_device_of_the_owner(world, desk, clock):
    assert guess_from_everywhere(world.ben).status_code == 429
    assert sign_in(world.ben, desk).status_code == 302


def test_strangers_who_try_many_names_at_one_address_do_not_lock_the_owner_behind_it(world, desk, clock):
    for number in range(60):
        guess(f"who{number}@greengrid.example", 1)
    assert guess("who@greengrid.example", 1).status_code == 429
    assert sign_in(world.ben, desk).status_code == 302


def test_guesses_on_a_known_device_lock_that_device_alone(world, desk):
    for _ in range(10):
        locked = sign_in(world.ben, desk, WRONG)
    assert locked.status_code == 429
    assert sign_in(world.ben, desk).status_code == 429
    assert sign_in(world.ben, Client()).status_code == 302


def test_a_device_of_one_login_is_a_stranger_to_another(world, desk):
    guess(world.anna, 10)
    assert sign_in(world.anna, desk).status_code == 429


def test_a_device_on_which_two_sign_in_is_known_to_both(world, desk):
    sign_in(world.anna, desk)
    desk.post("/logout/")
    guess(world.ben, 10)
    guess(world.anna, 10)
    assert sign_in(world.ben, desk).status_code == 302


def test_a_new_password_makes_strangers_of_all_devices(world, desk):
    world.ben.set_password(CHOSEN)
    world.ben.save()
    guess(world.ben, 10)
    assert sign_in(world.ben, desk, CHOSEN).status_code == 429


def test_each_sign_in_gives_the_device_a_new_mark_that_scripts_cannot_read(world, desk):
    before = desk.cookies["devices"].value
    sign_in(world.ben, desk)
    cookie = desk.cookies["devices"]
    assert cookie.value != before
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"


def test_a_device_that_stays_away_for_half_a_year_is_a_stranger(world, clock):
    desk = Client()
    sign_in(world.ben, desk)
    desk.post("/logout/")
    clock.shift(timedelta(days=181))
    guess(world.ben, 10)
    assert sign_in(world.ben, desk).status_code == 429


@pytest.mark.parametrize("made_up", ["", "x", "e30:1:x", '{"1": ["a", "b"]}'])
def test_a_made_up_mark_is_worth_nothing(world, desk, made_up):
    desk.cookies["devices"] = made_up
    guess(world.ben, 10)
    assert sign_in(world.ben, desk).status_code == 429


def test_a_wrong_password_gives_no_mark(world):
    browser = Client()
    sign_in(world.ben, browser, WRONG)
    assert "devices" not in browser.cookies


def test_a_password_without_its_second_factor_gives_no_mark(world):
    TOTP.activate(world.ben, SECRET)
    browser = Client()
    assert sign_in(world.ben, browser)["Location"] == "/login/second-factor/"
    assert "devices" not in browser.cookies


# What is spent, and for how long


def test_refused_tries_do_not_prolong_the_lock(world, clock):
    guess(world.ben, 10)
    for _ in range(14):
        clock.shift(timedelta(minutes=1))
        assert guess(world.ben, 5).status_code == 429
    clock.shift(timedelta(minutes=1, seconds=1))
    assert sign_in(world.ben, Client()).status_code == 302


def test_refused_tries_at_one_address_do_not_spend_what_all_strangers_have(world, clock):
    guess(world.ben, 30)
    assert FailedAttempt.objects.count() == 10
    assert sign_in(world.ben, Client(), REMOTE_ADDR="198.51.100.7").status_code == 302


def test_the_right_password_spends_nothing(world, clock):
    for _ in range(11):
        sign_in(world.ben, Client())
    assert not FailedAttempt.objects.exists()


@pytest.mark.parametrize(
    ("later", "sentence"), [(0, "15 minutes"), (300, "10 minutes"), (301, "10 minutes"), (850, "50 seconds")]
)
def test_the_sentence_names_the_time_that_is_left(world, clock, later, sentence):
    guess(world.ben, 10)
    clock.shift(timedelta(seconds=later))
    locked = guess(world.ben, 1)
    assert f"in {sentence}" in locked.content.decode()
    assert locked["Retry-After"] == str(900 - later)


def test_the_lock_is_recorded_once(world):
    guess(world.ben, 14)
    assert AuditEntry.objects.filter(event="locked_out", login=world.ben).count() == 1
    assert AuditEntry.objects.filter(event="sign_in_refused", login=world.ben).count() == 10


def test_nothing_that_was_typed_stands_among_the_attempts(world):
    guess("who@greengrid.example", 1, REMOTE_ADDR="203.0.113.77")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM accounts_failedattempt t")
        stored = cursor.fetchone()[0]
    assert stored and "who" not in stored and "203.0.113.77" not in stored and WRONG not in stored


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_not_more_than_those_one_by_one(world):
    def one(_):
        try:
            return sign_in("ben@greengrid.example", Client(), WRONG).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(24)))
    assert AuditEntry.objects.filter(event="sign_in_refused", login=world.ben).count() == 10


# Signed in already


def test_strangers_do_not_keep_who_is_signed_in_from_confirming(world, desk, clock):
    sign_in(world.ben, desk)
    guess_from_everywhere(world.ben)
    assert desk.post("/confirm/", {"password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(("page", "field"), [("/confirm/", "password"), ("/password_change/", "oldpassword")])
def test_guesses_in_a_session_that_was_left_open_are_stopped_and_lock_no_other(world, signed_in, clock, page, field):
    here, elsewhere = signed_in(world.ben), signed_in(world.ben)
    typed = {"password1": CHOSEN, "password2": CHOSEN}
    for _ in range(10):
        here.post(page, typed | {field: WRONG})
        clock.shift(timedelta(seconds=13))
    assert "Too many failed attempts" in here.post(page, typed | {field: PASSWORD}).content.decode()
    world.ben.refresh_from_db()
    assert world.ben.check_password(PASSWORD)
    assert elsewhere.post(page, typed | {field: PASSWORD}).status_code == 302


# Codes


def code_at(moment: datetime) -> str:
    return format_hotp_value(hotp_value(SECRET, int(moment.timestamp()) // 30))


def type_code(client: Client, code: str):
    return client.post("/login/second-factor/", {"code": code})


@pytest.fixture
def bens_app(world, desk, clock):
    TOTP.activate(world.ben, SECRET)
    return desk


@pytest.mark.parametrize(("seconds", "accepted"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(world, bens_app, seconds, accepted):
    sign_in(world.ben, bens_app)
    type_code(bens_app, code_at(NOON + timedelta(seconds=seconds)))
    assert is_in(bens_app) is accepted


def test_a_code_works_once_for_as_long_as_it_would_be_accepted(world, bens_app, clock):
    code = code_at(NOON + timedelta(seconds=30))
    for later, accepted in ((0, True), (31, False), (28, False)):
        clock.shift(timedelta(seconds=later))
        browser = Client()
        sign_in(world.ben, browser)
        type_code(browser, code)
        assert is_in(browser) is accepted


def test_the_code_that_set_up_the_app_does_not_sign_in(world, signed_in, clock):
    browser = signed_in(world.ben)
    secret = browser.get("/account/app/").context["form"].secret
    code = format_hotp_value(hotp_value(secret, int(NOON.timestamp()) // 30))
    assert browser.post("/account/app/", {"code": code}).status_code == 302
    another = Client()
    sign_in(world.ben, another)
    type_code(another, code)
    assert not is_in(another)


def test_a_code_that_signed_in_confirms_nothing_more(world, bens_app):
    sign_in(world.ben, bens_app)
    type_code(bens_app, code_at(NOON))
    assert "not right" in bens_app.post("/confirm/code/", {"code": code_at(NOON)}).content.decode()
    assert bens_app.post("/confirm/code/", {"code": code_at(NOON + timedelta(seconds=30))}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_that_type_one_code_at_once_one_is_in(world):
    TOTP.activate(world.ben, SECRET)
    browsers = [Client() for _ in range(6)]
    for browser in browsers:
        sign_in(world.ben, browser)

    code = code_at(datetime.now(UTC))

    def one(browser):
        try:
            return type_code(browser, code).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, browsers))
    assert [is_in(browser) for browser in browsers].count(True) == 1


def test_who_knows_the_password_and_guesses_codes_does_not_lock_the_device_of_the_owner(world, bens_app):
    thief = Client()
    sign_in(world.ben, thief, REMOTE_ADDR="203.0.113.9")
    for _ in range(10):
        type_code(thief, "000000")
    stopped = type_code(thief, code_at(NOON))
    assert "Too many failed attempts" in stopped.content.decode() and "in 15 minutes" in stopped.content.decode()
    assert not is_in(thief)
    sign_in(world.ben, bens_app)
    type_code(bens_app, code_at(NOON))
    assert is_in(bens_app)


def test_guesses_at_the_code_are_counted_over_all_addresses(world, bens_app):
    for number in range(10):
        thief = Client(REMOTE_ADDR=f"203.0.113.{number}")
        sign_in(world.ben, thief)
        type_code(thief, "000000")
    thief = Client(REMOTE_ADDR="203.0.113.99")
    sign_in(world.ben, thief)
    assert "Too many failed attempts" in type_code(thief, code_at(NOON)).content.decode()


def test_a_passkey_is_asked_for_whatever_codes_were_guessed(world, bens_app):
    thief = Client()
    sign_in(world.ben, thief)
    for _ in range(10):
        type_code(thief, "000000")
    answer = thief.post("/login/second-factor/", {"credential": "{}"})
    assert "Too many failed attempts" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/login/passkey/", "/login/second-factor/"])
def test_passkeys_are_not_counted_with_what_strangers_try_at_the_same_address(world, bens_app, path):
    for _ in range(70):
        Client().post(path, {"credential": "{}"})
    assert Client().post("/login/passkey/", {"credential": "{}"}).status_code != 429


# What can't flush the counts


def test_made_up_names_do_not_flush_the_guesses_at_a_code(world, bens_app):
    thief = Client()
    sign_in(world.ben, thief)
    for _ in range(10):
        type_code(thief, "000000")
    for number in range(350):
        begin_attempt(Kind.PASSWORD, f"who{number}@greengrid.example", Origin(f"203.0.113.{number}", known=False))
    assert "Too many failed attempts" in type_code(thief, code_at(NOON)).content.decode()


def test_made_up_names_do_not_flush_the_requests_for_a_new_password(world, clock):
    for _ in range(5):
        Client().post("/forgotten/", {"email": world.ben.email}, REMOTE_ADDR="203.0.113.1")
    for number in range(350):
        cache.set(f"who{number}@greengrid.example", [1], 60)
    refused = Client().post("/forgotten/", {"email": world.ben.email}, REMOTE_ADDR="203.0.113.2")
    assert refused.status_code == 429 or "Too many" in refused.content.decode()


# Links that work once


def at_once(link: str, passwords: list[str]):
    """Each posts its password to the link at the same moment; the answers."""
    browsers = [Client() for _ in passwords]
    paths = [browser.get(link, follow=True).request["PATH_INFO"] for browser in browsers]

    def post(number: int):
        try:
            twice = {"password1": passwords[number], "password2": passwords[number]}
            return browsers[number].post(paths[number], twice)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(passwords)) as pool:
        return list(pool.map(post, range(len(passwords))))


PASSWORDS = [f"{word} blue herons at dawn" for word in ("one", "two", "three", "four", "five", "six")]


@pytest.mark.django_db(transaction=True)
def test_of_two_acceptances_of_one_invitation_one_wins_and_the_other_is_told(world):
    dirk = make.StaffMemberFactory(name="Dirk", email="dirk@greengrid.example", role="helpdesk", at=world.greengrid)
    dirk.set_unusable_password()
    dirk.save()
    answers = at_once(f"/invitation/{token_of(dirk)}/", PASSWORDS)
    won = [password for password, answer in zip(PASSWORDS, answers, strict=True) if answer.status_code == 302]
    lost = [answer for answer in answers if answer.status_code == 410]
    dirk.refresh_from_db()
    assert len(won) == 1 and dirk.check_password(won[0])
    assert len(lost) == 5 and all("does not work any more" in answer.content.decode() for answer in lost)
    assert AuditEntry.objects.filter(event="password_set", login=dirk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_uses_of_one_link_of_a_forgotten_password_one_wins_and_the_other_is_told(world):
    key = default_token_generator.make_token(world.ben)
    answers = at_once(f"/forgotten/{user_pk_to_url_str(world.ben)}-{key}/", PASSWORDS)
    won = [password for password, answer in zip(PASSWORDS, answers, strict=True) if answer.status_code == 302]
    world.ben.refresh_from_db()
    assert len(won) == 1 and world.ben.check_password(won[0])
    lost = [answer.content.decode() for answer in answers if answer.status_code == 200]
    assert len(lost) == 5 and all("does not work any more" in page for page in lost)


@pytest.mark.parametrize("way", ["invitation", "forgotten"])
def test_who_sets_a_password_by_mail_signs_in_from_there_whatever_strangers_try(world, clock, way):
    if way == "invitation":
        world.ben.set_unusable_password()
        world.ben.save()
        link = f"/invitation/{token_of(world.ben)}/"
    else:
        key = default_token_generator.make_token(world.ben)
        link = f"/forgotten/{user_pk_to_url_str(world.ben)}-{key}/"
    guess_from_everywhere(world.ben)
    browser = Client()
    path = browser.get(link, follow=True).request["PATH_INFO"]
    browser.post(path, {"password1": CHOSEN, "password2": CHOSEN})
    assert sign_in(world.ben, browser, CHOSEN).status_code == 302


def test_what_no_limit_looks_at_any_more_is_removed_by_a_job(world, clock):
    guess(world.ben, 3)
    UsedCode.objects.create(login=world.ben, step=1, used_at=NOON)
    remove_old_attempts(timestamp=0)
    assert (FailedAttempt.objects.count(), UsedCode.objects.count()) == (3, 1)
    clock.shift(timedelta(minutes=61))
    remove_old_attempts(timestamp=0)
    assert (FailedAttempt.objects.count(), UsedCode.objects.count()) == (0, 0)
