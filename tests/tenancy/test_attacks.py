"""An hour of trying to see or touch what belongs to another tenant. Every try stays here with what it must come to.

The first test of each kind tries every list and form there is; those below try what is particular to one page.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.db import models
from django.urls import reverse

from chargegroups.models import ChargeGroup, CustomerException, Tariff
from chargepoints.models import ChargePoint, Connector
from customers.models import ApiKey, ChargeCard, Customer, Membership, Notice, Provider, StaffMember, UserGroup
from customers.roles import Role
from tests import factories as make
from tests.portal.forms import page_form
from tests.tenancy.asking import ROLES, ask, taken_back, unseen
from tests.tenancy.conftest import signed_in
from tests.tenancy.world import MISSING

pytestmark = pytest.mark.django_db

LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)
IN_USE = [role for role in ROLES if role != "signed out"]
WRITERS = ("provider admin", "sub provider")


def url(model: Any, view: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def out_of_reach(role: str, world: Any) -> list[Any]:
    """The tenants of whom this role sees nothing."""
    return [tenant for whose, tenant in world.tenants.items() if whose not in ROLES[role][1]]


def says(answer: Any, marks: list[bytes], typed: str = "") -> list[bytes]:
    body = answer.body.lower()
    for echo in (typed.lower(), quote(typed.lower()), quote(quote(typed.lower()))) if typed else ():
        body = body.replace(echo.encode(), b"")
    return [mark for mark in marks if mark in body]


def relations(model: Any) -> list[models.ForeignKey]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


# Filters, search and order of lists


@pytest.mark.parametrize("role", IN_USE)
def test_filtering_by_what_another_tenants_row_says_finds_nothing(marked, role):
    """?customer__name__startswith=...: refused, or as empty as a text that nobody has."""
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        for field in relations(model):
            for text in ("name", "code", "email", "provider__name", "provider__code"):
                query = f"?{field.name}__{text}__startswith="
                theirs, nobodys = (
                    ask(browser, "GET", url(model) + query + word, hide=[word.encode()])
                    for word in ("zqfjord", "zzzzzzz")
                )
                assert theirs.status < 500 and theirs.status == nobodys.status, query
                assert not says(theirs, marks), query


@pytest.mark.parametrize("role", IN_USE)
def test_filtering_by_another_tenants_id_is_like_filtering_by_an_id_that_is_not_there(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        for field in relations(model):
            for tenant in out_of_reach(role, marked):
                row = tenant.rows.get(field.related_model)
                if row is None or (role == "operator" and isinstance(row, Provider)):
                    continue
                if isinstance(row, Provider) and tenant is marked.south:
                    continue
                for lookup in (f"?{field.name}__id__exact=", f"?{field.name}__exact="):
                    answer = ask(browser, "GET", f"{url(model)}{lookup}{row.pk}")
                    assert answer.status < 500, lookup
                    assert not says(answer, marks), (model, lookup, tenant.mark)


@pytest.mark.parametrize("role", IN_USE)
def test_searching_for_what_stands_in_another_tenants_row_finds_nothing(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        for tenant in out_of_reach(role, marked):
            if role == "operator" and model is Provider:
                continue
            for words in (
                f"{_said(tenant)} ",
                f"{_said(tenant)}-1001",
                f"{_said(tenant)}uid",
                f"{_said(tenant)}@example.org",
            ):
                theirs = ask(browser, "GET", f"{url(model)}?q={words}", hide=[words.strip().encode()])
                nobodys = ask(browser, "GET", f"{url(model)}?q={'z' * len(words)}", hide=[b"z" * len(words)])
                assert theirs.status == nobodys.status
                assert not says(theirs, marks, words.strip()), (model, words)


def _said(tenant: Any) -> str:
    return {"north": "zqnorth", "south": "zqsouth", "fjord": "zqfjord"}[tenant.mark]


@pytest.mark.parametrize("role", IN_USE)
def test_no_order_of_a_list_and_no_page_of_it_shows_more(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        for query in (f"?{ORDER_VAR}=1.-2.3", f"?{ORDER_VAR}=-9", "?all=", "?p=2", "?_popup=1", "?_to_field=id"):
            answer = ask(browser, "GET", url(model) + query)
            assert answer.status < 500 and not says(answer, marks), (model, query)


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_a_list_does_not_hand_out_other_fields_as_keys(marked, browser, model):
    for field in ("email", "key_hash", "password", "provider"):
        assert browser("provider admin").get(f"{url(model)}?_to_field={field}").status_code in (302, 400, 403)


# Search boxes and suggestions


@pytest.mark.parametrize("role", IN_USE)
def test_no_search_box_offers_another_tenants_rows_whatever_field_is_named(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    every = [model for model in _all_models() if not hasattr(model, "pgh_tracked_model")]
    for model in every:
        for field in [each for each in model._meta.get_fields() if each.is_relation]:
            asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field.name}
            for term in ("", "zqfjord", "zqsouth", "zqnorth"):
                response = browser.get(reverse("admin:autocomplete"), asked | {"term": term})
                assert response.status_code in (200, 403), asked
                assert not [mark for mark in marks if mark in response.content.lower()], asked


def _all_models() -> list[Any]:
    from django.apps import apps

    return list(apps.get_models())


@pytest.mark.parametrize("role", IN_USE)
def test_suggestions_and_the_search_of_the_frame_name_no_other_tenant(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for term in ("zq", "zqfjord", "zqsouth", "zqnorth"):
        for page in ("admin:may_charge_suggest", "admin:search"):
            for more in ({"kind": "card"}, {"kind": "point"}, {"extended": "1"}, {"s": term, "extended": "on"}):
                response = browser.get(reverse(page), {"q": term, "s": term} | more)
                assert response.status_code in (200, 403, 404)
                body = (
                    response.content.lower().replace(b"&quot;" + term.encode(), b"").replace(term.encode() + b'"', b"")
                )
                assert not [mark for mark in marks if mark != term.encode() and mark in body]


@pytest.mark.parametrize("role", ["provider admin", "sub provider", "helpdesk", "outsider"])
def test_may_this_card_charge_here_tells_of_others_cards_no_more_than_the_uid(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    own = marked.fjord if role == "outsider" else marked.north
    for tenant in out_of_reach(role, marked):
        said = _said(tenant)
        for query in (
            {"card": f"{said}uid", "charge_point": own[ChargePoint].identity},
            {"card": f"{said}-visual", "charge_point": own[ChargePoint].identity},
            {"customer": f"{said}-1001", "charge_point": own[ChargePoint].identity},
            {"card": own[ChargeCard].uid, "charge_point": f"{said}identity"},
        ):
            response = browser.get(reverse("admin:may_charge"), query)
            body = response.content.lower()
            for typed in query.values():
                body = body.replace(typed.lower().encode(), b"")
            assert response.status_code == 200
            assert not [mark for mark in marks if mark in body], query


# Forms


@pytest.mark.parametrize("role", WRITERS)
@pytest.mark.parametrize("view", ["add", "change"])
def test_a_form_takes_no_row_of_another_tenant_whatever_is_posted(marked, role, view):
    """Each foreign key of each form: the answer is that for an id that is not there, and nothing is written."""
    browser, wrong = signed_in(marked, role), []
    for model in LISTS:
        where = url(model, view, *([marked.north[model].pk] if view == "change" else []))
        response = browser.get(where)
        if response.status_code != 200 or "adminform" not in (response.context or {}):
            continue
        filled = page_form(response)
        for name, related in _choices(response):
            for tenant in out_of_reach(role, marked):
                row = tenant.rows.get(related)
                if row is None or (isinstance(row, Provider) and tenant is marked.south):
                    continue
                with taken_back() as kept:
                    theirs = ask(browser, "POST", where, filled | {name: row.pk}, [str(row.pk).encode()])
                with taken_back():
                    nobodys = ask(browser, "POST", where, filled | {name: MISSING}, [str(MISSING).encode()])
                if theirs.status != 200 or kept.writes or says(theirs, unseen(role, marked)):
                    wrong.append((where, name, tenant.mark, theirs.status, kept.writes))
                if theirs.status != nobodys.status or theirs.queries != nobodys.queries:
                    wrong.append((where, name, tenant.mark, theirs.queries, nobodys.queries))
    assert not wrong


def _choices(response: Any) -> list[tuple[str, Any]]:
    """Every field of the page that chooses a row, tables of rows included."""
    forms = [response.context["adminform"].form]
    forms += [form for each in response.context["inline_admin_formsets"] for form in each.formset.forms]
    found = []
    for form in forms:
        for name, field in form.fields.items():
            hidden_id = name == "id"  # that of an inline row is tried below
            if getattr(field, "queryset", None) is not None and not field.disabled and not hidden_id:
                found.append((form.add_prefix(name), field.queryset.model))
    return found


@pytest.mark.parametrize("role", WRITERS)
def test_a_form_that_is_opened_with_another_tenants_id_does_not_name_it(marked, role):
    """.../add/?customer=17: the search box would show the name of what is chosen."""
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        for field in relations(model):
            for tenant in out_of_reach(role, marked):
                if (row := tenant.rows.get(field.related_model)) is not None:
                    answer = ask(browser, "GET", f"{url(model, 'add')}?{field.name}={row.pk}")
                    assert answer.status < 500 and not says(answer, marks), (model, field.name)


def test_a_table_inside_a_page_takes_no_row_of_another_tenants_table(marked, browser):
    """The hidden id of an inline row."""
    admin_of, rows = (
        browser("provider admin"),
        {ChargePoint: (Connector, "connectors"), StaffMember: (Membership, "memberships")},
    )
    for model, (inner, prefix) in rows.items():
        where = url(model, "change", marked.north[model].pk)
        filled = page_form(admin_of.get(where))
        theirs = inner.objects.filter(pk=marked.fjord[inner].pk)
        before = theirs.values().get()
        forged = filled | {f"{prefix}-0-id": marked.fjord[inner].pk, f"{prefix}-0-DELETE": "on"}
        answer = ask(admin_of, "POST", where, forged)
        assert answer.status in (200, 302)
        assert theirs.values().get() == before


def test_a_forged_revision_does_not_make_the_page_name_an_owner_out_of_sight(marked, browser):
    """North's second point is owned by a customer of South: comparing versions must not tell who that is."""
    point = ChargePoint.objects.get(identity="north-second")
    where = url(ChargePoint, "change", point.pk)
    carla = browser("sub provider")
    filled = page_form(carla.get(where))
    for revision in ("", "1", "999999999"):
        answer = ask(
            carla, "POST", where, filled | {"revision": revision, "name": "renamed", "owner": marked.north[Customer].pk}
        )
        assert not says(answer, unseen("sub provider", marked))


