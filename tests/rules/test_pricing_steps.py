"""Steps and reservations: the sentences of docs/terms-prices.md."""

from fractions import Fraction

from tests.rules.pricing_world import (
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
