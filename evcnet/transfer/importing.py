"""What does a file change? All of its rows are checked; all of them are written, or none."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import pghistory
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from evcnet.refusals import REFUSALS, Refused, refusal_of
from evcnet.transfer.columns import Column, Reference
from evcnet.transfer.formulas import unescaped
from evcnet.transfer.headers import PROVIDER, header_problems
from evcnet.transfer.kinds import Kind, NotHeld, Row, asked
from evcnet.transfer.outcomes import Difference, Effect, Outcome
from evcnet.transfer.problems import Problem, Undecided, listed, quoted
from evcnet.transfer.reach import Reach
from evcnet.transfer.sheets import BadCell, Record, Sheet

UNIQUE_VIOLATION = "23505"


class Import:
    """One file of one kind, for one login or command. ``provider`` is whose rows those are that don't say it."""

    def __init__(
        self,
        kind: type[Kind],
        sheet: Sheet,
        reach: Reach,
        provider: Any = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind, self.sheet, self.reach = kind(reach), sheet, reach
        self.provider, self.provenance = provider, dict(provenance or {})
        self.providers = reach.writable(kind.model)
        self.known: dict[Any, Any] = {}
        if kind.owned and provider is None and PROVIDER not in sheet.header:
            names = listed(sorted(self.providers)) if self.providers else "none, since there is no provider yet"
            raise Undecided(f"Say whose rows these are, by a provider or a column “provider”: {names}.")

    def run(self, *, write: bool, expected: str | None = None) -> Outcome:
        """Check, and write if ``write`` says so, nothing is wrong, and the picture is the one that was ``expected``."""
        problems = header_problems(self.kind, self.sheet)
        if problems:
            return Outcome(self.kind.name, rows=len(self.sheet.records), invalid=1, problems=problems)
        with transaction.atomic(), pghistory.context(**self.provenance):
            outcome = self._take_all(lock=write)
            outcome.written = write and not outcome.problems and expected in (None, outcome.fingerprint)
            transaction.set_rollback(not outcome.written)
        return outcome

    def _take_all(self, *, lock: bool) -> Outcome:
        rows = [self._row(record) for record in self.sheet.records]
        self._look_up(rows)
        for row in rows:
            self._read_key(row)
        self._refuse_doubles(rows)
        found = self.kind.find(rows, lock=lock)
        effects = [self._take(row, found) for row in self.kind.in_order(rows)]
        self._refuse_out_of_reach(effects)
        return self._summary(rows, effects)

    # From cells to values

    def _row(self, record: Record) -> Row:
        cells = dict(zip(self.sheet.header, record.cells, strict=False))
        row = Row(record.number, {name: self._plain(cell) for name, cell in cells.items()}, self.known)
        for name, cell in cells.items():
            if isinstance(cell, BadCell):
                row.refuse(name, cell.why)
            elif "\x00" in cell:
                row.refuse(name, "The cell has a NUL character, which no text holds: delete it.")
        if record.number in self.sheet.ragged:
            cells_here, wanted = self.sheet.ragged[record.number], len(self.sheet.header)
            row.refuse(
                "",
                f"The row has {cells_here} cells, the header {wanted}: put text with separators into quotation marks.",
            )
        if self.kind.owned:
            self._find_provider(row)
        return row

    @staticmethod
    def _plain(cell: str) -> str:
        return unescaped(str(cell))

    def _find_provider(self, row: Row) -> None:
        code = row.said(PROVIDER)
        row.provider = self.providers.get(code) if code else self.provider
        if row.provider is None:
            wrong = f"There is no provider {quoted(code)} here" if code else "The row doesn't say whose it is"
            row.refuse(PROVIDER, f"{wrong}: write {listed(sorted(self.providers)) if self.providers else 'another'}.")
        elif self.provider is not None and row.provider != self.provider:
            row.provider = None
            row.refuse(PROVIDER, f"The row is of {code}, the import of {self.provider.code}: import them one by one.")

    def _look_up(self, rows: list[Row]) -> None:
        """Every row that is pointed at, in one query a column."""
        for column in self.kind.references():
            codes = {row.said(column.name) for row in rows if row.provider} - {""}
            queryset = self.reach.rows(column.model).filter(provider__in={row.provider for row in rows if row.provider})
            usable = sorted(code for code in codes if "\x00" not in code)
            for other in asked(queryset.select_related(), column.by, usable):
                self.known[column.model, other.provider_id, getattr(other, column.by)] = other

    def _read_key(self, row: Row) -> None:
        if self.kind.owned and row.provider is None:
            return
        with suppress(Refused):  # said again, with its column, when all columns are read
            key = self.kind.read_key(row)
            if all(key) and not row.problems:
                row.key = (row.provider.pk if self.kind.owned else None, *key)

    def _refuse_doubles(self, rows: list[Row]) -> None:
        first: dict[Any, Row] = {}
        for row in rows:
            if row.key and first.setdefault(row.key, row) is not row:
                key, row.key = row.key, None
                said = ", ".join(row.said(name) for name in self.kind.key)
                case = (
                    ""
                    if said == ", ".join(first[key].said(name) for name in self.kind.key)
                    else ", but for letter case"
                )
                row.refuse(
                    self.kind.key[-1],
                    f"{quoted(said)} stands in row {first[key].number} already{case}: keep one of them.",
                )

    def _value(self, row: Row, column: Column, stored: dict[str, Any] | None) -> Any:
        cell = row.cells.get(column.name)
        if cell is None:
            return column.default if stored is None else stored[column.name]
        if stored is not None and cell == column.write(stored[column.name], row.zone, self.reach.shows):
            return stored[column.name]  # what was exported is never a change, whatever a parser makes of it
        if not cell.strip():
            if column.required:
                raise Refused("The cell is empty: this column is required.")
            return column.default
        return column.parse(cell, row)

    # From values to rows

    def _take(self, row: Row, found: Mapping[Any, Any]) -> Effect:
        thing = found.get(row.key) if row.key else None
        effect = Effect(row, thing)
        try:
            stored = None if thing is None else self.kind.stored(thing)
            wanted = self._wanted(row, stored)
            if not row.problems:
                self.kind.settle(row, wanted, stored)
            if not row.problems:
                self._apply(effect, wanted, stored)
        except NotHeld as error:
            row.refuse(self.kind.key[-1], f"What is stored there, {error}, fits in no row: edit it in the portal.")
        except REFUSALS as error:
            self._refuse(row, error)
        return effect

    def _wanted(self, row: Row, stored: dict[str, Any] | None) -> dict[str, Any]:
        wanted = {}
        blamed = {problem.column for problem in row.problems}
        for column in self.kind.columns:
            if column.name in blamed or (isinstance(column, Reference) and row.provider is None):
                continue
            try:
                wanted[column.name] = self._value(row, column, stored)
            except Refused as error:
                row.refuse(column.name, str(error))
        return wanted

    def _apply(self, effect: Effect, wanted: dict[str, Any], stored: dict[str, Any] | None) -> None:
        row = effect.row
        effect.differences = self._differences(row, wanted, stored)
        if not effect.differences:
            return
        if stored is None and not self.reach.may(self.kind.model, "add"):
            plural = self.kind.model._meta.verbose_name_plural
            raise Refused(
                f"It is not there yet, and your role adds no {plural}: correct it, or take the row out.",
                self.kind.key[0],
            )
        with transaction.atomic():
            effect.thing = self.kind.write(row, effect.thing, wanted)
        effect.written = True
        if row.provider:
            code = next((each.by for each in self.kind.references() if each.model is self.kind.model), None)
            if code:
                self.known[self.kind.model, row.provider.pk, getattr(effect.thing, code)] = effect.thing

    def _differences(self, row: Row, wanted: dict[str, Any], stored: dict[str, Any] | None) -> list[Difference]:
        def cell(column: Column, values: dict[str, Any]) -> str:
            return column.write(values[column.name], row.zone, self.reach.shows)

        if stored is None:
            return [Difference(each.name, "", cell(each, wanted)) for each in self.kind.columns]
        changed = [each for each in self.kind.columns if wanted[each.name] != stored[each.name]]
        return [Difference(each.name, cell(each, stored), cell(each, wanted)) for each in changed]

    def _refuse(self, row: Row, error: Exception) -> None:
        if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            for name, messages in error.message_dict.items():
                row.refuse(self._column(name), " ".join(messages))
            return
        refusal = refusal_of(error)
        taken = getattr(error.__cause__, "sqlstate", None) == UNIQUE_VIOLATION
        row.refuse(self._column(refusal.field) or (self.kind.key[-1] if taken else ""), refusal.message)

    def _column(self, field: str | None) -> str:
        return next((each.name for each in self.kind.columns if field in (each.field, each.name)), "")

    # All together

    def _refuse_out_of_reach(self, effects: Iterable[Effect]) -> None:
        """A login writes nothing that it couldn't have written by hand: judged by the same clause, once for all rows."""
        if self.reach.login is None:
            return
        by_action: dict[str, dict[int, Row]] = defaultdict(dict)
        for effect in effects:
            if effect.written and not effect.row.problems:
                by_action["add" if effect.is_new else "change"][effect.thing.pk] = effect.row
        for action, rows in by_action.items():
            reached = self.reach.rows(self.kind.model, action).filter(pk__in=rows).values_list("pk", flat=True)
            for pk in rows.keys() - set(reached):
                rows[pk].refuse(
                    "", "It would lie outside of what your role reaches: tie it to a user group of your own."
                )

    def _summary(self, rows: list[Row], effects: list[Effect]) -> Outcome:
        problems = sorted(problem for row in rows for problem in row.problems)
        problems += self._deferred() if not problems else []
        good = [effect for effect in effects if not effect.row.problems]
        outcome = Outcome(
            self.kind.name, rows=len(rows), invalid=len({each.row for each in problems}), problems=problems
        )
        seal = hashlib.sha256()
        for effect in sorted(good, key=lambda effect: effect.row.number):
            outcome.count(effect, self.kind.label)
            seal.update(repr((effect.row.number, effect.is_new, effect.differences)).encode("utf-8", "surrogatepass"))
        outcome.fingerprint = seal.hexdigest()
        return outcome

    @staticmethod
    def _deferred() -> list[Problem]:
        """What the database checks at the end of a transaction is checked while it can still be said."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except REFUSALS as error:
            return [Problem(1, "", refusal_of(error).message)]
        return []
