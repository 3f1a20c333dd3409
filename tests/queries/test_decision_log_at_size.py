"""A million decisions: every reading of the log touches as many pages as at a hundred thousand, and so does dropping a month."""

from types import SimpleNamespace

import pytest

from bench.decision_log import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MORE = 1.3
"""So many times the pages are no more: another level of an index, another part of a page."""
LITTLE = 60
"""Each month's indexes are looked into, and may have a level more."""


def test_no_reading_of_the_log_touches_more_pages_of_a_million_decisions_than_of_a_hundred_thousand(world):
    rows = {
        "own": world.greengrid,
        "other": world.bluevolt,
        "card": world.jansens_card,
        "customer": world.jansen,
        "point": world.market,
        "group": world.leusden,
    }
    log = World(SimpleNamespace(**rows), world.anna)
    log.grow(100_000)
    log.pages()  # first once: what a reading finds for the first time it marks
    small, dropped_small = log.pages(), log.drop_month()
    log.grow(1_000_000)
    log.pages()
    large, dropped_large = log.pages(), log.drop_month()
    grown = {name: (small[name], large[name]) for name in small if large[name] > small[name] * MORE + LITTLE}
    assert grown == {}
    assert dropped_large < dropped_small * MORE + 1_000_000
