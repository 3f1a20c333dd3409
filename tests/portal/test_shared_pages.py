"""What holds on every page of the portal: scope, refusals in words, history, no lost updates."""

import pytest
from django.contrib import admin
from django.db import models
from django.test import RequestFactory
from django.urls import reverse

from chargegroups.models import ChargeGroup
from chargepoints.models import Connector
from customers.models import Provider
from tariffs.models import Tariff
from tests import factories as make
from tests.tables import for_each

pytestmark = pytest.mark.django_db


def form_of(response) -> dict[str, object]:
    """What a browser would send back from this page."""
    form = response.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def page(group) -> str:
    return reverse("admin:chargegroups_chargegroup_change", args=[group.pk])


def test_a_foreign_row_looks_like_a_missing_one(world, signed_in):
    browser = signed_in(world.anna)
    foreign, missing = (browser.get(page(world.oslo)), browser.get("/chargegroups/chargegroup/999999/change/"))
    assert foreign.status_code == missing.status_code == 302
    assert foreign["Location"] == missing["Location"] == "/"


def test_a_foreign_history_looks_like_a_missing_one(world, signed_in):
    url = reverse("admin:chargegroups_chargegroup_history", args=[world.oslo.pk])
    assert signed_in(world.anna).get(url).status_code == 404
    assert signed_in(world.anna).get("/chargegroups/chargegroup/999999/history/").status_code == 404


def test_choices_and_filters_name_no_other_provider(world, signed_in):
    browser = signed_in(world.anna)
    for url in ("/chargegroups/chargegroup/add/", "/chargegroups/chargegroup/"):
        text = browser.get(url).content.decode()
        assert "North" in text
        assert "Fjord" not in text


def test_the_second_of_two_editors_sees_both_versions(world, signed_in):
    anna, ben = signed_in(world.anna), signed_in(world.ben)
    annas, bens = form_of(anna.get(page(world.leusden))), form_of(ben.get(page(world.leusden)))
    assert anna.post(page(world.leusden), annas | {"name": "Leusden market"}).status_code == 302
    refused = ben.post(page(world.leusden), bens | {"name": "Leusden station"})
    text = refused.content.decode()
    assert refused.status_code == 200
    assert "Anna" in text and "Leusden market" in text and "Leusden station" in text
    world.leusden.refresh_from_db()
    assert world.leusden.name == "Leusden market"


def test_what_the_other_changed_and_one_left_alone_is_kept(world, signed_in):
    anna, ben = signed_in(world.anna), signed_in(world.ben)
    annas, bens = form_of(anna.get(page(world.leusden))), form_of(ben.get(page(world.leusden)))
    anna.post(page(world.leusden), annas | {"name": "Leusden market"})
    refused = ben.post(page(world.leusden), bens | {"additional_information": "Behind the church"})
    assert ben.post(page(world.leusden), form_of(refused)).status_code == 302
    world.leusden.refresh_from_db()
    assert (world.leusden.name, world.leusden.additional_information) == ("Leusden market", "Behind the church")


def test_one_may_save_over_the_other_on_purpose(world, signed_in):
    anna, ben = signed_in(world.anna), signed_in(world.ben)
    annas, bens = form_of(anna.get(page(world.leusden))), form_of(ben.get(page(world.leusden)))
    anna.post(page(world.leusden), annas | {"name": "Leusden market"})
    refused = ben.post(page(world.leusden), bens | {"name": "Leusden station"})
    assert ben.post(page(world.leusden), form_of(refused)).status_code == 302
    world.leusden.refresh_from_db()
    assert world.leusden.name == "Leusden station"


