"""What is odd about a tariff is found: where, why, and how to mend it. What is fine is left alone."""

from decimal import Decimal

import pytest

from tariffs.pricing import read_tariff
from tariffs.pricing.lints import findings, likely_typos, mixed_currencies
from tariffs.pricing.wording import amount
from tests.rules.pricing_world import element, tariff

PER_KWH = element(("ENERGY", "0.30"))


def found(*elements: dict, **where) -> list[tuple[str, str]]:
    limits = {name: where.pop(name) for name in ("min_price", "tax_included") if name in where}
    told = findings(read_tariff(tariff(*elements, **limits)), **where)
    assert all(each.why.endswith(".") and each.remedy.endswith(".") for each in told)
    return [(each.code, each.where) for each in told]


def test_a_plain_tariff_has_no_findings() -> None:
    assert found(PER_KWH, element(("PARKING_TIME", "3"), min_duration=3600), element(("FLAT", "1"))) == []


class TestAnElementThatNoSessionMeets:
    @pytest.mark.parametrize(
        "restrictions",
        [
            {"min_kwh": 5, "max_kwh": 5},
            {"max_kwh": 0},
            {"min_duration": 60, "max_duration": 30},
            {"min_power": 50, "max_power": 22},
            {"min_current": 32, "max_current": 16},
            {"start_date": "2026-03-09", "end_date": "2026-03-09"},
            {"start_date": "2026-03-02", "end_date": "2026-03-04", "day_of_week": ["SUNDAY"]},
            {"reservation": "RESERVATION", "min_duration": 60},
            {"reservation": "RESERVATION_EXPIRES", "min_kwh": 1},
        ],
    )
    def test_is_found(self, restrictions: dict) -> None:
        assert ("never_met", "elements[0]") in found(element(("FLAT", "9"), **restrictions), PER_KWH)

    @pytest.mark.parametrize(
        "restrictions",
        [
            {"min_kwh": 5, "max_kwh": "5.1"},
            {"min_kwh": 0, "min_duration": 0},
            {"start_date": "2026-03-02", "end_date": "2026-03-03", "day_of_week": ["MONDAY"]},
            {"start_time": "22:00", "end_time": "06:00"},
            {"reservation": "RESERVATION", "max_duration": 60},
        ],
    )
    def test_is_not_taken_for_one_that_is_met(self, restrictions: dict) -> None:
        assert found(element(("FLAT", "9"), **restrictions), PER_KWH) == []


class TestAnElementThatCanNeverApply:
    def test_since_an_earlier_one_always_does(self) -> None:
        assert found(PER_KWH, element(("ENERGY", "0.20"), start_time="22:00")) == [("never_reached", "elements[1]")]

    def test_since_several_earlier_ones_do_together(self) -> None:
        day = element(("ENERGY", "1"), start_time="06:00", end_time="22:00")
        night = element(("ENERGY", "2"), start_time="22:00", end_time="06:00")

        assert found(day, night, PER_KWH) == [("never_reached", "elements[2]")]

    def test_of_a_component_alone_is_told_by_name(self) -> None:
        late = element(("ENERGY", "1"), ("FLAT", "1"), start_time="22:00")
        (finding,) = findings(read_tariff(tariff(PER_KWH, late)))

        assert finding.why == "Its ENERGY can never apply: wherever it holds, an earlier element already does."

    def test_is_not_taken_for_one_that_applies_where_current_is_unknown(self) -> None:
        low, high = element(("ENERGY", "1"), max_current=32), element(("ENERGY", "2"), min_current=32)

        assert found(low, high, PER_KWH) == []

    def test_is_not_taken_for_one_that_prices_reservations(self) -> None:
        reserved = element(("FLAT", "1"), reservation="RESERVATION")

        assert found(element(("FLAT", "1")), reserved, PER_KWH) == []
        assert found(reserved, reserved, PER_KWH) == [("never_reached", "elements[1]")]

    def test_is_left_alone_where_there_are_too_many_sets_to_tell(self) -> None:
        axes = ("min_kwh", "min_duration", "min_power", "min_current", "max_kwh")
        tiers = [
            element(("ENERGY", "1"), **{axes[i % 5]: 50 - i}, start_time=f"{i % 24:02}:{i}") for i in range(10, 50)
        ]

        assert found(*tiers, PER_KWH, PER_KWH) == []


