"""CSV resource of the decision log: it is exported and never imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Count, Q, QuerySet

from chargepoints.decision_views import DecisionView, decision_views, sessions_led_to
from chargepoints.models import DecisionEntry
from chargepoints.resources.decision_cells import DecisionCells
from customers.models import Provider
from evcnet.importexport.declaration import Values
from evcnet.importexport.fields import Field
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.widgets import MomentWidget

CHUNK = 500


class DecisionResource(BulkResource):
    """A row a decision. Of a card that the login does not see it says the reason that was told, and no customer; of a charge
    point that it does not see, where its own card was asked about, the identity alone. For readers of whole providers the
    database copies the rows; for those of user groups each is read as its page reads it.
    """

    export_only = True

    at = Field(MomentWidget())
    asked_by = Field()
    card = Field()
    charge_point = Field()
    verdict = Field()
    reason = Field()
    customer = Field()
    charge_group = Field()
    tariff = Field()
    tariff_valid_from = Field(MomentWidget())
    session = Field()

    class Meta:
        model, name, import_id_fields = DecisionEntry, "decisions", ("at",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.cells = DecisionCells.read_by(self.scope, self.provider)

    @property
    def may_be_copied(self) -> bool:
        return self.cells is not None

    def sql_cell(self, field: Field) -> Any:
        return self.cells and self.cells.cell(str(field.column_name))

    def owner(self, column: str) -> Any:
        return self.cells.owner(column) if self.cells else super().owner(column)

    def copied_rows(self, selected: QuerySet[Any] | None = None) -> QuerySet[Any]:
        rows = super().copied_rows(selected)
        return self.cells.with_sessions(rows) if self.cells else rows

    def count_by_provider(self, rows: QuerySet[Any]) -> Counter[Provider | None]:
        """A row on a card elsewhere is in the record of the card's provider, as ``provider_of`` has it."""
        if self.cells is None:
            return super().count_by_provider(rows)
        counts: Counter[int] = Counter()
        for name, part in (("provider", rows.filter(self.cells.own)), ("card_provider", rows.exclude(self.cells.own))):
            counts.update(dict(part.order_by().values_list(name).annotate(Count("pk"))))
        return Counter({each: counts[each.pk] for each in self.scope.providers.values() if counts[each.pk]})

    def get_queryset(self) -> QuerySet[DecisionEntry]:
        rows: QuerySet[DecisionEntry] = super().get_queryset()
        return rows.select_related("provider", "card_provider", "api_key", "login", "card", "customer")

    def of_provider(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """At its charge points, and on its cards elsewhere."""
        if self.provider is None:
            return queryset
        return queryset.filter(Q(provider=self.provider) | Q(card_provider=self.provider))

    def provider_of(self, instance: Any) -> Provider | None:
        """Whose record of exports has the row: of a card elsewhere, the card's provider's."""
        provider: Provider = instance.provider if instance.view.is_own else instance.card_provider
        return provider

    def ordering(self) -> list[str]:
        return ["provider__code", "asked_at", "id"]

    def iter_queryset(self, queryset: QuerySet[DecisionEntry]) -> Iterable[Any]:
        rows = iter(super().iter_queryset(queryset))
        while chunk := list(islice(rows, CHUNK)):
            yield from self._with_views(chunk)

    def _with_views(self, entries: list[Any]) -> Iterator[Any]:
        login = self.scope.login
        views = decision_views(entries, login) if login else [self._view(entry) for entry in entries]
        sessions = sessions_led_to(views, login)
        for entry, view in zip(entries, views, strict=True):
            entry.view, entry.session = view, sessions.get(entry.pk)
            yield entry

    def _view(self, entry: DecisionEntry) -> DecisionView:
        """For commands: as the provider reads it for which they export, else the charge point's."""
        reader = self.provider.pk if self.provider else entry.provider_id
        own = entry.card_provider_id == reader
        card, customer = (entry.card, entry.customer) if own else (None, None)
        return DecisionView(entry, card, customer, None, is_own=entry.provider_id == reader)

    def values_of(self, instance: Any) -> Values:
        view, answer = instance.view, instance.view.answer
        begins = answer.get("tariff_valid_from")
        return {
            "at": instance.at,
            "asked_by": view.asked_by,
            "card": instance.card_uid,
            "charge_point": instance.identity,
            "verdict": instance.verdict,
            "reason": view.reason,
            "customer": view.customer.number if view.customer else "",
            "charge_group": answer.get("charge_group", ""),
            "tariff": answer.get("tariff", ""),
            "tariff_valid_from": datetime.fromisoformat(begins) if begins else None,
            "session": instance.session.code if instance.session else "",
        }
