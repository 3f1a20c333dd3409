"""CSV resource of charge cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import Max

from customers.leading_zeros import card_in_words, cards_but_for_zeros, differs_by_zeros
from customers.models import ChargeCard, Customer, Provider
from customers.resources.printed_numbers import PrintedNumbers
from evcnet.code_keys import IdentityKey, UidKey
from evcnet.codes import unpadded_uid_key
from evcnet.errors import DomainError
from evcnet.importexport.declaration import Values, filter_in, refuse_empty_window
from evcnet.importexport.fields import Field
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.results import RowResult
from evcnet.importexport.row_errors import quoted
from evcnet.importexport.rows import Row
from evcnet.importexport.summary import ValueChanges, new_states, other_references, switched
from evcnet.importexport.widgets import (
    BooleanWidget,
    ChoiceWidget,
    CodeWidget,
    MomentWidget,
    PrintedNumberWidget,
    ReferenceWidget,
)
from evcnet.text import counted


class ChargeCardResource(BulkResource):
    columns_are_stored: ClassVar = True
    compared_by: ClassVar = UidKey
    stages_rows = updates_in_bulk = True
    summed_up: ClassVar = ("status", "customer", "roaming")

    uid = Field(CodeWidget(), required=True)
    customer = Field(ReferenceWidget(Customer, by="number", compared_by=IdentityKey))
    visual_number = Field(PrintedNumberWidget())
    type = Field(ChoiceWidget(ChargeCard.Type), default=ChargeCard.Type.RFID.value)
    roaming = Field(BooleanWidget())
    status = Field(
        ChoiceWidget(ChargeCard.Status),
        default=None,
        needed="else active with a customer, inactive without",
    )
    valid_from = Field(MomentWidget())
    valid_until = Field(MomentWidget(ends=True))

    class Meta:
        model, name, import_id_fields = ChargeCard, "charge_cards", ("uid",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.last_pk: int = ChargeCard._base_manager.aggregate(last=Max("pk"))["last"] or 0
        self.unpadded: dict[tuple[Provider | None, str], str] = {}
        self.printed = PrintedNumbers(self.scope, self.last_pk)

    def find_instances(self, rows: Iterable[Row], *, lock: bool) -> dict[tuple[Any, ...], Any]:
        """Also the cards from which those that are not there yet differ by leading zeros alone."""
        rows = list(rows)
        instances = super().find_instances(rows, lock=lock)
        new: dict[Provider, list[str]] = defaultdict(list)
        for row in rows:
            if row.provider and row.key and row.key not in instances:
                new[row.provider].append(row.cell("uid"))
        for provider, uids in new.items():
            for card in cards_but_for_zeros(provider, uids):
                if card.pk <= self.last_pk:
                    words = card_in_words(card, visible=self.scope.shows(card))
                    self.unpadded.setdefault((provider, unpadded_uid_key(card.uid)), words)
        return instances

    def alike(self, cell: str) -> str:
        return unpadded_uid_key(cell)

    def taken_keys(self, provider: Provider, keys: list[str]) -> set[str]:
        """Also those of other providers, and those that differ from the provider's own by leading zeros alone."""
        uids = ChargeCard._base_manager.order_by().values_list("uid", flat=True)
        taken = set(map(UidKey.of, filter_in(uids, "uid__uid_key", keys)))
        unpadded = {unpadded_uid_key(card.uid) for card in cards_but_for_zeros(provider, keys)}
        return taken | {key for key in keys if unpadded_uid_key(key) in unpadded}

    def clean_row(self, row: Row, new_values: Values, old_values: Values | None) -> None:
        if old_values is None and not row.alone:
            self._refuse_lost_zeros(row)
        refuse_empty_window(row, new_values)
        customer, status = new_values["customer"], new_values["status"]
        if status is None:
            new_values["status"] = "active" if customer else "inactive"
        elif not row.cell("status") and old_values is not None:
            # Its first customer activates a card that was inactive; one that loses its customer does not stay active.
            if customer and not old_values["customer"] and status == "inactive":
                new_values["status"] = "active"
            elif not customer and status == "active":
                new_values["status"] = "inactive"
        if new_values["status"] == "active" and customer is None:
            raise DomainError("A card without a customer is inactive: name the customer, or write inactive.", "status")
        if new_values["roaming"] and customer and customer.payment == Customer.Payment.PREPAID:
            raise DomainError("A prepaid customer's card has roaming off: write false.", "roaming")

    def note(self, result: RowResult) -> None:
        if result.is_new():
            self.printed.add(result.instance)

    def summary(self, changes: ValueChanges) -> list[str]:
        return [
            *new_states(ChargeCard, "status", changes, ChargeCard.Status.ACTIVE),
            *other_references(ChargeCard, "customer", changes),
            *switched(ChargeCard, "roaming", changes, ("may roam from now on", "may no longer roam")),
            *self._taken_visual_numbers(),
        ]

    def _taken_visual_numbers(self) -> list[str]:
        taken = self.printed.taken(self.staged)
        verb = "bears" if taken == 1 else "bear"
        return [f"{counted(taken, 'new charge card')} {verb} a visual number that exists."] if taken else []

    def _refuse_lost_zeros(self, row: Row) -> None:
        """Of a card that is stored, or stands earlier in the file."""
        key = (row.provider, unpadded_uid_key(row.cell("uid")))
        other = self.unpadded.setdefault(key, f"{quoted(row.cell('uid'))} in row {row.number}")
        if not other.endswith(f" in row {row.number}"):
            raise DomainError(differs_by_zeros(other), "uid")
