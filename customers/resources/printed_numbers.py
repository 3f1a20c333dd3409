"""PrintedNumbers: how many new cards of a file bear a visual number that another card has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.db import connection

from customers.models import ChargeCard
from evcnet.code_keys import IdentityKey
from evcnet.codes import IDENTITY_SEPARATORS, key_sql
from evcnet.importexport.declaration import filter_in
from evcnet.importexport.scope import FileScope
from evcnet.importexport.stage import Stage

Printed = tuple[int, str]
"""A provider's id, and a visual number as it is compared."""
TOGETHER = 5_000  # numbers that are looked up at a time


class PrintedNumbers:
    """Of one file. Cards up to ``last_pk`` were there before, and count as far as they are in the ``scope``."""

    def __init__(self, scope: FileScope, last_pk: int) -> None:
        self.scope, self.last_pk = scope, last_pk
        self.others: Counter[Printed] = Counter()

    def add(self, card: ChargeCard) -> None:
        """A new card that is not on the stage."""
        if card.visual_number:
            self.others[card.provider_id, IdentityKey.of(card.visual_number)] += 1

    def taken(self, stage: Stage | None) -> int:
        """The new cards whose number is that of a stored card, or of a card before them in the file."""
        return sum(self._taken(together) for together in self._together(stage))

    def _together(self, stage: Stage | None) -> Iterator[dict[Printed, int]]:
        others = self.others.copy()
        for counts in _staged(stage) if stage is not None and not stage.is_empty else ():
            yield {printed: count + others.pop(printed, 0) for printed, count in counts.items()}
        yield others

    def _taken(self, counts: dict[Printed, int]) -> int:
        stored = self.scope.rows(ChargeCard).filter(pk__lte=self.last_pk)
        cards = filter_in(stored, "visual_number__identity_key", sorted({number for _, number in counts}))
        there = {(card.provider_id, IdentityKey.of(card.visual_number)) for card in cards}
        return sum(count if printed in there else count - 1 for printed, count in counts.items())


def _staged(stage: Stage) -> Iterator[dict[Printed, int]]:
    key = key_sql("visual_number", IDENTITY_SEPARATORS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DECLARE printed_numbers NO SCROLL CURSOR FOR SELECT provider_id, {key}, count(*) FROM {stage.table} "
            "WHERE visual_number <> '' GROUP BY 1, 2"
        )
        while True:
            cursor.execute(f"FETCH {TOGETHER} FROM printed_numbers")
            rows = cursor.fetchall()
            if not rows:
                break
            yield {(provider, number): count for provider, number, count in rows}
        cursor.execute("CLOSE printed_numbers")
