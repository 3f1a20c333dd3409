"""A replica of the tests' own private PostgreSQL, copied by pg_basebackup, and pages that may read from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from devtools.postgresql.cluster import Cluster
from devtools.postgresql.replica import Replica
from evcnet import database, replica, var_dir

TRIES = 20_000


class Standby:
    """The replica as a test handles it."""

    def run(self, statement: str, *values: object) -> object:
        with connections[replica.ALIAS].cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()[0]

    def catch_up(self) -> None:
        """Waits until it has replayed all that is written by now, and lets pages know of no later position."""
        replica.forget_state()
        position = replica._STATE.position_to_reach()
        for _ in range(TRIES):
            if self.run("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn FROM pg_sleep(0.005)", position):
                return
        raise AssertionError("the replica does not catch up")

    def stop_replaying(self) -> None:
        """From now on it lags behind."""
        self.run("SELECT pg_wal_replay_pause() IS NULL")
        for _ in range(TRIES):
            if self.run("SELECT pg_get_wal_replay_pause_state()") == "paused":
                return

    def go_on(self) -> None:
        self.run("SELECT pg_wal_replay_resume() IS NULL")

    def statements(self) -> CaptureQueriesContext:
        return CaptureQueriesContext(connections[replica.ALIAS])


@pytest.fixture(scope="session")
def replica_server(django_db_setup) -> Iterator[Replica]:
    if not database.is_private(settings.DATABASES["default"]):
        pytest.skip("DATABASE_URL names the database, of which the tests make no replica")
    server = Replica(Cluster(var_dir.var(), durable=False))
    if not server.is_available():
        pytest.skip("the PostgreSQL at hand has no pg_basebackup")
    server.remove()  # what a session that was killed left: it may have stopped replaying
    server.ensure_up()
    yield server
    server.remove()


@pytest.fixture(scope="module", autouse=True)
def replica_alias(replica_server: Replica) -> Iterator[None]:
    """The portal's settings as with REPLICA_URL. For a module: Django asks for the aliases before the fixtures of a test."""
    url = replica_server.url(connection.settings_dict["NAME"])
    entry = database.replica_settings(url, settings.DATABASES["default"])
    aliases = connections.configure_settings({"default": {}, replica.ALIAS: entry})
    connections.settings[replica.ALIAS] = aliases[replica.ALIAS]
    yield
    connections[replica.ALIAS].close()
    del connections[replica.ALIAS]
    del connections.settings[replica.ALIAS]


@pytest.fixture
def standby(transactional_db, replica_server: Replica, monkeypatch, settings) -> Iterator[Standby]:
    monkeypatch.setattr(replica, "FRESH", 3600.0)
    settings.DATABASE_ROUTERS = ["evcnet.replica.Router"]
    replica_server.ensure_up()
    replica.forget_state()
    standby = Standby()
    standby.go_on()
    yield standby
    connections[replica.ALIAS].close()
    replica.forget_state()
