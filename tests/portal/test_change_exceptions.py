"""Changes of exceptions, one in place or many by selection, and what is kept of them."""

import pytest
from django.urls import reverse

from changes.models import Change
from chargegroups.models import CustomerException
from chargepoints.authorization import authorize
from customers.models import Notice
from evcnet.datetimes import database_clock
from tests import factories as make
from tests.portal.sent import sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(world):
    return reverse("admin:chargegroups_chargegroup_exceptions", args=[world.leusden.pk])


@pytest.fixture
def anna(world, signed_in):
    return signed_in(world.anna)


def row_of(world, customer):
    return reverse("admin:chargegroups_chargegroup_customers", args=[world.leusden.pk]) + f"?edit={customer.pk}"


def shown_in_place(browser, url, **typed):
    fields = {"access": "denied", "tariff": "", "valid_from": "", "valid_until": "", "note": "", "revision": ""} | typed
    response = browser.post(url, fields)
    return response, fields | {"shown": response.context["lines"][0].editor.fingerprint}


def preview(browser, many, *customers, **typed):
    asked = browser.post(many, {"step": "edit", "customer": [customer.pk for customer in customers]})
    return browser.post(many, sent(asked, many, step="preview", **typed))


def asked(card="04AA11"):
    return authorize(card, "NLGRGE0001", database_clock())


def test_an_exception_made_in_place_is_on_the_record(world, anna):
    url = row_of(world, world.jansen)
    _, fields = shown_in_place(anna, url, note="unpaid")
    assert not Change.objects.exists()
    done = anna.post(url, fields, follow=True)
    change = Change.objects.get()
    assert (change.kind, change.made_by, change.impact["counts"]["loses_access"]) == ("exceptions", world.anna, 1)
    assert reverse("admin:changes_change_change", args=[change.pk]) in done.content.decode()
    assert asked().reason == "exception_denied"


def test_what_changed_meanwhile_is_shown_again_and_not_saved(world, anna):
    url = row_of(world, world.jansen)
    _, fields = shown_in_place(anna, url)
    type(world.jansen).objects.filter(pk=world.jansen.pk).update(status="blocked")
    answer = anna.post(url, fields)
    assert answer.status_code == 200 and "something changed after this was shown" in answer.content.decode()
    assert not CustomerException.objects.exists() and not Change.objects.exists()


@pytest.mark.parametrize("tell", [True, False])
def test_the_customer_is_told_as_ticked(world, anna, tell):
    url = row_of(world, world.jansen)
    _, fields = shown_in_place(anna, url)
    anna.post(url, fields | ({"tell": "1"} if tell else {}))
    assert Notice.objects.count() == tell


@pytest.mark.parametrize(("tariff", "ticked"), [("0.90", True), ("0.10", False)])
def test_a_regular_is_to_be_told_unless_the_exception_only_gives(world, anna, tariff, ticked):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="allowed")
    other = make.TariffFactory(provider=world.greengrid, per_kwh=tariff)
    url = row_of(world, world.jansen)
    revision = anna.get(url).context["lines"][0].editor.form["revision"].value()
    typed = {"access": "allowed", "tariff": other.pk, "valid_from": "", "valid_until": "", "note": ""}
    shown = anna.post(url, typed | {"revision": revision})
    assert shown.context["lines"][0].editor.tells == ticked


def test_an_exception_that_says_what_is_stored_is_told_and_not_written(world, anna):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    url = row_of(world, world.jansen)
    response = anna.get(url)
    revision = response.context["lines"][0].editor.form["revision"].value()
    fields = {"access": "denied", "tariff": "", "valid_from": "", "valid_until": "", "note": "", "revision": revision}
    assert "there is nothing to change" in anna.post(url, fields).content.decode()
    assert not Change.objects.exists()


def test_many_customers_get_an_exception_after_one_preview(world, anna, many):
    shown = preview(anna, many, world.jansen, world.bakker, access="allowed", tariff="CHEAP", note="friends")
    assert (shown.context["counts"]["pays_less"], shown.context["counts"]["gains_access"]) == (1, 1)
    assert not CustomerException.objects.exists()
    done = anna.post(many, sent(shown, many, step="confirm", named="CG-LEUSDEN"))
    assert done["Location"] == reverse("admin:chargegroups_chargegroup_customers", args=[world.leusden.pk])
    assert CustomerException.objects.filter(tariff=world.cheap, note="friends").count() == 2
    assert Change.objects.get().sentence == f"2 exceptions at {world.leusden}"


def test_many_exceptions_are_removed_after_one_preview(world, anna, many):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    shown = preview(anna, many, world.jansen, world.bakker, access="remove")
    assert shown.context["counts"]["gains_access"] == 1
    anna.post(many, sent(shown, many, step="confirm"))
    assert not CustomerException.objects.exists()
    assert asked().reason == "own_user_group"


def test_going_back_keeps_the_selection_and_what_was_typed(world, anna, many):
    shown = preview(anna, many, world.jansen, world.bakker, access="denied", note="both")
    fields = sent(anna.post(many, sent(shown, many, step="edit")), many)
    assert (fields["access"], fields["note"], len(fields["customer"])) == (["denied"], ["both"], 2)


@pytest.mark.parametrize("typed", [{"access": "x"}, {"access": "policy"}, {"tariff": "FJORDPRICE"}, {"note": "x" * 501},
                                   {"valid_from": "2030-01-02T00:00", "valid_until": "2030-01-01T00:00"}])  # fmt: skip
def test_what_makes_no_sense_is_refused_at_its_field(world, anna, many, typed):
    response = preview(anna, many, world.jansen, **typed)
    assert response.context["form"].errors
    assert not CustomerException.objects.exists()


@pytest.mark.parametrize("customer", ["x", "", "99999999999999999999", "0"])
def test_nobody_selected_is_told(world, anna, many, customer):
    text = anna.post(many, {"step": "edit", "customer": [customer]}).content.decode()
    assert "No customer is selected" in text
    told = anna.post(many, {"step": "confirm", "customer": [customer], "access": "denied", "shown": "x"})
    assert "there is nothing to change" in told.content.decode()


def test_a_customer_of_another_provider_is_never_among_them(world, anna, many):
    shown = preview(anna, many, world.jansen, world.olsen, access="denied")
    assert shown.context["impact"].total == 1
    anna.post(many, sent(shown, many, step="confirm", named="CG-LEUSDEN"))
    assert list(CustomerException.objects.values_list("customer__number", flat=True)) == ["1001"]


def test_a_sub_provider_excepts_customers_in_its_sight_only(world, signed_in, many):
    carla = signed_in(world.carla)
    shown = preview(carla, many, world.jansen, world.bakker, access="denied")
    assert shown.context["impact"].total == 1


@pytest.mark.parametrize("who", ["hugo", "rita"])
def test_who_only_reads_makes_no_exceptions(world, signed_in, many, who):
    assert signed_in(getattr(world, who)).post(many, {"step": "edit", "customer": [world.jansen.pk]}).status_code == 403
    assert signed_in(world.otto).post(many, {"step": "edit"}).status_code == 404
