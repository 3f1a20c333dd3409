"""Sessions that make no sense are refused: where, why, and the way out. Or their reading is documented."""

from datetime import datetime
from fractions import Fraction

import pytest

from tariffs.pricing import InvalidSession, Session, read_session
from tests.rules.pricing_world import charging, element, exactly, parking, period, reservation, session, tariff

GOOD = element(("ENERGY", "0.30"))


def refused_session(charged: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSession) as refusal:
        read_session(charged)
    assert all(problem.remedy for problem in refusal.value.problems)
    assert "\n" not in str(refusal.value)
    return [(problem.path, problem.reason) for problem in refusal.value.problems]


class TestSessionsThatMakeNoSense:
    def test_every_problem_is_told_at_once(self) -> None:
        bad = {"start": "soon", "periods": [{"activity": "flying", "seconds": -1, "kwh": "-1"}]}

        assert refused_session(bad) == [
            ("start", "'soon' is not a time"),
            ("time_zone", "is absent"),
            ("periods[0].activity", "'flying' is unknown"),
            ("periods[0].seconds", "-1: the period ends before it starts"),
            ("periods[0].kwh", "-1 kWh is negative"),
        ]

    @pytest.mark.parametrize("nothing", [None, [], "x", 3])
    def test_one_that_is_no_object(self, nothing: object) -> None:
        assert ("time_zone", "is absent") in refused_session(nothing)

    def test_one_without_periods(self) -> None:
        assert refused_session(session()) == [("periods", "is empty")]

    def test_one_that_charges_without_kwh(self) -> None:
        assert refused_session(session({"activity": "charging", "seconds": 60})) == [("periods[0].kwh", "is absent")]

    @pytest.mark.parametrize("kwh", ["-0.1", "NaN", "1,5", "", True, [], "1e999"])
    def test_kwh_that_are_none(self, kwh: object) -> None:
        assert [path for path, _ in refused_session(session(charging(60, kwh)))] == ["periods[0].kwh"]

    @pytest.mark.parametrize("seconds", ["1.5", 0.5, None, "long", True, 10**9])
    def test_seconds_that_are_none(self, seconds: object) -> None:
        charged = session({"activity": "charging", "seconds": seconds, "kwh": 1})

        assert [path for path, _ in refused_session(charged)] == ["periods[0].seconds"]

    def test_periods_that_last_longer_than_a_year_together(self) -> None:
        assert refused_session(session(*[parking(200 * 24 * 60)] * 2)) == [("periods", "last longer than a year")]

    @pytest.mark.parametrize(("minutes", "kwh"), [(60, "3000"), (60 * 24, "3000"), (60, "1101"), (0, "101")])
    def test_more_energy_than_a_charge_point_delivers(self, minutes: int, kwh: str) -> None:
        ((path, reason),) = refused_session(session(charging(minutes, kwh)))

        assert path == "periods"
        assert "is more than a charge point delivers" in reason

    def test_energy_during_a_reservation(self) -> None:
        charged = session(period("reservation", 60, "1"), charging(60, "1"))

        assert refused_session(charged) == [("periods[0].kwh", "a reservation delivers no energy")]

    def test_a_reservation_after_the_session(self) -> None:
        charged = session(charging(60, "1"), reservation(10))

        assert refused_session(charged) == [("periods", "a reservation follows the session")]

    def test_a_reservation_that_both_expired_and_did_not(self) -> None:
        charged = session(reservation(10), reservation(10, expired=True))

        assert refused_session(charged) == [("periods", "a reservation both led to a session and expired")]

    @pytest.mark.parametrize("zone", ["Europe/Leusden", "", "../etc/passwd", "/etc/localtime", "Europe", "UTC+1", "\0"])
    def test_an_unknown_zone(self, zone: str) -> None:
        assert [path for path, _ in refused_session(session(charging(60, "1"), time_zone=zone))] == ["time_zone"]

    @pytest.mark.parametrize("start", ["2026-03-29T02:00:00", "2026-03-29T02:30:00", "2026-03-29T02:59:59"])
    def test_a_start_in_the_hour_that_the_clock_skips(self, start: str) -> None:
        ((path, reason),) = refused_session(session(charging(60, "1"), start=start))

        assert path == "start"
        assert "does not exist in Europe/Amsterdam" in reason

    @pytest.mark.parametrize("start", ["2026-03-29T01:59:59", "2026-03-29T03:00:00", "2026-03-29T02:30:00+02:00"])
    def test_but_not_one_beside_it(self, start: str) -> None:
        assert read_session(session(charging(60, "1"), start=start)).periods

    @pytest.mark.parametrize(
        "start", [None, 5, "2026-03-02", "10:00", "2026-13-01T10:00:00", "2026-03-02T25:00:00", "02/03/2026 10:00"]
    )
    def test_a_start_that_is_none(self, start: object) -> None:
        assert [path for path, _ in refused_session(session(charging(60, "1"), start=start))] == ["start"]

    @pytest.mark.parametrize("start", ["1970-12-31T23:00:00", "2199-01-01T00:00:00", "0001-01-01T00:00:00"])
    def test_a_start_out_of_all_range(self, start: str) -> None:
        assert [path for path, _ in refused_session(session(charging(60, "1"), start=start))] == ["start"]

    @pytest.mark.parametrize(("field", "value"), [("kw", "-1"), ("kw", "22000"), ("amps", "-1"), ("amps", "lots")])
    def test_power_and_current_that_are_none(self, field: str, value: str) -> None:
        assert [path for path, _ in refused_session(session(charging(60, "1", **{field: value})))] == [
            f"periods[0].{field}"
        ]

    def test_a_field_that_could_change_the_price_is_never_passed_over(self) -> None:
        charged = session(charging(60, "1", power=11), minimun={"seconds": 120})

        assert refused_session(charged) == [
            ("minimun", "is not a known field"),
            ("periods[0].power", "is not a known field"),
        ]

    @pytest.mark.parametrize(
        ("more", "path", "reason"),
        [
            ({"kwh": "11"}, "kwh", "is 11, the periods add up to 10"),
            ({"end": "2026-03-02T11:30:00"}, "end", "is 1:30:00 after the start, the periods last 1:00:00"),
            ({"end": "2026-03-02T09:00:00"}, "end", "is before the start"),
            ({"end": "later"}, "end", "'later' is not a time"),
        ],
    )
    def test_periods_that_do_not_add_up(self, more: dict, path: str, reason: str) -> None:
        assert refused_session(session(charging(60, "10"), **more)) == [(path, reason)]

    def test_a_small_session_rule_that_is_none(self) -> None:
        charged = session(charging(60, "1"), minimum={"seconds": -1, "kwh": "x"})

        assert [path for path, _ in refused_session(charged)] == ["minimum.seconds", "minimum.kwh"]


