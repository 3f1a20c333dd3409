"""The lines of a cost say who priced what, to ten decimals."""

from decimal import Decimal
from fractions import Fraction

import pytest

from tariffs.pricing.rounding import half_up, rounded
from tests.rules.pricing_world import (
    charging,
    cost_of,
    element,
    parking,
    reservation,
    session,
    tariff,
)


class TestAmountsOfMoney:
    @pytest.mark.parametrize(
        ("numerator", "nearest"), [(14, 1), (15, 2), (16, 2), (-14, -1), (-15, -2), (-25, -3), (0, 0)]
    )
    def test_a_half_goes_away_from_zero(self, numerator: int, nearest: int) -> None:
        assert half_up(numerator, 10) == nearest

    def test_a_line_takes_off_what_exceeds_the_limit(self) -> None:
        prices = tariff(element(("ENERGY", "0.30", 1, 21)), max_price={"excl_vat": 2, "incl_vat": "2.42"})
        line = cost_of(prices, session(charging(60, "10"))).as_dict()["lines"][1]

        assert line == {
            "dimension": "MAX_PRICE",
            "element": None,
            "quantity": "1.0000000000",
            "unit": "session",
            "price": "-1.0000000000",
            "vat": None,
            "excl_vat": "-1.0000000000",
            "incl_vat": "-1.2100000000",
        }

    def test_each_line_says_who_priced_what(self) -> None:
        prices = tariff(
            element(("TIME", "6", 600), reservation="RESERVATION", max_power=1),
            element(("ENERGY", "0.30", 1, "5.20"), ("FLAT", "1")),
            element(("PARKING_TIME", "3", 900, 21)),
        )
        charged = session(reservation(8), charging(60, "10"), parking(40))
        lines = cost_of(prices, charged).lines

        assert [(line.element, line.dimension, line.unit, line.vat, line.for_reservation) for line in lines] == [
            (0, "TIME", "h", None, True),
            (1, "ENERGY", "kWh", Decimal("5.2"), False),
            (1, "FLAT", "session", None, False),
            (2, "PARKING_TIME", "h", 21, False),
        ]
        assert [(line.quantity, line.rounding, line.price) for line in lines] == [
            (Fraction(1, 6), Fraction(1, 30), 6),
            (10, 0, Fraction("0.3")),
            (1, 0, 1),
            (Fraction(3, 4), Fraction(1, 12), 3),
        ]

    def test_a_line_is_written_as_text_with_ten_decimals(self) -> None:
        line = cost_of(tariff(element(("ENERGY", "0.30", 1, "5.20"))), session(charging(60, "10"))).as_dict()["lines"][
            0
        ]

        assert line == {
            "dimension": "ENERGY",
            "element": 0,
            "quantity": "10.0000000000",
            "unit": "kWh",
            "price": "0.3000000000",
            "vat": "5.20",
            "excl_vat": "3.0000000000",
            "incl_vat": "3.1560000000",
        }

    def test_a_small_session_has_one_line_of_nothing(self) -> None:
        charged = session(charging(1, "10"), minimum={"seconds": 120, "kwh": "0.2"})

        assert cost_of(tariff(element(("ENERGY", "1", 1, 21))), charged).as_dict() == {
            "currency": "EUR",
            "excl_vat": "0.00",
            "incl_vat": "0.00",
            "lines": [
                {
                    "dimension": "SMALL_SESSION",
                    "element": None,
                    "quantity": "1.0000000000",
                    "unit": "session",
                    "price": "0.0000000000",
                    "vat": None,
                    "excl_vat": "0.0000000000",
                    "incl_vat": "0.0000000000",
                }
            ],
        }

    def test_a_third_has_ten_decimals(self) -> None:
        assert rounded(Fraction(1, 3), 10) == "0.3333333333"
        assert rounded(Fraction(2, 3), 10) == "0.6666666667"
