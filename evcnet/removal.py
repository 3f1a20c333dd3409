"""What stands in the way of removing a row, and what would go with it? In counts: names may be out of sight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models

BOUND = 100
"""Counted up to here: whoever reads "more than 100 sessions" knows enough."""


def in_the_way(rows: Iterable[models.Model]) -> list[str]:
    """What keeps each row from being removed, such as "12 sessions"."""
    return [words for row in rows for words in _related(row, models.PROTECT)]


def goes_along(rows: Iterable[models.Model]) -> list[str]:
    return [words for row in rows for words in _related(row, models.CASCADE)]


def _related(row: models.Model, on_delete: Any) -> Iterator[str]:
    for relation in row._meta.related_objects:
        if relation.on_delete is on_delete:
            found = relation.related_model._base_manager.filter(**{relation.field.name: row})[: BOUND + 1].count()
            if found:
                yield _words(relation.related_model._meta, found)


def _words(meta: Any, found: int) -> str:
    if found > BOUND:
        return f"more than {BOUND} {meta.verbose_name_plural}"
    return f"{found} {meta.verbose_name if found == 1 else meta.verbose_name_plural}"