class TestSessionsThatAreReadAsDocumented:
    def test_periods_that_add_up(self) -> None:
        charged = session(charging(60, "10"), kwh="10.0", end="2026-03-02T11:00:00+01:00")

        assert read_session(charged).start == 1772442000

    def test_an_end_in_the_hour_that_repeats_is_either_of_the_two(self) -> None:
        for minutes in (60, 120):
            charged = session(charging(minutes, "1"), start="2026-10-25T01:30:00", end="2026-10-25T02:30:00")
            assert read_session(charged).periods[0].seconds == minutes * 60

    def test_parking_may_leave_out_kwh(self) -> None:
        assert read_session(session({"activity": "parking", "seconds": 60})).periods[0].energy == 0

    def test_a_small_session_rule_of_one_half_binds_by_that_half(self) -> None:
        prices = tariff(GOOD)

        assert exactly(prices, session(charging(1, "10"), minimum={"seconds": 120})) == 0
        assert exactly(prices, session(charging(1, "10"), minimum={"kwh": "0.2"})) == 3

    def test_fractions_of_a_second_of_the_start_are_dropped(self) -> None:
        whole = read_session(session(charging(60, "1")))

        assert read_session(session(charging(60, "1"), start="2026-03-02T10:00:00.999")) == whole

    def test_a_late_meter_may_report_much_at_once(self) -> None:
        assert read_session(session(charging(0, "100"), charging(60, "1000"))).periods

    def test_an_expired_reservation_may_be_followed_by_a_session(self) -> None:
        prices = tariff(element(("FLAT", "4"), reservation="RESERVATION_EXPIRES"), GOOD)

        assert exactly(prices, session(reservation(10, expired=True), charging(60, "10"))) == 7


def test_rows_of_a_program_hold_no_floats() -> None:
    with pytest.raises(TypeError, match="not as float"):
        Session.of(datetime(2026, 3, 2, 10), "Europe/Amsterdam", [("charging", 60, 0.1)])


def test_rows_of_a_program_are_checked_like_those_of_a_file() -> None:
    with pytest.raises(InvalidSession, match=r"periods\[0\]\.kwh: -1 is negative"):
        Session.of(datetime(2026, 3, 2, 10), "Europe/Amsterdam", [("charging", 60, -1)])
    with pytest.raises(InvalidSession, match=r"periods\[1\]\.seconds: -5"):
        Session.of(datetime(2026, 3, 2, 10), "Europe/Amsterdam", [("charging", 60, 1), ("parking", -5, 0)])
    with pytest.raises(InvalidSession, match="time_zone: 'Mars' is unknown"):
        Session.of(datetime(2026, 3, 2, 10), "Mars", [("charging", 60, 1)])


