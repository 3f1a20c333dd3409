"""Another Python calculator of OCPI tariffs on the same sessions: how fast, and how right.

The one that was found is `ocpi-tariffs`. It is measured where it is installed beside the portal, and left out where not.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from zoneinfo import ZoneInfo

from bench.measuring import Measured, per_second
from bench.sessions import AMSTERDAM
from tariffs.pricing import Session, compile_tariff, price, read_tariff

CENT = Decimal("0.01")


def measure(name: str, prices: dict[str, Any], charged: list[Session]) -> list[Measured]:
    """A row with its speed, and how many of its totals are the same to the cent; none where it is not installed."""
    if find_spec("ocpi_tariffs") is None or find_spec("ocpi_tariffs.v2_2_1") is None:
        return []
    models = import_module("ocpi_tariffs.v2_2_1.models")
    calculate: Callable[[Any, Any], Any] = import_module("ocpi_tariffs.v2_2_1.tariff_calculator").calculate_cdr_cost
    tariff = models.Tariff(id="bench", last_updated=datetime(2026, 1, 1), **prices)
    records = [models.Cdr(**_record(session)) for session in charged]

    def run() -> None:
        for record in records:
            calculate(record, tariff)

    compiled = compile_tariff(read_tariff(prices), AMSTERDAM)
    pairs = zip(records, charged, strict=True)
    same = sum(
        abs(calculate(record, tariff).excl_vat - price(compiled, each).excl_vat) < CENT for record, each in pairs
    )
    note = f"{100 * same // len(charged)}% of its totals are the same to the cent"
    return [Measured(f"ocpi-tariffs, {name}", per_second(len(charged), run), "sessions/s/core", "", note)]


def _record(session: Session) -> dict[str, Any]:
    """The session as a CDR, in local time: this calculator reads the clock as it stands in the record."""
    now = datetime.fromtimestamp(session.start, ZoneInfo(AMSTERDAM)).replace(tzinfo=None)
    start, periods = now, []
    for period in session.periods:
        kind = "TIME" if period.activity == "charging" else "PARKING_TIME"
        kwh = Fraction(period.energy, session.parts)
        volumes = {"ENERGY": Decimal(kwh.numerator) / kwh.denominator, kind: Decimal(period.seconds) / 3600}
        dimensions = [{"type": name, "volume": volume} for name, volume in volumes.items()]
        periods.append({"start_date_time": now, "dimensions": dimensions})
        now += timedelta(seconds=period.seconds)
    return {
        "start_date_time": start,
        "end_date_time": now,
        "last_updated": now,
        "currency": "EUR",
        "cdr_location": {"country": "NLD"},
        "total_energy": 0,
        "total_time": 0,
        "charging_periods": periods,
    }
