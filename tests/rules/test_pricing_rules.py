"""What a tariff costs, sentence by sentence of docs/terms.md."""

from decimal import Decimal
from fractions import Fraction

import pytest

from chargegroups.pricing import prepare, price, read_session, read_tariff
from tests.rules.pricing_world import (
    charging,
    cost_of,
    element,
    exactly,
    money,
    parking,
    period,
    reservation,
    session,
    tariff,
)

PER_KWH = element(("ENERGY", "0.30"))


class TestWhoSetsThePrice:
    def test_the_first_element_in_list_order_that_holds(self) -> None:
        assert exactly(tariff(PER_KWH, element(("ENERGY", "0.90"))), session(charging(60, "10"))) == 3

    def test_each_dimension_finds_its_own_first_element(self) -> None:
        prices = tariff(element(("TIME", "1")), element(("ENERGY", "0.30"), ("TIME", "9")))

        assert exactly(prices, session(charging(60, "10"))) == 4

    def test_where_no_element_holds_the_dimension_costs_nothing(self) -> None:
        prices = tariff(element(("ENERGY", "0.30"), day_of_week=["SUNDAY"]), element(("FLAT", "1")))

        assert exactly(prices, session(charging(60, "10"))) == 1

    def test_energy_counts_also_while_parking(self) -> None:
        assert exactly(tariff(PER_KWH), session(charging(60, "10"), period("parking", 3600, "1"))) == Fraction("3.3")

    def test_charging_time_and_parked_time_are_two_dimensions(self) -> None:
        prices = tariff(element(("TIME", "2"), ("PARKING_TIME", "5")))

        assert exactly(prices, session(charging(60), parking(30), charging(30))) == Fraction("5.5")


class TestTheClock:
    def test_a_session_is_split_where_a_window_begins_and_ends(self) -> None:
        prices = tariff(element(("ENERGY", "1"), start_time="10:30", end_time="11:00"), element(("ENERGY", "0.10")))

        assert exactly(prices, session(charging(60, "6"))) == Fraction("3.3")

    def test_a_window_begins_at_its_first_minute_and_ends_before_its_last(self) -> None:
        prices = tariff(element(("TIME", "60"), start_time="10:00", end_time="10:01"))

        assert exactly(prices, session(charging(5))) == 1

    def test_an_end_before_the_start_wraps_over_midnight(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="22:00", end_time="06:00"))

        assert exactly(prices, session(charging(12 * 60), start="2026-03-02T20:00:00")) == 8

    def test_an_end_at_midnight_is_the_end_of_the_day(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="22:00", end_time="00:00"))

        assert exactly(prices, session(charging(12 * 60), start="2026-03-02T20:00:00")) == 2

    def test_equal_times_are_the_whole_day(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="08:00", end_time="08:00"))

        assert exactly(prices, session(charging(24 * 60))) == 24

    def test_a_start_alone_runs_to_the_end_of_the_day(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="22:00"))

        assert exactly(prices, session(charging(24 * 60))) == 2

    def test_an_end_alone_runs_from_the_beginning_of_the_day(self) -> None:
        assert exactly(tariff(element(("TIME", "1"), end_time="06:00")), session(charging(24 * 60))) == 6

    def test_a_day_of_the_week_is_that_of_the_moment_also_after_midnight(self) -> None:
        friday_night = element(("TIME", "1"), start_time="22:00", end_time="06:00", day_of_week=["FRIDAY"])

        assert exactly(tariff(friday_night), session(charging(12 * 60), start="2026-03-06T20:00:00")) == 2
        assert exactly(tariff(friday_night), session(charging(12 * 60), start="2026-03-05T20:00:00")) == 6

    def test_a_first_date_is_included_and_an_end_date_is_not(self) -> None:
        prices = tariff(element(("TIME", "1"), start_date="2026-03-03", end_date="2026-03-04"))

        assert exactly(prices, session(charging(72 * 60), start="2026-03-02T00:00:00")) == 24

    def test_no_minute_is_lost_between_windows_that_meet(self) -> None:
        prices = tariff(
            element(("TIME", "1"), start_time="00:00", end_time="12:00"), element(("TIME", "2"), start_time="12:00")
        )

        assert exactly(prices, session(charging(24 * 60))) == 36

    def test_a_window_until_2359_leaves_a_minute_without_a_price(self) -> None:
        prices = tariff(element(("TIME", "60"), start_time="00:00", end_time="23:59"))

        assert exactly(prices, session(charging(24 * 60))) == 24 * 60 - 1

    def test_the_clock_is_that_of_the_location(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="10:00", end_time="11:00"))
        charged = session(charging(60), start="2026-03-02T09:00:00+00:00")

        assert exactly(prices, charged) == 1
        assert exactly(prices, charged | {"time_zone": "Europe/London"}) == 0


