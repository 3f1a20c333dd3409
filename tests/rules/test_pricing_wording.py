"""How a tariff reads to a driver: per kWh, per minute, per session, anything else; every tier with when it holds."""

import pytest

from tariffs.pricing import PRICE_WORDS, describe, is_free, price_text, read_tariff, tiers
from tariffs.pricing.vat import loses_vat
from tests.rules.pricing_world import element, tariff


def lines(*elements: dict, incl_vat: bool = False, **more) -> list[str]:
    return [str(line) for line in describe(read_tariff(tariff(*elements, **more)), incl_vat=incl_vat)]


def text(*elements: dict, incl_vat: bool = False, **more) -> str:
    return price_text(read_tariff(tariff(*elements, **more)), incl_vat=incl_vat)


class TestEveryTier:
    def test_stands_in_the_order_of_afir_whatever_the_order_of_the_list(self) -> None:
        assert lines(
            element(("TIME", "6"), reservation="RESERVATION"),
            element(("FLAT", "0.5"), ("PARKING_TIME", "3")),
            element(("TIME", "1.2")),
            element(("ENERGY", "0.35")),
            max_price={"excl_vat": 20, "incl_vat": "24.2"},
            min_price={"excl_vat": 1},
        ) == [
            "0.35 EUR/kWh, VAT not stated",
            "0.02 EUR/min charging, VAT not stated",
            "0.05 EUR/min parking, VAT not stated",
            "0.50 EUR per session, VAT not stated",
            "0.10 EUR/min for a reservation, VAT not stated",
            "at least 1.00 EUR per session excl. VAT",
            "at most 20.00 EUR per session excl. VAT (24.20 EUR incl. VAT)",
        ]

    def test_says_when_it_holds(self) -> None:
        weekdays = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
        assert lines(
            element(("ENERGY", "0.35", 1, 21), start_time="08:00", end_time="18:00", day_of_week=weekdays),
            element(("ENERGY", "0.2575", 1, 21)),
        ) == [
            "0.35 EUR/kWh Mon-Fri 08:00-18:00, excl. 21% VAT",
            "0.2575 EUR/kWh otherwise, excl. 21% VAT",
        ]

    @pytest.mark.parametrize(
        ("restrictions", "words"),
        [
            ({"day_of_week": ["SUNDAY"]}, "Sun"),
            ({"day_of_week": ["SUNDAY", "MONDAY", "WEDNESDAY"]}, "Mon, Wed, Sun"),
            ({"day_of_week": ["SATURDAY", "SUNDAY"]}, "Sat-Sun"),
            ({"start_time": "22:00", "end_time": "06:00"}, "22:00-06:00"),
            ({"start_time": "22:00"}, "22:00-24:00"),
            ({"end_time": "06:00"}, "00:00-06:00"),
            ({"start_date": "2026-06-01", "end_date": "2026-07-01"}, "from 1 Jun 2026 before 1 Jul 2026"),
            ({"min_kwh": "10.50"}, "from 10.5 kWh"),
            ({"max_kwh": 30}, "below 30 kWh"),
            ({"min_kwh": 10, "max_kwh": 30}, "10-30 kWh"),
            ({"max_power": "22.0"}, "below 22 kW"),
            ({"min_current": 16, "max_current": 32}, "16-32 A"),
            ({"min_duration": 5400}, "after 90 min"),
            ({"max_duration": 100}, "in the first 100 s"),
            ({"min_duration": 3600, "max_duration": 7200}, "from 60 min to 120 min"),
            ({"reservation": "RESERVATION_EXPIRES"}, "for a reservation that expires"),
        ],
    )
    def test_words_each_restriction(self, restrictions: dict, words: str) -> None:
        assert lines(element(("FLAT", "1"), **restrictions))[0].endswith(f" {words}, VAT not stated")

    @pytest.mark.parametrize(
        "restrictions",
        [
            {"start_time": "08:00", "end_time": "08:00"},
            {"end_time": "00:00"},
            {"min_kwh": 0, "min_duration": 0},
            {"day_of_week": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]},
        ],
    )
    def test_a_restriction_that_restricts_nothing_says_nothing(self, restrictions: dict) -> None:
        assert lines(element(("FLAT", "1"), **restrictions)) == ["1.00 EUR per session, VAT not stated"]

    @pytest.mark.parametrize(
        ("component", "words"),
        [
            (("ENERGY", "0.3", 500), "0.30 EUR/kWh, billed per 0.5 kWh, VAT not stated"),
            (("PARKING_TIME", "3", 900), "0.05 EUR/min parking, billed per 15 min, VAT not stated"),
            (("TIME", "3", 90), "0.05 EUR/min charging, billed per 90 s, VAT not stated"),
            (("TIME", "2"), "0.0333 EUR/min charging (2.00 EUR/h), VAT not stated"),
            (("TIME", "0"), "free charging time"),
            (("FLAT", "1.5", 1, "5.20"), "1.50 EUR per session, excl. 5.2% VAT"),
            (("FLAT", "1.5", 1, "20"), "1.50 EUR per session, excl. 20% VAT"),
        ],
    )
    def test_words_price_step_and_vat(self, component: tuple, words: str) -> None:
        assert lines(element(component)) == [words]

    def test_names_the_element_that_sets_it(self) -> None:
        found = describe(read_tariff(tariff(element(("FLAT", "1")), element(("ENERGY", "1")))), incl_vat=False)

        assert [(line.dimension, line.element) for line in found] == [("ENERGY", 1), ("FLAT", 0)]


