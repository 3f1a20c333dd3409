"""Base of all CSV resources: the bulk import, and an export whose rows come in again unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone

from customers.audit import record
from customers.models import AuditEntry, Provider
from evcnet.importexport.column_names import PROVIDER
from evcnet.importexport.declaration import NotExportable
from evcnet.importexport.formulas import escaped
from evcnet.importexport.staged_import import StagedImport


class BulkResource(StagedImport):
    """Once its rows are read, ``exported`` counts them by provider, and ``left_out`` by reason those that no row can
    hold."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.names_provider = self.has_provider and self.provider is None
        self.exported: Counter[Provider | None] = Counter()
        self.left_out: Counter[str] = Counter()

    def export_rows(self, selected: QuerySet[Any] | None = None) -> Iterator[list[str]]:
        """Header first; formulas are escaped. ``selected`` narrows the rows to those of a list: a queryset of the model,
        or of one that it hangs on. One row at a time, where the library's ``export`` holds all in a Dataset."""
        yield self.get_export_headers()
        for instance in self.iter_queryset(self.rows_to_export(selected)):
            try:
                cells = self.export_resource(instance)
            except NotExportable as reason:
                self.left_out[str(reason)] += 1
                continue
            self.exported[self.provider_of(instance)] += 1
            yield cells
        self.left_out.update(self.not_exportable())

    def rows_to_export(self, selected: QuerySet[Any] | None = None) -> QuerySet[Any]:
        rows = self.get_queryset()
        if selected is None:
            return rows
        lookup = self.lookup_from(selected.model)
        return rows.filter(**{f"{lookup}__in": selected.order_by().values("pk")})

    @property
    def may_be_copied(self) -> bool:
        """May the database itself write the rows of this run, where their columns are stored?"""
        return self.columns_are_stored

    def copied_rows(self, selected: QuerySet[Any] | None = None) -> QuerySet[Any]:
        """As the database copies them: one for each row of the file."""
        return self.rows_to_export(selected)

    def count_by_provider(self, rows: QuerySet[Any]) -> Counter[Provider | None]:
        """Whose records of exports have how many of the rows."""
        if not self.names_provider:
            return Counter({self.provider: rows.count()})
        counts = dict(rows.order_by().values_list("provider").annotate(Count("pk")))
        return Counter({each: counts[each.pk] for each in self.scope.providers.values() if each.pk in counts})

    def record_export(self, about: str, address: str | None = None) -> None:
        """An audit entry for each provider whose rows were handed out."""
        for provider, rows in self.exported.items():
            record(AuditEntry.Event.EXPORTED, self.scope.login, provider, about=about, rows=rows, address=address)

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        return [*([PROVIDER] if self.names_provider else []), *(each.column_name for each in self.columns)]

    def export_resource(self, instance: Any, selected_fields: Any = None, **kwargs: Any) -> list[str]:
        """The cells of a row. Raises NotExportable."""
        values, provider = self.values_of(instance), self.provider_of(instance)
        zone = provider.zone if provider else timezone.get_default_timezone()
        cells = [escaped(provider.code)] if self.names_provider and provider else []
        for column in self.columns:
            cell = column.widget.render(values[column.column_name], zone=zone, scope=self.scope)
            cells.append(escaped(cell) if column.widget.free_text else cell)  # a negative number is no formula
        return cells
