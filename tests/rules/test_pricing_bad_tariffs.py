"""Tariffs that make no sense are refused: where, why, and the way out. Or their reading is documented."""

from decimal import Decimal
from fractions import Fraction

import pytest

from tariffs.pricing import Component, Element, InvalidTariff, read_tariff
from tests.rules.pricing_world import charging, element, exactly, session, tariff

GOOD = element(("ENERGY", "0.30"))


def refused(prices: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidTariff) as refusal:
        read_tariff(prices)
    assert all(problem.remedy for problem in refusal.value.problems)
    assert "\n" not in str(refusal.value)
    return [(problem.path, problem.reason) for problem in refusal.value.problems]


class TestTariffsThatMakeNoSense:
    def test_every_problem_is_told_at_once(self) -> None:
        bad = tariff(element(("WATER", "-1")), element(("ENERGY", "0.12345"), min_kwh="x"), currency="EU")

        assert refused(bad) == [
            ("currency", "'EU' is not a currency of ISO 4217"),
            ("elements[0].price_components[0].type", "'WATER' is unknown"),
            ("elements[0].price_components[0].price", "-1 is negative"),
            ("elements[1].price_components[0].price", "0.12345 has more than four decimals"),
            ("elements[1].restrictions.min_kwh", "'x' is not a number"),
        ]

    @pytest.mark.parametrize("nothing", [None, 3, "tariff", []])
    def test_one_that_is_no_object(self, nothing: object) -> None:
        assert refused(nothing) == [("", "the tariff is not an object")]

    @pytest.mark.parametrize(
        ("elements", "reason"), [([], "is empty"), (None, "is absent"), ({}, "is an object"), ("x", "is a text")]
    )
    def test_one_without_elements(self, elements: object, reason: str) -> None:
        assert refused({"currency": "EUR", "elements": elements}) == [("elements", reason)]

    def test_an_element_without_components(self) -> None:
        assert refused(tariff({"price_components": []})) == [("elements[0].price_components", "is empty")]

    @pytest.mark.parametrize("currency", [None, "", "EU", "eur", "EURO", "XQQ", 978, ["EUR"]])
    def test_a_currency_that_is_none(self, currency: object) -> None:
        assert [path for path, _ in refused(tariff(GOOD, currency=currency))] == ["currency"]

    def test_two_components_of_one_dimension_in_an_element(self) -> None:
        twice = element(("ENERGY", "1"), ("ENERGY", "2"))

        assert refused(tariff(twice)) == [("elements[0].price_components", "has two components of ENERGY")]
        with pytest.raises(ValueError, match="at most one"):
            Element((Component("FLAT", Decimal(1)), Component("FLAT", Decimal(2))))

    @pytest.mark.parametrize(
        ("price", "reason"),
        [
            (None, "is absent"),
            (True, "is true or false"),
            ("", "'' is not a number"),
            ("0,35", "'0,35' is not a number"),
            ("1_000", "'1_000' is not a number"),
            ("NaN", "'NaN' is not a number"),
            (Decimal("Infinity"), "Infinity is not a usable number"),
            (Decimal("1E+999999"), "1E+999999 is not a usable number"),
            ("1e9999", "'1e9999' is not a usable number"),
            ("-0.01", "-0.01 is negative"),
            (0.12345, "0.12345 has more than four decimals"),
            ("100000000", "100000000 is more than 99,999,999"),
        ],
    )
    def test_a_price_that_is_none(self, price: object, reason: str) -> None:
        assert refused(tariff(element(("ENERGY", price)))) == [("elements[0].price_components[0].price", reason)]

    @pytest.mark.parametrize("step", [-1, "1.5", 1.5, "many", True])
    def test_a_step_that_is_none(self, step: object) -> None:
        refusals = refused(tariff(element(("ENERGY", "1", step))))

        assert [path for path, _ in refusals] == ["elements[0].price_components[0].step_size"]

    @pytest.mark.parametrize("vat", [-1, 101, "low"])
    def test_a_vat_that_is_none(self, vat: object) -> None:
        refusals = refused(tariff(element(("ENERGY", "1", 1, vat))))

        assert [path for path, _ in refusals] == ["elements[0].price_components[0].vat"]

    @pytest.mark.parametrize(
        "restriction",
        [
            {"start_time": "24:00"},
            {"end_time": "8:00"},
            {"end_time": "25:00"},
            {"start_time": 800},
            {"start_date": "2026-02-30"},
            {"end_date": "01-03-2026"},
            {"end_date": 20260301},
            {"min_kwh": -1},
            {"max_power": "much"},
            {"min_current": "0.00001"},
            {"min_duration": 1.5},
            {"max_duration": -60},
            {"day_of_week": "MONDAY"},
            {"reservation": "MAYBE"},
        ],
    )
    def test_a_restriction_that_is_none(self, restriction: dict) -> None:
        name = next(iter(restriction))

        refusals = refused(tariff(element(("FLAT", "1"), **restriction)))

        assert [path for path, _ in refusals] == [f"elements[0].restrictions.{name}"]

    def test_a_day_that_is_none(self) -> None:
        refusals = refused(tariff(element(("ENERGY", "1"), day_of_week=["MONDAY", "monday"])))

        assert refusals == [("elements[0].restrictions.day_of_week[1]", "'monday' is unknown")]

    def test_a_field_that_could_change_the_price_is_never_passed_over(self) -> None:
        misspelt = tariff(element(("ENERGY", "1"), min_kw=3) | {"discount": 1})
        misspelt["elements"][0]["price_components"][0]["VAT"] = 21

        assert refused(misspelt) == [
            ("elements[0].discount", "is not a known field"),
            ("elements[0].price_components[0].VAT", "is not a known field"),
            ("elements[0].restrictions.min_kw", "is not a known field"),
        ]

    @pytest.mark.parametrize("dimension", ["ENERGY", "PARKING_TIME"])
    def test_a_reservation_that_is_priced_by_energy_or_parking(self, dimension: str) -> None:
        refusals = refused(tariff(element((dimension, "1"), reservation="RESERVATION")))

        assert refusals == [
            ("elements[0].price_components", f"has {dimension} for a reservation, which only has FLAT and TIME")
        ]

    def test_tax_that_is_included_without_saying_how_much(self) -> None:
        mixed = tariff(element(("ENERGY", "1", 1, 21), ("FLAT", "1")), tax_included="YES")

        assert refused(mixed) == [("elements[0].price_components[1].vat", "is absent while tax_included is YES")]

    def test_tax_that_is_included_perhaps(self) -> None:
        assert refused(tariff(GOOD, tax_included="MAYBE")) == [("tax_included", "'MAYBE' is unknown")]

    @pytest.mark.parametrize(
        ("limits", "path"),
        [
            ({"min_price": 1}, "min_price"),
            ({"min_price": {"incl_vat": 1}}, "min_price.excl_vat"),
            ({"max_price": {"excl_vat": -1}}, "max_price.excl_vat"),
            ({"max_price": {"excl_vat": "1.00001"}}, "max_price.excl_vat"),
            ({"max_price": {"excl_vat": 2, "incl_vat": 1}}, "max_price"),
            ({"min_price": {"excl_vat": 2}, "max_price": {"excl_vat": 1}}, "min_price"),
            (
                {"min_price": {"excl_vat": 1, "incl_vat": 4}, "max_price": {"excl_vat": 2, "incl_vat": 3}},
                "min_price",
            ),
        ],
    )
    def test_limits_that_are_none(self, limits: dict, path: str) -> None:
        assert path in [found for found, _ in refused(tariff(GOOD, **limits))]


