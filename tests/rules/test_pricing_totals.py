"""Limits, VAT, rounding and small sessions: the sentences of docs/terms-prices.md."""

from decimal import Decimal
from fractions import Fraction

import pytest

from tariffs.pricing import (
    Component,
    Element,
    PriceLimit,
    Tariff,
    compile_tariff,
    price,
    price_session,
    read_session,
    read_tariff,
)
from tests.rules.pricing_world import (
    charging,
    cost_of,
    element,
    exactly,
    money,
    period,
    reservation,
    session,
    tariff,
)

PER_KWH = element(("ENERGY", "0.30"))


class TestLimits:
    @pytest.mark.parametrize(("kwh", "excl", "incl"), [("1", "2.00", "2.42"), ("10", "3.00", "3.63")])
    def test_a_least_price_binds_both_totals(self, kwh: str, excl: str, incl: str) -> None:
        prices = tariff(element(("ENERGY", "0.30", 1, 21)), min_price={"excl_vat": 2, "incl_vat": "2.42"})
        cost = cost_of(prices, session(charging(60, kwh)))

        assert (cost.excl_vat, cost.incl_vat) == (money(excl), money(incl))

    def test_the_totals_are_bound_independently(self) -> None:
        prices = tariff(element(("ENERGY", "0.30", 1, 50)), max_price={"excl_vat": "2.50", "incl_vat": 100})
        cost = cost_of(prices, session(charging(60, "10")))

        assert (cost.excl_vat, cost.incl_vat) == (money("2.50"), money("4.50"))

    @pytest.mark.parametrize(
        ("prices", "kwh", "limits", "totals"),
        [
            ([("ENERGY", "0.10", 1, 21)], 2, {"min_price": 1}, ("1.00", "1.21")),
            ([("ENERGY", "0.30", 1, 10)], 10, {"max_price": 1}, ("1.00", "1.10")),
            ([("ENERGY", "0.30", 1, 10)], 10, {"max_price": 1, "min_price": 1}, ("1.00", "1.10")),
            ([("ENERGY", "0.10", 1, 10), ("FLAT", "0.10", 1, 50)], 1, {"min_price": 2}, ("2.00", "2.60")),
            ([("ENERGY", "0.10")], 1, {"min_price": 2}, ("2.00", "2.00")),
            ([("ENERGY", "0.30", 1, 21)], 1, {"min_price": "0.29"}, ("0.30", "0.36")),
            ([("ENERGY", "0.30", 1, 21)], 10, {"max_price": 0}, ("0.00", "0.00")),
        ],
    )
    def test_a_limit_given_only_excluding_vat_binds_the_other_total_in_proportion(
        self, prices: list, kwh: int, limits: dict, totals: tuple[str, str]
    ) -> None:
        given = {name: {"excl_vat": amount} for name, amount in limits.items()}
        cost = cost_of(tariff(element(*prices), **given), session(charging(60, str(kwh))))

        assert (cost.excl_vat, cost.incl_vat) == (money(totals[0]), money(totals[1]))

    @pytest.mark.parametrize(
        ("vat", "incl"), [((21, 21), "6.05"), ((21, 10), "5.00"), ((None, None), "5.00"), ((21, None), "5.00")]
    )
    def test_where_nothing_was_priced_it_takes_the_vat_that_all_components_share(self, vat: tuple, incl: str) -> None:
        on_sunday = [
            element((kind, "1", 1, rate), day_of_week=["SUNDAY"])
            for kind, rate in zip(("ENERGY", "FLAT"), vat, strict=True)
        ]
        cost = cost_of(tariff(*on_sunday, min_price={"excl_vat": 5}), session(charging(60, "1")))

        assert (cost.excl_vat, cost.incl_vat) == (money("5.00"), money(incl))

    def test_no_total_including_vat_is_below_the_one_without(self) -> None:
        fee = Element((Component("FLAT", Decimal(1), vat=Decimal(21)),))
        prices = Tariff("EUR", (fee,), min_price=PriceLimit(Decimal(5), Decimal(4)))

        assert price_session(prices, read_session(session(charging(60, "1")))).totals == (5, 5)

    def test_the_lines_add_up_to_totals_that_are_bound_in_proportion(self) -> None:
        prices = tariff(
            element(("ENERGY", "0.3", 1, 7), ("FLAT", "0.1", 1, 19)),
            min_price={"excl_vat": 1},
            max_price={"excl_vat": 1},
        )
        cost = cost_of(prices, session(charging(60, "1")))

        assert sum(line.incl_vat for line in cost.lines) == cost.exact_incl_vat == Fraction("0.44") / Fraction("0.4")
        assert sum(line.excl_vat for line in cost.lines) == cost.exact_excl_vat == 1

    def test_the_lines_add_up_where_one_limit_binds_in_thirds_what_the_other_bound(self) -> None:
        prices = tariff(
            element(("ENERGY", "0.30", 1, 10)), min_price={"excl_vat": 1, "incl_vat": 10}, max_price={"excl_vat": 2}
        )
        cost = cost_of(prices, session(charging(60, "10")))

        assert cost.totals == (Fraction(20, 3), 2)
        assert [(line.dimension, line.excl_vat, line.incl_vat) for line in cost.lines[1:]] == [
            ("MIN_PRICE", 0, Fraction("6.7")),
            ("MAX_PRICE", -1, Fraction(-10, 3)),
        ]

    def test_a_least_price_does_not_bind_where_there_was_only_a_reservation(self) -> None:
        prices = tariff(element(("TIME", "6"), reservation="RESERVATION"), min_price={"excl_vat": 50})

        assert exactly(prices, session(reservation(10))) == 1

    def test_a_least_price_binds_a_session_that_no_element_priced(self) -> None:
        prices = tariff(element(("ENERGY", "1"), day_of_week=["SUNDAY"]), min_price={"excl_vat": 5})

        assert exactly(prices, session(charging(60, "1"))) == 5

    def test_a_greatest_price_binds_reservation_and_session_together(self) -> None:
        prices = tariff(
            element(("FLAT", "6"), reservation="RESERVATION"), element(("FLAT", "7")), max_price={"excl_vat": 10}
        )

        assert exactly(prices, session(reservation(10), charging(10))) == 10

    def test_what_a_limit_changes_is_a_line(self) -> None:
        cost = cost_of(tariff(PER_KWH, max_price={"excl_vat": 2}), session(charging(60, "10")))

        assert [(line.dimension, line.excl_vat) for line in cost.lines] == [("ENERGY", 3), ("MAX_PRICE", -1)]


