"""An hour of trying to see or touch another tenant: forms, their tables of rows, bulk actions, what is unique."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from chargegroups.models import ChargeGroup, CustomerException
from chargepoints.models import ChargePoint, Connector
from customers.models import ChargeCard, Customer, Membership, Provider, StaffMember, StatusChange, UserGroup
from customers.permissions import Role
from tariffs.models import Tariff
from tests.portal.forms import CONFIRMED, page_form
from tests.tenancy.asking import ask, taken_back, unseen
from tests.tenancy.attacking import IN_USE, LISTS, WRITERS, has_page, out_of_reach, relations, says, url
from tests.tenancy.conftest import signed_in
from tests.tenancy.frame import NO_CONTEXT
from tests.tenancy.world import MISSING

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", WRITERS)
@pytest.mark.parametrize("view", ["add", "change"])
def test_a_form_takes_no_row_of_another_tenant_whatever_is_posted(marked, role, view):
    """Each foreign key of each form: the answer is that for an id that is not there, and nothing is written."""
    browser, wrong = signed_in(marked, role), []
    for model in (each for each in LISTS if has_page(each, view)):
        where = url(model, view, *([marked.north[model].pk] if view == "change" else []))
        response = browser.get(where)
        if response.status_code != 200 or "adminform" not in (response.context or {}):
            continue
        if not response.context["has_change_permission"] and view == "change":
            continue  # a page to read
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
    for model in (each for each in LISTS if has_page(each, "add")):
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


def test_saving_a_point_keeps_an_owner_out_of_sight(marked, browser):
    point = ChargePoint.objects.get(identity="north-second")
    carla, owner = browser("sub provider"), point.owner
    where = url(ChargePoint, "change", point.pk)
    carla.post(where, page_form(carla.get(where)) | {"name": "renamed"})
    point.refresh_from_db()
    assert (point.name, point.owner) == ("renamed", owner)


@pytest.mark.parametrize("role", ["provider admin", "sub provider", "helpdesk", "read only"])
def test_a_bulk_action_on_another_tenants_rows_does_nothing_and_says_nothing(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        for action in getattr(admin.site._registry[model], "bulk_actions", ()):
            for tenant in out_of_reach(role, marked):
                sent = CONFIRMED | {"action": action.name, "_selected_action": tenant[model].pk, "index": "0"}
                with taken_back() as kept:
                    theirs = ask(browser, "POST", url(model), sent)
                with taken_back():
                    nobodys = ask(browser, "POST", url(model), sent | {"_selected_action": MISSING})
                assert (theirs.status, theirs.location) == (nobodys.status, nobodys.location), (model, action.name)
                assert not kept.writes and not says(theirs, marks)


def test_a_bulk_action_reaches_no_row_that_one_only_reads(marked, browser):
    """Helpdesk at South and sub provider of North: South's points are seen, and stay as they are; North's are not spared."""
    login = marked.logins["sub provider"]
    Membership.objects.create(
        staff_member=login, role=Role.HELPDESK, provider=marked.south.provider, user_group=marked.south.user_group
    )
    only_read, own = marked.south[ChargePoint], marked.north[ChargePoint]
    sent = CONFIRMED | {"action": "deactivate", "_selected_action": [only_read.pk, own.pk], "index": "0"}
    browser("sub provider").post(url(ChargePoint), sent)
    browser("sub provider").post(url(ChargePoint, "action", only_read.pk, "deactivate"), CONFIRMED)
    statuses = [ChargePoint.objects.get(pk=point.pk).status for point in (only_read, own)]
    assert statuses == [ChargePoint.Status.ACTIVE, ChargePoint.Status.INACTIVE]


@pytest.mark.parametrize("role", IN_USE)
def test_a_change_of_status_is_undone_by_nobody_but_the_login_that_made_it(marked, role):
    """By its address: of one's own tenant and of others, the answer is that for an action which there never was."""
    browser = signed_in(marked, role)
    for tenant in marked.tenants.values():
        customer, change = tenant[Customer], tenant[StatusChange]
        Customer.objects.filter(pk=customer.pk).update(status=Customer.Status.BLOCKED)
        contexts = (change.context, NO_CONTEXT)
        for method in ("GET", "POST"):
            with taken_back() as kept:
                theirs, nobodys = (
                    ask(browser, method, reverse("admin:undo_status", args=[each]), hide=[str(each).encode()])
                    for each in contexts
                )
                assert Customer.objects.get(pk=customer.pk).status == Customer.Status.BLOCKED
            assert theirs == nobodys and theirs.status == 404 and not kept.writes, (tenant.mark, method)


def test_an_exception_is_not_removed_where_one_only_reads(marked, browser):
    """The same login: what it may do to exceptions of North it may not do to those of South."""
    login = marked.logins["sub provider"]
    Membership.objects.create(
        staff_member=login, role=Role.HELPDESK, provider=marked.south.provider, user_group=marked.south.user_group
    )
    where = f"{url(ChargeGroup, 'customers', marked.south[ChargeGroup].pk)}?edit={marked.south[Customer].pk}"
    page = browser("sub provider")
    shown = page.post(where, {"remove": "1"})
    lines = shown.context.get("lines", ()) if shown.context else ()
    editor = next((line.editor for line in lines if line.editor), None)
    page.post(where, {"remove": "1", "shown": editor.fingerprint if editor else ""})
    assert CustomerException.objects.filter(pk=marked.south[CustomerException].pk).exists()


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
