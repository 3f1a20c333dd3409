"""Price pages: whoever scans the code at a charge point reads what charging costs there; nobody reads more than that."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chargegroups.models import ChargeGroup
from chargepoints import price_sheet
from chargepoints.models import PricePage
from chargepoints.price_texts import TEXTS
from tests import factories as make
from tests.portal.test_overviews import words

pytestmark = pytest.mark.django_db


def tab(row):
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_prices", args=[row.pk])


def sheet(row):
    return tab(row) + "sheet/"


def publish(browser, row):
    return browser.post(tab(row), {"action": "publish"})


def anybody(page, language="en"):
    return Client().get(page.get_absolute_url(), headers={"accept-language": language})


class TestPage:
    def test_whoever_has_the_address_reads_the_price_of_the_charge_point(self, world, signed_in):
        publish(signed_in(world.anna), world.market)
        page = PricePage.objects.get(charge_point=world.market)
        answer = anybody(page)
        text = words(answer)
        assert answer.status_code == 200
        assert "GreenGrid" in text and world.market.name in text
        assert "0.35 EUR/kWh" in text
        assert "Standard" not in text and "STANDARD" not in text and "North" not in text

    @pytest.mark.parametrize("language", TEXTS)
    def test_in_the_language_of_the_browser(self, world, signed_in, language):
        publish(signed_in(world.anna), world.market)
        answer = anybody(PricePage.objects.get(), f"{language}-XX,en;q=0.5")
        assert f'lang="{language}"' in answer.content.decode()
        assert TEXTS[language]["agreed"] in words(answer)

    def test_a_page_of_a_group_holds_for_all_its_points(self, world, signed_in):
        group = world.market.charge_group
        publish(signed_in(world.anna), group)
        assert group.name in words(anybody(PricePage.objects.get(charge_group=group)))

    def test_it_says_what_comes_next(self, world, signed_in):
        group = world.market.charge_group
        dearer = make.TariffFactory(provider=world.greengrid, per_kwh="0.99")
        publish(signed_in(world.anna), group)
        assert "0.99" not in words(anybody(PricePage.objects.get()))
        make.TermsFactory(charge_group=group, tariff=dearer, valid_from=timezone.now() + timedelta(days=9))
        assert "0.99" in words(anybody(PricePage.objects.get()))

    def test_it_says_when_nobody_can_charge_in_place_of_a_price(self, world, signed_in):
        publish(signed_in(world.anna), world.market)
        empty = make.ChargeGroupFactory(user_group=world.north, terms=None)
        type(world.market).objects.filter(pk=world.market.pk).update(charge_group=empty)
        assert TEXTS["en"]["closed"] in words(anybody(PricePage.objects.get()))

    def test_prices_of_single_customers_stay_between_them_and_the_provider(self, world, signed_in):
        secret = make.TariffFactory(provider=world.greengrid, per_kwh="0.01")
        make.CustomerExceptionFactory(
            charge_group=world.market.charge_group, customer=world.jansen, access="allowed", tariff=secret
        )
        publish(signed_in(world.anna), world.market)
        assert "0.01" not in words(anybody(PricePage.objects.get()))

    @pytest.mark.parametrize("key", ["nobodys", "a\x00b", "%", "x" * 500])
    def test_an_address_that_opens_nothing_says_so(self, world, key):
        answer = Client().get(reverse("price_page", args=[key]))
        assert answer.status_code == 404
        assert TEXTS["en"]["withdrawn"] in words(answer)

    def test_a_withdrawn_page_is_like_none_and_comes_back_under_its_address(self, world, signed_in):
        anna = signed_in(world.anna)
        publish(anna, world.market)
        page = PricePage.objects.get()
        anna.post(tab(world.market), {"action": "withdraw"})
        answer = anybody(page)
        assert answer.status_code == 404
        assert "GreenGrid" not in words(answer)
        publish(anna, world.market)
        assert anybody(page).status_code == 200

    def test_a_home_charger_tells_nobody_where_it_stands(self, world, signed_in):
        publish(signed_in(world.anna), world.market)
        ChargeGroup.objects.filter(pk=world.market.charge_group_id).update(type=ChargeGroup.Type.HOME)
        assert anybody(PricePage.objects.get()).status_code == 404


class TestTab:
    def test_a_group_of_home_chargers_is_not_published(self, world, signed_in):
        ChargeGroup.objects.filter(pk=world.market.charge_group_id).update(type=ChargeGroup.Type.HOME)
        anna = signed_in(world.anna)
        assert "home chargers" in words(anna.get(tab(world.market)))
        refused = anna.post(tab(world.market), {"action": "publish"}, follow=True)
        assert "Nothing was published. It is for home chargers" in words(refused)
        assert not PricePage.objects.exists()

    def test_a_button_that_is_pressed_twice_publishes_once(self, world, signed_in):
        anna = signed_in(world.anna)
        assert [publish(anna, world.market).status_code for _ in range(2)] == [302, 302]
        anna.post(tab(world.market), {"action": "something else"})
        assert PricePage.objects.get().published

    def test_who_only_reads_publishes_nothing(self, world, signed_in):
        rita = signed_in(world.rita)
        assert "Publish the price page" not in words(rita.get(tab(world.market)))
        assert publish(rita, world.market).status_code == 403
        assert not PricePage.objects.exists()

    def test_another_providers_charge_point_looks_like_none(self, world, signed_in):
        otto = signed_in(world.otto)
        assert otto.get(tab(world.market)).status_code == 404
        assert publish(otto, world.market).status_code == 404
        assert otto.get(sheet(world.market)).status_code == 404
        assert not PricePage.objects.exists()

    def test_who_published_it_stands_in_the_history(self, world, signed_in):
        anna = signed_in(world.anna)
        publish(anna, world.market)
        history = reverse("admin:chargepoints_chargepoint_history", args=[world.market.pk])
        assert "price page" in words(anna.get(history)).lower()


class TestSheet:
    def test_there_is_none_before_the_page_that_its_code_leads_to(self, world, signed_in):
        answer = signed_in(world.anna).get(sheet(world.market), follow=True)
        assert answer.request["PATH_INFO"] == tab(world.market)
        assert "its code leads there" in words(answer)

    def test_a_published_page_that_nobody_may_read_any_more_has_none(self, world, signed_in):
        anna = signed_in(world.anna)
        publish(anna, world.market)
        ChargeGroup.objects.filter(pk=world.market.charge_group_id).update(type=ChargeGroup.Type.HOME)
        assert anna.get(sheet(world.market)).status_code == 302
        text = words(anna.get(tab(world.market)))
        assert "home chargers" in text and "Price sheet as PDF" not in text

    def test_it_is_printed_with_a_code_of_the_page(self, world, signed_in):
        anna = signed_in(world.anna)
        publish(anna, world.market)
        answer = anna.get(sheet(world.market), {"lang": "nl"})
        address = PricePage.objects.get().get_absolute_url()
        assert TEXTS["nl"]["scan"] in words(answer)
        assert f"<title>http://testserver{address}</title>" in answer.content.decode()

    def test_as_a_pdf_where_the_machine_can(self, world, signed_in):
        if price_sheet.why_no_pdf():
            pytest.skip(price_sheet.why_no_pdf())
        anna = signed_in(world.anna)
        publish(anna, world.market)
        answer = anna.get(sheet(world.market), {"as": "pdf"})
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")

    def test_without_pango_there_is_the_page_to_print_and_the_reason(self, world, signed_in, monkeypatch):
        def missing():
            raise ImportError("This machine lacks Pango.")

        monkeypatch.setattr(price_sheet, "_weasyprint", missing)
        anna = signed_in(world.anna)
        publish(anna, world.market)
        text = words(anna.get(tab(world.market)))
        assert "This machine lacks Pango." in text and "Print page" in text and "as PDF" not in text
        assert anna.get(sheet(world.market), {"as": "pdf"})["Content-Type"].startswith("text/html")


def test_every_language_has_the_same_texts():
    for texts in TEXTS.values():
        assert texts.keys() == TEXTS["en"].keys()
        assert all(texts.values())
