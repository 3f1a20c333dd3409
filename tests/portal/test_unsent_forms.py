"""What was typed is not lost: a session that ended, a stale page, too many tries; and a page of a list that is gone."""

import re
from html import unescape

import pytest
from django.test import Client

from customers.models import Customer
from tests import factories as make
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

CUSTOMER = {"number": "1777", "name": "Smit, <A.>", "email": "smit@example.org", "note": ["one", "two"]}


def fields_of(page: str, action: str) -> dict[str, list[str]]:
    """The hidden fields of the form with this address."""
    form = next(each for each in re.findall("<form.*?</form>", page, re.DOTALL) if f'action="{action}"' in each)
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form):
        found.setdefault(unescape(name), []).append(unescape(value))
    found.pop("csrfmiddlewaretoken", None)
    return found


@pytest.mark.parametrize(
    "path", ["/customers/customer/add/", "/customers/customer/?status=active", "/chargegroups/chargegroup/1/terms/"]
)
def test_what_was_sent_after_the_session_ended_is_kept_until_one_is_signed_in_again(world, path):
    client = Client()
    answer = client.post(path, CUSTOMER)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "You are signed out" in page and "Nothing was saved" in page
    assert fields_of(page, path) == {
        "number": ["1777"],
        "name": ["Smit, <A.>"],
        "email": ["smit@example.org"],
        "note": ["one", "two"],
    }
    assert "no-store" in answer["Cache-Control"]
    assert not client.cookies.get("session"), "a stranger fills no table"


def test_it_is_sent_again_by_the_person_once_signed_in(world):
    client = Client()
    sent = {"user_group": world.north.pk, "number": "1777", "name": "Smit", "status": "active", "kind": "private"}
    page = client.post("/customers/customer/add/", sent).content.decode()
    client.post("/login/", {"login": world.ben.email, "password": PASSWORD})
    assert not Customer.objects.filter(number="1777").exists()
    again = client.post("/customers/customer/add/", fields_of(page, "/customers/customer/add/"))
    assert again.status_code in (200, 302)
    assert "You are signed out" not in again.content.decode()


def test_looking_at_a_page_leads_to_the_sign_in_as_before(world, client):
    assert client.get("/customers/customer/add/")["Location"].startswith("/login/?next=")


def test_passwords_are_not_kept_but_typed_again(world, client):
    page = client.post(
        "/customers/staffmember/add/", {"name": "Dirk", "password": "zqsecret", "password_again": "zqsecret"}
    )
    text = page.content.decode()
    assert "zqsecret" not in text
    assert fields_of(text, "/customers/staffmember/add/") == {"name": ["Dirk"]}
    for name in ("password", "password_again"):
        assert re.search(f'<input[^>]*type="password"[^>]*name="{name}"', text)


def test_a_password_that_was_left_empty_is_not_asked_for(world, client):
    text = client.post(
        "/customers/staffmember/add/", {"name": "Dirk", "password": "", "password_again": ""}
    ).content.decode()
    assert 'type="password"' not in text
    assert fields_of(text, "/customers/staffmember/add/") == {
        "name": ["Dirk"],
        "password": [""],
        "password_again": [""],
    }


def test_files_are_not_kept_and_the_page_says_so(world, client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("customers.csv", b"zqfile")
    text = client.post("/customers/customer/import/", {"import_file": file, "provider": "GRG"}).content.decode()
    assert "zqfile" not in text and "Choose the file again" in text


def test_a_form_that_stood_open_too_long_is_shown_again_with_what_was_typed(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.ben)
    client.get("/customers/customer/add/")
    stale = CUSTOMER | {"csrfmiddlewaretoken": "x" * 64}
    answer = client.post("/customers/customer/add/", stale, HTTP_ORIGIN="http://testserver")
    page = answer.content.decode()
    assert answer.status_code == 403 and "was open for too long" in page and "Nothing was saved" in page
    assert fields_of(page, "/customers/customer/add/")["name"] == ["Smit, <A.>"]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    again = client.post(
        "/customers/customer/add/", CUSTOMER | {"csrfmiddlewaretoken": token}, HTTP_ORIGIN="http://testserver"
    )
    assert again.status_code == 200


@pytest.mark.parametrize(
    "headers", [{"HTTP_ORIGIN": "https://evil.example"}, {}, {"HTTP_SEC_FETCH_SITE": "cross-site"}]
)
def test_what_another_site_sent_is_not_offered_to_be_sent_again(world, headers):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.ben)
    answer = client.post("/customers/customer/add/", CUSTOMER, **headers)
    assert answer.status_code == 403
    assert "Smit" not in answer.content.decode()


def test_the_sign_in_that_stood_open_too_long_keeps_the_address_and_no_password(world):
    client = Client(enforce_csrf_checks=True)
    typed = {"login": world.ben.email, "password": "zqsecret", "next": "/customers/customer/"}
    page = client.post("/login/", typed, HTTP_ORIGIN="http://testserver").content.decode()
    assert "zqsecret" not in page
    assert fields_of(page, "/login/") == {"login": [world.ben.email], "next": ["/customers/customer/"]}


def test_too_many_requests_for_a_new_password_keep_the_address(world, client):
    for number in range(21):
        answer = client.post("/forgotten/", {"email": f"who{number}@greengrid.example"})
    assert answer.status_code == 429
    page = answer.content.decode()
    assert "Too many attempts" in page
    assert fields_of(page, "/forgotten/") == {"email": ["who20@greengrid.example"]}


