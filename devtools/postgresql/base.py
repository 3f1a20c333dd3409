"""Django's database backend for the private PostgreSQL, which it starts where it is not up.

A thin skin over Django's own backend: it starts the server before a connection, and notices when a connection that it
holds has been ended by the server, so that a long-lived process outlives a stop.
"""

import select
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import CommandError
from django.db import OperationalError
from django.db.backends.postgresql import base, client

from devtools.postgresql.cluster import Cluster
from devtools.postgresql.errors import NotAvailable


class NotUsable(OperationalError, CommandError):
    """Its message names the way out, so a command prints that alone; to all else the database is not there."""


class DatabaseClient(client.DatabaseClient):
    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.ensure_connection()
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """As Django's, with the socket of the cluster, which is up by then (also for those who then connect by themselves)."""
        cluster = self._cluster()
        self.settings_dict["HOST"] = str(cluster.socket_folder)
        return super().get_connection_params()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            # It may have ended since it was seen to be up.
            self._cluster()
            return super().get_new_connection(conn_params)

    def _cluster(self) -> Cluster:
        cluster = Cluster(Path(self.settings_dict["VAR"]))
        try:
            cluster.ensure_up()
        except NotAvailable as refused:
            raise NotUsable(str(refused)) from refused
        return cluster

    def _cursor(self, name: str | None = None) -> Any:
        held = self.connection is not None and not self.in_atomic_block
        if held and _has_news(self.connection) and not self.is_usable():
            self.close()
        return super()._cursor(name)  # type: ignore[misc]


def _has_news(connection: "psycopg.Connection[Any]") -> bool:
    """True if the server has said something unasked: mostly, that it ends the connection. Costs no round trip."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
