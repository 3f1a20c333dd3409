"""The tariffs and sessions that are measured: drawn by chance from a fixed seed, over the whole of a year."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tariffs.pricing import Session

AMSTERDAM = "Europe/Amsterdam"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]


def element(*components: tuple[str, str, int], **restrictions: Any) -> dict[str, Any]:
    rows = [{"type": kind, "price": price, "step_size": step, "vat": 21} for kind, price, step in components]
    return {"price_components": rows, "restrictions": restrictions}


def tariff(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"currency": "EUR", "elements": list(elements)}


ONE_ELEMENT = tariff(element(("ENERGY", "0.35", 1), ("FLAT", "0.50", 1)))

FOUR_ELEMENTS = tariff(
    element(("ENERGY", "0.42", 1), ("TIME", "0.60", 60), start_time="07:00", end_time="19:00", day_of_week=WEEKDAYS),
    element(("ENERGY", "0.31", 1), min_kwh=15),
    element(("PARKING_TIME", "3.00", 300), min_duration=7200),
    element(("ENERGY", "0.35", 1), ("FLAT", "0.50", 1)),
)

SIXTEEN_ELEMENTS = tariff(
    *(
        element(("ENERGY", f"0.{30 + i}", 1), start_time=f"{2 * i:02}:00", end_time=f"{(2 * i + 2) % 24:02}:00")
        for i in range(12)
    ),
    element(("TIME", "0.60", 60), min_kwh=10, max_power=20),
    element(("TIME", "0.90", 60), min_power=50),
    element(("PARKING_TIME", "3.00", 300), min_duration=7200),
    element(("FLAT", "0.50", 1)),
)


def sessions(count: int, periods: int) -> list[Session]:
    """Sessions of one to four hours; the last quarter of the periods is parked."""
    chance = random.Random(1)
    return [session(chance, periods) for _ in range(count)]


def session(chance: random.Random, periods: int) -> Session:
    start = NEW_YEAR + timedelta(seconds=chance.randrange(365 * 86_400))
    each = chance.randrange(3_600, 4 * 3_600) // periods
    charged = periods - periods // 4
    rows = [("charging", each, Decimal(chance.randrange(500, 40_000 // charged)) / 1000) for _ in range(charged)]
    rows += [("parking", each, Decimal(0))] * (periods - charged)
    return Session.of(start, AMSTERDAM, rows)