class TestNoFallback:
    def test_is_found_where_energy_has_no_price_at_some_moment(self) -> None:
        assert found(element(("ENERGY", "1"), start_time="08:00")) == [("no_fallback", "elements")]

    def test_is_found_where_current_may_be_unknown(self) -> None:
        assert found(element(("ENERGY", "1"), min_current=0)) == [("no_fallback", "elements")]

    def test_is_judged_by_time_where_there_is_no_energy(self) -> None:
        assert found(element(("TIME", "1"), max_duration=3600), element(("FLAT", "1"))) == [("no_fallback", "elements")]

    def test_is_not_seen_in_windows_that_meet(self) -> None:
        assert found(element(("ENERGY", "1"), start_time="08:00"), element(("ENERGY", "2"), end_time="08:00")) == []

    def test_is_not_seen_before_a_first_date(self) -> None:
        assert found(element(("ENERGY", "1"), start_date="2026-01-01")) == []

    def test_is_seen_after_a_last_date(self) -> None:
        assert found(element(("ENERGY", "1"), end_date="2026-01-01")) == [("no_fallback", "elements")]


class TestAMinuteGap:
    def test_before_midnight(self) -> None:
        assert found(element(("ENERGY", "1"), start_time="00:00", end_time="23:59")) == [
            ("minute_gap", "elements[0].restrictions.end_time")
        ]

    def test_before_the_next_window(self) -> None:
        early = element(("ENERGY", "1"), start_time="06:00", end_time="21:59")
        late = element(("ENERGY", "2"), start_time="22:00", end_time="06:00")

        assert found(early, late) == [
            ("no_fallback", "elements"),
            ("minute_gap", "elements[0].restrictions.end_time"),
        ]


class TestOverlappingWindows:
    EARLY = element(("ENERGY", "1"), start_time="08:00", end_time="12:00")

    def test_are_found(self) -> None:
        late = element(("ENERGY", "2"), start_time="10:00", end_time="14:00")

        assert ("overlap", "elements[1]") in found(self.EARLY, late, PER_KWH)

    def test_are_fine_where_one_lies_within_the_other_or_prices_something_else(self) -> None:
        wide = element(("ENERGY", "2"), start_time="07:00", end_time="14:00")
        other = element(("PARKING_TIME", "2"), start_time="10:00", end_time="14:00")

        assert found(self.EARLY, wide, other, PER_KWH) == []

    def test_are_fine_on_different_days(self) -> None:
        monday = element(("ENERGY", "1"), start_time="08:00", end_time="12:00", day_of_week=["MONDAY"])
        sunday = element(("ENERGY", "2"), start_time="10:00", end_time="14:00", day_of_week=["SUNDAY"])

        assert found(monday, sunday, PER_KWH) == []


