"""An hour of trying to see another tenant: by odd addresses and methods, by links that lead away, by other people's ways in."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from customers.models import Customer, StaffMember
from tariffs.models import TariffVersion
from tests import factories as make
from tests.tenancy.asking import ask, unseen
from tests.tenancy.attacking import IN_USE, LISTS, has_page, says, url
from tests.tenancy.conftest import signed_in
from tests.tenancy.world import MISSING

pytestmark = pytest.mark.django_db

AWAY = ("https://evil.example/", "//evil.example/", "https:///evil.example", "javascript:alert(1)", "\\\\evil.example")


@pytest.mark.parametrize("away", AWAY)
def test_no_way_in_or_out_leads_to_a_foreign_address(marked, away):
    login = marked.logins["read only"]
    typed = {"login": login.email, "password": make.PASSWORD, "next": away}
    for where, data in (
        ("/login/", typed),
        ("/logout/", {"next": away}),
        ("/confirm/", {"password": make.PASSWORD, "next": away}),
    ):
        browser = Client() if where == "/login/" else signed_in(marked, "read only")
        answer = browser.post(f"{where}?next={away}", data)
        assert answer.status_code in (200, 302)
        assert "evil" not in answer.headers.get("Location", "") and "alert" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("away", AWAY)
def test_the_filters_that_a_page_returns_to_lead_nowhere_else(marked, away):
    """?_changelist_filters= and _popup of a form that is saved."""
    from tests.portal.forms import page_form

    admin_of, where = signed_in(marked, "provider admin"), url(Customer, "change", marked.north[Customer].pk)
    for query in (f"?_changelist_filters={away}", f"?_changelist_filters=next%3D{away}", f"?_popup=1&_to_field={away}"):
        answer = ask(admin_of, "POST", where + query, page_form(admin_of.get(where)))
        assert answer.status in (200, 302, 400) and not answer.location.startswith(("http", "//", "\\", "java"))


SPELLINGS = ("{} ", " {}", "0{}", "+{}", "{}.0", "{}_2F", "{}%00", "{}%20or%201=1", "{}/../{}", "-{}", "{}e0")


@pytest.mark.parametrize("role", ["provider admin", "sub provider", "helpdesk"])
def test_an_id_of_another_tenant_in_odd_spellings_is_no_page(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        for spelling in SPELLINGS:
            theirs = marked.fjord[model].pk
            paths = [spelling.replace("{}", str(pk)) for pk in (theirs, MISSING)]
            answers = [
                ask(browser, "GET", f"/{model._meta.app_label}/{model._meta.model_name}/{path}/change/", hide=[pk])
                for path, pk in zip(paths, (str(theirs).encode(), str(MISSING).encode()), strict=True)
            ]
            assert answers[0] == answers[1] and not says(answers[0], marks), (model, spelling)
            assert answers[0].refused, (model, spelling, answers[0].status)


@pytest.mark.parametrize("method", ["head", "options", "put", "patch", "delete", "trace"])
def test_no_other_method_reads_or_removes_another_tenants_row(marked, method):
    browser, marks = signed_in(marked, "provider admin"), unseen("provider admin", marked)
    for model in LISTS:
        for view in (each for each in ("change", "delete") if has_page(model, each)):
            answer = getattr(browser, method)(url(model, view, marked.fjord[model].pk))
            assert answer.status_code in (200, 302, 403, 404, 405)
            assert not [mark for mark in marks if mark in answer.content.lower()]
        assert model.objects.filter(pk=marked.fjord[model].pk).exists()


@pytest.mark.parametrize("role", IN_USE)
def test_no_address_by_content_type_tells_what_there_is(marked, role):
    """Django's r/<type>/<id>/ would redirect for a row that is there."""
    browser = signed_in(marked, role)
    for model in admin.site._registry:
        kind = ContentType.objects.get_for_model(model).pk
        for tenant in marked.tenants.values():
            assert browser.get(f"/r/{kind}/{tenant[model].pk}/").status_code == 404


@pytest.mark.parametrize("role", ["provider admin", "sub provider"])
def test_a_version_of_another_tenants_tariff_is_not_edited_under_ones_own(marked, role):
    from tariffs.models import Tariff

    browser, where = signed_in(marked, role), url(Tariff, "prices_edit", marked.north[Tariff].pk)
    for method in ("GET", "POST"):
        theirs, nobodys = (
            ask(browser, method, f"{where}?version={pk}", {"remove": "1"}, [str(pk).encode()])
            for pk in (marked.fjord[TariffVersion].pk, MISSING)
        )
        assert theirs == nobodys and theirs.status in (302, 403, 404) and not theirs.body.count(b"zqfjord")
    assert TariffVersion.objects.filter(pk=marked.fjord[TariffVersion].pk).exists()


# Other people's ways in


def passkey_of(login: StaffMember) -> Authenticator:
    data = {"name": f"{login.name} passkey", "credential": {}}
    return Authenticator.objects.create(user=login, type=Authenticator.Type.WEBAUTHN, data=data)


@pytest.mark.parametrize("role", IN_USE)
def test_the_passkeys_of_another_login_are_neither_shown_nor_removed(marked, role):
    """Those of a colleague as little as those of another tenant's login."""
    browser = signed_in(marked, role)
    for tenant in marked.tenants.values():
        key = passkey_of(tenant[StaffMember])
        for page in ("", "remove/"):
            for method in ("GET", "POST"):
                theirs, nobodys = (
                    ask(browser, method, f"/account/passkeys/{pk}/{page}", {"name": "mine"}, [str(pk).encode()])
                    for pk in (key.pk, MISSING)
                )
                assert theirs == nobodys and theirs.status == 404
        key.refresh_from_db()
        assert key.data["name"] != "mine"


def test_the_session_of_another_login_is_not_ended(marked):
    theirs = signed_in(marked, "other admin")
    theirs.get("/")
    session = UserSession.objects.filter(user=marked.logins["other admin"]).first()
    if session is None:
        session = UserSession.objects.create(
            user=marked.logins["other admin"], session_key=theirs.session.session_key, ip="127.0.0.1", user_agent="x"
        )
    answers = [
        ask(signed_in(marked, "provider admin"), "POST", "/account/sessions/", {"end": pk})
        for pk in (session.pk, MISSING)
    ]
    assert answers[0].status == answers[1].status == 302
    assert theirs.get("/").status_code == 200 and UserSession.objects.filter(pk=session.pk).exists()
    assert b"zqprovider" not in signed_in(marked, "provider admin").get("/account/sessions/").content.lower()


def test_an_address_that_nobody_has_is_answered_like_one_that_somebody_has(marked):
    """The forgotten password and the wrong one: neither tells whose address it is."""
    for where, typed in (("/forgotten/", {}), ("/login/", {"password": "wrong"})):
        said = []
        for address in ("zqfjord.helper@example.org", "zzznobody.helper@example.org"):
            field = "email" if where == "/forgotten/" else "login"
            answer = ask(Client(), "POST", where, typed | {field: address}, [address.encode()])
            said.append((answer.status, answer.location, answer.body))
        assert said[0] == said[1]


def test_a_forged_host_or_forwarded_header_gets_into_no_link(marked: Any, mailoutbox: Any) -> None:
    login = marked.logins["read only"]
    Client().post("/forgotten/", {"email": login.email}, headers={"X-Forwarded-Host": "evil.example"})
    assert all("evil.example" not in mail.body for mail in mailoutbox)
    assert Client(headers={"Host": "evil.example"}).post("/forgotten/", {"email": login.email}).status_code == 400