class TestDaysOf23And25Hours:
    NIGHT = tariff(element(("TIME", "1"), start_time="00:00", end_time="06:00"))

    def test_the_night_of_spring_has_an_hour_less(self) -> None:
        assert exactly(self.NIGHT, session(charging(12 * 60), start="2026-03-29T00:00:00")) == 5

    def test_the_night_of_autumn_has_an_hour_more(self) -> None:
        assert exactly(self.NIGHT, session(charging(12 * 60), start="2026-10-25T00:00:00")) == 7

    def test_a_window_within_the_hour_that_repeats_holds_twice(self) -> None:
        prices = tariff(element(("TIME", "60"), start_time="02:15", end_time="02:30"))

        assert exactly(prices, session(charging(5 * 60), start="2026-10-25T00:00:00")) == 30

    def test_a_window_that_begins_in_the_hour_that_is_skipped_holds_from_the_change_on(self) -> None:
        prices = tariff(element(("TIME", "60"), start_time="02:30", end_time="04:00"))

        assert exactly(prices, session(charging(5 * 60), start="2026-03-29T00:00:00")) == 60

    def test_a_start_in_the_hour_that_repeats_is_the_first_of_the_two(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="02:00", end_time="03:00"))
        charged = session(charging(3 * 60), start="2026-10-25T02:00:00")

        assert exactly(prices, charged) == 2

    def test_unless_it_carries_its_offset(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="02:00", end_time="03:00"))
        charged = session(charging(3 * 60), start="2026-10-25T02:00:00+01:00")

        assert exactly(prices, charged) == 1

    def test_a_clock_half_an_hour_off_is_followed_too(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="01:30", end_time="02:00"))
        charged = session(charging(120), start="2026-04-05T01:00:00", time_zone="Australia/Lord_Howe")

        assert exactly(prices, charged) == 1  # at 02:00 the clock goes back to 01:30


class TestThresholds:
    def test_kwh_from_the_least_included_to_the_most_excluded(self) -> None:
        prices = tariff(element(("ENERGY", "1"), min_kwh=2, max_kwh=5), element(("ENERGY", "0.1")))

        assert exactly(prices, session(charging(60, "10"))) == Fraction("3.7")

    def test_a_threshold_within_a_second_is_found_exactly(self) -> None:
        prices = tariff(element(("TIME", "3600", 0), max_kwh=1), element(("ENERGY", "0")))

        assert exactly(prices, session(period("charging", 7, "3"))) == Fraction(7, 3)

    def test_time_is_split_where_energy_passes_a_threshold(self) -> None:
        prices = tariff(element(("TIME", "2"), max_kwh=5), element(("TIME", "4")))

        assert exactly(prices, session(charging(60, "10"))) == 3

    def test_after_the_threshold_is_reached_it_holds_while_parking(self) -> None:
        prices = tariff(element(("PARKING_TIME", "3"), min_kwh=10))

        assert exactly(prices, session(charging(60, "10"), parking(60))) == 3
        assert exactly(prices, session(charging(60, "9.999"), parking(60))) == 0

    def test_duration_counts_charging_and_parking_alike(self) -> None:
        prices = tariff(element(("PARKING_TIME", "6"), min_duration=5400))

        assert exactly(prices, session(charging(60), parking(60))) == 3

    def test_a_least_duration_is_included_and_a_most_excluded(self) -> None:
        prices = tariff(element(("TIME", "3600"), min_duration=60, max_duration=61))

        assert exactly(prices, session(charging(5))) == 1

    def test_two_thresholds_at_the_same_moment(self) -> None:
        prices = tariff(
            element(("ENERGY", "1"), max_kwh=5), element(("ENERGY", "3"), min_duration=1800), element(("ENERGY", "7"))
        )

        assert exactly(prices, session(charging(60, "10"))) == 5 + 15