class TestTheEdgesOfWhatIsRead:
    """The last value that is taken, and the first that is not."""

    @pytest.mark.parametrize(("name", "most"), [("kw", 1_000), ("amps", 3_000)])
    def test_power_and_current_of_the_strongest_connector(self, name: str, most: int) -> None:
        assert exactly(tariff(GOOD), session(charging(60, "10", **{name: str(most)}))) == 3
        (problem,) = refused_session(session(charging(60, "10", **{name: f"{most}.0001"})))
        assert problem[0] == f"periods[0].{name}" and problem[1].endswith(f"is more than {most:,}")

    def test_a_rule_for_small_sessions_that_says_nothing_of_one_of_them_does_not_bind_by_it(self) -> None:
        nothing = session(period("charging", 0, "0.5"), minimum={"kwh": "0.2"})
        assert exactly(tariff(GOOD), nothing) == Fraction("0.15")
        assert exactly(tariff(GOOD), session(charging(60, "0.5"), minimum={"seconds": 120})) == Fraction("0.15")

    def test_a_rule_for_small_sessions_of_nought_binds_nobody(self) -> None:
        charged = session(period("charging", 0, "0.5"), minimum={"seconds": 0, "kwh": "0"})
        assert exactly(tariff(GOOD), charged) == Fraction("0.15")

    def test_a_rule_for_small_sessions_reaches_up_to_a_million_kwh_and_no_further(self) -> None:
        assert exactly(tariff(GOOD), session(charging(60, "10"), minimum={"kwh": "1000000"})) == 0
        assert refused_session(session(charging(60, "10"), minimum={"kwh": "1000000.1"})) == [
            ("minimum.kwh", "1000000.1 kWh is more than 1,000,000")
        ]

    @pytest.mark.parametrize("wrong", [5, "x", []])
    def test_a_rule_for_small_sessions_that_is_no_object_is_told_by_its_name(self, wrong: object) -> None:
        assert refused_session(session(charging(60, "10"), minimum=wrong))[0][0] == "minimum"

    def test_a_total_of_kwh_that_is_no_number_is_told_by_its_name(self) -> None:
        assert refused_session(session(charging(60, "10"), kwh="ten")) == [("kwh", "'ten' is not a number")]

    def test_an_end_in_the_hour_that_the_clock_skips_is_told_by_its_name(self) -> None:
        charged = session(charging(60, "10"), start="2026-03-29T01:30:00", end="2026-03-29T02:30:00")
        ((path, reason),) = refused_session(charged)
        assert path == "end" and "does not exist" in reason

    def test_a_session_of_no_length_ends_when_it_starts(self) -> None:
        charged = session(period("charging", 0, "1"), start="2026-03-02T10:00:00", end="2026-03-02T10:00:00")
        assert exactly(tariff(GOOD), charged) == Fraction("0.3")

    def test_energy_in_no_time_is_a_hundred_kwh_and_no_more(self) -> None:
        assert exactly(tariff(GOOD), session(period("charging", 0, "100"))) == 30
        ((path, reason),) = refused_session(session(period("charging", 0, "100.1")))
        assert path == "periods" and "more than a charge point delivers" in reason

    def test_energy_is_told_to_be_too_much_for_one_period_from_a_million_kwh_on(self) -> None:
        (problem,) = refused_session(session(charging(60, "1000000.1")))
        assert problem == ("periods[0].kwh", "1000000.1 kWh is more than 1,000,000")
        ((path, reason),) = refused_session(session(charging(60, "1000000")))
        assert path == "periods" and reason.startswith("1,000,000 kWh in 3,600 s")

    def test_the_total_that_a_session_tells_may_be_all_that_a_charge_point_delivers(self) -> None:
        assert exactly(tariff(GOOD), session(charging(120, "2000"), kwh="2000")) == 600

    def test_a_total_beyond_a_million_kwh_is_refused_for_its_size(self) -> None:
        assert refused_session(session(charging(60, "10"), kwh="1000000")) == [
            ("kwh", "is 1000000, the periods add up to 10")
        ]
        assert refused_session(session(charging(60, "10"), kwh="1000000.1")) == [
            ("kwh", "1000000.1 kWh is more than 1,000,000")
        ]

    @pytest.mark.parametrize(
        ("charged", "told"),
        [
            (charging(60, "10", kw="1000.1"), ("periods[0].kw", "1000.1 kW is more than 1,000")),
            (charging(60, "10", amps="3000.1"), ("periods[0].amps", "3000.1 A is more than 3,000")),
            (period("charging", 31_622_401), ("periods[0].seconds", "31622401 seconds is more than 31,622,400")),
        ],
    )
    def test_a_number_out_of_range_is_told_with_its_unit(self, charged: dict, told: tuple[str, str]) -> None:
        assert refused_session(session(charged)) == [told]

    def test_a_rule_for_small_sessions_out_of_range_is_told_with_its_unit(self) -> None:
        assert refused_session(session(charging(60, "10"), minimum={"seconds": 31_622_401})) == [
            ("minimum.seconds", "31622401 seconds is more than 31,622,400")
        ]

    def test_what_is_no_object_is_told_to_be_none_as_a_whole(self) -> None:
        assert refused_session([])[0] == ("", "is a list")

    @pytest.mark.parametrize("absent", ["activity", "seconds", "kwh"])
    def test_a_period_that_lacks_one_thing_is_refused_for_that_alone(self, absent: str) -> None:
        charged = {name: value for name, value in charging(60, "10").items() if name != absent}
        assert [path for path, _ in refused_session(session(charged))] == [f"periods[0].{absent}"]
