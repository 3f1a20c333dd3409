"""Prepared statements: for the few that are asked so often that planning them each time would cost more than they do."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import dict_row


def fetch_prepared(statement: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows, by the names of their columns. Past Django's cursors, which prepare nothing, and past the wrapper that
    gives the history its context: nothing that has a history is written so."""
    with connection.cursor() as wrapped, connection.wrap_database_errors:
        counted = wrapped.debug_sql(statement, params) if hasattr(wrapped, "debug_sql") else nullcontext()
        with counted, psycopg.Cursor(connection.connection, row_factory=dict_row) as cursor:
            # Prepared: three quarters of the time of an unprepared one is planning.
            return cursor.execute(statement, params, prepare=True).fetchall()