@pytest.mark.parametrize("role", ["sub provider", "helpdesk"])
def test_a_row_that_is_tied_to_one_out_of_sight_does_not_name_it(marked, role):
    """The owner of a point, the customer of an exception and of a session: tied to North, but customers of South."""
    browser, marks = signed_in(marked, role), unseen(role, marked)
    point = ChargePoint.objects.get(identity="north-second")
    session = point.provider.session_set.get(code="north-guest")
    group = marked.north[ChargeGroup]
    pages = [url(ChargePoint, view, point.pk) for view in ("change", "history", "delete")]
    pages += [url(type(session), view, session.pk) for view in ("change", "history")]
    pages += [url(ChargeGroup, view, group.pk) for view in ("customers", "history", "access", "points", "close")]
    pages += [url(ChargePoint, "verb", point.pk, "free-for-owner"), url(type(session)), url(ChargePoint), "/"]
    wrong = [(page, found) for page in pages if (found := says(ask(browser, "GET", page), marks))]
    assert not wrong


def test_saving_a_point_keeps_an_owner_out_of_sight(marked, browser):
    point = ChargePoint.objects.get(identity="north-second")
    carla, owner = browser("sub provider"), point.owner
    where = url(ChargePoint, "change", point.pk)
    carla.post(where, page_form(carla.get(where)) | {"name": "renamed"})
    point.refresh_from_db()
    assert (point.name, point.owner) == ("renamed", owner)


