"""Customers and tariffs: who may charge, why and at which price; exceptions are edited in place."""

import re

import pytest
from django.urls import reverse

from chargegroups.models import CustomerException
from tests import factories as make
from tests.tables import for_each

pytestmark = pytest.mark.django_db


def page(group) -> str:
    return reverse("admin:chargegroups_chargegroup_customers", args=[group.pk])


def text(response) -> str:
    assert response.status_code == 200, response
    return " ".join(response.content.decode().split())


def listed(response) -> dict[str, str]:
    assert response.status_code == 200
    return {line.customer.number: line.reason for line in response.context["lines"]}


def shown(response) -> dict[str, str]:
    """The hidden fields that confirm what a page showed."""
    return dict(re.findall(r'name="(shown|revision)" value="([^"]*)"', response.content.decode()))


def save(browser, url, answers):
    """Look at the effect, then save."""
    seen = browser.post(url, answers)
    return browser.post(url, answers | shown(seen) | {"save": "1"})


def test_every_customer_with_access_is_listed_with_reason_and_price(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker, tariff=world.cheap)
    response = signed_in(world.anna).get(page(world.leusden))
    assert listed(response) == {"1001": "own user group", "1002": "allowed by an exception"}
    assert "0.35 EUR/kWh" in text(response) and "0.20 EUR/kWh" in text(response)
    assert "Olsen" not in text(response)


@for_each(
    ("query", "numbers"),
    [
        ("", {"1001"}),
        ("?access=refused", {"1002"}),
        ("?access=all", {"1001", "1002"}),
        ("?q=bakker", {"1002"}),
        ("?q=1001", {"1001"}),
        ("?q=04BB", {"1002"}),
        ("?q=NL-GRG-000002", {"1002"}),
        ("?q=olsen", set()),
        ("?reason=no_access", {"1002"}),
        ("?reason=own_user_group&access=all", {"1001"}),
        ("?exception=any&access=all", set()),
        ("?exception=none&access=all", {"1001", "1002"}),
        ("?reason=nonsense", {"1001"}),
        ("?access=%00&name=%00&after=x&edit=x", {"1001"}),
        ("?after=99999999999999999999&edit=99999999999999999999", {"1001"}),
        ("?q=%00", {"1001"}),
    ],
)
def test_the_table_is_searched_and_filtered(world, signed_in, query, numbers):
    assert set(listed(signed_in(world.anna).get(page(world.leusden) + query))) == numbers


@for_each(
    ("query", "words"),
    [("", "May charge"), ("?q=bakker", "Everyone"), ("?reason=no_access", "Everyone"), ("?access=all", "Everyone")],
)
def test_the_choice_of_access_says_whom_the_table_lists(world, signed_in, query, words):
    html = text(signed_in(world.anna).get(page(world.leusden) + query))
    assert re.findall(r"selected>([^<]*)</option>", html)[0] == words


def test_a_search_typed_into_the_form_finds_who_may_not_charge_either(world, signed_in):
    browser = signed_in(world.anna)
    form = browser.get(page(world.leusden)).context["filter"].form
    typed = {name: form[name].value() or "" for name in form.fields} | {"q": "bakker"}
    value = re.search(r'name="access".*?<option value="([^"]*)" selected', str(form["access"]), re.DOTALL)
    assert set(listed(browser.get(page(world.leusden), typed | {"access": value[1]}))) == {"1002"}


def test_a_long_table_is_read_page_by_page_without_doubles(world, signed_in):
    for number in range(120):
        make.CustomerFactory(user_group=world.north, number=f"N{number}", name="Same name" if number % 2 else "Other")
    browser, url, seen = signed_in(world.anna), page(world.leusden), []
    following = "?"
    while following:
        response = browser.get(url + following)
        seen += listed(response)
        following = response.context["following"]
    assert len(seen) == len(set(seen)) == 121


def test_the_table_costs_no_query_a_row(world, signed_in, django_assert_max_num_queries):
    browser = signed_in(world.anna)
    with django_assert_max_num_queries(100) as few:
        browser.get(page(world.leusden))
    for customer in make.CustomerFactory.create_batch(40, user_group=world.north):
        make.CustomerExceptionFactory(charge_group=world.leusden, customer=customer)
    with django_assert_max_num_queries(len(few)):
        browser.get(page(world.leusden))


def test_an_exception_shows_old_and_new_price_before_it_is_saved(world, signed_in):
    browser, url = signed_in(world.anna), page(world.leusden) + f"?edit={world.jansen.pk}"
    answers = {"access": "policy", "tariff": world.cheap.pk, "note": "loyal"}
    seen = text(browser.post(url, answers))
    assert "0.35 EUR/kWh" in seen and "0.20 EUR/kWh" in seen and "Nothing has been written yet" in seen
    assert not CustomerException.objects.exists()
    assert save(browser, url, answers).status_code == 302
    stored = CustomerException.objects.get()
    assert (stored.customer, stored.tariff, stored.note) == (world.jansen, world.cheap, "loyal")