class TestOneLine:
    def test_has_every_price_and_one_vat(self) -> None:
        assert text(element(("FLAT", "0.5", 1, 21)), element(("ENERGY", "0.35", 1, 21))) == (
            "0.35 EUR/kWh + 0.50 EUR per session, excl. 21% VAT"
        )

    @pytest.mark.parametrize(
        ("component", "more", "excl", "incl"),
        [
            (("ENERGY", "0.3223", 1, 21), {}, "0.3223 EUR/kWh, excl. 21% VAT", "0.39 EUR/kWh, incl. 21% VAT"),
            (
                ("ENERGY", "0.35", 1, 21),
                {"tax_included": "YES"},
                "0.2893 EUR/kWh, excl. 21% VAT",
                "0.35 EUR/kWh, incl. 21% VAT",
            ),
            (("FLAT", "1"), {}, "1.00 EUR per session, VAT not stated", "1.00 EUR per session, VAT not stated"),
            (("FLAT", "1", 1, 0), {}, "1.00 EUR per session, excl. 0% VAT", "1.00 EUR per session, incl. 0% VAT"),
            (
                ("TIME", "3", 1, 20),
                {"min_price": {"excl_vat": 1}},
                "0.05 EUR/min charging, at least 1.00 EUR, excl. 20% VAT",
                "0.06 EUR/min charging, at least 1.20 EUR, incl. 20% VAT",
            ),
            (
                ("FLAT", "1", 1, 21),
                {"max_price": {"excl_vat": 9, "incl_vat": "10.50"}},
                "1.00 EUR per session, at most 9.00 EUR, excl. 21% VAT",
                "1.21 EUR per session, at most 10.50 EUR, incl. 21% VAT",
            ),
        ],
    )
    def test_has_two_readings_excluding_and_including_vat(self, component, more, excl, incl) -> None:
        # 0.3223 with 21 % is 0.389983, which is shown with four decimals at most: 0.39.
        assert (text(element(component), **more), text(element(component), incl_vat=True, **more)) == (excl, incl)

    def test_a_limit_whose_vat_is_not_plain_says_that_it_excludes_it(self) -> None:
        prices = element(("FLAT", "1", 1, 21), ("ENERGY", "1", 1, 9))
        assert text(prices, incl_vat=True, min_price={"excl_vat": 2}) == (
            "1.09 EUR/kWh + 1.21 EUR per session, at least 2.00 EUR excl. VAT, incl. VAT"
        )
        assert lines(prices, incl_vat=True, min_price={"excl_vat": 2})[-1] == "at least 2.00 EUR per session excl. VAT"

    def test_limits_read_including_vat_in_every_line_too(self) -> None:
        prices = element(("FLAT", "1", 1, 21))
        assert lines(prices, incl_vat=True, min_price={"excl_vat": 2}, max_price={"excl_vat": 9, "incl_vat": 10}) == [
            "1.21 EUR per session, incl. 21% VAT",
            "at least 2.42 EUR per session incl. VAT",
            "at most 10.00 EUR per session incl. VAT (9.00 EUR excl. VAT)",
        ]

    def test_several_vat_percentages_are_not_told_apart(self) -> None:
        assert text(element(("FLAT", "1", 1, 21), ("ENERGY", "1", 1, 9))).endswith("excl. VAT")

    def test_tiers_show_as_a_range(self) -> None:
        assert text(element(("ENERGY", "0.50"), start_time="07:00"), element(("ENERGY", "0.20"))) == (
            "0.20 to 0.50 EUR/kWh, VAT not stated"
        )
        assert text(element(("PARKING_TIME", "0"), max_duration=60), element(("PARKING_TIME", "3"))) == (
            "up to 0.05 EUR/min parking, VAT not stated"
        )

    def test_a_single_tier_says_when_it_holds(self) -> None:
        assert text(element(("ENERGY", "1")), element(("PARKING_TIME", "3"), min_duration=3600)) == (
            "1.00 EUR/kWh + 0.05 EUR/min parking after 60 min, VAT not stated"
        )

    def test_the_same_price_in_two_windows_holds_at_times_and_with_a_fallback_always(self) -> None:
        early, late = element(("FLAT", "1"), end_time="07:00"), element(("FLAT", "1"), start_time="22:00")

        assert text(early, late) == "1.00 EUR per session at times, VAT not stated"
        assert text(early, element(("FLAT", "1"))) == "1.00 EUR per session, VAT not stated"

    def test_limits_and_reservations_are_told(self) -> None:
        prices = (element(("ENERGY", "1")), element(("FLAT", "2"), reservation="RESERVATION"))

        assert text(*prices, max_price={"excl_vat": 9}) == (
            "1.00 EUR/kWh, at most 9.00 EUR, VAT not stated; a reservation costs extra"
        )

    def test_a_tariff_that_only_prices_reservations_says_so(self) -> None:
        assert text(element(("FLAT", "2"), reservation="RESERVATION")) == (
            "No price for a session, VAT not stated; a reservation costs extra"
        )


