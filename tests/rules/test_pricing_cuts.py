"""Where a session is cut, and that nothing is lost or added: several axes, several cuts, thirds and sevenths."""

from datetime import datetime, time
from decimal import Decimal
from fractions import Fraction

import pytest

from tariffs.pricing import (
    Component,
    Element,
    InvalidSession,
    Restrictions,
    Session,
    Tariff,
    price_session,
    read_session,
)
from tests.rules.pricing_world import (
    AMSTERDAM,
    MONDAY_TEN,
    charging,
    cost_of,
    element,
    exactly,
    parking,
    period,
    reservation,
    session,
    tariff,
)


def test_a_cut_loses_not_even_the_smallest_part_of_a_kwh_that_can_be_written() -> None:
    prices = tariff(element(("ENERGY", "1", 0), start_time="10:30"), element(("ENERGY", "1", 0)))
    kwh = "1.0000000000000000000000000001"

    assert exactly(prices, session(period("charging", 4096, kwh), start="2026-03-02T09:59:59")) == Fraction(kwh)


class TestSeveralAxes:
    PRICES = tariff(
        element(("TIME", "1"), end_time="10:20", max_duration=600),
        element(("TIME", "10"), start_time="10:20", max_duration=1800),
        element(("TIME", "100"), start_time="10:40", end_time="10:50", min_duration=2700),
        element(("TIME", "1000"), min_duration=3000),
    )

    def test_clock_and_duration_cut_at_the_boundaries_of_both(self) -> None:
        minutes = 10 * 1 + 10 * 10 + 5 * 100 + 10 * 1000

        assert exactly(self.PRICES, session(charging(60))) == Fraction(minutes, 60)

    def test_also_where_the_meter_reported_on_the_boundaries(self) -> None:
        pieces = [charging(10), charging(10), charging(10), charging(15), charging(5), charging(10)]

        assert exactly(self.PRICES, session(*pieces)) == exactly(self.PRICES, session(charging(60)))

    def test_energy_and_duration_go_on_from_period_to_period(self) -> None:
        prices = tariff(
            element(("ENERGY", "1"), max_kwh=2),
            element(("ENERGY", "10"), max_kwh=4),
            element(("ENERGY", "100"), max_kwh=6),
            element(("ENERGY", "1000")),
        )
        whole = 2 * 1 + 2 * 10 + 2 * 100 + 2 * 1000

        assert exactly(prices, session(*[charging(30, "2")] * 4)) == whole
        assert exactly(prices, session(*[charging(20, "1")] * 8)) == whole
        assert exactly(prices, session(charging(10, "5"), charging(10, "3"))) == whole

    def test_power_and_current_of_a_period_both_have_to_fit(self) -> None:
        prices = tariff(element(("FLAT", "1"), max_power=11, max_current=16), element(("FLAT", "2")))

        for kw, amps, fee in (("3", "6", 1), ("3", "32", 2), ("22", "6", 2), ("22", "32", 2)):
            assert exactly(prices, session(charging(60, "1", kw=kw, amps=amps))) == fee

    def test_energy_and_clock_cut_within_one_period(self) -> None:
        prices = tariff(
            element(("ENERGY", "1"), max_kwh=3, end_time="10:30"),
            element(("ENERGY", "10"), max_kwh=6),
            element(("ENERGY", "100"), start_time="10:45", max_kwh=9),
        )

        assert exactly(prices, session(charging(60, "12"))) == 3 * 1 + 3 * 10 + 0

    def test_a_later_period_is_cut_by_what_is_still_to_come(self) -> None:
        prices = tariff(
            element(("TIME", "1"), end_time="10:10"),
            element(("TIME", "10"), end_time="10:30"),
            element(("TIME", "100"), end_time="10:50"),
            element(("TIME", "1000")),
        )

        assert exactly(prices, session(charging(40), charging(20))) == Fraction(10 + 20 * 10 + 20 * 100 + 10 * 1000, 60)