def test_a_new_exception_allows_and_one_that_says_nothing_is_told_so(world, signed_in):
    browser, url = signed_in(world.anna), page(world.leusden) + f"?edit={world.bakker.pk}"
    assert '<option value="allowed" selected' in browser.get(url + "&access=all").content.decode()
    assert "an exception changes nothing" in text(browser.post(url, {"access": "policy"}))
    assert not CustomerException.objects.exists()


def test_nothing_is_saved_that_was_not_shown(world, signed_in):
    browser, url = signed_in(world.anna), page(world.leusden) + f"?edit={world.jansen.pk}"
    seen = browser.post(url, {"access": "denied"})
    browser.post(url, {"access": "allowed"} | shown(seen) | {"save": "1"})
    browser.post(url, {"access": "allowed", "save": "1"})
    assert not CustomerException.objects.exists()


def test_an_exception_is_edited_and_removed_in_place(world, signed_in):
    browser, url = signed_in(world.anna), page(world.leusden) + f"?edit={world.jansen.pk}"
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    opened = browser.get(url)
    save(browser, url, {"access": "allowed"} | shown(opened))
    assert CustomerException.objects.get().access == "allowed"
    asked = browser.post(url, {"remove": "1"})
    assert CustomerException.objects.exists()
    browser.post(url, {"remove": "1"} | shown(asked))
    assert not CustomerException.objects.exists()


def test_the_second_of_two_editors_of_an_exception_is_told(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="policy")
    anna, ben = signed_in(world.anna), signed_in(world.ben)
    url = page(world.leusden) + f"?edit={world.jansen.pk}"
    bens = shown(ben.get(url))
    save(anna, url, {"access": "denied", "note": "unpaid"} | shown(anna.get(url)))
    refused = ben.post(url, {"access": "allowed"} | bens)
    assert "Anna" in text(refused) and "unpaid" in text(refused)
    assert CustomerException.objects.get().access == "denied"


@pytest.mark.django_db(transaction=True)
def test_an_exception_is_edited_outside_of_any_test_s_transaction(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    browser, url = signed_in(world.anna), page(world.leusden) + f"?edit={world.jansen.pk}"
    assert save(browser, url, {"access": "allowed"} | shown(browser.get(url))).status_code == 302
    assert CustomerException.objects.get().access == "allowed"


@pytest.mark.parametrize(
    "answers",
    [
        {"access": "perhaps"},
        {"access": "allowed", "tariff": "x"},
        {"access": "allowed", "valid_from": "2026-02-01T00:00", "valid_until": "2026-01-01T00:00"},
        {"access": "allowed", "valid_from": "tomorrow"},
        {"access": "allowed", "note": "x" * 501},
    ],
)
def test_an_exception_that_makes_no_sense_is_refused(world, signed_in, answers):
    browser, url = signed_in(world.anna), page(world.leusden) + f"?edit={world.jansen.pk}"
    assert "evc-error" in text(browser.post(url, answers))
    assert not CustomerException.objects.exists()


def test_a_foreign_tariff_is_no_choice(world, signed_in):
    browser, url = signed_in(world.anna), page(world.leusden) + f"?edit={world.jansen.pk}"
    refused = text(browser.post(url, {"access": "allowed", "tariff": world.foreign.pk}))
    assert "evc-error" in refused and "Fjordprice" not in refused
    assert not CustomerException.objects.exists()


def test_a_tariff_of_another_currency_is_refused_by_the_guard(world, signed_in):
    swedish = make.TariffFactory(provider=world.greengrid, currency="SEK")
    browser, url = signed_in(world.anna), page(world.leusden) + f"?edit={world.jansen.pk}"
    refused = save(browser, url, {"access": "allowed", "tariff": swedish.pk})
    assert "share one currency" in text(refused)
    assert not CustomerException.objects.exists()


def test_a_foreign_customer_gets_no_exception(world, signed_in):
    browser, url = signed_in(world.anna), page(world.leusden) + f"?edit={world.olsen.pk}"
    response = save(browser, url, {"access": "allowed"})
    assert "Olsen" not in text(response)
    assert not CustomerException.objects.exists()


def test_helpdesk_reads_exceptions_and_makes_none(world, signed_in):
    browser, url = signed_in(world.hugo), page(world.leusden) + f"?edit={world.jansen.pk}"
    assert browser.get(url).status_code == 200
    assert browser.post(url, {"access": "allowed"}).status_code == 403
    assert not CustomerException.objects.exists()


def test_a_sub_provider_sees_its_own_customers_only(world, signed_in):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.bakker)
    response = signed_in(world.carla).get(page(world.leusden) + "?access=all")
    assert set(listed(response)) == {"1001"}