class TestInTheLanguageOfACustomer:
    EVERYTHING = (
        element(("ENERGY", "0.35", 1, 21), start_time="08:00", end_time="18:00"),
        element(("ENERGY", "0.25", 1, 21), ("FLAT", "0.5", 0, 21), ("PARKING_TIME", "1", 1, 21)),
        element(("TIME", "1.2", 1, 21), min_kwh=20),
        element(("FLAT", "1", 0, 21), reservation="RESERVATION"),
    )

    READS = {
        "nl": "0,25 tot 0,35 EUR/kWh + 0,02 EUR/min laden onder voorwaarden + 0,0167 EUR/min parkeren (1,00 EUR/uur)"
        " + 0,50 EUR per sessie, maximaal 20,00 EUR, excl. 21% btw; een reservering kost extra",
        "de": "0,25 bis 0,35 EUR/kWh + 0,02 EUR/Min. Laden unter Bedingungen + 0,0167 EUR/Min. Parken (1,00 EUR/Std.)"
        " + 0,50 EUR pro Ladevorgang, höchstens 20,00 EUR, ohne 21% MwSt.; eine Reservierung kostet extra",
        "fr": "0,25 à 0,35 EUR/kWh + 0,02 EUR/min de recharge sous conditions"
        " + 0,0167 EUR/min de stationnement (1,00 EUR/h) + 0,50 EUR par session, au plus 20,00 EUR,"
        " hors TVA 21%; une réservation coûte un supplément",
    }

    @pytest.mark.parametrize(("language", "words"), READS.items())
    def test_every_word_is_of_that_language(self, language: str, words: str) -> None:
        read = read_tariff(tariff(*self.EVERYTHING, max_price={"excl_vat": 20}))
        assert price_text(read, PRICE_WORDS[language]) == words

    @pytest.mark.parametrize(("language", "word"), [("nl", "Gratis"), ("de", "Kostenlos"), ("fr", "Gratuit")])
    def test_free_of_charge_is_too(self, language: str, word: str) -> None:
        assert price_text(read_tariff(tariff(element(("FLAT", "0")))), PRICE_WORDS[language]) == word

    def test_vat_of_several_percentages_is_told_without_one(self) -> None:
        read = read_tariff(tariff(element(("ENERGY", "0.35", 1, 21), ("FLAT", "1", 0, 9))))
        assert price_text(read, PRICE_WORDS["fr"]).endswith(", hors TVA")


