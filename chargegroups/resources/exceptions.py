"""CSV resource of exceptions: a row is one customer in one charge group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from changes.proposals import ExceptionChanges, ProposedException
from changes.resources import ProposedRows, TermsResource, by_provider
from chargegroups import writes
from chargegroups.models import ChargeGroup, CustomerException
from chargegroups.resources.staged_exceptions import ByNumber, staged_exceptions
from customers.models import Customer
from evcnet.code_keys import IdentityKey
from evcnet.importexport.declaration import Values, filter_in, refuse_empty_window
from evcnet.importexport.fields import Field
from evcnet.importexport.results import RowResult
from evcnet.importexport.rows import Row
from evcnet.importexport.widgets import ChoiceWidget, MomentWidget, ReferenceWidget
from tariffs.models import Tariff

WRITTEN_TOGETHER = 5_000  # staged rows


class ExceptionResource(TermsResource):
    """Rows are staged, and written once all are read and judged as one change of their provider. A preview writes them
    too, and takes them back, since of an exception the database knows what no cell tells."""

    columns_are_stored: ClassVar = True
    stages_rows = updates_in_bulk = stages_changes = writes_at_end = True

    charge_group = Field(ReferenceWidget(ChargeGroup), required=True)
    customer = Field(ReferenceWidget(Customer, by="number", compared_by=IdentityKey), required=True)
    access = Field(ChoiceWidget(CustomerException.Access), default=CustomerException.Access.POLICY.value)
    tariff = Field(ReferenceWidget(Tariff))
    valid_from = Field(MomentWidget())
    valid_until = Field(MomentWidget(ends=True))
    note = Field()

    class Meta:
        model, name, import_id_fields = CustomerException, "exceptions", ("charge_group", "customer")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.waiting: dict[int, list[int]] = {}  # the numbers of the staged rows that are to be written, by provider

    def alike(self, cell: str) -> str:
        return IdentityKey.of(cell)

    def find_instances(self, rows: Iterable[Row], *, lock: bool) -> dict[tuple[Any, ...], Any]:
        keys = [row.key for row in rows if row.key]
        queryset = self.candidates(self.scope.rows(CustomerException, "change"), rows)
        queryset = queryset.filter(charge_group__in={group for _, group, _ in keys})
        customers = sorted({customer.pk for _, _, customer in keys})
        return {self.key_of(each): each for each in filter_in(queryset, "customer_id", customers, lock=lock)}

    def key_of(self, instance: CustomerException) -> tuple[Any, ...]:
        return (instance.provider_id, instance.charge_group, instance.customer)

    def ordering(self) -> list[str]:
        return ["provider__code", "charge_group__code", "customer__number", "pk"]

    def clean_row(self, row: Row, new_values: Values, old_values: Values | None) -> None:
        refuse_empty_window(row, new_values)

    def is_deferred(self, result: RowResult) -> bool:
        return True

    def proposals(self, results: list[RowResult]) -> list[ProposedRows]:
        """All exceptions of a provider are one change, in the order of their first rows."""
        staged = staged_exceptions(self.staged) if self.staged is not None else {}
        self.waiting = {provider: list(rows) for provider, rows in staged.items()}
        single = {each[0].row.provider_id or 0: each for each in by_provider(results)}
        numbers = {
            provider: [*(each.number for each in single.get(provider, [])), *self.waiting.get(provider, [])]
            for provider in staged.keys() | single.keys()
        }
        in_order = sorted(numbers, key=lambda provider: min(numbers[provider]))
        return [_proposed(single.get(provider, []), staged.get(provider, {})) for provider in in_order]

    def says_no_more(self, proposed: ProposedRows) -> bool:
        return True

    def rows_of(self, proposed: ProposedRows) -> int:
        exceptions: Any = proposed.proposal
        return len(exceptions.rows)

    def refuse_change(self, proposed: ProposedRows, error: Exception) -> None:
        waiting = self.waiting.get(proposed.proposal.provider_id, [])
        if waiting and (not proposed.effects or waiting[0] < proposed.effects[0].number):
            self.refuse_staged(waiting.pop(0), error)
        else:
            super().refuse_change(proposed, error)

    def write_rows(self, results: list[RowResult]) -> None:
        super().write_rows(results)
        for provider, numbers in self.waiting.items():
            for start in range(0, len(numbers), WRITTEN_TOGETHER):
                together = numbers[start : start + WRITTEN_TOGETHER]
                self.write_staged(provider, together)
                self._watch.take(len(together))

    def insert_staged(self, provider: int, first: int, last: int) -> None:
        writes.put_exceptions_from(self._stage.table, provider, first, last)

    def save_many(self, instances: list[CustomerException]) -> None:
        writes.put_exceptions(instances)


def _proposed(results: list[RowResult], staged: ByNumber) -> ProposedRows:
    rows = [ProposedException(**each.new_values) for each in results]
    return ProposedRows(ExceptionChanges([*rows, *staged.values()], checked=True), results)
