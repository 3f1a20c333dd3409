"""An hour of trying to see another tenant: filters, search, order and suggestions. Every try stays as a test."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.admin.views.main import ORDER_VAR
from django.urls import reverse

from chargepoints.models import ChargePoint
from customers.models import ChargeCard, Provider
from tests.tables import for_each
from tests.tenancy.asking import ask, unseen
from tests.tenancy.attacking import IN_USE, LISTS, out_of_reach, relations, said, says, url
from tests.tenancy.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", IN_USE)
def test_filtering_by_what_another_tenants_row_says_finds_nothing(marked, role):
    """?customer__name__startswith=...: refused, or as empty as a text that nobody has."""
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        for field in relations(model):
            for text in ("name", "code", "email", "provider__name", "provider__code"):
                query = f"?{field.name}__{text}__startswith="
                theirs = ask(browser, "GET", f"{url(model)}{query}zqfjord", hide=[b"zqfjord"])
                assert theirs.status < 500 and not says(theirs, marks), query
                if theirs.status == 200 or text == "name":  # else refused before the text is read, as the first was
                    nobodys = ask(browser, "GET", f"{url(model)}{query}zzzzzzz", hide=[b"zzzzzzz"])
                    assert theirs.status == nobodys.status, query


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
        nobodys: dict[int, int] = {}
        for tenant in out_of_reach(role, marked):
            if role == "operator" and model is Provider:
                continue
            for words in (
                f"{said(tenant)} ",
                f"{said(tenant)}-1001",
                f"{said(tenant)}uid",
                f"{said(tenant)}@example.org",
            ):
                theirs = ask(browser, "GET", f"{url(model)}?q={words}", hide=[words.strip().encode()])
                if len(words) not in nobodys:
                    nobodys[len(words)] = ask(browser, "GET", f"{url(model)}?q={'z' * len(words)}").status
                assert theirs.status == nobodys[len(words)]
                assert not says(theirs, marks, words.strip()), (model, words)


@pytest.mark.parametrize("role", IN_USE)
def test_no_order_of_a_list_and_no_page_of_it_shows_more(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    for model in LISTS:
        for query in (f"?{ORDER_VAR}=1.-2.3", f"?{ORDER_VAR}=-9", "?all=", "?p=2", "?_popup=1", "?_to_field=id"):
            answer = ask(browser, "GET", url(model) + query)
            assert answer.status < 500 and not says(answer, marks), (model, query)


@for_each("model", LISTS)
def test_a_list_does_not_hand_out_other_fields_as_keys(marked, browser, model):
    for field in ("email", "key_hash", "password", "provider"):
        assert browser("provider admin").get(f"{url(model)}?_to_field={field}").status_code in (302, 400, 403)


@pytest.mark.parametrize("role", IN_USE)
def test_no_search_box_offers_another_tenants_rows_whatever_field_is_named(marked, role):
    browser, marks = signed_in(marked, role), unseen(role, marked)
    every = [model for model in apps.get_models() if not hasattr(model, "pgh_tracked_model")]
    for model in every:
        for field in [each for each in model._meta.get_fields() if each.is_relation]:
            asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field.name}
            for term in ("", "zqfjord", "zqsouth", "zqnorth"):
                response = browser.get(reverse("admin:autocomplete"), asked | {"term": term})
                assert response.status_code in (200, 403, 404), asked  # 404: such rows are not searched
                assert not [mark for mark in marks if mark in response.content.lower()], asked
                if response.status_code != 200:
                    break  # refused before the term is read


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
        word = said(tenant)
        for query in (
            {"card": f"{word}uid", "charge_point": own[ChargePoint].identity},
            {"card": f"{word}-visual", "charge_point": own[ChargePoint].identity},
            {"customer": f"{word}-1001", "charge_point": own[ChargePoint].identity},
            {"card": own[ChargeCard].uid, "charge_point": f"{word}identity"},
        ):
            response = browser.get(reverse("admin:may_charge"), query)
            body = response.content.lower()
            for typed in query.values():
                body = body.replace(typed.lower().encode(), b"")
            assert response.status_code == 200
            assert not [mark for mark in marks if mark in body], query