def test_a_change_that_no_form_made_is_noticed_too(world, signed_in):
    tariff = world.cheap
    url = reverse("admin:tariffs_tariff_change", args=[tariff.pk])
    sent = form_of(signed_in(world.ben).get(url))
    Tariff.objects.filter(pk=tariff.pk).update(code="DEAR")
    response = signed_in(world.ben).post(url, sent | {"offers-TOTAL_FORMS": 0, "offers-INITIAL_FORMS": 0, "name": "x"})
    assert response.status_code == 200
    tariff.refresh_from_db()
    assert (tariff.code, tariff.name) == ("DEAR", "Cheap")


def test_a_database_guard_speaks_at_its_field(world, signed_in):
    """The currency of a tariff with versions stays: a trigger says so, and the form shows it."""
    url = reverse("admin:tariffs_tariff_change", args=[world.standard.pk])
    browser = signed_in(world.ben)
    sent = form_of(browser.get(url)) | {"currency": "SEK", "offers-TOTAL_FORMS": 0, "offers-INITIAL_FORMS": 0}
    response = browser.post(url, sent)
    assert response.status_code == 200
    assert "currency" in response.context["adminform"].form.errors
    world.standard.refresh_from_db()
    assert world.standard.currency == "EUR"


def test_a_sub_provider_makes_no_group_for_another_user_group(world, signed_in):
    sent = {"code": "CG-NEW", "name": "New", "type": "other", "user_group": world.south.pk}
    response = signed_in(world.carla).post("/chargegroups/chargegroup/add/", sent)
    assert response.status_code == 200
    assert not ChargeGroup.objects.filter(code="CG-NEW").exists()


def test_history_says_who_changed_what(world, signed_in):
    browser = signed_in(world.anna)
    browser.post(page(world.leusden), form_of(browser.get(page(world.leusden))) | {"name": "Leusden market"})
    text = browser.get(reverse("admin:chargegroups_chargegroup_history", args=[world.leusden.pk])).content.decode()
    assert "Anna" in text and "Leusden centre" in text and "Leusden market" in text


@for_each(
    "query",
    [
        "?p=abc",
        "?q=%00",
        "?type__exact=%00",
        "?user_group__id__exact=x",
        "?e=1",
        "?o=99",
        "?user_group__id__exact=99999999999999999999",
        "?nonsense=1",
        "?_facets=x",
    ],
)
def test_nonsense_in_the_address_never_fails(world, signed_in, query):
    assert signed_in(world.anna).get(f"/chargegroups/chargegroup/{query}").status_code in (200, 302, 400)


@pytest.mark.parametrize("key", ["abc", "0", "-1", "99999999999999999999", "%00"])
def test_nonsense_for_a_row_is_a_missing_row(world, signed_in, key):
    for view in ("change", "history", "delete"):
        assert signed_in(world.anna).get(f"/chargegroups/chargegroup/{key}/{view}/").status_code in (302, 404)


def test_a_choice_that_has_no_default_is_made_by_whoever_fills_in_the_form(world):
    request = RequestFactory().get("/")
    request.user = world.anna
    met = set()
    for listed in admin.site._registry.values():
        for scoped in (listed, *(inline(listed.model, admin.site) for inline in listed.inlines)):
            for field in scoped.model._meta.fields:
                if field.choices and field.editable and not field.has_default():
                    chosen = scoped.formfield_for_dbfield(field, request)
                    assert next(iter(chosen.choices))[0] == "", field
                    met.add(field)
    assert {_field(Provider, "country_code"), _field(Connector, "format")} <= met


def _field(model: type[models.Model], name: str):
    return model._meta.get_field(name)


def test_a_provider_without_a_country_is_not_added_under_the_first_of_the_list(world, signed_in):
    operator = signed_in(make.StaffMemberFactory(is_operator=True))
    response = operator.get("/customers/provider/add/")
    typed = form_of(response) | {"code": "SUN", "name": "SunCharge", "party_id": "SUN"}
    answer = operator.post("/customers/provider/add/", typed)
    assert "country_code" in answer.context["adminform"].form.errors
    assert not Provider.objects.filter(code="SUN").exists()