class TestTariffsThatAreReadAsDocumented:
    def test_nulls_count_as_absent(self) -> None:
        plain = tariff(GOOD)
        nulled = tariff(GOOD | {"restrictions": None}, min_price=None, max_price=None, tax_included=None)
        nulled["elements"][0]["price_components"][0] = {"type": "ENERGY", "price": "0.30", "step_size": 1, "vat": None}

        assert read_tariff(nulled) == read_tariff(plain)

    def test_floats_are_taken_as_they_are_written(self) -> None:
        assert read_tariff(tariff(element(("ENERGY", 0.1)))).elements[0].components[0].price == Decimal("0.1")

    def test_a_missing_step_is_one(self) -> None:
        prices = tariff({"price_components": [{"type": "ENERGY", "price": "1"}]})

        assert exactly(prices, session(charging(60, "0.0001"))) == Fraction("0.001")

    def test_neither_the_step_of_a_flat_fee_nor_the_order_within_an_element_says_anything(self) -> None:
        one = tariff(element(("FLAT", "1", 0), ("ENERGY", "1")))
        other = tariff(element(("ENERGY", "1"), ("FLAT", "1", 500)))

        assert read_tariff(one) == read_tariff(other)

    def test_trailing_zeros_are_no_decimals(self) -> None:
        assert exactly(tariff(element(("FLAT", "0.500000"))), session(charging(60))) == Fraction("0.5")

    def test_an_empty_list_of_days_restricts_nothing(self) -> None:
        assert exactly(tariff(element(("FLAT", "1"), day_of_week=[])), session(charging(60))) == 1

    def test_2400_is_another_spelling_of_the_end_of_the_day(self) -> None:
        prices = tariff(element(("TIME", "1"), start_time="22:00", end_time="24:00"))

        assert exactly(prices, session(charging(24 * 60))) == 2

    def test_a_restriction_that_no_session_meets_never_holds(self) -> None:
        prices = tariff(
            element(("FLAT", "9"), min_kwh=5, max_kwh=5),
            element(("FLAT", "8"), min_duration=60, max_duration=30),
            element(("FLAT", "7"), start_date="2026-03-09", end_date="2026-03-01"),
            element(("FLAT", "1")),
        )

        assert exactly(prices, session(charging(600, "50"))) == 1

    def test_of_overlapping_windows_the_first_in_the_list_holds(self) -> None:
        prices = tariff(
            element(("TIME", "1"), start_time="08:00", end_time="12:00"),
            element(("TIME", "2"), start_time="10:00", end_time="14:00"),
        )

        assert exactly(prices, session(charging(24 * 60))) == 4 + 4

    def test_taxes_that_do_not_apply_leave_prices_as_they_are(self) -> None:
        for nothing in ("N/A", "N_A"):
            assert exactly(tariff(GOOD, tax_included=nothing), session(charging(60, "10"))) == 3


