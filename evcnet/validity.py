"""Validity windows of rows: begun, and not over. An empty ``valid_from`` is always, an empty ``valid_until`` for ever."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q


def valid_at(at: datetime, prefix: str = "") -> Q:
    """For the ORM. ``prefix`` leads to the row, such as "exceptions__"."""
    begun = Q(**{f"{prefix}valid_from": None}) | Q(**{f"{prefix}valid_from__lte": at})
    return begun & (Q(**{f"{prefix}valid_until": None}) | Q(**{f"{prefix}valid_until__gt": at}))


def valid_at_sql(alias: str) -> str:
    """For SQL, with the parameter ``at``."""
    begun = f"({alias}.valid_from IS NULL OR {alias}.valid_from <= %(at)s)"
    return f"{begun} AND ({alias}.valid_until IS NULL OR {alias}.valid_until > %(at)s)"


def is_valid(valid_from: datetime | None, valid_until: datetime | None, at: datetime) -> bool:
    """For values at hand."""
    return (valid_from is None or valid_from <= at) and (valid_until is None or at < valid_until)
