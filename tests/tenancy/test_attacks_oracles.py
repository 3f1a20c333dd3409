"""An hour of trying to see another tenant: questions whose answer, without naming anything, would give it away.

A filter, a facet or an order that is not refused tells by what it leaves on the page. North has a charge point of a
customer of South, and one of South stands at a location of North's: what ties them must not be found by trying ids.
"""

from __future__ import annotations

from typing import Any

import pytest

from changes.models import Change
from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Session
from customers.models import ApiKey, Customer, Provider, StaffMember
from tests.tables import for_each
from tests.tenancy.asking import ask, unseen
from tests.tenancy.attacking import IN_USE, LISTS, out_of_reach, relations, says, url
from tests.tenancy.conftest import signed_in
from tests.tenancy.world import MISSING

pytestmark = pytest.mark.django_db

LOOKUPS = ("", "__exact", "__id__exact", "__in", "__id__gt", "__isnull")


@pytest.mark.parametrize("role", ["provider admin", "sub provider"])
def test_no_list_tells_by_an_id_what_it_is_tied_to(marked, role):
    """Each foreign key of each list, by every lookup: the id of a row out of reach is like one that is not there."""
    browser, wrong = signed_in(marked, role), []
    for model in LISTS:
        for field in relations(model):
            for tenant in out_of_reach(role, marked):
                row = tenant.rows.get(field.related_model)
                if row is None or (isinstance(row, Provider) and tenant is marked.south):
                    continue
                for lookup in LOOKUPS:
                    theirs, nobodys = (
                        ask(browser, "GET", f"{url(model)}?{field.name}{lookup}={pk}", hide=[str(pk).encode()])
                        for pk in (row.pk, MISSING)
                    )
                    if theirs != nobodys:
                        wrong.append(
                            (model._meta.label, field.name, lookup, tenant.mark, theirs.status, nobodys.status)
                        )
    assert not wrong


TIED = {
    "a point by its owner": (ChargePoint, "owner__id__exact", Customer, "number", "zqsouth-1001"),
    "a session by its customer": (Session, "customer__id__exact", Customer, "number", "zqsouth-1001"),
    "a session by its charge group": (
        Session, "charge_point__charge_group__id__exact", ChargeGroup, "code", "zqsouth-chargegroup",
    ),
    "a change by its charge group": (Change, "groups__id__exact", ChargeGroup, "code", "zqsouth-shared"),
}  # fmt: skip


@pytest.mark.parametrize("role", ["sub provider", "helpdesk"])
@for_each("tie", TIED)
def test_a_row_in_reach_is_not_found_by_one_out_of_reach(marked, role, tie):
    """All four are there: each ties a row that North sees to one of South."""
    model, lookup, related, key, value = TIED[tie]
    row = related.objects.get(**{key: value})
    assert model.objects.visible_to(marked.logins[role]).filter(**{lookup: row.pk}).exists()
    answer, nobodys = (
        ask(signed_in(marked, role), "GET", f"{url(model)}?{lookup}={pk}", hide=[str(pk).encode()])
        for pk in (row.pk, MISSING)
    )
    assert answer == nobodys


@for_each(
    ("model", "lookup"),
    [
        (StaffMember, "password__startswith=argon2"),
        (StaffMember, "is_operator__exact=1"),
        (StaffMember, "memberships__role__exact=provider_admin"),
        (StaffMember, "memberships=1"),
        (ApiKey, "key_hash__startswith=a"),
        (ApiKey, "prefix__startswith=evc"),
        (Customer, "provider__code__startswith=zq"),
        (Customer, "user_group__parent__code__startswith=zq"),
        (Customer, "chargecard__uid__startswith=zq"),
        (Customer, "exceptions__note__startswith=zq"),
        (Change, "made_by__email__startswith=zq"),
        (Session, "reason__startswith=own"),
        (Session, "ratings__excl_vat__gt=1"),
    ],
)
def test_a_list_is_narrowed_by_what_it_offers_and_by_nothing_else(marked, model, lookup):
    answer = ask(signed_in(marked, "provider admin"), "GET", f"{url(model)}?{lookup}")
    assert (answer.status, answer.location) == (302, f"{url(model)}?e=1")


@pytest.mark.parametrize("role", IN_USE)
@for_each(
    "query",
    ["_facets=True", "q=zq__&o=-1.2", "_popup=1&_to_field=id", "at_from=2026-01-01", "from=2020-01-01&to=2030-01-01"],
)
def test_facets_days_and_popups_of_a_list_name_no_other_tenant(marked, role, query):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        answer = ask(browser, "GET", f"{url(model)}?{query}")
        assert answer.status < 500 and not says(answer, marks), model


@pytest.mark.parametrize("name", ["zqsouth", "zqabove", "South"])
def test_a_shared_change_is_not_found_by_a_name_out_of_sight(marked, name):
    """North sees the change of a tariff that South uses, too: searching for South's names must not confirm it."""
    theirs, nobodys = (
        ask(signed_in(marked, "sub provider"), "GET", f"{url(Change)}?q={word}", hide=[word.encode()])
        for word in (name, "z" * len(name))
    )
    assert theirs == nobodys


def test_the_totals_of_a_list_and_of_the_home_page_count_what_the_login_sees(marked):
    """Customers of North alone, of the whole provider, of BlueVolt."""
    for role in ("sub provider", "provider admin", "outsider"):
        browser, seen = signed_in(marked, role), Customer.objects.visible_to(marked.logins[role]).count()
        home: Any = browser.get("/").context["numbers"]
        assert next(each.count for each in home if each.label == "Customers") == seen
        assert browser.get(url(Customer)).context["cl"].result_count == seen
    assert Customer.objects.visible_to(marked.logins["sub provider"]).count() == 2