class TestWhatIsCut:
    def test_thirds_and_sevenths_of_several_periods_add_up(self) -> None:
        prices = tariff(
            element(("ENERGY", "1", 0), ("TIME", "3600", 0), start_time="10:00", end_time="10:01"),
            element(("ENERGY", "10", 0), start_time="10:03", end_time="10:04"),
            element(("ENERGY", "100", 0)),
        )
        charged = session(period("charging", 90, "1"), period("charging", 210, "1"))

        before, after = Fraction(2, 3), Fraction(60, 210)
        assert exactly(prices, charged) == 60 + before + 10 * after + 100 * (2 - before - after)

    def test_half_of_the_least_energy_is_counted(self) -> None:
        prices = tariff(element(("ENERGY", "1", 0), min_duration=1), element(("FLAT", "0")))

        assert exactly(prices, session(period("charging", 2, "0.000000001"))) == Fraction(1, 2 * 10**9)

    def test_priced_time_without_energy_adds_no_energy(self) -> None:
        prices = tariff(element(("ENERGY", "1", 0), ("PARKING_TIME", "6", 0), start_time="10:30"))

        assert exactly(prices, session(parking(60))) == 3

    def test_priced_energy_in_no_time_adds_no_time(self) -> None:
        prices = tariff(element(("ENERGY", "1", 0), ("TIME", "3600", 0), min_kwh=1))

        assert exactly(prices, session(period("charging", 0, "3"))) == 2

    def test_a_step_is_added_to_thirds_exactly(self) -> None:
        prices = tariff(element(("ENERGY", "1", 500), start_time="10:01"), element(("FLAT", "1")))

        assert exactly(prices, session(period("charging", 180, "1"))) == 1 + 1

    def test_reservation_and_session_in_different_parts_are_added_alike(self) -> None:
        prices = tariff(
            element(("TIME", "1"), reservation="RESERVATION"), element(("ENERGY", "3", 0), start_time="11:01")
        )
        cost = cost_of(prices, session(period("reservation", 3600), period("charging", 180, "1")))

        assert cost.exact_excl_vat == 1 + 2
        assert [line.quantity for line in cost.lines] == [1, Fraction(2, 3)]

    def test_limits_bind_what_was_cut_into_thirds(self) -> None:
        low = tariff(element(("ENERGY", "3", 0), start_time="10:01"), min_price={"excl_vat": 5, "incl_vat": 6})
        high = tariff(element(("ENERGY", "3", 0), start_time="10:01"), max_price={"excl_vat": 1, "incl_vat": "1.5"})
        charged = session(period("charging", 180, "1"))

        assert cost_of(low, charged).totals == (6, 5)
        assert cost_of(high, charged).totals == (Fraction("1.5"), 1)


class TestExactBounds:
    def test_an_average_a_hair_below_a_bound_is_below_it(self) -> None:
        prices = tariff(element(("FLAT", "1"), max_power=16), element(("FLAT", "2")))

        assert exactly(prices, session(charging(60, "15.9999999999999999999"))) == 1
        assert exactly(prices, session(charging(60, "16"))) == 2

    def test_a_reported_power_a_hair_below_a_bound_is_below_it(self) -> None:
        prices = tariff(element(("FLAT", "1"), max_power=16), element(("FLAT", "2")))

        assert exactly(prices, session(charging(60, "1", kw="15.99999999"))) == 1

    def test_a_bound_of_a_single_second_holds_for_that_second(self) -> None:
        assert exactly(tariff(element(("TIME", "3600"), max_duration=1)), session(charging(5))) == 1

    def test_where_power_is_unknown_an_element_without_that_restriction_holds(self) -> None:
        prices = tariff(element(("ENERGY", "1"), max_power=1000), element(("ENERGY", "2")))

        assert exactly(prices, session(period("charging", 0, "3"))) == 6

    def test_times_may_have_seconds_where_a_program_sets_them(self) -> None:
        fee = Element(
            (Component("TIME", Decimal(3600)),), Restrictions(start_time=time(10, 0, 10), end_time=time(10, 0, 30))
        )
        charged = Session.of(datetime.fromisoformat(MONDAY_TEN), AMSTERDAM, [("charging", 60, 1)])

        assert price_session(Tariff("EUR", (fee,)), charged).exact_excl_vat == 20


class TestSizes:
    def test_a_reservation_does_not_make_much_energy_plausible(self) -> None:
        with pytest.raises(InvalidSession, match="more than a charge point delivers"):
            read_session(session(reservation(600), charging(6, "201")))
        assert read_session(session(reservation(600), charging(6, "200"))).periods

    def test_a_year_is_not_too_long(self) -> None:
        assert read_session(session(*[parking(183 * 24 * 60)] * 2)).periods

    def test_a_car_that_draws_nothing_has_a_power_of_zero(self) -> None:
        prices = tariff(element(("FLAT", "1"), max_power=1, max_current=1), element(("FLAT", "2")))

        assert exactly(prices, session(parking(1, kw="0", amps="0"))) == 1

    @pytest.mark.parametrize(("row", "path"), [((-1, None), "kw"), ((None, -1), "amps")])
    def test_rows_of_a_program_have_no_negative_power_or_current(self, row: tuple, path: str) -> None:
        with pytest.raises(InvalidSession, match=rf"periods\[0\]\.{path}: is negative"):
            Session.of(datetime.fromisoformat(MONDAY_TEN), AMSTERDAM, [("charging", 60, 1, *row)])