class TestVat:
    def test_each_component_carries_its_own(self) -> None:
        prices = tariff(element(("ENERGY", "0.25", 1, 10), ("FLAT", "0.50", 1, 20)))
        cost = cost_of(prices, session(charging(60, "20")))

        assert (cost.excl_vat, cost.incl_vat) == (money("5.50"), money("6.10"))

    def test_a_component_without_a_percentage_has_none(self) -> None:
        prices = tariff(element(("ENERGY", "0.25", 1, 10), ("FLAT", "0.50")))
        cost = cost_of(prices, session(charging(60, "20")))

        assert (cost.excl_vat, cost.incl_vat) == (money("5.50"), money("6.00"))

    def test_prices_that_include_it_are_converted_exactly(self) -> None:
        prices = tariff(element(("ENERGY", "0.35", 1, 21)), tax_included="YES")
        cost = cost_of(prices, session(charging(60, "20")))

        assert cost.exact_incl_vat == 7
        assert cost.exact_excl_vat == Fraction(700, 121)
        assert cost.excl_vat == money("5.79")

    def test_limits_of_ocpi_230_bind_before_and_after_taxes(self) -> None:
        prices = tariff(PER_KWH, max_price={"before_taxes": 1, "after_taxes": 2})
        cost = cost_of(prices, session(charging(60, "10")))

        assert (cost.excl_vat, cost.incl_vat) == (money("1.00"), money("2.00"))


