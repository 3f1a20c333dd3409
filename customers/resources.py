"""Which columns do the files of providers, user groups, customers and charge cards have?"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from decimal import Decimal
from typing import Any

from changes.file_changes import ProposedRows, by_provider
from changes.proposals import CustomerMoves
from customers.models import ChargeCard, Customer, Provider, UserGroup
from evcnet.errors import DomainError
from evcnet.importexport.columns import Choice, Code, Column, Country, Email, Flag, Moment, Number, Reference, Whole
from evcnet.importexport.kinds import Kind, Row, in_window, same_letters
from evcnet.importexport.outcomes import Effect


class Providers(Kind):
    name, model, key, owned = "providers", Provider, ("code",), False
    columns = (
        Code("code", required=True),
        Column("name", required=True),
        Country("country_code", required=True),
        Code("party_id", required=True, capitals=True),
        Code("time_zone", default="Europe/Amsterdam"),
        Code("currency", default="EUR", capitals=True),
        Whole("minimum_seconds", default=120, most=86_400, what="seconds"),
        Number("minimum_kwh", default=Decimal("0.2"), decimals=3, most=1_000),
    )


class UserGroups(Kind):
    name, model, key, at_once = "user_groups", UserGroup, ("code",), False
    columns = (
        Code("code", required=True),
        Column("name", required=True),
        Reference("parent", UserGroup),
    )

    def in_order(self, rows: list[Row]) -> list[Row]:
        """A parent before its children, wherever it stands in the file; rows in a ring stay last, and are refused."""
        waiting = {row.key: row for row in rows if row.key}
        ordered = [row for row in rows if not row.key]
        while waiting:
            ready = [key for key, row in waiting.items() if (key[0], row.said("parent")) not in waiting]
            ordered += [waiting.pop(key) for key in ready or list(waiting)]
        return ordered

    def things(self, listed: Any) -> list[Any]:
        """Parents first."""
        groups = list(listed)
        parents = {group.pk: group.parent_id for group in groups}
        return sorted(groups, key=lambda group: (group.provider.code, _depth(group.pk, parents)))


class Customers(Kind):
    name, model, key = "customers", Customer, ("number",)
    changes_terms = True
    columns = (
        Reference("user_group", UserGroup, required=True),
        Code("number", required=True),
        Choice("kind", Customer.Kind.values, default=Customer.Kind.PRIVATE.value),
        Column("name", required=True),
        Email("email"),
        Choice("language", Customer.Language.values, default=Customer.Language.ENGLISH.value),
        Choice("payment", Customer.Payment.values, default=Customer.Payment.SUBSCRIPTION.value),
        Choice("status", Customer.Status.values, default=Customer.Status.ACTIVE.value),
    )

    def proposed(self, effects: list[Effect]) -> Iterator[ProposedRows]:
        """All customers of a provider who come into another user group are one change. A new one arises in its own."""
        moving = [each for each in effects if each.stored and each.stored["user_group"] != each.wanted["user_group"]]
        for together in by_provider(moving):
            # As they were: the rows themselves are about to change.
            yield ProposedRows(
                CustomerMoves((copy(each.thing), each.wanted["user_group"]) for each in together), together
            )


class ChargeCards(Kind):
    name, model, key, folded = "charge_cards", ChargeCard, ("uid",), True
    columns = (
        Code("uid", required=True),
        Reference("customer", Customer, by="number"),
        Column("visual_number"),
        Choice("type", ChargeCard.Type.values, default=ChargeCard.Type.RFID.value),
        Flag("roaming"),
        Choice(
            "status", ChargeCard.Status.values, default=None, needed="else active with a customer, inactive without"
        ),
        Moment("valid_from"),
        Moment("valid_until"),
    )

    def settle(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        same_letters(wanted, stored, "uid")
        in_window(wanted)
        customer, status = wanted["customer"], wanted["status"]
        if status is None:
            wanted["status"] = "active" if customer else "inactive"
        elif "status" not in row.cells and stored is not None and customer != stored["customer"]:
            # Attaching a customer activates a card; a card that loses its customer does not stay active.
            wanted["status"] = "active" if customer else "inactive" if status == "active" else status
        if wanted["status"] == "active" and customer is None:
            raise DomainError("A card without a customer is inactive: name the customer, or write inactive.", "status")
        if wanted["roaming"] and customer and customer.payment == Customer.Payment.PREPAID:
            raise DomainError("A prepaid customer's card has roaming off: write false.", "roaming")


def _depth(group: int, parents: dict[int, int | None]) -> int:
    seen: set[int] = set()
    above = parents.get(group)
    while above is not None and above not in seen:
        seen.add(above)
        above = parents.get(above)
    return len(seen)
