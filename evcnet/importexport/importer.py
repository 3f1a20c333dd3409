"""What does a file change? All of its rows are checked; all of them are written, or none."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any

import pghistory
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from changes.file_changes import FileChanges
from evcnet.errors import REFUSALS, DomainError, refusal_of
from evcnet.importexport.columns import Column
from evcnet.importexport.headers import header_problems
from evcnet.importexport.kinds import Kind, NotHeld, Row
from evcnet.importexport.outcomes import Difference, Effect, Outcome
from evcnet.importexport.problems import Problem, TooLong
from evcnet.importexport.reading import Reader
from evcnet.importexport.scope import Reach
from evcnet.importexport.sheets import Sheet

UNIQUE_VIOLATION = "23505"
TOGETHER = 500  # rows that one statement creates


class Import:
    """One file of one kind, for one login or command. ``provider`` is whose rows those are that don't say it."""

    def __init__(
        self,
        kind: type[Kind],
        sheet: Sheet,
        reach: Reach,
        provider: Any = None,
        provenance: Mapping[str, Any] | None = None,
        file_changes: FileChanges | None = None,
        seconds: float | None = None,
    ) -> None:
        """``seconds``: after so many it is given up, with TooLong; None takes the time that it takes."""
        self.kind, self.sheet, self.reach = kind(reach), sheet, reach
        self.provenance = dict(provenance or {})
        self.file_changes = file_changes or FileChanges(reach.login)
        self.seconds = seconds
        self.reader = Reader(self.kind, sheet, reach, provider)

    def run(self, *, write: bool, expected: str | None = None) -> Outcome:
        """Check, and write if ``write`` says so, nothing is wrong, and the picture is the one that was ``expected``."""
        problems = header_problems(self.kind, self.sheet)
        if problems:
            return Outcome(self.kind.name, rows=len(self.sheet.records), invalid=1, problems=problems)
        with transaction.atomic(), pghistory.context(**self.provenance):
            outcome = self._take_all(lock=write)
            fits = expected in (None, outcome.fingerprint) and self.file_changes.name_confirmed
            outcome.written = write and not outcome.problems and fits
            transaction.set_rollback(not outcome.written)
        return outcome

    def _take_all(self, *, lock: bool) -> Outcome:
        begun, rows = monotonic(), self.reader.rows()
        if lock and self.kind.changes_terms:
            self.file_changes.lock({row.provider.pk for row in rows if row.provider})
        found = self.kind.find(rows, lock=lock)
        effects = []
        for row in self.kind.in_order(rows):
            if self.seconds is not None and monotonic() - begun >= self.seconds:
                raise TooLong
            effects.append(self._read(row, found))
            if not self.kind.changes_terms:
                self._apply(effects[-1])
        if self.kind.changes_terms:
            self._change_terms(effects)
        self._create([effect for effect in effects if effect.waits])
        self._refuse_out_of_reach(effects)
        return self._summary(rows, effects)

    def _read(self, row: Row, found: Mapping[Any, Any]) -> Effect:
        """What the row would change; nothing is written."""
        thing = found.get(row.key) if row.key else None
        effect = Effect(row, thing)
        try:
            effect.stored = None if thing is None else self.kind.stored(thing)
            effect.wanted = self.reader.wanted(row, effect.stored)
            if not row.problems:
                self.kind.settle(row, effect.wanted, effect.stored)
            if not row.problems:
                effect.differences = self._differences(row, effect.wanted, effect.stored)
                self._refuse_new(effect)
        except NotHeld as error:
            row.refuse(self.kind.key[-1], f"What is stored there, {error}, fits in no row: edit it in the portal.")
        except REFUSALS as error:
            self._refuse(row, error)
        return effect

    def _refuse_new(self, effect: Effect) -> None:
        if effect.is_new and effect.differences and not self.reach.may(self.kind.model, "add"):
            plural = self.kind.model._meta.verbose_name_plural
            raise DomainError(
                f"It is not there yet, and your role adds no {plural}: correct it, or take the row out.",
                self.kind.key[0],
            )

    def _change_terms(self, effects: Iterable[Effect]) -> None:
        """Rows that change terms are judged together, then written; the others follow."""
        others = {id(effect): effect for effect in effects}
        good = [effect for effect in effects if effect.differences and not effect.row.problems]
        for proposed in self.kind.proposed(good):
            try:
                change = self.file_changes.add(proposed)
            except REFUSALS as error:
                self._refuse(proposed.effects[0].row, error)
                continue
            for effect in proposed.effects:
                effect.row.change = change
                self._apply(others.pop(id(effect)))
        for effect in others.values():
            self._apply(effect)

    def _apply(self, effect: Effect) -> None:
        if not effect.differences or effect.row.problems:
            return
        try:
            self._write(effect)
        except REFUSALS as error:
            self._refuse(effect.row, error)

    def _write(self, effect: Effect) -> None:
        row = effect.row
        if self.kind.edits_at_once or (effect.is_new and self.kind.at_once):
            effect.thing, effect.waits = self.kind.build(row, effect.thing, effect.wanted), True
            return
        with transaction.atomic():
            effect.thing = self.kind.write(row, effect.thing, effect.wanted)
        effect.written = True
        for column in self.kind.references():
            if column.model is self.kind.model:  # later rows may point at this one
                key = column.key(getattr(effect.thing, column.by))
                self.reader.known[column.model, row.provider.pk, key] = effect.thing

    def _create(self, effects: list[Effect]) -> None:
        """Many rows with one statement. Only where the database refuses some of them is each written by itself."""
        for start in range(0, len(effects), TOGETHER):
            together = effects[start : start + TOGETHER]
            if not self._created(together) and len(together) > 1:
                for effect in together:
                    self._created([effect])

    def _created(self, effects: list[Effect]) -> bool:
        try:
            with transaction.atomic():
                self.kind.create([effect.thing for effect in effects])
        except REFUSALS as error:
            for effect in effects:
                effect.thing.pk = None if effect.is_new else effect.thing.pk
            if len(effects) == 1:
                self._refuse(effects[0].row, error)
            return False
        for effect in effects:
            effect.written = True
        return True

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
        guards = {} if isinstance(error, DomainError) else self.kind.mended_at
        column = guards.get(refusal.field or "", refusal.field)
        taken = getattr(error.__cause__, "sqlstate", None) == UNIQUE_VIOLATION
        row.refuse(self._column(column) or (self.kind.key[-1] if taken else ""), refusal.message)

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
        outcome.changes = self.file_changes.previews
        for seen in outcome.changes:
            seal.update(seen.impact.fingerprint.encode())
        outcome.fingerprint = seal.hexdigest()
        outcome.remarks = self.kind.remarks()
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