class TestPowerAndCurrent:
    BY_POWER = tariff(element(("ENERGY", "0.2"), max_power=16), element(("ENERGY", "0.5"), min_power=16))

    def test_a_period_counts_with_the_power_that_it_reports(self) -> None:
        charged = session(charging(60, "10", kw="15.9999"), charging(60, "10", kw="16"))

        assert exactly(self.BY_POWER, charged) == 7

    def test_without_one_with_its_average(self) -> None:
        assert exactly(self.BY_POWER, session(charging(30, "7.99"), charging(30, "8"))) == Fraction("5.598")

    def test_energy_in_no_time_has_no_average_and_meets_no_restriction_of_power(self) -> None:
        assert exactly(self.BY_POWER, session(charging(60, "10"), period("charging", 0, "1"))) == 2

    def test_an_element_that_restricts_current_does_not_hold_where_it_is_unknown(self) -> None:
        prices = tariff(element(("ENERGY", "1"), max_current=32), element(("ENERGY", "0.1")))

        assert exactly(prices, session(charging(60, "10"), charging(60, "10", amps="16"))) == 11

    def test_current_from_the_least_included_to_the_most_excluded(self) -> None:
        prices = tariff(element(("ENERGY", "1"), min_current=16, max_current=32))
        charged = [charging(60, "1", amps=amps) for amps in ("15.9", "16", "31.9", "32")]

        assert exactly(prices, session(*charged)) == 2


class TestTheFlatFee:
    def test_is_charged_once_by_the_first_element_that_holds_at_the_start(self) -> None:
        prices = tariff(element(("FLAT", "1"), end_time="10:30"), element(("FLAT", "2")))

        assert exactly(prices, session(charging(60), charging(60))) == 1

    def test_else_at_the_first_moment_at_which_one_holds(self) -> None:
        prices = tariff(element(("FLAT", "2"), min_duration=7200), element(("FLAT", "1"), start_time="10:30"))

        assert exactly(prices, session(charging(180))) == 1
        assert exactly(prices, session(charging(30))) == 0
        assert exactly(prices, session(charging(30), parking(1))) == 1

    def test_is_charged_for_a_session_that_only_parks(self) -> None:
        assert exactly(tariff(element(("FLAT", "1"))), session(parking(10))) == 1

    def test_holds_at_a_moment_that_only_has_energy(self) -> None:
        prices = tariff(element(("FLAT", "1"), min_duration=3600))

        assert exactly(prices, session(charging(60, "10"))) == 0
        assert exactly(prices, session(charging(60, "10"), period("charging", 0, "1"))) == 1


