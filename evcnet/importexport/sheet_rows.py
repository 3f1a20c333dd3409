"""The rows of a sheet or of the library's Dataset, with their numbers: one by one, or many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from evcnet.importexport.sheet_stream import TOGETHER, SheetStream

if TYPE_CHECKING:
    from tablib import Dataset

Numbered = tuple[int, Sequence[Any]]


def numbered_rows(dataset: Dataset) -> Iterable[Numbered]:
    """Each row as its number in a spreadsheet and its cells."""
    if isinstance(dataset, SheetStream):
        return dataset.numbered_rows()
    numbers: Iterable[int] = getattr(dataset, "numbers", range(2, len(dataset) + 2))
    return zip(numbers, dataset, strict=True)


def batches(dataset: Dataset) -> Iterator[list[Numbered]]:
    if isinstance(dataset, SheetStream):
        yield from dataset.batches(TOGETHER)
        return
    rows = iter(numbered_rows(dataset))
    while together := list(islice(rows, TOGETHER)):
        yield together
