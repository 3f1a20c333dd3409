"""Tables of cases that share one world: ``@for_each`` makes one test of a table where parametrize makes a test a row."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


def for_each(names: str | tuple[str, ...], rows: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Called like ``pytest.mark.parametrize``. All rows are tried, those that fail are reported one by one.

    Fixtures are built once. What a row writes to the database is taken back before the next one; what it does to an
    object in memory is not.
    """
    names = (names,) if isinstance(names, str) else names

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        fixtures = [name for name in inspect.signature(test).parameters if name not in names]

        @functools.wraps(test)
        def over_all(**given: Any) -> None:
            for row in rows:
                case = dict(zip(names, row if len(names) > 1 else (row,), strict=True))
                with given["subtests"].test(**case), written_and_taken_back():
                    test(**{name: given[name] for name in fixtures}, **case)

        over_all.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in {*fixtures, "subtests"}
        )
        return over_all

    return decorate


@contextmanager
def written_and_taken_back():
    """Takes back what was written within; nothing is, where a test commits what it writes."""
    if not connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