class TestSteps:
    def test_all_priced_energy_is_rounded_once_by_the_last_component_used_at_its_price(self) -> None:
        prices = tariff(element(("ENERGY", "0.10", 1), max_kwh=1), element(("ENERGY", "1", 1000)))

        assert exactly(prices, session(charging(60, "2.5"))) == Fraction("0.10") + 2

    def test_a_component_that_held_without_delivering_was_not_used(self) -> None:
        prices = tariff(element(("ENERGY", "1", 1000), end_time="10:30"), element(("ENERGY", "5", 10_000)))

        assert exactly(prices, session(charging(30, "1.5"), parking(60))) == 2

    def test_energy_without_a_price_is_not_counted(self) -> None:
        prices = tariff(element(("ENERGY", "1", 1000), min_kwh=1))

        assert exactly(prices, session(charging(60, "2.5"))) == 2

    def test_charging_time_is_rounded_where_it_was_priced_last(self) -> None:
        prices = tariff(element(("TIME", "6", 600), ("PARKING_TIME", "12", 600)))

        assert exactly(prices, session(parking(1), charging(11))) == Fraction("0.2") + 2

    def test_charging_that_is_followed_by_priced_parking_is_not_rounded(self) -> None:
        prices = tariff(element(("TIME", "6", 600), ("PARKING_TIME", "12", 600)))

        assert exactly(prices, session(charging(11), parking(1))) == Fraction("1.1") + 2

    def test_charging_that_is_followed_by_parking_without_a_price_is_rounded(self) -> None:
        assert exactly(tariff(element(("TIME", "6", 600))), session(charging(11), parking(1))) == 2

    def test_a_price_of_zero_is_a_price(self) -> None:
        prices = tariff(element(("TIME", "6", 600), ("PARKING_TIME", "0", 600)))

        assert exactly(prices, session(charging(11), parking(1))) == Fraction("1.1")

    def test_all_charging_seconds_are_rounded_together_by_the_step_of_the_last_component(self) -> None:
        prices = tariff(element(("TIME", "60", 60), end_time="10:10"), element(("TIME", "6", 900)))

        assert exactly(prices, session(charging(20))) == 10 + 2

    def test_the_earlier_step_does_not_count(self) -> None:
        prices = tariff(element(("TIME", "6", 900), end_time="10:10"), element(("TIME", "60", 60)))

        assert exactly(prices, session(charging(20))) == 1 + 10

    def test_a_reservation_is_rounded_on_its_own(self) -> None:
        prices = tariff(element(("TIME", "6", 600), reservation="RESERVATION"), element(("TIME", "60", 600)))

        assert exactly(prices, session(reservation(11), charging(11))) == 2 + 20

    def test_a_step_of_zero_bills_exactly(self) -> None:
        prices = tariff(element(("ENERGY", "1", 0), ("TIME", "3600", 0), ("FLAT", "0", 0)))

        assert exactly(prices, session(period("charging", 7, "0.0001"))) == Fraction("7.0001")

    def test_the_line_says_what_only_the_step_added(self) -> None:
        cost = cost_of(tariff(element(("PARKING_TIME", "2", 900))), session(parking(40)))

        assert [(line.quantity, line.rounding) for line in cost.lines] == [(Fraction(3, 4), Fraction(1, 12))]


