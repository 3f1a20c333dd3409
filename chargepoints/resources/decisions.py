"""CSV resource of the decision log: it is exported and never imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from chargepoints.decision_views import DecisionView, decision_views
from chargepoints.models import DecisionEntry
from evcnet.importexport.declaration import Values
from evcnet.importexport.fields import Field
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.widgets import MomentWidget

CHUNK = 500


class DecisionResource(BulkResource):
    """A row a decision. Of a card that the login does not see it says the reason that was told, and no customer."""

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
    session = Field(attribute="pk")

    class Meta:
        model, name, import_id_fields = DecisionEntry, "decisions", ("at",)

    def get_queryset(self) -> QuerySet[DecisionEntry]:
        rows: QuerySet[DecisionEntry] = super().get_queryset()
        return rows.select_related("provider", "api_key", "login", "card", "customer")

    def ordering(self) -> list[str]:
        return ["provider__code", "asked_at", "id"]

    def iter_queryset(self, queryset: QuerySet[DecisionEntry]) -> Iterable[Any]:
        rows = iter(super().iter_queryset(queryset))
        while chunk := list(islice(rows, CHUNK)):
            yield from self._with_views(chunk)

    def _with_views(self, entries: list[Any]) -> Iterator[Any]:
        login = self.scope.login
        views = decision_views(entries, login) if login else map(_of_provider, entries)
        for entry, view in zip(entries, views, strict=True):
            entry.view = view
            yield entry

    def values_of(self, instance: Any) -> Values:
        view, answer = instance.view, instance.answer
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
            "session": "",  # no decision belongs to a session yet: those of files are decided when they come in
        }


def _of_provider(entry: DecisionEntry) -> DecisionView:
    """As the charge point's provider reads it, for commands: cards and customers of other providers stay theirs."""
    own = entry.card_provider_id == entry.provider_id
    return DecisionView(entry, entry.card if own else None, entry.customer if own else None, None, is_own=True)
