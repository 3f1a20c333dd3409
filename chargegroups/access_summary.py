"""Who may charge in charge groups at a moment, and at which prices: in words, for many groups at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chargegroups.counts import count_exceptions
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import OPENINGS, SLOTS
from evcnet.tenancy import Login
from tariffs.current_price import CurrentPrice, current_prices


@dataclass(frozen=True)
class Price:
    """``slot`` is one of the terms' ``SLOTS``."""

    who: str
    tag: CurrentPrice
    slot: str


@dataclass(frozen=True)
class AccessSummary:
    """What holds in a charge group: the terms in force (None without any), the prices, and how many exceptions allow."""

    group: ChargeGroup
    terms: Terms | None
    prices: tuple[Price, ...]
    allowed: int

    @property
    def open_to(self) -> list[str]:
        """In words, who may charge here; empty where nobody may."""
        if self.terms is None or not self.has_price:
            return []
        excepted = f"{self.allowed:,} customer{'' if self.allowed == 1 else 's'} by exception"
        return [*_open_to(self.group, self.terms), *([excepted] if self.allowed else [])]

    @property
    def has_price(self) -> bool:
        """Without a version of the group's own tariff in force nobody may charge (rules: no terms in force)."""
        return bool(self.prices) and self.prices[0].tag.version is not None

    @property
    def free(self) -> bool:
        return self.has_price and all(price.tag.free for price in self.prices)


def access_summaries(
    groups: Iterable[ChargeGroup], at: datetime, login: Login | None = None
) -> dict[int, AccessSummary]:
    """By the group's id. ``groups`` with their user group at hand, else it costs a query each.

    What is shown to a ``login`` counts the exceptions of customers whom it sees; a rule that needs all gives none.
    """
    by_id = {group.pk: group for group in groups}
    rows = Terms.objects.in_force(at).filter(charge_group_id__in=by_id)
    in_force = {terms.charge_group_id: terms for terms in rows.select_related(*SLOTS)}
    named = [tariff for terms in in_force.values() for slot in SLOTS if (tariff := getattr(terms, slot))]
    tags = current_prices(named, at) if named else {}
    allowed = count_exceptions(by_id, at, login, access="allowed")
    return {
        pk: AccessSummary(group, in_force.get(pk), tuple(_prices(in_force.get(pk), tags)), allowed[pk])
        for pk, group in by_id.items()
    }


def who_may_charge(group: ChargeGroup, terms: Terms | None) -> str:
    """The policy of the terms as one sentence; exceptions come on top."""
    if terms is None:
        return "Nobody yet: no terms are in force"
    text = ", ".join(_open_to(group, terms)) or "nobody but those with an exception"
    return text[0].upper() + text[1:]


def _open_to(group: ChargeGroup, terms: Terms) -> Iterator[str]:
    """To whom the policy opens the group, in words, in the order of the access rules."""
    words = (f"customers of {group.user_group}", "customers of your other user groups", "roaming cards")
    return (text for switch, text in zip(OPENINGS, words, strict=True) if getattr(terms, switch))


def _prices(terms: Terms | None, tags: dict[int, CurrentPrice]) -> Iterator[Price]:
    if terms is None:
        return
    yield Price("Everyone", tags[terms.tariff_id], "tariff")
    if terms.prepaid_tariff_id is not None:
        yield Price("Prepaid customers", tags[terms.prepaid_tariff_id], "prepaid_tariff")
    if terms.roaming and terms.roaming_tariff_id is not None:
        yield Price("Roaming cards", tags[terms.roaming_tariff_id], "roaming_tariff")