class TestPrices:
    def test_of_more_than_two_decimals_belong_in_home_groups(self) -> None:
        assert found(element(("ENERGY", "0.3575"), ("FLAT", "1"))) == []
        assert found(element(("ENERGY", "0.3575"), ("FLAT", "1")), outside_home=True) == [("decimals", "elements[0]")]

    @pytest.mark.parametrize(("kw", "codes"), [("49.9", []), ("50", ["afir_energy", "afir_time"])])
    def test_ad_hoc_from_50_kw_on_are_per_kwh_and_not_for_charging_time(self, kw: str, codes: list) -> None:
        told = found(element(("TIME", "6"), ("FLAT", "1")), max_power_kw=Decimal(kw), ad_hoc=True)

        assert [code for code, _ in told] == codes

    def test_of_contracts_are_none_of_afirs_business(self) -> None:
        assert found(element(("TIME", "6")), max_power_kw=Decimal(150)) == []

    def test_per_kwh_with_a_fee_for_parking_suit_afir(self) -> None:
        prices = element(("ENERGY", "0.5"), ("TIME", "0"), ("PARKING_TIME", "6"), ("FLAT", "0.5"))

        assert found(prices, max_power_kw=Decimal(150), ad_hoc=True) == []

    def test_free_of_charge_suits_afir(self) -> None:
        assert found(element(("FLAT", "0")), max_power_kw=Decimal(150), ad_hoc=True) == []

    @pytest.mark.parametrize(("price", "codes"), [("3.4999", []), ("3.5", ["dear"]), ("35", ["dear"])])
    def test_of_ten_times_the_median_are_perhaps_a_typing_error(self, price: str, codes: list) -> None:
        told = found(
            element(("ENERGY", price), ("FLAT", "50")), medians={"ENERGY": Decimal("0.35"), "FLAT": Decimal(0)}
        )

        assert [code for code, _ in told] == codes

    @pytest.mark.parametrize(
        ("price", "currency", "codes"),
        [("4.99", "EUR", []), ("5", "EUR", ["dear"]), ("35", "EUR", ["dear"]), ("35", "CZK", [])],
    )
    def test_that_no_charge_point_asks_for_a_kwh_need_no_median(self, price: str, currency: str, codes: list) -> None:
        told = list(likely_typos(read_tariff(tariff(element(("ENERGY", price)), currency=currency)), {}))

        assert [each.code for each in told] == codes
        assert (
            not told
            or told[0].remedy == f"Check the decimal sign: write {amount(Decimal(price) / 100)} if that is meant."
        )

    @pytest.mark.parametrize(("vat", "codes"), [(0, []), ("0.21", ["vat_fraction"]), (1, []), ("5.5", []), (21, [])])
    def test_with_vat_below_one_percent_are_told(self, vat: object, codes: list) -> None:
        told = list(likely_typos(read_tariff(tariff(element(("ENERGY", "0.35", 1, vat)))), {}))

        assert [each.code for each in told] == codes
        assert not told or "write 21 if 21 % is meant" in told[0].remedy

    def test_including_vat_are_compared_without_it(self) -> None:
        prices = element(("ENERGY", "4", 1, 21))

        assert found(prices, medians={"ENERGY": Decimal("0.35")}, tax_included="YES") == []

    def test_of_zero_for_everyone_are_told(self) -> None:
        assert found(element(("FLAT", "0"))) == []
        assert found(element(("FLAT", "0")), for_everyone=True) == [("free", "elements")]
        assert found(PER_KWH, for_everyone=True) == []


def test_tariffs_of_a_group_in_two_currencies_are_told_by_name() -> None:
    euro, franc = read_tariff(tariff(PER_KWH)), read_tariff(tariff(PER_KWH, currency="CHF"))

    assert list(mixed_currencies({"A": euro, "B": euro})) == []
    assert [each.why for each in mixed_currencies({"A": euro, "B": franc})] == [
        "More than one currency: CHF: B; EUR: A."
    ]


class TestALimitWithoutItsVat:
    SEVERAL = element(("ENERGY", "0.30", 1, 21), ("FLAT", "1", 1, 9))

    def test_is_found_where_prices_have_several_percentages(self) -> None:
        assert found(self.SEVERAL, min_price={"excl_vat": 1}) == [("limit_without_vat", "min_price")]
        assert found(element(("ENERGY", "0.30", 1, 21), ("FLAT", "1")), min_price={"excl_vat": 1}) == [
            ("limit_without_vat", "min_price")
        ]

    def test_is_fine_with_one_percentage_or_with_both_amounts(self) -> None:
        assert found(element(("ENERGY", "0.30", 1, 21)), min_price={"excl_vat": 1}) == []
        assert found(self.SEVERAL, min_price={"excl_vat": 1, "incl_vat": "1.21"}) == []
