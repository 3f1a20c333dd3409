"""What another tariff does to the reference sessions and over the hours of a week."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from tariffs.pricing import price_session, read_session, read_tariff
from tariffs.pricing.comparison import compare
from tariffs.pricing.reference_sessions import FAST, HOME, REFERENCE_SESSIONS, STREET
from tariffs.pricing.week import SessionShape, week_of
from tests.rules.pricing_world import AMSTERDAM, element, tariff

WEDNESDAY = date(2026, 3, 4)


def read(*elements: dict, **more):
    return read_tariff(tariff(*elements, **more))


class TestReferenceSessions:
    def test_lie_in_the_week_from_a_day_on(self) -> None:
        starts = [
            datetime.fromisoformat(str(each.as_dict(WEDNESDAY, AMSTERDAM)["start"])) for each in REFERENCE_SESSIONS
        ]

        assert [start.isoformat() for start in starts] == [
            "2026-03-09T17:30:00",
            "2026-03-10T22:30:00",
            "2026-03-07T14:00:00",
        ]

    @pytest.mark.parametrize("reference", REFERENCE_SESSIONS, ids=lambda each: each.key)
    def test_are_the_same_as_written_for_the_price_command(self, reference) -> None:
        assert read_session(reference.as_dict(WEDNESDAY, AMSTERDAM)) == reference.on_or_after(WEDNESDAY, AMSTERDAM)

    def test_cost_what_one_expects(self) -> None:
        per_kwh = read(element(("ENERGY", "1")))

        costs = [
            price_session(per_kwh, each.on_or_after(WEDNESDAY, AMSTERDAM)).excl_vat for each in (STREET, HOME, FAST)
        ]
        assert costs == [22, 37, 45]


class TestTheEffectOfAChange:
    def effect(self, before, after) -> str:
        return compare(before, after, WEDNESDAY, AMSTERDAM).effect

    def test_dearer_for_all_reference_sessions_is_pays_more_and_the_reverse_pays_less(self) -> None:
        cheap, dear = read(element(("ENERGY", "0.30"))), read(element(("ENERGY", "0.3001")))

        assert self.effect(cheap, dear) == "pays_more"
        assert self.effect(dear, cheap) == "pays_less"

    def test_dearer_for_some_and_equal_for_the_others_is_pays_more(self) -> None:
        night = read(element(("ENERGY", "0.40"), start_time="22:00"), element(("ENERGY", "0.30")))

        assert self.effect(read(element(("ENERGY", "0.30"))), night) == "pays_more"

    def test_dearer_for_some_and_cheaper_for_others_differs(self) -> None:
        by_kwh, by_hour = read(element(("ENERGY", "0.30"))), read(element(("TIME", "5")))

        assert self.effect(by_kwh, by_hour) == "differs"

    def test_equal_for_all_reference_sessions_but_not_at_other_hours_differs(self) -> None:
        sunday = read(element(("ENERGY", "9"), day_of_week=["SUNDAY"]), element(("ENERGY", "0.30")))

        assert self.effect(read(element(("ENERGY", "0.30"))), sunday) == "differs"

    def test_the_same_price_said_otherwise_is_the_same(self) -> None:
        one = read(element(("ENERGY", "0.30"), ("FLAT", "1")))
        other = read(element(("FLAT", "1.00")), element(("ENERGY", "0.3000")))

        assert self.effect(one, one) == "same"
        assert self.effect(one, other) == "same"

    def test_another_vat_is_another_price(self) -> None:
        low, high = read(element(("ENERGY", "0.30", 1, 9))), read(element(("ENERGY", "0.30", 1, 21)))

        assert self.effect(low, high) == "pays_more"

    def test_another_currency_differs(self) -> None:
        assert self.effect(read(element(("FLAT", "1"))), read(element(("FLAT", "1")), currency="CHF")) == "differs"

    def test_the_prices_before_and_after_stand_beside_each_reference_session(self) -> None:
        judged = compare(
            read(element(("FLAT", "1"))), read(element(("FLAT", "2"))), WEDNESDAY, AMSTERDAM
        ).reference_costs

        assert [(each.reference.key, each.before.excl_vat, each.after.excl_vat) for each in judged] == [
            ("street", 1, 2),
            ("home", 1, 2),
            ("fast", 1, 2),
        ]


class TestTheWeek:
    SHAPE = SessionShape(Decimal(11), Decimal(11))

    def week(self, day: date) -> list:
        prices = read(element(("ENERGY", "1"), start_time="08:00", day_of_week=["SUNDAY"]), element(("ENERGY", "0.1")))
        return list(week_of(prices, day, AMSTERDAM, self.SHAPE))

    def test_has_a_cost_for_each_hour_of_seven_days(self) -> None:
        totals = [cost.excl_vat for cost in self.week(date(2026, 3, 2))]

        assert len(totals) == 7 * 24
        assert totals[: 6 * 24 + 8] == [Decimal("1.10")] * (6 * 24 + 8)
        assert totals[6 * 24 + 8 :] == [11] * 16

    def test_leaves_out_the_hour_that_the_clock_skips(self) -> None:
        costs = self.week(date(2026, 3, 23))

        assert [index for index, cost in enumerate(costs) if cost is None] == [6 * 24 + 2]

    def test_a_shape_charges_at_its_power_and_then_parks(self) -> None:
        assert SessionShape(Decimal(10), Decimal("7.4")).seconds == 4864
        parked = week_of(
            read(element(("PARKING_TIME", "1"))), date(2026, 3, 2), AMSTERDAM, SessionShape(Decimal(1), Decimal(1), 60)
        )

        assert next(parked).exact_excl_vat == Fraction(1, 60)