class TestTheEdgesOfWhatIsRead:
    """The last value that is taken, and the first that is not."""

    def test_a_step_of_a_hundred_million_and_no_further(self) -> None:
        assert read_tariff(tariff(element(("TIME", "1", 10**8)))).elements[0].components[0].step_size == 10**8
        assert refused(tariff(element(("TIME", "1", 10**8 + 1)))) == [
            ("elements[0].price_components[0].step_size", "100000001 is more than 100,000,000")
        ]

    def test_a_flat_fee_is_in_steps_of_one_whatever_was_written(self) -> None:
        assert read_tariff(tariff(element(("FLAT", "1", 300)))).elements[0].components[0].step_size == 1

    def test_a_limit_without_vat_is_the_same_excluding_and_including_it(self) -> None:
        prices = tariff(GOOD, min_price={"excl_vat": "5", "incl_vat": "5"})

        assert exactly(prices, session(charging(60, "10"))) == 5

    def test_the_least_and_the_greatest_total_may_be_one(self) -> None:
        fixed = {"excl_vat": "5", "incl_vat": "6"}

        assert exactly(tariff(GOOD, min_price=fixed, max_price=fixed), session(charging(60, "100"))) == 5

    def test_of_two_limits_one_may_say_nothing_of_vat(self) -> None:
        with_vat, without = {"excl_vat": "1", "incl_vat": "2"}, {"excl_vat": "20"}

        assert exactly(tariff(GOOD, min_price=with_vat, max_price=without), session(charging(60, "100"))) == 20
        assert exactly(tariff(GOOD, min_price={"excl_vat": "1"}, max_price=with_vat), session(charging(60, "9"))) == 1

    @pytest.mark.parametrize("name", ["excl_vat", "incl_vat"])
    def test_a_limit_that_is_no_price_is_told_by_its_name(self, name: str) -> None:
        limit = {"excl_vat": "1", "incl_vat": "2"} | {name: "much"}

        assert refused(tariff(GOOD, min_price=limit)) == [(f"min_price.{name}", "'much' is not a number")]

    @pytest.mark.parametrize(("absent", "reason"), [("type", "None is unknown"), ("price", "is absent")])
    def test_a_component_that_lacks_one_thing_is_refused_for_that_alone(self, absent: str, reason: str) -> None:
        component = {name: each for name, each in {"type": "ENERGY", "price": "1"}.items() if name != absent}

        assert refused(tariff({"price_components": [component]})) == [
            (f"elements[0].price_components[0].{absent}", reason)
        ]

    def test_a_number_out_of_range_is_told_with_its_unit(self) -> None:
        assert refused(tariff(element(("ENERGY", "1", 1, 101), max_duration=31_622_401))) == [
            ("elements[0].price_components[0].vat", "101 % is more than 100"),
            ("elements[0].restrictions.max_duration", "31622401 seconds is more than 31,622,400"),
        ]
