"""Actions that ask for the password again, and what was posted going on after it."""

import re

import pytest
from django.urls import reverse

from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def old_session(world, signed_in):
    """Ben's, signed in an hour ago."""
    browser = signed_in(world.ben)
    session = browser.session
    session["proved_at"] -= 3600
    session.save()
    return browser


def test_a_dangerous_action_asks_for_the_password_after_a_quarter_of_an_hour(world, old_session):
    asked = old_session.post("/account/sessions/", {})
    assert asked["Location"] == "/confirm/?next=%2Fconfirm%2Fgo-on%2F"
    assert "Is it still you, Ben?" in old_session.get(asked["Location"]).content.decode()


def test_with_the_right_password_what_was_posted_goes_on(world, old_session):
    asked = old_session.post("/account/sessions/?from=here", {"end": "17", "note": ["a", "b"]})
    after = old_session.post(asked["Location"], {"password": PASSWORD})
    assert after["Location"] == reverse("sign_in_go_on")
    page = old_session.get(after["Location"]).content.decode()
    assert 'action="/account/sessions/?from=here"' in page
    assert re.findall(r'name="(\w+)" value="(\w+)">', page.replace("csrfmiddlewaretoken", "-")) == [
        ("end", "17"),
        ("note", "a"),
        ("note", "b"),
    ]
    assert old_session.post("/account/sessions/", {})["Location"] == "/account/sessions/"


def test_with_a_wrong_password_nothing_goes_on(world, old_session):
    asked = old_session.post("/account/sessions/", {"end": "17"})
    assert "not your password" in old_session.post(asked["Location"], {"password": "x" * 12}).content.decode()
    assert old_session.get("/confirm/go-on/")["Location"] == "/"


def test_looking_is_never_asked_for_the_password(world, old_session):
    assert old_session.get("/account/sessions/").status_code == 200


# What is dangerous, beside logins and keys


def test_an_import_asks_before_it_writes(world, old_session):
    asked = old_session.post("/customers/customer/process_import/", {"resource": "0"})
    assert asked["Location"].startswith("/confirm/")
