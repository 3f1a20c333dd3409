"""Which metered periods cross a price boundary, so that their energy is spread evenly over it."""

import pytest

from tests.rules.pricing_world import charging, cost_of, element, parking, reservation, session, tariff

DAY, NIGHT = ("ENERGY", "0.40"), ("ENERGY", "0.20")
EVENING = tariff(element(DAY, start_time="07:00", end_time="23:00"), element(NIGHT))


def spread(prices, *periods, **when):
    return [each.as_text() for each in cost_of(prices, session(*periods, **when)).spread_periods]


@pytest.mark.parametrize(
    ("prices", "start", "minutes", "text"),
    [
        (EVENING, "2026-03-02T22:30:00", 45, "45 minutes that cross 23:00"),
        (EVENING, "2026-03-02T22:30:00", 600, "600 minutes that cross 23:00 and 07:00"),
        (tariff(element(DAY, max_kwh=10), element(NIGHT)), "2026-03-02T10:00:00", 45, "45 minutes that cross 10 kWh"),
        (
            tariff(element(DAY, max_kwh="7.5"), element(NIGHT)),
            "2026-03-02T10:00:00",
            45,
            "45 minutes that cross 7.5 kWh",
        ),
        (
            tariff(element(DAY, max_duration=1800), element(NIGHT)),
            "2026-03-02T10:00:00",
            45,
            "45 minutes that cross 30 minutes",
        ),
        (
            tariff(element(DAY, end_date="2026-04-01"), element(NIGHT)),
            "2026-03-31T23:30:00",
            45,
            "45 minutes that cross 1 Apr 2026",
        ),
        (
            tariff(element(DAY, start_date="2026-04-01"), element(NIGHT)),
            "2026-03-31T23:30:00",
            45,
            "45 minutes that cross 1 Apr 2026",
        ),
        (
            tariff(element(DAY, day_of_week=["SATURDAY"]), element(NIGHT)),
            "2026-03-06T23:30:00",
            45,
            "45 minutes that cross Saturday",
        ),
        (
            tariff(element(DAY, start_time="12:00", end_time="00:00"), element(NIGHT)),
            "2026-03-02T23:30:00",
            45,
            "45 minutes that cross 00:00",
        ),
        (
            tariff(element(DAY, start_time="07:00", end_time="23:00", max_kwh=10), element(NIGHT)),
            "2026-03-02T22:30:00",
            45,
            "45 minutes that cross 10 kWh",
        ),
    ],
    ids=[
        "time",
        "two times",
        "kWh",
        "half a kWh",
        "duration",
        "end date",
        "start date",
        "day",
        "midnight",
        "the first of two",
    ],
)
def test_a_period_that_outlasts_a_price_boundary_names_it(prices, start, minutes, text):
    assert spread(prices, charging(minutes, "20"), start=start) == [f"spread evenly over {text}"]


def test_periods_that_end_at_the_boundary_cross_nothing():
    assert spread(EVENING, charging(30, "10"), charging(15, "5"), start="2026-03-02T22:30:00") == []


def test_only_the_period_that_crosses_is_named():
    periods = (charging(10, "3"), charging(40, "10"), charging(60, "3"))
    assert spread(EVENING, *periods, start="2026-03-02T22:30:00") == ["spread evenly over 40 minutes that cross 23:00"]


@pytest.mark.parametrize("period", [parking(45), charging(45)], ids=["a parked one", "one without energy"])
def test_a_period_without_energy_spreads_none(period):
    prices = tariff(element(("PARKING_TIME", "1"), DAY, end_time="23:00"), element(("PARKING_TIME", "2"), NIGHT))
    assert spread(prices, charging(30, "5"), period, start="2026-03-02T22:00:00") == []


def test_a_reservation_before_the_session_does_not_shift_the_boundary():
    periods = (reservation(30), charging(45, "20"))
    assert spread(EVENING, *periods, start="2026-03-02T22:00:00") == ["spread evenly over 45 minutes that cross 23:00"]


def test_a_boundary_at_which_the_price_stays_is_none():
    prices = tariff(element(DAY), element(NIGHT, start_time="23:00"))
    assert spread(prices, charging(45, "20"), start="2026-03-02T22:30:00") == []


def test_a_small_session_costs_nothing_and_spreads_nothing():
    charged = session(charging(45, "20"), start="2026-03-02T22:30:00", minimum={"seconds": 3600, "kwh": "0"})
    assert cost_of(EVENING, charged).spread_periods == ()


# The nights on which the clock changes


def test_a_window_that_begins_in_the_skipped_hour_begins_after_it():
    prices = tariff(element(DAY, start_time="02:30", end_time="12:00"), element(NIGHT))
    assert spread(prices, charging(60, "20"), start="2026-03-29T01:30:00") == [
        "spread evenly over 60 minutes that cross 03:00"
    ]


def test_a_window_in_the_repeated_hour_is_crossed_twice_and_says_by_its_offset_when():
    prices = tariff(element(DAY, start_time="02:30", end_time="12:00"), element(NIGHT))
    assert spread(prices, charging(180, "20"), start="2026-10-25T01:30:00") == [
        "spread evenly over 180 minutes that cross 02:30 (UTC+0200), 02:00 (UTC+0100) and 02:30 (UTC+0100)"
    ]


def test_a_change_of_the_clock_alone_is_no_boundary():
    assert spread(EVENING, charging(120, "20"), start="2026-03-29T01:30:00") == []
    assert spread(EVENING, charging(180, "20"), start="2026-10-25T01:30:00") == []