class TestFreeOfCharge:
    @pytest.mark.parametrize("components", [[("FLAT", "0")], [("FLAT", "0.00"), ("ENERGY", "0", 1, 21)]])
    def test_is_a_tariff_whose_prices_are_all_zero(self, components: list) -> None:
        assert is_free(read_tariff(tariff(element(*components))))
        assert text(element(*components)) == "Free of charge"

    def test_is_not_one_with_any_price(self) -> None:
        assert not is_free(read_tariff(tariff(element(("FLAT", "0")), element(("TIME", "0.0001"), min_kwh=99))))

    @pytest.mark.parametrize(("limit", "free"), [({"excl_vat": 1}, False), ({"excl_vat": 0, "incl_vat": 1}, False)])
    def test_is_not_one_with_a_least_price(self, limit: dict, free: bool) -> None:
        assert is_free(read_tariff(tariff(element(("FLAT", "0")), min_price=limit))) is free

    def test_is_one_with_a_least_price_of_zero(self) -> None:
        assert is_free(read_tariff(tariff(element(("FLAT", "0")), min_price={"excl_vat": 0, "incl_vat": 0})))


class TestVatThatIsLost:
    WITH, WITHOUT = ("ENERGY", "0.3", 1, 21), ("ENERGY", "0.3")

    @pytest.mark.parametrize(
        ("before", "after", "lost"),
        [
            ([WITH], [WITHOUT], True),
            ([WITH], [WITH], False),
            ([WITHOUT], [WITHOUT], False),
            ([WITHOUT], [WITH], False),
            ([WITH], [("TIME", "2")], True),
            ([WITH], [WITH, ("FLAT", "1")], False),
            ([WITH, ("FLAT", "1", 1, 21)], [WITH, ("FLAT", "1")], True),
            ([WITH], [("FLAT", "0")], False),
            ([WITH], [("ENERGY", "0.3", 1, 0)], True),
        ],
    )
    def test_is_that_of_a_price_of_the_same_dimension_or_all(self, before: list, after: list, lost: bool) -> None:
        assert loses_vat(*(read_tariff(tariff(element(*each))) for each in (before, after))) is lost


class TestTiers:
    def test_are_all_told_where_one_line_shows_a_range(self) -> None:
        night = element(("ENERGY", "0.20", 1, 21), start_time="23:00", end_time="07:00")
        listed = read_tariff(tariff(night, element(("ENERGY", "0.40", 1, 21), ("FLAT", "1", 1, 21))))
        assert [str(line) for line in tiers(listed, incl_vat=False)] == [
            "0.20 EUR/kWh 23:00-07:00, excl. 21% VAT",
            "0.40 EUR/kWh otherwise, excl. 21% VAT",
            "1.00 EUR per session, excl. 21% VAT",
        ]

    def test_leave_out_what_never_costs_anything(self) -> None:
        night = element(("ENERGY", "0.20"), ("FLAT", "0"), start_time="23:00", end_time="07:00")
        listed = read_tariff(tariff(night, element(("ENERGY", "0.40"), ("TIME", "0"), ("FLAT", "0"))))
        assert [line.dimension for line in tiers(listed, incl_vat=False)] == ["ENERGY", "ENERGY"]
        assert tiers(read_tariff(tariff(night, element(("FLAT", "0")))), incl_vat=False) == ()

    def test_say_nothing_that_the_line_says_already(self) -> None:
        assert tiers(read_tariff(tariff(element(("ENERGY", "0.35"), ("FLAT", "1")))), incl_vat=True) == ()
