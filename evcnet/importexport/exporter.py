"""Which cells hold what is stored? The columns of the import, so that what goes out comes in again unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from evcnet.importexport.formulas import escaped
from evcnet.importexport.headers import PROVIDER
from evcnet.importexport.kinds import Kind, NotHeld
from evcnet.importexport.scope import Reach


class Export:
    """The rows of one provider, or of all within reach: then a column says whose each is.

    Once its rows are read, ``taken`` counts them by provider, ``left_out`` those that no row can hold by reason.
    """

    def __init__(self, kind: type[Kind], reach: Reach, provider: Any = None, chosen: Any = None) -> None:
        """``chosen`` narrows the rows to those of a list: a queryset of the kind's model, or of one that it hangs on."""
        self.kind, self.reach, self.provider, self.chosen = kind(reach), reach, provider, chosen
        self.names_provider = kind.owned and provider is None
        self.left_out: Counter[str] = Counter()
        self.taken: Counter[Any] = Counter()

    def header(self) -> list[str]:
        return [*([PROVIDER] if self.names_provider else []), *(each.name for each in self.kind.columns)]

    def rows(self) -> Iterator[list[str]]:
        """Header first; formulas are escaped."""
        yield self.header()
        listed = self.kind.listed(self.provider)
        if self.chosen is not None:
            lookup = self.kind.lookup_of(self.chosen.model)
            listed = listed.filter(**{f"{lookup}__in": self.chosen.order_by().values("pk")})
        for thing in self.kind.things(listed):
            try:
                yield self._cells(thing)
                self.taken[self.kind.provider_of(thing)] += 1
            except NotHeld as reason:
                self.left_out[str(reason)] += 1
        self.left_out.update(self.kind.unheld(self.provider))

    def _cells(self, thing: Any) -> list[str]:
        stored, provider = self.kind.stored(thing), self.kind.provider_of(thing)
        zone = provider.zone if provider else timezone.get_default_timezone()
        cells = [escaped(provider.code)] if self.names_provider else []
        for column in self.kind.columns:
            cell = column.write(stored[column.name], zone, self.reach.shows)
            cells.append(escaped(cell) if column.free_text else cell)  # a negative number is no formula
        return cells