def test_a_lock_keeps_the_address_and_where_one_was_going(world, client):
    typed = {"login": world.ben.email, "password": "x" * 12, "next": "/customers/customer/"}
    for _ in range(10):
        answer = client.post("/login/", typed)
    assert answer.status_code == 429
    assert fields_of(answer.content.decode(), "/login/") == {
        "login": [world.ben.email],
        "next": ["/customers/customer/"],
    }


def test_what_is_sent_before_the_second_factor_is_shown_is_kept(world, signed_in):
    from allauth.mfa.totp.internal.auth import TOTP

    world.greengrid.mfa_required_for = "everyone"
    world.greengrid.save()
    browser = signed_in(world.ben)
    TOTP.activate(world.ben, "JBSWY3DPEHPK3PXP")
    answer = browser.post("/customers/customer/add/", CUSTOMER)
    page = answer.content.decode()
    assert answer.status_code == 403 and "/confirm/code/" in page
    assert fields_of(page, "/customers/customer/add/")["number"] == ["1777"]


def test_every_field_for_a_password_has_password_in_its_name(world, signed_in):
    """So that it is known by its name wherever it is left out."""
    browser = signed_in(world.anna)
    pages = ["/login/", "/password_change/", "/confirm/", "/customers/staffmember/add/"]
    pages += [f"/customers/staffmember/{world.ben.pk}/password/"]
    names = set()
    for path in pages:
        client = Client() if path == "/login/" else browser
        names |= set(re.findall(r'<input type="password" name="([^"]*)"', client.get(path).content.decode()))
    assert names == {"password", "password_again", "oldpassword", "password1", "password2"}


# Lists


@pytest.mark.parametrize("page", ["99", "2", "-1", "last", "9" * 30])
def test_a_page_of_a_list_that_is_gone_shows_the_last_one_with_its_filters(world, signed_in, page):
    make.CustomerFactory.create_batch(3, user_group=world.north, status="blocked")
    answer = signed_in(world.ben).get(f"/customers/customer/?status__exact=blocked&p={page}")
    assert answer.status_code == 200
    assert {row.status for row in answer.context["cl"].result_list} == {"blocked"}
    assert len(answer.context["cl"].result_list) == 3


def test_a_form_with_a_password_waits_in_the_page_while_the_password_is_asked(world, signed_in):
    browser = signed_in(world.anna)
    session = browser.session
    session["proved_at"] = 0
    session.save()
    typed = {"name": "Dirk", "password": "zqsecret", "password_again": "zqsecret"}
    answer = browser.post("/customers/staffmember/add/", typed)
    page = answer.content.decode()
    assert answer.status_code == 403 and "Is it still you, Anna?" in page and 'href="/confirm/"' in page
    assert fields_of(page, "/customers/staffmember/add/") == {"name": ["Dirk"]} and "zqsecret" not in page
    assert "interrupted" not in browser.session


# What the browser keeps until it is answered

SENDING = "0123456789abcdef" * 2
NEW = {
    "number": "1777",
    "name": "Smit",
    "status": "active",
    "kind": "private",
    "language": "en",
    "payment": "subscription",
}


def test_an_answer_says_which_form_it_answers(world, signed_in):
    browser, typed = signed_in(world.ben), NEW | {"user_group": world.north.pk, "sending_id": SENDING}
    with_errors = browser.post("/customers/customer/add/", typed | {"name": ""})
    assert with_errors.status_code == 200 and f'data-posted="{SENDING}"' in with_errors.content.decode()
    assert browser.post("/customers/customer/add/", typed)["Location"].endswith(f"/#answered={SENDING}")
    other = typed | {"number": "1778", "sending_id": "https://evil.example"}
    assert browser.post("/customers/customer/add/", other)["Location"].endswith("/")


def test_to_be_asked_for_the_password_is_no_answer_and_what_is_sent_afterwards_has_one(world, signed_in):
    browser = signed_in(world.anna)
    session = browser.session
    session["proved_at"] = 0
    session.save()
    path = "/customers/customer/process_import/"
    asked = browser.post(path, {"sending_id": SENDING})
    assert asked.status_code == 302 and "answered" not in asked["Location"]
    browser.post("/confirm/", {"password": PASSWORD})
    assert fields_of(browser.get("/confirm/go-on/").content.decode(), path) == {"sending_id": [SENDING]}


def test_what_is_not_taken_keeps_its_sending_id_for_when_it_is_sent_again(world, client):
    page = client.post("/customers/customer/add/", NEW | {"sending_id": SENDING}).content.decode()
    assert fields_of(page, "/customers/customer/add/")["sending_id"] == [SENDING]


def test_the_page_of_a_fault_says_that_nothing_was_saved(world, signed_in, monkeypatch):
    from customers.admin.customers import CustomerAdmin

    monkeypatch.setattr(CustomerAdmin, "save_model", lambda *args: 1 / 0)
    browser = signed_in(world.ben)
    browser.raise_request_exception = False
    answer = browser.post("/customers/customer/add/", NEW | {"user_group": world.north.pk})
    assert answer.status_code == 500 and "was not saved" in answer.content.decode()
    assert not Customer.objects.filter(number="1777").exists()
