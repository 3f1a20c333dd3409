"""The marked world is built once for these tests, and committed; whatever a test writes is undone after it.

In a transaction that stayed open for all of them, savepoints would come together, and no replica starts beside such a one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from tests.conftest import MIGRATED
from tests.database import Kept
from tests.tenancy.crossings import tie
from tests.tenancy.world import World, build


@pytest.fixture(scope="package")
def built(django_db_setup: None, django_db_blocker: object) -> Iterator[World]:
    kept = Kept(_tied)
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        kept.make()
        yield kept.place()
        MIGRATED.restore()


def _tied() -> World:
    world = build()
    tie(world)
    return world


@pytest.fixture
def marked(built: World, db: None) -> World:
    return built


@pytest.fixture
def browser(marked: World) -> Callable[[str], Client]:
    """A browser in which a role has signed in: ``browser("helpdesk")``; "signed out" is one in which nobody has."""
    return lambda role: signed_in(marked, role)


def signed_in(world: World, role: str) -> Client:
    client = Client(raise_request_exception=False)
    if role != "signed out":
        client.force_login(world.logins[role])
    return client