# Bulk actions


@pytest.mark.parametrize("role", ["provider admin", "sub provider", "helpdesk", "read only"])
def test_a_bulk_action_on_another_tenants_rows_does_nothing_and_says_nothing(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        for verb in getattr(admin.site._registry[model], "verbs", ()):
            for tenant in out_of_reach(role, marked):
                sent = {"action": verb.name, "_selected_action": tenant[model].pk, "confirmed": "1", "index": "0"}
                with taken_back() as kept:
                    theirs = ask(browser, "POST", url(model), sent)
                with taken_back():
                    nobodys = ask(browser, "POST", url(model), sent | {"_selected_action": MISSING})
                assert (theirs.status, theirs.location) == (nobodys.status, nobodys.location), (model, verb.name)
                assert not kept.writes and not says(theirs, marks)


def test_a_bulk_action_reaches_no_row_that_one_only_reads(marked, browser):
    """Helpdesk at South and sub provider of North: South's points are seen, and stay as they are."""
    login = marked.logins["sub provider"]
    Membership.objects.create(
        staff_member=login, role=Role.HELPDESK, provider=marked.south.provider, user_group=marked.south.user_group
    )
    point = marked.south[ChargePoint]
    sent = {"action": "deactivate", "_selected_action": point.pk}
    browser("sub provider").post(url(ChargePoint), sent)
    browser("sub provider").post(url(ChargePoint, "verb", point.pk, "deactivate"))
    point.refresh_from_db()
    assert point.status == ChargePoint.Status.ACTIVE


def test_an_exception_is_not_removed_where_one_only_reads(marked, browser):
    """The same login: what it may do to exceptions of North it may not do to those of South."""
    login = marked.logins["sub provider"]
    Membership.objects.create(
        staff_member=login, role=Role.HELPDESK, provider=marked.south.provider, user_group=marked.south.user_group
    )
    where = f"{url(ChargeGroup, 'customers', marked.south[ChargeGroup].pk)}?edit={marked.south[Customer].pk}"
    page = browser("sub provider")
    shown = page.post(where, {"remove": "1"})
    editor = next((line.editor for line in shown.context["lines"] if line.editor), None) if shown.context else None
    page.post(where, {"remove": "1", "shown": editor.fingerprint if editor else ""})
    assert CustomerException.objects.filter(pk=marked.south[CustomerException].pk).exists()


# Pages of charge groups


@pytest.mark.parametrize("role", WRITERS)
def test_a_customer_of_another_tenant_is_not_edited_in_ones_own_group(marked, role):
    browser, group = signed_in(marked, role), marked.north[ChargeGroup]
    for tenant in out_of_reach(role, marked):
        for method in ("GET", "POST"):
            answers = []
            with taken_back() as kept:
                for pk in (tenant[Customer].pk, MISSING):
                    where = f"{url(ChargeGroup, 'customers', group.pk)}?edit={pk}"
                    answers.append(ask(browser, method, where, {"access": "allowed"}, [f"edit={pk}".encode()]))
            assert answers[0] == answers[1] and not kept.writes


@pytest.mark.parametrize("role", WRITERS)
@pytest.mark.parametrize("page", ["points", "points_detach"])
def test_no_charge_point_of_another_tenant_is_attached_or_detached(marked, role, page):
    browser, group = signed_in(marked, role), marked.north[ChargeGroup]
    for tenant in out_of_reach(role, marked):
        with taken_back() as kept:
            answer = ask(
                browser, "POST", url(ChargeGroup, page, group.pk), {"point": tenant[ChargePoint].pk, "confirm": "1"}
            )
        assert answer.status < 500 and not kept.writes
        found = ask(browser, "GET", f"{url(ChargeGroup, 'points', group.pk)}?find={_said(tenant)}&q={_said(tenant)}")
        assert not [
            mark for mark in unseen(role, marked) if mark in found.body.lower().replace(_said(tenant).encode(), b"")
        ]


@pytest.mark.parametrize("role", WRITERS)
@pytest.mark.parametrize("slot", ["tariff", "prepaid_tariff", "roaming_tariff"])
@pytest.mark.parametrize("step", ["", "preview", "confirm", "list", "csv"])
def test_terms_take_no_tariff_of_another_tenant(marked, role, slot, step):
    """Its code is as unknown as one that nobody has; nothing is written."""
    browser, group = signed_in(marked, role), marked.north[ChargeGroup]
    where = url(ChargeGroup, "terms", group.pk)
    for tenant in out_of_reach(role, marked):
        answers = []
        for code in (tenant[Tariff].code, "z" * len(tenant[Tariff].code)):
            sent = {
                "tariff": marked.north[Tariff].code,
                "own_user_group": "on",
                "step": step,
                "effect": "all",
                slot: code,
            }
            with taken_back() as kept:
                answers.append(ask(browser, "POST", where, sent, [code.encode()]))
            assert not kept.writes
        assert answers[0] == answers[1]


@pytest.mark.parametrize("role", WRITERS)
def test_terms_are_not_compared_with_the_terms_or_changes_of_another_tenant(marked, role):
    """The hidden fields ``base`` and ``undoes`` of the form."""
    browser, group = signed_in(marked, role), marked.north[ChargeGroup]
    for tenant in out_of_reach(role, marked):
        terms, change = tenant[ChargeGroup].terms.first(), tenant[type(marked.north[_change()])]
        for forged in ({"base": terms.pk}, {"undoes": change.pk}):
            sent = {"tariff": marked.north[Tariff].code, "own_user_group": "on", "step": "preview"} | forged
            answer = ask(browser, "POST", url(ChargeGroup, "terms", group.pk), sent)
            assert answer.status < 500 and not says(answer, unseen(role, marked))


def _change() -> Any:
    from chargegroups.models import Change

    return Change


# Notices, history, uploads, keys


@pytest.mark.parametrize("role", IN_USE)
def test_the_notices_of_another_tenants_announcement_are_not_listed(marked, role):
    browser = signed_in(marked, role)
    for tenant in out_of_reach(role, marked):
        announcement = tenant[Notice].announcement_id
        answer = ask(browser, "GET", f"{url(Notice)}?announcement__id__exact={announcement}")
        assert not says(answer, unseen(role, marked))


def test_an_upload_of_another_login_is_not_there(marked, browser, settings, tmp_path):
    from evcnet.transfer import uploads

    settings.MEDIA_ROOT = tmp_path
    stored = uploads.keep(marked.logins["other admin"], b"user_group,number,name\nzqfjord-group,1,zqfjord\n")
    for name in (stored, "0" * 32, f"../{marked.logins['other admin'].pk}/{stored}"):
        sent = {"kind": "", "provider": "", "stored": name, "file_name": "rows.csv", "fingerprint": ""}
        response = browser("provider admin").post("/customers/customer/process_import/", sent, follow=True)
        assert "The file is no longer here" in response.content.decode()
        assert b"zqfjord" not in response.content.lower()


def asked_by(key: str, body: dict[str, Any], query: str = "") -> Any:
    from django.test import Client

    return Client().post(
        f"/api/v1/authorize{query}",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Token {key}"},
    )


@pytest.mark.parametrize("query", ["", "?explain=1"])
def test_a_key_learns_nothing_of_another_providers_points_and_cards(marked, query):
    key, own = marked.north.keys["secret"], marked.north[ChargePoint].identity
    theirs = asked_by(key, {"card": "zqnorthuid", "charge_point": "zqfjordidentity"}, query)
    nobodys = asked_by(key, {"card": "zqnorthuid", "charge_point": "zzznobodys"}, query)
    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content) == (404, nobodys.content)
    card = asked_by(key, {"card": "zqfjorduid", "charge_point": own}, query)
    said = card.content.lower().replace(b"zqfjorduid", b"")
    assert card.status_code == 200 and b"zqfjord" not in said and b"7.7713" not in said
    Customer.objects.filter(pk=marked.fjord[Customer].pk).update(status="blocked")
    assert asked_by(key, {"card": "zqfjorduid", "charge_point": own}, query).json()["reason"] == "card_not_accepted"


