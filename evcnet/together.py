"""Readings: steps that name the querysets they need, so that one statement fetches those of many parts of a page.

A reading is a generator. It yields querysets, finds them evaluated when it goes on, and returns what it made of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet, Value

Result = TypeVar("Result")
Reading = Generator[Sequence[QuerySet[Any, Any]], None, Result]


def read(reading: Reading[Result]) -> Result:
    """What the reading returns; each of its steps costs one statement."""
    while True:
        try:
            asked = next(reading)
        except StopIteration as end:
            result: Result = end.value
            return result
        evaluate(asked)


def side_by_side(*readings: Reading[Any]) -> Reading[list[Any]]:
    """What each of them returns. They go step by step together: one statement for a step of all of them."""
    results: list[Any] = [None] * len(readings)
    going = dict(enumerate(readings))
    while going:
        asked: list[QuerySet[Any, Any]] = []
        for place, reading in list(going.items()):
            try:
                asked += next(reading)
            except StopIteration as end:
                results[place] = end.value
                del going[place]
        if asked:
            yield asked
    return results


def reading_of(rows: QuerySet[Any, Any]) -> Reading[Any]:
    """Of nothing but these rows."""
    yield [rows]
    return rows


def totals(rows: QuerySet[Any, Any], **aggregates: Any) -> QuerySet[Any, Any]:
    """Aggregates over all of the rows as a queryset of one row; of none where the rows are known to be none."""
    grouped: QuerySet[Any, Any] = rows.order_by().annotate(_all=Value(1)).values("_all").annotate(**aggregates)
    return grouped.values(*aggregates)


def attach(rows: Iterable[Model], name: str, related: Iterable[Any], key: str) -> None:
    """Hand out the related rows as ``row.name.all()``, as prefetch_related does. ``key`` holds the id of the row."""
    by_row: dict[Any, list[Any]] = defaultdict(list)
    for each in related:
        by_row[getattr(each, key)].append(each)
    for row in rows:
        relatives = getattr(row, name).all()
        relatives._result_cache, relatives._prefetch_done = by_row[row.pk], True
        row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = relatives


def evaluate(querysets: Sequence[QuerySet[Any, Any]]) -> None:
    """Fetch the rows of all of them by one statement, each as it would have fetched them itself."""
    compiled = []
    for queryset in querysets:
        compiler = queryset.query.get_compiler(using=queryset.db)
        try:
            compiled.append((queryset, compiler, *compiler.as_sql()))
        except EmptyResultSet:
            queryset._result_cache = []
    if len(compiled) == 1:
        len(compiled[0][0])
    elif compiled:
        selects = [_as_json(compiler, sql) for _, compiler, sql, _ in compiled]
        params = [param for *_, given in compiled for param in given]
        [alias, *others] = {queryset.db for queryset, *_ in compiled}
        for (queryset, compiler, *_), rows in zip(
            compiled, _fetch(f"SELECT {', '.join(selects)}", params, DEFAULT_DB_ALIAS if others else alias), strict=True
        ):
            _fill(queryset, compiler, rows)


def _as_json(compiler: Any, sql: str) -> str:
    """Columns go by their place, as joined tables have names in common; json of a row stays the text that it is."""
    names = [f"c{place}" for place in range(len(compiler.select))]
    columns = [
        f"{name}::text AS {name}" if _kind(each) == "JSONField" else name
        for name, each in zip(names, compiler.select, strict=True)
    ]
    rows = f"SELECT {', '.join(columns)} FROM ({sql}) AS part ({', '.join(names)})"
    return f"(SELECT json_agg(row)::text FROM ({rows}) AS row)"


def _kind(selected: Any) -> str:
    return str(selected[0].output_field.get_internal_type())


def _fetch(sql: str, params: Sequence[Any], alias: str) -> list[list[dict[str, Any]]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, params)
        return [json.loads(part or "[]", parse_float=Decimal) for part in cursor.fetchone()]


def _fill(queryset: Any, compiler: Any, rows: list[dict[str, Any]]) -> None:
    """Django makes of the values what it makes of those that it fetches itself."""
    readers = [_reader(each) for each in compiler.select]
    typed = [
        [None if value is None else reader(value) for reader, value in zip(readers, row.values(), strict=True)]
        for row in rows
    ]
    filled = queryset._chain()
    compiler.execute_sql = lambda *args, **kwargs: [typed]
    filled.query.get_compiler = lambda *args, **kwargs: compiler
    queryset._result_cache = list(filled._iterable_class(filled))


def _reader(selected: Any) -> Callable[[Any], Any]:
    """From json to what the database's driver gives for the column."""
    kind = _kind(selected)
    if kind == "BinaryField":
        raise TypeError(f"{selected[0]} is binary: read it alone.")
    reader: Callable[[Any], Any] = str if kind == "JSONField" else selected[0].output_field.to_python
    return reader
