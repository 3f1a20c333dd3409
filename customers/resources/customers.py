"""CSV resource of customers."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import ClassVar

from changes.proposals import CustomerMoves
from changes.resources import ProposedRows, TermsResource, by_provider
from customers.models import Customer, UserGroup
from evcnet.importexport.fields import Field
from evcnet.importexport.results import RowResult
from evcnet.importexport.summary import ValueChanges, new_states, other_references
from evcnet.importexport.widgets import ChoiceWidget, CodeWidget, EmailWidget, ReferenceWidget


class CustomerResource(TermsResource):
    columns_are_stored: ClassVar = True
    joins_names: ClassVar = True
    numbered_column: ClassVar = "number"
    approval_remedy: ClassVar = (
        "A file waits where its rows move customers into other user groups, and say nothing else: import the rest in a "
        "file of its own first."
    )
    stages_rows = updates_in_bulk = True
    summed_up: ClassVar = ("status", "user_group")

    user_group = Field(ReferenceWidget(UserGroup), required=True)
    number = Field(CodeWidget(), required=True)
    kind = Field(ChoiceWidget(Customer.Kind), default=Customer.Kind.PRIVATE.value)
    name = Field(required=True)
    email = Field(EmailWidget())
    language = Field(ChoiceWidget(Customer.Language), default=Customer.Language.ENGLISH.value)
    payment = Field(ChoiceWidget(Customer.Payment), default=Customer.Payment.SUBSCRIPTION.value)
    status = Field(ChoiceWidget(Customer.Status), default=Customer.Status.ACTIVE.value)

    class Meta:
        model, name, import_id_fields = Customer, "customers", ("number",)

    def summary(self, changes: ValueChanges) -> list[str]:
        return [
            *new_states(Customer, "status", changes, Customer.Status.ACTIVE),
            *other_references(Customer, "user_group", changes),
        ]

    def is_deferred(self, result: RowResult) -> bool:
        return _moves_group(result)

    def proposals(self, results: list[RowResult]) -> list[ProposedRows]:
        """All customers of a provider who come into another user group are one change. A new one arises in its own."""
        return [
            ProposedRows(CustomerMoves(_moves(together)), together)
            for together in by_provider(filter(_moves_group, results))
        ]

    def says_no_more(self, proposed: ProposedRows) -> bool:
        return all({cell.column for cell in each.diff} == {"user_group"} for each in proposed.effects)


def _moves_group(result: RowResult) -> bool:
    return result.old_values is not None and result.old_values["user_group"] != result.new_values["user_group"]


def _moves(results: Iterable[RowResult]) -> list[tuple[Customer, UserGroup]]:
    """Customers as they were, since the rows themselves are about to change, and where they go."""
    return [(copy(each.instance), each.new_values["user_group"]) for each in results]
