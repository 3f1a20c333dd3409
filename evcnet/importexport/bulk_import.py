"""The engine of all imports: checks all rows of a file with few statements, and writes all of them or none."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from evcnet.bulk import write_in_halves
from evcnet.errors import REFUSALS, DomainError, refusal_of
from evcnet.importexport.declaration import NotExportable, ResourceDeclaration
from evcnet.importexport.fields import Field
from evcnet.importexport.results import Difference, ImportResult, RowResult
from evcnet.importexport.row_errors import RowError
from evcnet.importexport.row_reader import RowReader
from evcnet.importexport.rows import Row
from evcnet.importexport.run_watch import Progress, RunWatch
from evcnet.importexport.summary import ValueChanges
from evcnet.importexport.widgets import ReferenceWidget

if TYPE_CHECKING:
    from tablib import Dataset

UNIQUE_VIOLATION = "23505"
BATCH = 500  # rows that one statement creates


class BulkImport(ResourceDeclaration):
    """django-import-export's ``import_data`` in bulk: look-ups for the whole file, every error of every row at once,
    and one code path for a dry run and for writing."""

    def import_data(
        self,
        dataset: Dataset,
        dry_run: bool = False,
        expected: str | None = None,
        time_limit: float | None = None,
        progress: Progress | None = None,
        **kwargs: Any,
    ) -> ImportResult:
        """Check the rows, and write them unless one is refused, or the effects are not those of the fingerprint that is
        ``expected``. After ``time_limit`` seconds TimeLimitExceeded is raised and all undone, and so where ``progress``
        raises, which is told how many rows are done, and of how many. Raises ProviderRequired."""
        reader, result = RowReader(self, dataset), ImportResult(self.kind, len(dataset))
        result.sources = getattr(dataset, "sources", {})
        result.diff_headers = [each.column_name for each in self.columns]
        result.remarks += getattr(dataset, "remarks", [])
        header_errors = reader.header_errors()
        if header_errors:
            result.refuse(header_errors)
            return result
        self._reader, self._watch = reader, RunWatch(progress, len(dataset), time_limit)
        with transaction.atomic():
            self._import_rows(result, lock=not dry_run)
            confirmed = expected in (None, result.fingerprint) and self.is_confirmed()
            result.written = not dry_run and not result.has_validation_errors() and confirmed
            transaction.set_rollback(not result.written)
            self._watch.end()
        return result

    # What a resource that changes terms adds

    def lock_terms(self, providers: set[int]) -> None:
        """From here on nothing else changes terms of these providers until the transaction ends."""

    def write_rows(self, results: list[RowResult]) -> None:
        """Write the rows of a file that were all read first; where each is written as it is read, nothing is left to do."""

    def check_time(self) -> None:
        """Raises TimeLimitExceeded after the time limit of the run."""
        self._watch.check_time()

    def terms_fingerprints(self) -> list[str]:
        """What the changes of terms come to that the file makes."""
        return []

    def is_confirmed(self) -> bool:
        """Was a big change of terms confirmed as it has to be?"""
        return True

    def change_summaries(self) -> list[str]:
        """Each change of terms that the file makes, in a line."""
        return []

    def change_links(self) -> list[tuple[str, str]]:
        """Title and address of each change of terms that was written."""
        return []

    def can_wait(self, result: ImportResult) -> bool:
        """Do its changes of terms need a second person, and can all of the file wait for one?"""
        return False

    def keep_drafts(self) -> list[tuple[str, str]]:
        """Keep the changes of terms as drafts that wait; title and address of each. Raises DomainError."""
        return []

    def preview_context(self, result: ImportResult) -> dict[str, Any]:
        """What the template of the preview shows of changes of terms."""
        return {}

    # Row by row

    def _import_rows(self, result: ImportResult, *, lock: bool) -> None:
        self._summarise(self._take_rows(result, lock=lock), result)

    def take_part(self, dataset: Dataset, result: ImportResult, *, lock: bool, whole: BulkImport) -> list[RowResult]:
        """Check and write the rows of a file that has rows of another kind beside them, within the transaction of the
        ``whole``, which sums up. The result is refused where a column is missing."""
        self._reader, self._watch = RowReader(self, dataset), whole._watch
        return self._take_rows(result, lock=lock)

    def _take_rows(self, result: ImportResult, *, lock: bool) -> list[RowResult]:
        rows = self._reader.rows()
        if lock:
            self.lock_terms({row.provider.pk for row in rows if row.provider})
        instances = self.find_instances(rows, lock=lock)
        new_rows = sum(row.key is not None and row.key not in instances for row in rows)
        if missing := self._reader.names.missing_for(new_rows, self._reader.header):
            result.refuse(missing)
            return []
        row_results = []
        for row in self.sort_rows(rows):
            self._watch.take()
            row_results.append(self._compare(row, instances))
            if not self.reads_all_first:
                self.write_row(row_results[-1])
        self.write_rows(row_results)
        self._write_batches([each for each in row_results if each.in_batch])
        self._refuse_out_of_scope(row_results)
        return row_results

    def _compare(self, row: Row, instances: Mapping[Any, Any]) -> RowResult:
        """What the row would change; nothing is written."""
        result = RowResult(row, instances.get(row.key) if row.key else None)
        try:
            result.old_values = None if result.instance is None else self.values_of(result.instance)
            result.new_values = self._reader.new_values(row, result.old_values)
            if not row.errors:
                self.clean_row(row, result.new_values, result.old_values)
            if not row.errors:
                result.diff = self._differences(result)
                self._refuse_new(result)
        except NotExportable as error:
            row.refuse(self.key[-1], f"What is stored there, {error}, fits in no row: edit it in the portal.")
        except REFUSALS as error:
            self.refuse(row, error)
        return result

    def _differences(self, result: RowResult) -> list[Difference]:
        zone, scope = result.row.zone, self.scope

        def cell(column: Field, value: Any) -> str:
            return column.widget.in_words(value, zone=zone, scope=scope)

        new, old = result.new_values, result.old_values
        names = [(each, each.column_name) for each in self.columns]
        if old is None:
            return [Difference(name, "", cell(each, new[name])) for each, name in names]
        changed = [(each, name) for each, name in names if new[name] != old[name]]
        return [Difference(name, cell(each, old[name]), cell(each, new[name])) for each, name in changed]

    def _refuse_new(self, result: RowResult) -> None:
        if result.is_new() and result.diff and not self.scope.may(self.model, "add"):
            plural = self.model._meta.verbose_name_plural
            raise DomainError(
                f"It is not there yet, and your role adds no {plural}: correct it, or take the row out.", self.key[0]
            )

    def write_row(self, result: RowResult) -> None:
        """Write what one row changes, or build it to be written with others; nothing where it is refused."""
        if not result.writes:
            return
        try:
            self._write(result)
        except REFUSALS as error:
            self.refuse(result.row, error)

    def _write(self, result: RowResult) -> None:
        if self.updates_in_bulk or (result.is_new() and self.creates_in_bulk):
            result.instance = self.build_instance(result.row, result.instance, result.new_values)
            result.in_batch = True
            return
        with transaction.atomic():
            result.instance = self.save_row(result)
        result.written = True
        for field in self.reference_fields():
            if isinstance(field.widget, ReferenceWidget) and field.widget.model is self.model:
                self._reader.add_reference(field.widget, result.instance)  # later rows may point at this one

    def _write_batches(self, results: list[RowResult]) -> None:
        for start in range(0, len(results), BATCH):
            together = results[start : start + BATCH]
            refused = write_in_halves(together, self._save_batch)
            self._watch.take(len(together))
            for result, error in refused:
                self.refuse(result.row, error)

    def _save_batch(self, results: Sequence[RowResult]) -> None:
        try:
            self.save_many([result.instance for result in results])
        except REFUSALS:
            for result in results:
                result.instance.pk = None if result.is_new() else result.instance.pk
                result.instance._state.adding = result.is_new()
            raise
        for result in results:
            result.written = True

    def refuse(self, row: Row, error: Exception) -> None:
        """Put an error of a rule, of the model or of the database at the column where it is mended."""
        if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            for name, messages in error.message_dict.items():
                row.refuse(self._column_of(name), " ".join(messages))
            return
        refusal = refusal_of(error)
        guards = {} if isinstance(error, DomainError) else self.guard_columns
        column = guards.get(refusal.field or "", refusal.field)
        taken = getattr(error.__cause__, "sqlstate", None) == UNIQUE_VIOLATION
        row.refuse(self._column_of(column) or (self.key[-1] if taken else ""), refusal.message)

    def _column_of(self, field: str | None) -> str:
        return next((each.column_name for each in self.columns if field in (each.attribute, each.column_name)), "")

    # All rows together

    def _refuse_out_of_scope(self, results: Iterable[RowResult]) -> None:
        """A login writes nothing that it couldn't have written by hand: judged by the same clause, once for all rows."""
        if self.scope.login is None:
            return
        by_action: dict[str, dict[int, Row]] = defaultdict(dict)
        for result in results:
            if result.written and not result.row.errors:
                by_action["add" if result.is_new() else "change"][result.instance.pk] = result.row
        for action, rows in by_action.items():
            in_scope = self.scope.rows(self.model, action).filter(pk__in=rows).values_list("pk", flat=True)
            for pk in rows.keys() - set(in_scope):
                rows[pk].refuse(
                    "", "It would lie outside of what your role reaches: tie it to a user group of your own."
                )

    def _summarise(self, row_results: list[RowResult], result: ImportResult) -> None:
        for each in row_results:
            if each.row.errors:
                result.refuse(each.row.errors, each.row)
        seal = hashlib.sha256()
        good = [each for each in row_results if not each.row.errors]
        for each in sorted(good, key=lambda each: each.number):
            seal.update(repr((each.number, each.is_new(), each.diff)).encode("utf-8", "surrogatepass"))
            result.count(each, self.label)
        for fingerprint in self.terms_fingerprints():
            seal.update(fingerprint.encode())
        result.fingerprint = seal.hexdigest()
        written = [each for each in good if each.writes]
        for each in written:
            self.note(each)
        result.summary = self.summary(ValueChanges(self.summed_up, written))
        result.remarks += self.remarks()
        if not result.has_validation_errors():
            self._check_deferred(result)

    @staticmethod
    def _check_deferred(result: ImportResult) -> None:
        """What the database checks at the end of a transaction is checked while it can still be said."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except REFUSALS as error:
            result.refuse([RowError(1, "", refusal_of(error).message)])
