"""CSV resource of exceptions: a row is one customer in one charge group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from changes.proposals import ExceptionChanges, ProposedException
from changes.resources import ProposedRows, TermsResource, by_provider
from chargegroups import writes
from chargegroups.models import ChargeGroup, CustomerException
from customers.models import Customer
from evcnet.code_keys import IdentityKey
from evcnet.importexport.declaration import Values, filter_in, refuse_empty_window
from evcnet.importexport.fields import Field
from evcnet.importexport.results import RowResult
from evcnet.importexport.rows import Row
from evcnet.importexport.widgets import ChoiceWidget, MomentWidget, ReferenceWidget
from tariffs.models import Tariff


class ExceptionResource(TermsResource):
    columns_are_stored: ClassVar = True
    updates_in_bulk: ClassVar = True

    charge_group = Field(ReferenceWidget(ChargeGroup), required=True)
    customer = Field(ReferenceWidget(Customer, by="number", compared_by=IdentityKey), required=True)
    access = Field(ChoiceWidget(CustomerException.Access), default=CustomerException.Access.POLICY.value)
    tariff = Field(ReferenceWidget(Tariff))
    valid_from = Field(MomentWidget())
    valid_until = Field(MomentWidget(ends=True))
    note = Field()

    class Meta:
        model, name, import_id_fields = CustomerException, "exceptions", ("charge_group", "customer")

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

    def proposals(self, results: list[RowResult]) -> list[ProposedRows]:
        """All exceptions of a provider are one change."""
        return [ProposedRows(_exception_changes(together), together) for together in by_provider(results)]

    def save_many(self, instances: list[CustomerException]) -> None:
        writes.put_exceptions(instances)


def _exception_changes(results: Iterable[RowResult]) -> ExceptionChanges:
    return ExceptionChanges([ProposedException(**each.new_values) for each in results], checked=True)