def test_a_key_is_refused_alike_whoever_it_was_made_for(marked):
    ApiKey.objects.filter(pk=marked.fjord[ApiKey].pk).update(active=False)
    dead = asked_by(marked.fjord.keys["secret"], {"card": "x", "charge_point": "zqfjordidentity"})
    wrong = asked_by("evc_nobodys", {"card": "x", "charge_point": "zqfjordidentity"})
    assert (dead.status_code, dead.content) == (wrong.status_code, wrong.content) == (401, wrong.content)


# What is unique on the platform


@pytest.mark.parametrize("fold", [str.lower, str.upper])
def test_a_uid_an_identity_and_an_address_taken_elsewhere_cannot_be_used(marked, browser, fold):
    page = browser("provider admin")
    tries = [
        (ChargeCard, "uid", fold("zqfjorduid"), "This uid cannot be used."),
        (ChargePoint, "identity", fold("zqfjordidentity"), "This identity cannot be used."),
        (StaffMember, "email", fold("zqfjord.helper@example.org"), "This e-mail address cannot be used."),
    ]
    for model, field, value, message in tries:
        where = url(model, "change", marked.north[model].pk)
        with taken_back() as kept:
            response = page.post(where, page_form(page.get(where)) | {field: value})
            errors = response.context["adminform"].form.errors
        assert [message] in errors.values() and len(errors) == 1, (model, errors)
        assert not kept.writes


