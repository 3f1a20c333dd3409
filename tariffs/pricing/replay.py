"""Replay: what past sessions would have cost under another tariff. Totals, spread and customers, in one pass."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import nlargest
from typing import Any, Final, NamedTuple

from .compiled import CompiledTariff, compile_tariff
from .engine import price
from .session import Session
from .tariff import Tariff

STEPS: Final = tuple(
    map(Decimal, ["-50", "-20", "-10", "-5", "-2", "-1", "-0.5", "0", "0.5", "1", "2", "5", "10", "20", "50"])
)
_TELL_EVERY: Final = 10_000


class Past(NamedTuple):
    """A session as it was: who charged, and the tariff that it was rated by, or the total including VAT.

    Memory grows with the customers, not with the sessions: a key of a few bytes is best. ``code`` names the session
    where somebody wants to know which ones differ.
    """

    customer: Hashable
    session: Session
    before: Tariff | Decimal
    code: str = ""


class CurrencyMix(ValueError):
    """Sessions were rated in another currency than that of the tariff."""


@dataclass(slots=True)
class Replay:
    """The sums over all sessions, in the currency of the tariff; every session's totals are rounded, as charged.

    `histogram` counts the sessions by difference including VAT: place i has those above STEPS[i - 1] and up to
    STEPS[i]; exactly 0 has a count of its own, `unchanged`, besides its place.
    """

    currency: str
    sessions: int = 0
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    dearer: int = 0
    cheaper: int = 0
    unchanged: int = 0
    histogram: list[int] = field(default_factory=lambda: [0] * (len(STEPS) + 1))
    by_customer: dict[Hashable, Decimal] = field(default_factory=dict)

    @property
    def difference(self) -> Decimal:
        return self.after - self.before

    def largest(self, count: int = 10) -> list[tuple[Hashable, Decimal]]:
        """The customers with the largest difference, up or down, and what it is."""
        return nlargest(count, self.by_customer.items(), key=lambda pair: abs(pair[1]))

    def add(self, customer: Hashable, before: Decimal, after: Decimal) -> None:
        difference = after - before
        self.sessions += 1
        self.before += before
        self.after += after
        self.dearer += difference > 0
        self.cheaper += difference < 0
        self.unchanged += difference == 0
        self.histogram[bisect_left(STEPS, difference)] += 1
        self.by_customer[customer] = self.by_customer.get(customer, Decimal(0)) + difference


def replay(
    past: Iterable[Past],
    against: Tariff,
    progress: Callable[[int], Any] = lambda sessions: None,
    differs: Callable[[Past, Decimal, Decimal], Any] = lambda session, before, after: None,
) -> Replay:
    """Price every session under another tariff; `progress` is told how many are done, every 10,000, and `differs` each
    session that would have cost something else, with what it did and would.

    Totals include VAT. Raises CurrencyMix.
    """
    total = Replay(against.currency)
    ready: dict[tuple[int, str], tuple[Tariff, CompiledTariff]] = {}

    def compiled(tariff: Tariff, zone: str) -> CompiledTariff:
        """By identity: to compare whole tariffs for each session would cost more than to price it."""
        pair = ready.get((id(tariff), zone))
        if pair is None:
            if tariff.currency != against.currency:
                raise CurrencyMix(f"sessions were rated in {tariff.currency}, the tariff is in {against.currency}")
            pair = ready[id(tariff), zone] = (tariff, compile_tariff(tariff, zone))
        return pair[1]

    for each in past:
        customer, session, rated, _ = each
        after = price(compiled(against, session.time_zone), session).incl_vat
        before = rated if isinstance(rated, Decimal) else price(compiled(rated, session.time_zone), session).incl_vat
        total.add(customer, before, after)
        if before != after:
            differs(each, before, after)
        if total.sessions % _TELL_EVERY == 0:
            progress(total.sessions)
    return total
