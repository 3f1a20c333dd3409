"""The import of kinds whose rows come in by hundreds of thousands: some thousand rows at a time, in memory that does not
grow with the file.

Plain rows, nearly all of a large file, are staged and written by few statements. The others are taken one by one, as
those of the smaller kinds are (``evcnet/importexport/bulk_import.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from evcnet.bulk import write_in_halves
from evcnet.bulk_insert import update_rows
from evcnet.errors import REFUSALS
from evcnet.importexport.bulk_import import BulkImport
from evcnet.importexport.column_names import PROVIDER
from evcnet.importexport.formulas import unescaped
from evcnet.importexport.plain_rows import PlainBatch, PlainRows
from evcnet.importexport.possible_doubles import PossibleDoubles
from evcnet.importexport.results import MAX_ROWS, ImportResult, RowResult
from evcnet.importexport.row_errors import RowError
from evcnet.importexport.rows import Row
from evcnet.importexport.sheet_rows import Numbered, batches
from evcnet.importexport.stage import Stage
from evcnet.importexport.summary import ValueChanges

if TYPE_CHECKING:
    from customers.models import Provider
    from evcnet.importexport.row_reader import RowReader


class StagedImport(BulkImport):
    """``stages_rows``: rows of the kind are taken so. Each has a key of one column, or of several that point at rows, and
    is written as its columns say; ``writes_at_end``: by ``write_rows``, once all are staged, and so are rows that change
    where these are staged too."""

    stages_rows: ClassVar[bool] = False
    writes_at_end: ClassVar[bool] = False
    judged_column: ClassVar[str] = ""  # new rows that say something there are part of a change of terms
    staged: Stage | None = None  # of a run that takes rows so

    def _import_rows(self, result: ImportResult, *, lock: bool) -> None:
        if not self.stages_rows:
            return super()._import_rows(result, lock=lock)
        self._begin_run(result, lock=lock)
        if missing := self._missing_columns():
            return result.refuse(missing)
        for rows in batches(self._reader.dataset):
            self._take_batch(rows)
        self._take_deferred()
        self._sum_up(result)

    def begin_part(self, reader: RowReader, result: ImportResult, *, lock: bool) -> None:
        """Before rows of this kind are staged that stand in a file beside those of another."""
        self._reader, self._result, self._lock = reader, result, lock
        self._seal, self._changes_by_column = hashlib.sha256(), ValueChanges(self.summed_up)
        self._staged_changes = set[int]()  # the numbers of rows that change and are staged
        columns = ["provider_id", *self._columns_in_table()]
        self.staged = self._stage = Stage(self.model, columns, unchecked=self.writes_at_end)

    def stage_part(self, provider: Provider, rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
        """Stage new rows, each with its number, and write them where they are to be written. Raises what the checks of
        the table refuse."""
        if not rows:
            return
        self._stage.add((number, provider.pk, *values) for number, values in rows)
        if self.writes_staged:
            self.write_staged(provider.pk, [number for number, _ in rows])

    def count_part(self, rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
        """They were staged, and stay so."""
        self._count_changes_of_new([(number, 0, *values) for number, values in rows])

    @property
    def part_changes(self) -> ValueChanges:
        """What the rows change that were staged as a part of a file."""
        return self._changes_by_column

    def _begin_run(self, result: ImportResult, *, lock: bool) -> None:
        self.begin_part(self._reader, result, lock=lock)
        self._plain: dict[Provider, PlainRows] = {}
        self._deferred: list[RowResult] = []
        self._may_add = self.scope.may(self.model, "add")
        self._ragged: dict[int, int] = getattr(self._reader.dataset, "ragged", {})
        self._doubles = self._possible_doubles()
        if lock:
            self.lock_terms({provider.pk for provider in self._providers_of_file()})

    def _columns_in_table(self) -> list[str]:
        fields: list[Any] = [self.model._meta.get_field(each.attribute) for each in self.columns]
        return [field.column for field in fields]

    def _possible_doubles(self) -> PossibleDoubles:
        dataset = self._reader.dataset
        doubles = PossibleDoubles(self.alike, len(dataset))
        for rows in batches(dataset):
            self._watch.check_time()
            doubles.look_at(self._key_texts(rows))
        doubles.end()
        return doubles

    def _key_texts(self, rows: Sequence[Numbered]) -> Iterator[str]:
        """What stands in the columns of the key, which ``alike`` is asked of."""
        first, *others = map(self._reader.header.index, self.key)
        if not others:
            return (_text(row[first]) for _, row in rows)
        return ("\0".join([_text(row[place]) for place in (first, *others)]) for _, row in rows)

    def _providers_of_file(self) -> set[Provider]:
        reader = self._reader
        if PROVIDER not in reader.header:
            return {self.provider} if self.provider else set()
        place, codes = reader.header.index(PROVIDER), set[str]()
        for rows in batches(reader.dataset):
            codes.update(_text(row[place]) for _, row in rows)
        providers = {reader.providers.get(code) if code else self.provider for code in codes}
        return {each for each in providers if each is not None and self.provider in (None, each)}

    def _missing_columns(self) -> list[RowError]:
        """What new rows need and the file lacks; before anything is taken, and only asked where it lacks something."""
        names, header = self._reader.names, self._reader.header
        if not names.missing_for(1, header):
            return []
        new_rows = 0
        for numbered in batches(self._reader.dataset):
            rows = self._reader.take(numbered)
            instances = self.find_instances(rows, lock=False)
            new_rows += sum(row.key is not None and row.key not in instances for row in rows)
        self._reader.begin_again()
        return names.missing_for(new_rows, header)

    # Some thousand rows

    def _take_batch(self, rows: Sequence[Numbered]) -> None:
        self._reader.forget()
        repeats = self._doubles.positions_in(self._key_texts(rows))
        odd = self._take_plain(rows, repeats)
        self._watch.take(len(rows))
        if odd:
            numbers = {rows[position][0] for position in repeats}
            self._take_odd([rows[position] for position in sorted(odd)], numbers)
        if not self.writes_at_end:
            self._watch.take(len(rows) - len(odd))

    def _take_plain(self, rows: Sequence[Numbered], repeats: set[int]) -> set[int]:
        """The positions of the rows that are not plain."""
        odd = set(repeats) | {position for position, (number, _) in enumerate(rows) if number in self._ragged}
        for provider, positions in self._positions_by_provider(rows, odd).items():
            if provider is None:
                odd.update(positions)
            else:
                odd.update(self._take_plain_of(provider, positions, [rows[each] for each in positions]))
        return odd

    def _positions_by_provider(self, rows: Sequence[Numbered], odd: set[int]) -> dict[Provider | None, list[int]]:
        """The positions of the other rows by their provider; None for those that are not as plain as that."""
        others = [position for position in range(len(rows)) if position not in odd]
        if PROVIDER not in self._reader.header:
            return {self.provider: others}
        place, known = self._reader.header.index(PROVIDER), self._reader.providers
        by_code: dict[Any, list[int]] = {}
        for position in others:
            by_code.setdefault(rows[position][1][place], []).append(position)
        by_provider: dict[Provider | None, list[int]] = {}
        for code, positions in by_code.items():
            provider = known.get(code) if isinstance(code, str) else None
            by_provider.setdefault(provider if self.provider in (None, provider) else None, []).extend(positions)
        return by_provider

    def _take_plain_of(self, provider: Provider, positions: list[int], rows: list[Numbered]) -> list[int]:
        if not rows or not self.reaches_all(provider):
            return positions
        if provider not in self._plain:
            self._plain[provider] = PlainRows(self, self._reader, provider)
        batch = self._plain[provider].read(rows, may_add=self._may_add)
        self._leave_single_rows(batch)
        if (batch.new or batch.changed) and not self._stage_rows(provider, rows, batch):
            batch.odd.update(batch.new, batch.changed)
        self._result.count_plain(len(batch.unchanged), RowResult.IMPORT_TYPE_SKIP)
        return [positions[position] for position in batch.odd]

    def _leave_single_rows(self, batch: PlainBatch) -> None:
        """Rows that a page shows are taken one by one, and so are those that are judged one by one."""
        judged = self._judged(batch)
        for plain, counted in ((batch.new, self._result.new), (batch.changed, self._result.updated)):
            first = sorted(plain)[: max(0, MAX_ROWS - counted)]
            for position in {*first, *judged} & plain.keys():
                batch.odd.add(position)
                del plain[position]

    def _judged(self, batch: PlainBatch) -> list[int]:
        if not self.judged_column:
            return []
        place = [each.column_name for each in self.columns].index(self.judged_column)
        return [position for position, values in batch.new.items() if values[place] is not None]

    def _stage_rows(self, provider: Provider, rows: list[Numbered], batch: PlainBatch) -> bool:
        """False where one of the rows is refused by the checks of the table."""
        plain = batch.new | batch.changed
        staged = [(rows[position][0], provider.pk, *values) for position, values in plain.items()]
        try:
            self._stage.add(staged)
        except REFUSALS:
            return False
        self._seal.update(repr(staged).encode("utf-8", "surrogatepass"))
        self._result.count_plain(len(batch.new), RowResult.IMPORT_TYPE_NEW)
        self._result.count_plain(len(batch.changed), RowResult.IMPORT_TYPE_UPDATE)
        self._count_changes_of_new(staged[: len(batch.new)])
        self._staged_changes.update([rows[position][0] for position in batch.changed])
        if not self.writes_at_end and self.writes_staged:
            self.write_staged(provider.pk, [number for number, *_ in staged])
        return True

    def _count_changes_of_new(self, staged: list[tuple[Any, ...]]) -> None:
        places = {each.column_name: place for place, each in enumerate(self.columns, 2)}
        pointers = {each.column_name for each in self.reference_fields()}
        for name in self.summed_up:
            if name not in pointers:
                self._changes_by_column.add_new(name, [row[places[name]] for row in staged])

    @property
    def writes_staged(self) -> bool:
        """Is what is staged to be written? Not in a preview, nor once a row is refused."""
        return self._lock and not self._result.has_validation_errors()

    def write_staged(self, provider: int, numbers: Sequence[int]) -> None:
        """Write what is staged of the provider, by all numbers from the first to the last. What is refused only now is
        what the database alone knows, such as what somebody else wrote meanwhile."""
        for number, error in write_in_halves(numbers, lambda part: self.insert_staged(provider, part[0], part[-1])):
            self.refuse_staged(number, error)

    def insert_staged(self, provider: int, first: int, last: int) -> None:
        """By one statement."""
        self._stage.insert(provider, first, last)

    def refuse_staged(self, number: int, error: Exception) -> None:
        row = Row(number, (), {})
        self.refuse(row, error)
        self.count_refused(row)

    def count_refused(self, row: Row) -> None:
        """A staged row, counted as a new or changed one, was refused after all."""
        changes = row.number in self._staged_changes
        self._result.count_plain(-1, RowResult.IMPORT_TYPE_UPDATE if changes else RowResult.IMPORT_TYPE_NEW)
        self._result.refuse(row.errors, row)

    def reaches_all(self, provider: Provider) -> bool:
        """Does the login, if it is one, add and change all rows of the provider?"""
        login = self.scope.login
        return login is None or all(
            self.scope.limits(self.model, action, provider) is None for action in ("add", "change")
        )

    # Rows one by one

    def is_deferred(self, result: RowResult) -> bool:
        """Is what the row changes judged together with that of other rows, once all are read?"""
        return False

    def _take_odd(self, numbered: Sequence[Numbered], repeats: set[int]) -> None:
        rows = self._reader.take(numbered, repeats)
        instances = self.find_instances(rows, lock=self._lock)
        results = [self._compare(row, instances) for row in rows]
        deferred = [each for each in results if each.writes and self.is_deferred(each)]
        self._deferred += deferred
        later = {each.number for each in deferred}
        self._write_and_count([each for each in results if each.number not in later])

    def _take_deferred(self) -> None:
        self.write_rows(self._deferred)
        self._write_and_count(self._deferred)

    def _write_and_count(self, results: list[RowResult]) -> None:
        for each in results:
            if not (each.in_batch or each.written):
                self.write_row(each)
        self._write_batches([each for each in results if each.in_batch])
        self._refuse_out_of_scope(results)
        for each in results:
            self._count(each)

    def _count(self, result: RowResult) -> None:
        if result.row.errors:
            self._result.refuse(result.row.errors, result.row)
            return
        self._seal.update(repr((result.number, result.is_new(), result.diff)).encode("utf-8", "surrogatepass"))
        self._result.count(result, self.label)
        if result.writes:
            self._changes_by_column.add(result)
            self.note(result)

    def save_many(self, instances: list[Any]) -> None:
        """New rows, and rows that change."""
        if not self.stages_rows:
            return super().save_many(instances)
        stored = [each for each in instances if not each._state.adding]
        self.model._base_manager.bulk_create([each for each in instances if each._state.adding])
        if stored:
            update_rows(self.model, self._columns_in_table(), stored)

    # All rows together

    def _sum_up(self, result: ImportResult) -> None:
        for fingerprint in self.terms_fingerprints():
            self._seal.update(fingerprint.encode())
        result.fingerprint = self._seal.hexdigest()
        result.summary = self.summary(self._changes_by_column)
        result.remarks += self.remarks()
        if not result.has_validation_errors():
            self._check_deferred(result)


def _text(cell: Any) -> str:
    return "" if cell is None else unescaped(str(cell)).strip()
