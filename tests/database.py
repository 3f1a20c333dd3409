"""The test database: migrated once into a template, which every session and every worker of pytest-xdist clones.

The template outlives the session where the server does, and is made afresh once a migration has changed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

PREFIX = "evcnet_template_"
UNFINISHED = f"{PREFIX}unfinished"
LOCK = 7_309_521
"""One session or worker at a time makes the template; the others wait for it."""


def create_clone() -> None:
    """Makes a clone of the template, which Django talks to from now on."""
    clone = connection.creation._get_test_db_name()
    template = PREFIX + _state_of_migrations()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if template not in _databases(cursor):
            _make_template(cursor, template)
        _drop(cursor, clone)
        cursor.execute(f'CREATE DATABASE "{clone}" TEMPLATE "{template}"')
    _use(clone)


def drop_clone() -> None:
    """Drops what ``create_clone`` has made."""
    connection.close()
    with connection._nodb_cursor() as cursor:
        _drop(cursor, connection.settings_dict["NAME"])


def _make_template(cursor: Any, template: str) -> None:
    for old in _databases(cursor):
        if old.startswith(PREFIX):
            _drop(cursor, old)
    cursor.execute(f'CREATE DATABASE "{UNFINISHED}"')
    own = connection.settings_dict["NAME"]
    _use(UNFINISHED)
    call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
    call_command("createcachetable", verbosity=0)
    _use(own)
    cursor.execute(f'ALTER DATABASE "{UNFINISHED}" RENAME TO "{template}"')


def _state_of_migrations() -> str:
    """A digest of all that decides what a migrated database holds."""
    digest = hashlib.sha256(repr(settings.INSTALLED_APPS).encode())
    for app in apps.get_app_configs():
        for path in sorted(Path(app.path, "migrations").rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _use(database: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = database


def _databases(cursor: Any) -> set[str]:
    cursor.execute("SELECT datname FROM pg_database")
    return {name for (name,) in cursor.fetchall()}


def _drop(cursor: Any, database: str) -> None:
    cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