class TestRounding:
    @pytest.mark.parametrize(
        ("currency", "total"), [("EUR", "0.13"), ("JPY", "0"), ("KWD", "0.125"), ("ISK", "0"), ("UYW", "0.1250")]
    )
    def test_once_half_up_to_the_minor_unit_of_the_currency(self, currency: str, total: str) -> None:
        cost = cost_of(tariff(element(("FLAT", "0.125")), currency=currency), session(charging(60)))

        assert str(cost.excl_vat) == total

    def test_half_a_unit_goes_up(self) -> None:
        assert str(cost_of(tariff(element(("FLAT", "0.5")), currency="JPY"), session(charging(60))).excl_vat) == "1"

    def test_thirds_stay_exact_until_the_end(self) -> None:
        prices = tariff(element(("TIME", "1")))
        charged = session(*[charging(20)] * 3)

        assert exactly(prices, charged) == 1

    def test_components_are_not_rounded_one_by_one(self) -> None:
        prices = tariff(element(("ENERGY", "0.004"), ("TIME", "0.004"), ("FLAT", "0.004")))

        assert cost_of(prices, session(charging(60, "1"))).excl_vat == Decimal("0.01")


class TestSmallSessions:
    RULE = {"seconds": 120, "kwh": "0.2"}
    PRICES = tariff(
        element(("FLAT", "1")), element(("FLAT", "2"), reservation="RESERVATION"), min_price={"excl_vat": 5}
    )

    @pytest.mark.parametrize(("seconds", "kwh", "total"), [(119, "5", 0), (120, "0.19", 0), (120, "0.2", 5)])
    def test_too_short_or_too_little_costs_nothing_least_price_or_not(self, seconds: int, kwh: str, total: int) -> None:
        cost = cost_of(self.PRICES, session(period("charging", seconds, kwh), minimum=self.RULE))

        assert cost.exact_excl_vat == total
        assert cost.small_session is (total == 0)

    def test_there_is_no_rule_where_none_is_given(self) -> None:
        assert exactly(self.PRICES, session(period("charging", 1, "0.001"))) == 5

    def test_it_is_measured_without_the_reservation_whose_fees_stay(self) -> None:
        cost = cost_of(self.PRICES, session(reservation(60), period("charging", 60, "5"), minimum=self.RULE))

        assert cost.exact_excl_vat == 2
        assert [line.dimension for line in cost.lines] == ["FLAT", "SMALL_SESSION"]

    def test_parking_counts_as_length(self) -> None:
        charged = session(period("charging", 60, "5"), period("parking", 60), minimum=self.RULE)

        assert exactly(self.PRICES, charged) == 5

    def test_a_reservation_alone_is_no_small_session(self) -> None:
        assert not cost_of(self.PRICES, session(reservation(60), minimum=self.RULE)).small_session


def test_a_tariff_prepared_for_one_zone_refuses_a_session_in_another() -> None:
    compiled = compile_tariff(read_tariff(tariff(PER_KWH)), "Europe/London")

    with pytest.raises(ValueError, match="Europe/London meets a session in Europe/Amsterdam"):
        price(compiled, read_session(session(charging(60, "1"))))


def test_a_prepared_tariff_prices_sessions_that_count_in_odd_parts() -> None:
    compiled = compile_tariff(read_tariff(tariff(element(("ENERGY", "3", 0), min_kwh=1))), "Europe/Amsterdam")
    fine = read_session(session(charging(60, "1.0000000000003")))

    assert price(compiled, fine).exact_excl_vat == Fraction("0.0000000000009")
    assert price(compiled, read_session(session(charging(60, "2")))).exact_excl_vat == 3
