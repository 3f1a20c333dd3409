"""A plugin for mutation testing: what is remembered between sessions is forgotten before each test.

Mutants run in forks of a process that has passed all tests before; what it remembers would hide them.
"""

from collections.abc import Iterator

import pytest

from tariffs.pricing.clock import offsets_of_year, zone_of
from tariffs.pricing.compiled import compile_tariff


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    for remembering in (compile_tariff, offsets_of_year, zone_of):
        remembering.cache_clear()
    yield
