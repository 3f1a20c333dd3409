"""A forgotten password: the mail with a link that sets a new one, and how little a stranger learns by asking."""

import json
import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evcnet.accounts.forgotten_password import mail_way_back
from tests import factories as make
from tests.factories import PASSWORD
from tests.portal.test_signin import OTHER_PASSWORD, text_of

pytestmark = pytest.mark.django_db


def forgotten(client, email: str):
    """Ask for a new password, and let the worker mail what there is to mail. Gives the answer and its queries."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.post("/forgotten/", {"email": email}, follow=True)
    assert mail.outbox == [], "the request mails nothing, so that its time tells nothing"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'mail_way_back' RETURNING args")
        for (args,) in cursor.fetchall():
            mail_way_back(**json.loads(args))
    return answer, [query["sql"].partition(" ")[0] for query in queries]


@pytest.mark.parametrize("email", ["who@greengrid.example", "gone@greengrid.example", "invited@greengrid.example"])
def test_asking_for_a_new_password_is_answered_alike_whoever_has_the_address(world, email):
    """In status, text and queries: a login, none, one that was switched off, one that has no password yet."""
    make.StaffMemberFactory(email="gone@greengrid.example", is_active=False)
    make.StaffMemberFactory(email="invited@greengrid.example").set_unusable_password()
    forgotten(Client(), "warm@greengrid.example")
    mail.outbox.clear()
    known, known_queries = forgotten(Client(), "ben@greengrid.example")
    mail.outbox.clear()
    other, queries = forgotten(Client(), email)
    assert text_of(known) == text_of(other)
    assert known.redirect_chain == other.redirect_chain == [("/forgotten/sent/", 302)]
    assert known_queries == queries
    assert [each.to for each in mail.outbox] == [[email]]


def test_the_mail_alone_says_that_there_is_no_login(world, client):
    forgotten(client, "who@greengrid.example")
    assert "There is no login" in mail.outbox[0].body
    mail.outbox.clear()
    forgotten(client, "BEN@greengrid.example")
    assert mail.outbox[0].to == ["ben@greengrid.example"]
    assert "http://testserver/forgotten/" in mail.outbox[0].body


def test_the_link_sets_a_password_once_and_ends_all_sessions(world, signed_in, client):
    elsewhere = signed_in(world.ben)
    link = _link_of_reset(client)
    form = client.get(link, follow=True)
    action = form.redirect_chain[-1][0]
    done = client.post(action, {"password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD})
    assert done["Location"] == "/forgotten/done/"
    world.ben.refresh_from_db()
    assert world.ben.check_password(OTHER_PASSWORD)
    assert 'name="login"' in elsewhere.get("/").content.decode()
    assert "does not work any more" in Client().get(link, follow=True).content.decode()


@pytest.mark.parametrize("poor", ["password1234", "123456789012", "ben@greengrid.example", "short"])
def test_a_poor_password_is_refused(world, client, poor):
    action = client.get(_link_of_reset(client), follow=True).redirect_chain[-1][0]
    assert client.post(action, {"password1": poor, "password2": poor}).status_code == 200
    world.ben.refresh_from_db()
    assert world.ben.check_password(PASSWORD)


def _link_of_reset(client) -> str:
    forgotten(client, "ben@greengrid.example")
    return re.search(r"http://testserver(/forgotten/\S+)", mail.outbox[-1].body)[1]