def test_the_code_of_another_provider_cannot_be_used_and_is_not_named(marked, browser):
    page, where = browser("provider admin"), url(Provider, "change", marked.north.provider.pk)
    filled = page_form(page.get(where))
    for typed in ({"code": "zqprovider"}, {"country_code": "NO", "party_id": "BLV"}):
        with taken_back() as kept:
            response = page.post(where, filled | typed)
            errors = str(response.context["adminform"].form.errors)
        assert "cannot be used" in errors and "already" not in errors
        assert not kept.writes


def test_codes_and_numbers_of_another_provider_are_free(marked, browser):
    """Unique within a provider: taking one tells nothing about who else has it."""
    page = browser("provider admin")
    for model, field in ((UserGroup, "code"), (Customer, "number"), (Tariff, "code"), (ChargeGroup, "code")):
        where = url(model, "change", marked.north[model].pk)
        with taken_back():
            response = page.post(where, page_form(page.get(where)) | {field: getattr(marked.fjord[model], field)})
        assert response.status_code == 302, model


def test_the_history_names_only_who_did_something_to_this_very_row(marked, browser):
    """Somebody of BlueVolt who once had a role here is named for what they did here; nobody else is."""
    guest = make.StaffMemberFactory(name="Gerda", role=Role.PROVIDER_STAFF, at=marked.north.provider)
    marked.logins["guest"] = guest
    customer = marked.north[Customer]
    where = url(Customer, "change", customer.pk)
    page = signed_in(marked, "guest")
    page.post(where, page_form(page.get(where)) | {"name": "zqnorth renamed"})
    guest.memberships.all().delete()
    text = browser("provider admin").get(url(Customer, "history", customer.pk)).content.decode()
    assert "Gerda" in text and "zqfjord" not in text.lower()
