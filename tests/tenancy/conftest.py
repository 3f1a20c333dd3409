"""The marked world is built once for these tests; whatever a test writes is undone after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import transaction
from django.test import Client

from tests.tenancy.crossings import tie
from tests.tenancy.world import World, build


@pytest.fixture(scope="package")
def built(django_db_setup: None, django_db_blocker: object) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        world = build()
        tie(world)
        yield world
        transaction.set_rollback(True)


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
