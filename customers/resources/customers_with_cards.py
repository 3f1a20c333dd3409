"""CSV resource of customers with their charge cards beside them: a row a card, or a customer without one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import copy
from itertools import islice
from typing import Any, ClassVar

from django.db.models import F, QuerySet

from changes.resources import ProposedRows, TermsResource
from customers.models import ChargeCard, Customer, Provider
from customers.resources.card_rows import CARD, NUMBER, CardRows, Named
from customers.resources.charge_cards import ChargeCardResource
from customers.resources.customer_runs import CustomerRuns
from customers.resources.customers import CustomerResource
from evcnet.importexport.declaration import Values
from evcnet.importexport.fields import Field
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.results import ImportResult, RowResult
from evcnet.importexport.summary import ValueChanges

TOGETHER = 2_000  # customers whose cards are fetched at once


def column(resource: type[BulkResource], name: str, named: str = "", needed: str = "") -> Field:
    """The column of another kind, under a name of its own."""
    field: Field = copy(resource.fields[name])
    field.attribute = field.column_name = named or name
    field.needed = needed or field.needed
    return field


def _summary(resource: BulkResource, results: list[RowResult]) -> list[str]:
    changes = ValueChanges(resource.summed_up) if resource.staged is None else resource.part_changes
    for each in results:
        changes.add(each)
        resource.note(each)
    return resource.summary(changes)


class CustomersWithCardsResource(TermsResource):
    """Both kinds are checked and written by their own resources, customers first; here rows are told apart, and what became
    of them is put together again."""

    joins_names: ClassVar = True
    columns_are_stored: ClassVar = True

    user_group = column(CustomerResource, "user_group")
    number = column(CustomerResource, NUMBER, needed="required, or empty where the row above has it")
    kind = column(CustomerResource, "kind")
    name = column(CustomerResource, "name")
    email = column(CustomerResource, "email")
    language = column(CustomerResource, "language")
    payment = column(CustomerResource, "payment")
    status = column(CustomerResource, "status")
    card_uid = column(ChargeCardResource, "uid", f"{CARD}uid", needed="required in the row of a card")
    card_visual_number = column(ChargeCardResource, "visual_number", f"{CARD}visual_number")
    card_type = column(ChargeCardResource, "type", f"{CARD}type")
    card_roaming = column(ChargeCardResource, "roaming", f"{CARD}roaming")
    card_status = column(ChargeCardResource, "status", f"{CARD}status", needed="else active")
    card_valid_from = column(ChargeCardResource, "valid_from", f"{CARD}valid_from")
    card_valid_until = column(ChargeCardResource, "valid_until", f"{CARD}valid_until")

    class Meta:
        model, name, import_id_fields = Customer, "customers_with_cards", ("number", "card_uid")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.customers, self.cards = CustomerResource(*args, **options), ChargeCardResource(*args, **options)
        self.customers.file_changes = self.file_changes
        self._parts: tuple[list[RowResult], list[RowResult]] = ([], [])

    # Import

    def proposals(self, results: list[RowResult]) -> Sequence[ProposedRows]:
        return self.customers.proposals(results)

    def _import_rows(self, result: ImportResult, *, lock: bool) -> None:
        runs = CustomerRuns(self, self._reader, result, lock=lock)
        if not runs.is_possible:
            return super()._import_rows(result, lock=lock)
        self._reader.dataset = runs.take()
        super()._import_rows(result, lock=lock)
        runs.end()

    def take_plain(self, rows: int) -> None:
        """So many rows were read and written together."""
        self._watch.take(2 * rows)

    def _take_rows(self, result: ImportResult, *, lock: bool) -> list[RowResult]:
        rows = CardRows(self._reader)
        customers = self.customers.take_part(rows.customers, result, lock=lock, whole=self)
        if result.has_validation_errors():  # a column is missing
            return []
        cards = self.cards.take_part(rows.cards, result, lock=lock, whole=self)
        self._parts = customers, cards
        return rows.joined(customers, cards)

    def summary(self, changes: ValueChanges) -> list[str]:
        return [
            line
            for resource, part in zip((self.customers, self.cards), self._parts, strict=True)
            for line in _summary(resource, [each for each in part if each.writes])
        ]

    def label(self, instance: Named) -> str:
        return ", ".join(str(each) for each in instance if each is not None)

    # Export

    def iter_queryset(self, queryset: QuerySet[Customer]) -> Iterator[Named]:
        customers = iter(super().iter_queryset(queryset))
        while together := list(islice(customers, TOGETHER)):
            cards: dict[int | None, list[ChargeCard]] = defaultdict(list)
            for card in self.cards.get_queryset().filter(customer__in=together):
                cards[card.customer_id].append(card)
            for customer in together:
                yield from ((customer, card) for card in cards[customer.pk])
                if not cards[customer.pk]:
                    yield customer, None

    @classmethod
    def stored_at(cls, field: Field) -> str:
        name = str(field.column_name)
        return f"chargecard__{name.removeprefix(CARD)}" if name.startswith(CARD) else name

    @property
    def may_be_copied(self) -> bool:
        """A login that sees all cards of the customers that it sees is given them by a join; what another sees is asked for."""
        login = self.scope.login
        return login is None or login.scope("customers.view_chargecard") == login.scope("customers.view_customer")

    def copied_rows(self, selected: QuerySet[Any] | None = None) -> QuerySet[Any]:
        rows: Any = self.rows_to_export(selected)
        joined: QuerySet[Any] = rows.annotate(card_pk=F("chargecard__pk")).order_by(
            *rows.query.order_by, "chargecard__uid"
        )
        return joined

    def provider_of(self, instance: Named) -> Provider | None:
        return self.customers.provider_of(instance[0])

    def values_of(self, instance: Named) -> Values:
        """The customer's values stand in each of its rows, so that a row still says whose it is when rows are sorted."""
        customer, card = instance
        values = self.cards.values_of(card) if card else {}
        of_card = {each: values.get(each.removeprefix(CARD)) for each in self.fields if each.startswith(CARD)}
        return self.customers.values_of(customer) | of_card

    def not_exportable(self) -> dict[str, int]:
        return {"a charge card without a customer": self.cards.get_queryset().filter(customer=None).count()}
