"""Codes that a migration to a wider key would make one: it refuses to begin, and names them."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db.models import Count, Model

from evcnet.code_keys import CodeKey

NAMED = 20


def refuse_collisions(model: type[Model], column: str, key: type[CodeKey]) -> None:
    """Raises CommandError where two rows of the model have one key; nothing is changed."""
    keys = model._base_manager.order_by().values(key=key(column)).annotate(rows=Count("pk")).filter(rows__gt=1)
    doubles = list(keys.order_by("key").values_list("key", flat=True)[: NAMED + 1])
    if not doubles:
        return
    rows = model._base_manager.annotate(key=key(column)).filter(key__in=doubles[:NAMED])
    by_key: dict[str, list[str]] = {}
    for same, code, provider in rows.order_by("key", column).values_list("key", column, "provider__code"):
        by_key.setdefault(same, []).append(f"“{code}” of {provider}")
    listed = "\n".join(f"  {' and '.join(codes)}" for codes in by_key.values())
    more = "\n  and more" if len(doubles) > NAMED else ""
    raise CommandError(
        f"Letter case and separators no longer keep two {model._meta.verbose_name_plural} apart by their {column}:\n"
        f"{listed}{more}\nNothing was migrated: change or remove all but one of each with the former release first."
    )
