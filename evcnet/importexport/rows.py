"""One row of a file on its way in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils import timezone

from evcnet.importexport.row_errors import RowError

if TYPE_CHECKING:
    from customers.models import Provider

References = Mapping[tuple[type[Model], int, str], Mapping[str, Any]]
"""The rows of a model and provider that a word may mean, by their codes."""


class Row(dict[str, str]):
    """The cells by column, of the columns of the file alone.

    ``number`` is the one that a spreadsheet shows beside it. ``key`` is (provider's id, natural key), None where it
    can't be read. ``references`` are the rows that the cells of the file point at. ``alone``: no other row, of the file
    or stored, has its key or one that could be mistaken for it.
    """

    def __init__(self, number: int, cells: Iterable[tuple[str, str]], references: References) -> None:
        super().__init__(cells)
        self.number = number
        self.provider: Provider | None = None
        self.key: tuple[Any, ...] | None = None
        self.errors: list[RowError] = []
        self.alone = False
        self._references = references

    @property
    def provider_id(self) -> int | None:
        return self.provider.pk if self.provider else None

    @property
    def zone(self) -> tzinfo:
        return self.provider.zone if self.provider else timezone.get_default_timezone()

    def cell(self, column: str) -> str:
        """What stands there, without spaces around it; empty where the file lacks the column."""
        return self.get(column, "").strip()

    def references(self, model: type[Model], word: str) -> Mapping[str, Any]:
        """The rows of the same provider that the word may mean, by their codes; empty where there is none in scope."""
        return self._references.get((model, self.provider.pk, word), {}) if self.provider else {}

    def refuse(self, column: str, message: str) -> None:
        self.errors.append(RowError(self.number, column, message))
