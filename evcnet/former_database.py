"""Recognises a database of an earlier version, whose migrations this version no longer has, and refuses to use it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from evcnet import database

FORMER_MIGRATIONS = ["0002_initial", "0003_one_door", "0004_changes"]
"""Of chargegroups, before all migrations began afresh: no database of today has applied any of them."""

_checked: set[str] = set()


class FormerDatabase(OperationalError, CommandError):
    """Its message says what to do, so a command prints that alone; to all else the database can't be used."""


def refuse_former_database(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Receiver of connection_created: raises FormerDatabase, once the connection is closed again. Nothing is changed."""
    settings = connection.settings_dict
    name = str(settings["NAME"])
    if name in _checked or connection.vendor != "postgresql":
        return
    if former := _former_migrations(connection.connection):
        connection.close()
        raise FormerDatabase(_message(settings, former))
    _checked.add(name)


def _former_migrations(connection: Any) -> list[str]:
    if connection.execute("SELECT to_regclass('django_migrations')").fetchone()[0] is None:
        return []
    applied = "SELECT name FROM django_migrations WHERE app = 'chargegroups' AND name = ANY(%s) ORDER BY name"
    return [name for (name,) in connection.execute(applied, [FORMER_MIGRATIONS]).fetchall()]


def _message(settings: dict[str, Any], former: list[str]) -> str:
    if database.is_private(settings):
        which, way_out = f"in {settings['VAR']}", f"Move that folder away (mv {settings['VAR']} {settings['VAR']}.old)"
    else:
        host = settings.get("HOST") or "this machine"
        which, way_out = f"{settings['NAME']} on {host}", "Move it away, or name another one in DATABASE_URL"
    return (
        f"The database {which} was made by an earlier version of the portal (it has the migration "
        f"chargegroups.{former[-1]}), and this version can't go on with it. Nothing in it was changed. "
        f"{way_out}, and start again: an empty database is then set up."
    )
