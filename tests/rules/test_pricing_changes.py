"""What another tariff does: to the reference sessions, over the week, to past sessions, and in the simple form."""

import random
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from chargegroups.pricing import PriceLimit, Session, price_session, read_session, read_tariff
from chargegroups.pricing.comparing import compare
from chargegroups.pricing.references import FAST, HOME, REFERENCE_SESSIONS, STREET
from chargegroups.pricing.replay import CurrencyMix, Past, replay
from chargegroups.pricing.simple import SimpleShape, simple_shape, simple_tariff
from chargegroups.pricing.weekly import Shape, week_of
from tests.rules.pricing_world import AMSTERDAM, MONDAY_TEN, charging, element, period, session, tariff
from tests.rules.test_pricing_properties import real_tariffs

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
        judged = compare(read(element(("FLAT", "1"))), read(element(("FLAT", "2"))), WEDNESDAY, AMSTERDAM).judged

        assert [(each.reference.key, each.before.excl_vat, each.after.excl_vat) for each in judged] == [
            ("street", 1, 2),
            ("home", 1, 2),
            ("fast", 1, 2),
        ]


class TestTheWeek:
    SHAPE = Shape(Decimal(11), Decimal(11))

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
        assert Shape(Decimal(10), Decimal("7.4")).seconds == 4864
        parked = week_of(
            read(element(("PARKING_TIME", "1"))), date(2026, 3, 2), AMSTERDAM, Shape(Decimal(1), Decimal(1), 60)
        )

        assert next(parked).exact_excl_vat == Fraction(1, 60)


class TestReplay:
    OLD, NEW = read(element(("ENERGY", "0.30", 1, 21))), read(element(("ENERGY", "0.40", 1, 21)))

    def charged(self, kwh: str) -> Session:
        return Session.of(datetime.fromisoformat(MONDAY_TEN), AMSTERDAM, [("charging", 3600, kwh)])

    def test_sums_up_to_the_difference_of_the_two_totals(self) -> None:
        chance = random.Random(1)
        past = [Past(n % 20, self.charged(f"{chance.randint(1, 9999) / 1000}"), self.OLD) for n in range(500)]
        found = replay(past, self.NEW)

        assert found.sessions == 500
        assert found.before == sum(price_session(self.OLD, each.session).incl_vat for each in past)
        assert found.after == sum(price_session(self.NEW, each.session).incl_vat for each in past)
        assert found.difference == sum(found.by_customer.values()) == found.after - found.before
        assert sum(found.histogram) == 500
        assert (found.dearer + found.unchanged, found.cheaper) == (500, 0)

    def test_counts_a_difference_in_its_place(self) -> None:
        free = read(element(("FLAT", "0")))
        past = [Past("a", self.charged("10"), Decimal(total)) for total in ("0", "0.50", "0.51", "100")]
        found = replay(past, free)

        assert (found.dearer, found.cheaper, found.unchanged) == (0, 3, 1)
        assert found.histogram == [1, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]

    def test_names_the_ten_customers_with_the_largest_difference_up_or_down(self) -> None:
        past = [Past(n, self.charged("10"), Decimal(n)) for n in range(16)]

        largest = replay(past, self.NEW).largest()

        assert [customer for customer, _ in largest] == [15, 14, 13, 12, 11, 10, 0, 9, 1, 8]
        assert largest[0] == (15, Decimal("-10.16"))

    def test_refuses_sessions_of_another_currency(self) -> None:
        with pytest.raises(CurrencyMix, match="rated in EUR, the tariff is in CHF"):
            replay([Past(1, self.charged("1"), self.OLD)], read(element(("FLAT", "1")), currency="CHF"))

    def test_tells_its_progress(self) -> None:
        told: list[int] = []
        replay((Past(1, self.charged("1"), Decimal(0)) for _ in range(20_001)), self.NEW, told.append)

        assert told == [10_000, 20_000]


class TestTheSimpleForm:
    FULL = SimpleShape(
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
        "shape",
        [
            FULL,
            SimpleShape("EUR"),
            SimpleShape("EUR", per_kwh=Decimal("0.35")),
            SimpleShape("NOK", parking_per_hour=Decimal(6), vat=Decimal(25)),
            SimpleShape("NOK", parking_per_hour=Decimal(6), parking_after=900),
        ],
    )
    def test_what_was_filled_in_is_shown_again(self, shape: SimpleShape) -> None:
        assert simple_shape(simple_tariff(shape)).shape == shape

    def test_nothing_filled_in_is_free_of_charge_said_on_purpose(self) -> None:
        (only,) = simple_tariff(SimpleShape("EUR")).elements

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
        reading = simple_shape(read(*elements))

        assert reading.shape is None
        assert reason in reading.reasons

    def test_it_cannot_show_prices_that_include_vat(self) -> None:
        assert simple_shape(read(element(("FLAT", "1", 1, 21)), tax_included="YES")).reasons == (
            "Its prices include VAT.",
        )

    def test_real_tariffs_that_fit_cost_the_same_after_the_form(self) -> None:
        charged = read_session(
            session(charging(120, "20"), period("parking", 5400), start="2026-06-15T16:30:00"),
        )
        tariffs = [read_tariff(each) for each in random.Random(7).sample(real_tariffs(), 400)]
        shapes = [(each, shape) for each in tariffs if (shape := simple_shape(each).shape)]

        assert len(shapes) > 300
        for prices, shape in shapes:
            assert price_session(simple_tariff(shape), charged).totals == price_session(prices, charged).totals