class TestReservations:
    RESERVED = element(("TIME", "6", 60), ("FLAT", "2"), reservation="RESERVATION")
    EXPIRED = element(("FLAT", "4"), reservation="RESERVATION_EXPIRES")
    SESSION = element(("TIME", "60"), ("FLAT", "1"), ("PARKING_TIME", "9"))

    def test_only_elements_for_reservations_price_one(self) -> None:
        assert exactly(tariff(self.SESSION), session(reservation(60), charging(10))) == 11

    def test_they_never_price_a_session(self) -> None:
        assert exactly(tariff(self.RESERVED, self.EXPIRED), session(charging(60))) == 0

    def test_the_flat_fee_counts_once_for_the_reservation_and_once_for_the_session(self) -> None:
        prices = tariff(self.RESERVED, self.SESSION)

        assert exactly(prices, session(reservation(10), reservation(10), charging(10), charging(10))) == 2 + 2 + 21

    def test_an_expired_one_takes_each_dimension_from_expiry_else_from_reservation(self) -> None:
        prices = tariff(self.RESERVED, self.EXPIRED, self.SESSION)

        assert exactly(prices, session(reservation(30, expired=True))) == 4 + 3

    def test_one_that_led_to_a_session_pays_nothing_for_expiry(self) -> None:
        assert exactly(tariff(self.EXPIRED), session(reservation(30), charging(10))) == 0

    def test_expiry_that_does_not_hold_leaves_the_dimension_to_reservation(self) -> None:
        by_night = self.EXPIRED | {"restrictions": {"reservation": "RESERVATION_EXPIRES", "start_time": "22:00"}}

        assert exactly(tariff(by_night, self.RESERVED), session(reservation(30, expired=True))) == 2 + 3

    def test_duration_and_energy_are_those_of_the_session_without_its_reservation(self) -> None:
        prices = tariff(
            element(("TIME", "6"), reservation="RESERVATION", max_duration=60),
            element(("TIME", "60"), max_duration=600),
        )

        assert exactly(prices, session(reservation(60), charging(20))) == 6 + 10

    def test_the_clock_goes_on_from_the_reservation_to_the_session(self) -> None:
        prices = tariff(
            element(("TIME", "6"), reservation="RESERVATION", end_time="10:30"),
            element(("TIME", "60"), start_time="11:00", end_time="11:10"),
        )

        assert exactly(prices, session(reservation(60), charging(60))) == 3 + 10


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

    def test_a_limit_given_only_excluding_vat_binds_only_that_total(self) -> None:
        prices = tariff(element(("ENERGY", "0.30", 1, 10)), max_price={"excl_vat": 1}, min_price={"excl_vat": 1})
        cost = cost_of(prices, session(charging(60, "10")))

        assert (cost.excl_vat, cost.incl_vat) == (money("1.00"), money("3.30"))

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


class TestPeriodsOfNoLength:
    def test_energy_counts_at_that_moment(self) -> None:
        prices = tariff(element(("ENERGY", "1"), start_time="10:30"), element(("ENERGY", "0.1")))

        assert exactly(prices, session(charging(30), period("charging", 0, "5"))) == 5

    def test_such_energy_is_split_at_thresholds_too(self) -> None:
        prices = tariff(element(("ENERGY", "1"), max_kwh=2), element(("ENERGY", "0.1")))

        assert exactly(prices, session(period("charging", 0, "5"))) == Fraction("2.3")

    def test_one_without_energy_is_no_moment_of_the_session(self) -> None:
        prices = tariff(element(("FLAT", "1"), min_duration=1800))

        assert exactly(prices, session(charging(30), period("charging", 0))) == 0

    def test_a_session_of_nothing_but_its_start_did_begin(self) -> None:
        assert exactly(tariff(element(("FLAT", "1"))), session(period("charging", 0), period("charging", 0))) == 1


class TestLongSessions:
    def test_a_week_passes_every_window_of_every_day(self) -> None:
        prices = tariff(
            element(("TIME", "1"), start_time="08:00", end_time="18:00", day_of_week=["MONDAY", "TUESDAY"]),
            element(("TIME", "10"), day_of_week=["SUNDAY"]),
        )

        assert exactly(prices, session(charging(7 * 24 * 60), start="2026-03-02T00:00:00")) == 20 + 240

    def test_over_the_turn_of_the_year(self) -> None:
        prices = tariff(element(("TIME", "1"), start_date="2027-01-01"))

        assert exactly(prices, session(charging(120), start="2026-12-31T23:00:00")) == 1


def test_a_tariff_prepared_for_one_zone_refuses_a_session_in_another() -> None:
    prepared = prepare(read_tariff(tariff(PER_KWH)), "Europe/London")

    with pytest.raises(ValueError, match="Europe/London meets a session in Europe/Amsterdam"):
        price(prepared, read_session(session(charging(60, "1"))))


def test_a_prepared_tariff_prices_sessions_that_count_in_odd_parts() -> None:
    prepared = prepare(read_tariff(tariff(element(("ENERGY", "3", 0), min_kwh=1))), "Europe/Amsterdam")
    fine = read_session(session(charging(60, "1.0000000000003")))

    assert price(prepared, fine).exact_excl_vat == Fraction("0.0000000000009")
    assert price(prepared, read_session(session(charging(60, "2")))).exact_excl_vat == 3
