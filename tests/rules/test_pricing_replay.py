"""What past sessions would have cost under another tariff."""

import random
from datetime import datetime
from decimal import Decimal

import pytest

from tariffs.pricing import Session, price_session, read_tariff
from tariffs.pricing.replay import CurrencyMix, Past, replay
from tests.rules.pricing_world import AMSTERDAM, MONDAY_TEN, element, tariff


def read(*elements: dict, **more):
    return read_tariff(tariff(*elements, **more))


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

    def test_tells_which_sessions_would_have_cost_something_else(self) -> None:
        told: list[tuple[str, Decimal, Decimal]] = []
        past = [Past(1, self.charged("10"), Decimal(before), code=before) for before in ("3.63", "4.84", "5")]
        replay(past, self.NEW, differs=lambda each, before, after: told.append((each.code, before, after)))

        assert told == [("3.63", Decimal("3.63"), Decimal("4.84")), ("5", Decimal(5), Decimal("4.84"))]

    def test_tells_its_progress(self) -> None:
        told: list[int] = []
        replay((Past(1, self.charged("1"), Decimal(0)) for _ in range(20_001)), self.NEW, told.append)

        assert told == [10_000, 20_000]
