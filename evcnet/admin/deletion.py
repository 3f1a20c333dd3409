"""Deletion summary: what stands in the way of removing a row, and what goes with it, in counts of what the login sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models

from evcnet.tenancy import Login, visible_rows
from evcnet.text import counted_rows

OUT_OF_SIGHT = "something that you do not see"
BOUND = 100
"""Counted up to here: whoever reads "more than 100 sessions" knows enough."""


def in_the_way(rows: Iterable[models.Model], login: Login) -> list[str]:
    """What keeps each row from being removed, such as "12 sessions"; of what is out of sight, only that there is some."""
    return [words for row in rows for words in _related(row, models.PROTECT, login)]


def goes_along(rows: Iterable[models.Model], login: Login) -> list[str]:
    return [words for row in rows for words in _related(row, models.CASCADE, login)]


def _related(row: models.Model, on_delete: Any, login: Login) -> Iterator[str]:
    hidden = False
    for relation in (each for each in row._meta.related_objects if each.on_delete is on_delete):
        model: type[models.Model] = relation.related_model
        tied = model._base_manager.filter(**{relation.field.name: row})
        visible = tied
        if hasattr(model, "tenancy"):
            visible = tied.filter(pk__in=visible_rows(model, login).values("pk"))
            hidden = hidden or tied.exclude(pk__in=visible.values("pk")).exists()
        if count := visible[: BOUND + 1].count():
            yield (
                counted_rows(model, count) if count <= BOUND else f"more than {BOUND} {model._meta.verbose_name_plural}"
            )
    if hidden:
        yield OUT_OF_SIGHT
