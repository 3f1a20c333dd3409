"""Sessions that one core prices in a second, exactly."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from bench import other
from bench.measuring import Measured, per_second
from bench.sessions import AMSTERDAM, FOUR_ELEMENTS, ONE_ELEMENT, SIXTEEN_ELEMENTS, sessions
from tariffs.pricing import Session, compile_tariff, price, read_tariff

COUNT = 5_000
CASES = (
    ("1 element x 4 periods", ONE_ELEMENT, 4, ""),
    ("4 elements x 4 periods", FOUR_ELEMENTS, 4, "20,000; goal 50,000"),
    ("16 elements x 16 periods", SIXTEEN_ELEMENTS, 16, ""),
)


def measure() -> list[Measured]:
    """The tariff compiled once, warm, both totals taken, no input and no output."""
    rows = []
    for name, prices, periods, asked in CASES:
        charged = sessions(COUNT, periods)
        figure = per_second(COUNT, _pricing(prices, charged))
        rows.append(Measured(f"pricing, {name}", figure, "sessions/s/core", asked, _cut(prices, charged)))
        rows += other.measure(name, prices, charged[: COUNT // 10])
    return rows


def _pricing(prices: dict[str, Any], charged: list[Session]) -> Callable[[], None]:
    compiled, total = compile_tariff(read_tariff(prices), AMSTERDAM), attrgetter("excl_vat", "incl_vat")

    def run() -> None:
        for session in charged:
            cost = price(compiled, session)
            total(cost)

    return run


def _cut(prices: dict[str, Any], charged: list[Session]) -> str:
    """How many of the sessions are cut, for without cuts it would be easy."""
    compiled = compile_tariff(read_tariff(prices), AMSTERDAM)
    several = sum(len({line.element for line in price(compiled, each).lines}) > 1 for each in charged)
    return f"{100 * several // COUNT}% of the sessions are priced by several elements"
