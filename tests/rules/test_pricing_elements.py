"""Who sets the price, moment by moment: the sentences of docs/terms-prices.md."""

from fractions import Fraction

from tests.rules.pricing_world import (
    charging,
    element,
    exactly,
    parking,
    period,
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

    def test_an_element_that_says_both_times_and_both_dates_holds_only_then(self) -> None:
        morning = {"start_time": "08:00", "end_time": "12:00"}
        prices = tariff(element(("TIME", "1"), **morning, start_date="2026-03-02", end_date="2026-03-03"))

        assert exactly(prices, session(charging(3 * 24 * 60))) == 2


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

    def test_of_several_moments_alone_the_first_says_what_the_start_costs(self) -> None:
        prices = tariff(element(("FLAT", "1"), min_power=10))
        weak, strong = period("charging", 0, kw="5"), period("charging", 0, kw="20")

        assert exactly(prices, session(weak, strong)) == 0
        assert exactly(prices, session(strong, weak)) == 1


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
