"""CSV of exceptions: a row is one customer in one charge group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from changes.file_changes import ProposedRows, by_provider
from changes.proposals import ExceptionChanges, ProposedException
from chargegroups import writes
from chargegroups.models import ChargeGroup, CustomerException
from customers.models import Customer
from evcnet.importexport.columns import Choice, Column, Moment, Reference
from evcnet.importexport.kinds import Kind, Row, asked, in_window
from evcnet.importexport.outcomes import Effect
from tariffs.models import Tariff


class Exceptions(Kind):
    name, model, key = "exceptions", CustomerException, ("charge_group", "customer")
    edits_at_once = changes_terms = True
    columns = (
        Reference("charge_group", ChargeGroup, required=True),
        Reference("customer", Customer, by="number", required=True),
        Choice("access", CustomerException.Access.values, default=CustomerException.Access.POLICY.value),
        Reference("tariff", Tariff),
        Moment("valid_from"),
        Moment("valid_until"),
        Column("note"),
    )

    def find(self, rows: Iterable[Row], *, lock: bool) -> dict[tuple[Any, ...], Any]:
        keys = [row.key for row in rows if row.key]
        queryset = self.within(self.reach.rows(CustomerException, "change"), rows)
        queryset = queryset.filter(charge_group__in={group for _, group, _ in keys})
        customers = sorted({customer.pk for _, _, customer in keys})
        return {self.key_of(each): each for each in asked(queryset, "customer_id", customers, lock=lock)}

    def key_of(self, thing: Any) -> tuple[Any, ...]:
        return (thing.provider_id, thing.charge_group, thing.customer)

    def order(self) -> list[str]:
        return ["provider__code", "charge_group__code", "customer__number"]

    def settle(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        in_window(wanted)

    def proposed(self, effects: list[Effect]) -> Iterator[ProposedRows]:
        """All exceptions of a provider are one change."""
        for together in by_provider(effects):
            rows = [ProposedException(**effect.wanted) for effect in together]
            yield ProposedRows(ExceptionChanges(rows, checked=True), together)

    def create(self, things: list[Any]) -> None:
        writes.put_exceptions(things)
