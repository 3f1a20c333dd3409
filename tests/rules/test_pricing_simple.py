"""What the simple form shows of a tariff, what it means, and what it cannot show."""

import random
from decimal import Decimal

import pytest

from tariffs.pricing import PriceLimit, price_session, read_session, read_tariff
from tariffs.pricing.simple import SimplePrices, simple_prices, simple_tariff
from tests.rules.pricing_world import charging, element, period, session, tariff
from tests.rules.test_pricing_properties import real_tariffs


def read(*elements: dict, **more):
    return read_tariff(tariff(*elements, **more))


class TestTheSimpleForm:
    FULL = SimplePrices(
        "EUR",
        Decimal("0.35"),
        Decimal("0.50"),
        Decimal("1.20"),
        Decimal("3.00"),
        3600,
        Decimal(21),
        PriceLimit(Decimal(1)),
        PriceLimit(Decimal(50), Decimal("60.5")),
    )

    @pytest.mark.parametrize(
        "prices",
        [
            FULL,
            SimplePrices("EUR"),
            SimplePrices("EUR", per_kwh=Decimal("0.35")),
            SimplePrices("NOK", idle_fee_per_hour=Decimal(6), vat=Decimal(25)),
            SimplePrices("NOK", idle_fee_per_hour=Decimal(6), idle_fee_after=900),
        ],
    )
    def test_what_was_filled_in_is_shown_again(self, prices: SimplePrices) -> None:
        assert simple_prices(simple_tariff(prices)).prices == prices

    def test_nothing_filled_in_is_free_of_charge_said_on_purpose(self) -> None:
        (only,) = simple_tariff(SimplePrices("EUR")).elements

        assert [(each.dimension, each.price) for each in only.components] == [("FLAT", 0)]

    def test_parking_after_a_while_is_an_element_of_its_own(self) -> None:
        assert [each.restrictions.min_duration for each in simple_tariff(self.FULL).elements] == [None, 3600]

    @pytest.mark.parametrize(
        ("elements", "reason"),
        [
            ([element(("ENERGY", "1"), start_time="08:00")], "It restricts when energy is charged."),
            ([element(("FLAT", "1"), min_duration=60)], "It restricts when the start fee is charged."),
            (
                [element(("ENERGY", "1"), max_kwh=9), element(("ENERGY", "2"))],
                "It has several tiers of energy.",
            ),
            ([element(("ENERGY", "1", 500))], "It bills energy in steps of 500."),
            ([element(("ENERGY", "1", 0))], "It bills energy in steps of 0."),
            ([element(("TIME", "1", 60))], "It bills charging time in steps of 60."),
            ([element(("ENERGY", "1", 1, 21), ("FLAT", "1", 1, 9))], "Its prices have different VAT percentages."),
            ([element(("FLAT", "1"), reservation="RESERVATION")], "It restricts when the start fee is charged."),
        ],
    )
    def test_what_it_cannot_show_is_said(self, elements: list, reason: str) -> None:
        reading = simple_prices(read(*elements))

        assert reading.prices is None
        assert reason in reading.obstacles

    def test_it_cannot_show_prices_that_include_vat(self) -> None:
        assert simple_prices(read(element(("FLAT", "1", 1, 21)), tax_included="YES")).obstacles == (
            "Its prices include VAT.",
        )

    def test_real_tariffs_that_fit_cost_the_same_after_the_form(self) -> None:
        charged = read_session(
            session(charging(120, "20"), period("parking", 5400), start="2026-06-15T16:30:00"),
        )
        tariffs = [read_tariff(each) for each in random.Random(7).sample(real_tariffs(), 400)]
        fitting = [(each, simple) for each in tariffs if (simple := simple_prices(each).prices)]

        assert len(fitting) > 300
        for prices, simple in fitting:
            assert price_session(simple_tariff(simple), charged).totals == price_session(prices, charged).totals
