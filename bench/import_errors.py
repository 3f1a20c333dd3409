"""A file of customers of which every 1,000th row is wrong, in one of 20 ways: all are reported by row, column and reason,
and nothing is written; corrected it comes in; again all is unchanged. BENCH_CUSTOMERS says how many rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from bench.customer_import import make_groups, rows, step, write_file
from bench.measuring import Measured
from bench.world import CUSTOMERS, own_database

EVERY = 1_000


class Wrong(NamedTuple):
    """What a row is turned into ("{}" is its number), and the column and words of its error."""

    row: str
    column: str
    words: str


WAYS = (
    Wrong("WEST,{},private,Anna,,nl,subscription,active", "user_group", "There is no user group"),
    Wrong(",{},private,Anna,,nl,subscription,active", "user_group", "The cell is empty"),
    Wrong("NORTH,{},privat3,Anna,,nl,subscription,active", "kind", "is not known"),
    Wrong("NORTH,{},private,,,nl,subscription,active", "name", "The cell is empty"),
    Wrong("NORTH,{},private,\u200b,,nl,subscription,active", "name", "Nothing of it can be seen"),
    Wrong("NORTH,{},private,Anna,anna@,nl,subscription,active", "email", "is not an e-mail address"),
    Wrong("NORTH,{},private,Anna,anna.example.org,nl,subscription,active", "email", "is not an e-mail address"),
    Wrong("NORTH,{},private,Anna,,klingon,subscription,active", "language", "is not known"),
    Wrong("NORTH,{},private,Anna,,nl,cash,active", "payment", "is not known"),
    Wrong("NORTH,{},private,Anna,,nl,subscription,asleep", "status", "is not known"),
    Wrong("NORTH,{},private,Anna,,nl,subscription", "", "7 cells"),
    Wrong("NORTH,{},private,Anna,Bos,,nl,subscription,active", "", "9 cells"),
    Wrong("NORTH,,private,Anna,,nl,subscription,active", "number", "The cell is empty"),
    Wrong("NORTH,C0000001,private,Anna,,nl,subscription,active", "number", "already"),
    Wrong("NORTH,4.17574E+12,private,Anna,,nl,subscription,active", "number", "a spreadsheet shortened"),
    Wrong('NORTH,"=""{}""",private,Anna,,nl,subscription,active', "number", "is a formula"),
    Wrong("NORTH,{}\u0430,private,Anna,,nl,subscription,active", "number", "U+0430"),
    Wrong("NORTH,{}\u00a0x,private,Anna,,nl,subscription,active", "number", "U+00A0"),
    Wrong("NORTH,{}" + "0" * 40 + ",private,Anna,,nl,subscription,active", "number", "at most 36"),
    Wrong("NORTH,{},private,An\x00na,,nl,subscription,active", "name", "NUL"),
)


def spoiled(lines: Iterator[str], every: int) -> Iterator[str]:
    """The same rows, with every so many wrong, in the next one of the ways."""
    for place, line in enumerate(lines, 1):
        yield line if place % every else way_of(place, every).row.format(line.split(",")[1])


def way_of(place: int, every: int) -> Wrong:
    return WAYS[(place // every - 1) % len(WAYS)]


def missed(errors: list[list[Any]], count: int, every: int) -> list[int]:
    """The wrong rows of which the reason isn't said in its column."""
    by_row: dict[int, list[tuple[str, str]]] = {}
    for row, column, message in errors:
        by_row.setdefault(row, []).append((column, message))
    wrong = {place + 1: way_of(place, every) for place in range(every, count + 1, every)}
    silent = [
        row
        for row, way in wrong.items()
        if not any(column == way.column and way.words in message for column, message in by_row.get(row, []))
    ]
    return silent + sorted(by_row.keys() - wrong.keys())


def measure(count: int = CUSTOMERS) -> list[Measured]:
    with own_database():
        from evcnet.var_dir import var

        make_groups()
        wrong = write_file(var() / "wrong.csv", spoiled(rows(count), EVERY))
        good = write_file(var() / "rows.csv", rows(count))
        refused, taken, again = step("write", wrong), step("write", good), step("write", good)
    as_asked = (
        not refused["written"] and not missed(refused["errors"], count, EVERY),
        taken["written"] and taken["new"] == count,
        again["unchanged"] == count,
    )
    note = f"{refused['invalid']:,} of {count:,} rows, {len(WAYS)} ways; {refused['seconds']:.1f} s"
    return [
        Measured("wrong rows that are not reported", len(missed(refused["errors"], count, EVERY)), "rows", "0", note),
        Measured("refused whole, corrected comes in, again unchanged", sum(as_asked), "of 3", "3"),
    ]
