"""What the clock says at the very moment at which it changes."""

import time
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

import pytest

from tariffs.pricing import CompiledTariff, Period, Session, compile_tariff, price, read_session, read_tariff
from tariffs.pricing.clock import DoubtfulTime, moment_of, offsets_of_year
from tests.rules.pricing_world import (
    AMSTERDAM,
    charging,
    element,
    exactly,
    period,
    session,
    tariff,
)


class TestTheVeryMoment:
    def test_a_window_that_opens_a_second_after_the_start(self) -> None:
        prices = tariff(element(("FLAT", "1"), start_time="10:00"), element(("FLAT", "2")))

        assert exactly(prices, session(charging(60), start="2026-03-02T09:59:59")) == 2
        assert exactly(prices, session(charging(60), start="2026-03-02T10:00:00")) == 1

    def test_energy_at_the_moment_of_a_boundary_is_that_of_what_begins(self) -> None:
        prices = tariff(element(("ENERGY", "1"), start_time="03:00", end_time="04:00"), element(("ENERGY", "9")))
        at_the_change = session(charging(60), period("charging", 0, "1"), start="2026-03-29T01:00:00")

        assert exactly(prices, at_the_change) == 1
        assert exactly(prices, session(charging(120), period("charging", 0, "1"), start="2026-03-02T01:00:00")) == 1

    def test_a_start_at_the_change_of_the_clock_reads_the_new_time(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="03:00", end_time="04:00"))

        assert exactly(prices, session(charging(120), start="2026-03-29T03:00:00")) == 1

    def test_sessions_around_the_change_cost_the_same_after_one_another(self) -> None:
        prices = read_tariff(tariff(element(("TIME", "1"), start_time="02:00", end_time="05:00")))
        spring = int(datetime.fromisoformat("2026-03-29T01:00Z").timestamp())
        hours = range(-60, 60)
        rows = [Session(spring + 3600 * hour, AMSTERDAM, (Period("charging", 5400, 0, None, None),)) for hour in hours]
        shared = compile_tariff(prices, AMSTERDAM)

        for order in (rows, rows[::-1], rows[60:] + rows[:60]):
            for each in order:
                assert price(shared, each).totals == price(CompiledTariff(prices, AMSTERDAM), each).totals

    def test_a_session_that_starts_in_the_last_second_before_the_change_begins_by_the_old_time(self) -> None:
        prices = tariff(element(("FLAT", "1"), start_time="02:00", end_time="04:00"), element(("FLAT", "2")))

        assert exactly(prices, session(charging(60), start="2026-03-29T01:59:59")) == 2
        assert exactly(prices, session(charging(60), start="2026-03-29T03:00:00")) == 1


class TestTheZoneOfTheMachine:
    """Prices go by the clock at the location: where the program runs says nothing."""

    @pytest.fixture(autouse=True, params=["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
    def _machine(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("TZ", request.param)
        time.tzset()
        yield
        monkeypatch.undo()
        time.tzset()

    @pytest.mark.parametrize(
        ("start", "hours", "opens", "shuts"),
        [("12:00", 8, "14:00", "15:00"), ("22:00", 5, "02:00", "03:00"), ("22:00", 24, "08:00", "09:00")],
    )
    def test_changes_no_price_on_new_years_eve(self, start: str, hours: int, opens: str, shuts: str) -> None:
        prices = tariff(element(("TIME", "1"), start_time=opens, end_time=shuts))

        assert exactly(prices, session(charging(hours * 60), start=f"2026-12-31T{start}:00")) == 1

    def test_changes_no_price_where_the_clock_is_put_back_on_new_years_eve(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="23:00", end_time="24:00"))
        dhaka_2009 = session(charging(60), start="2009-12-31T23:30:00", time_zone="Asia/Dhaka")

        assert exactly(prices, dhaka_2009) == 1

    def test_changes_no_start_by_the_clock_at_the_location(self) -> None:
        assert moment_of(datetime(2026, 3, 29, 3, 30), AMSTERDAM) == 1774747800


class TestOffsets:
    def test_of_a_year_change_at_the_very_second(self) -> None:
        spring, autumn = (
            int(datetime.fromisoformat(each).timestamp()) for each in ("2026-03-29T01:00Z", "2026-10-25T01:00Z")
        )

        assert [(moment, offset) for moment, offset in offsets_of_year(AMSTERDAM, 2026)[1:]] == [
            (spring, 7200),
            (autumn, 3600),
        ]

    def test_of_a_zone_without_summer_time_do_not_change(self) -> None:
        assert len(offsets_of_year("Asia/Tokyo", 2026)) == 1

    def test_that_are_doubtful_say_so_in_a_sentence(self) -> None:
        with pytest.raises(DoubtfulTime, match="time_zone: 'Mars' is unknown; give a name"):
            moment_of(datetime(2026, 1, 1), "Mars")


class TestATariffThatWasPreparedOnce:
    """It remembers the offsets of a week; a change of the clock within that week still counts."""

    PRICES = tariff(element(("ENERGY", "1"), start_time="02:30", end_time="03:00"), element(("ENERGY", "9")))
    EARLIER = session(charging(60, "1"), start="2026-10-24T12:00:00")

    def after_another(self, charged: dict) -> Fraction:
        ready = compile_tariff(read_tariff(self.PRICES), AMSTERDAM)
        price(ready, read_session(self.EARLIER))
        return price(ready, read_session(charged)).exact_excl_vat

    def test_a_session_that_ends_at_the_very_change_ends_by_the_new_time(self) -> None:
        to_the_change = session(period("charging", 3600), period("charging", 0, "1"), start="2026-10-25T02:00:00")
        assert self.after_another(to_the_change) == exactly(self.PRICES, to_the_change) == 9

    def test_a_session_after_the_change_is_not_priced_by_the_time_before_it(self) -> None:
        later = session(charging(30, "1"), start="2026-10-27T02:30:00")
        assert self.after_another(later) == exactly(self.PRICES, later) == 1

    def test_a_session_before_the_one_that_came_first_is_not_priced_by_its_time(self) -> None:
        ready = compile_tariff(read_tariff(self.PRICES), AMSTERDAM)
        for start in ("2026-10-27T12:00:00", "2026-10-24T02:30:00"):
            cost = price(ready, read_session(session(charging(30, "1"), start=start)))
        assert cost.exact_excl_vat == 1

    def test_a_session_over_new_year_is_not_priced_by_the_year_of_the_one_that_came_first(self) -> None:
        """On 1 January 2019 the clock of Sao Tome went back from 02:00 to 01:00."""
        ready = compile_tariff(
            read_tariff(tariff(element(("TIME", "1"), start_time="01:00", end_time="02:00"))), "Africa/Sao_Tome"
        )
        short, long = (
            session(charging(hours * 60), start="2018-12-31T22:00:00", time_zone="Africa/Sao_Tome") for hours in (1, 6)
        )

        assert price(ready, read_session(short)).exact_excl_vat == 0
        assert price(ready, read_session(long)).exact_excl_vat == 2
