"""The test database: migrated once into a template, which every session and every worker of pytest-xdist clones.

The template outlives the session where the server does, and is made afresh once a migration has changed. A test that
commits is followed by ``Migrated.restore``, which touches the tables that it filled and no other.
"""

from __future__ import annotations

import hashlib
import pickle
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from chargepoints import decision_log
from gateway import message_log as gateway_messages
from roaming import message_log as partner_messages

PREFIX = "evcnet_template_"
UNFINISHED = f"{PREFIX}unfinished"
MOMENT = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?\+00(?::00)?")
"""As COPY and JSON write it."""
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
    _make_partitions(timezone.now())


def _make_partitions(now: datetime) -> None:
    """The template may be months old, and tests tell of last week on the first of a month too."""
    decision_log.make_partitions(now + timedelta(days=days) for days in (-28, 0))
    gateway_messages.make_partitions(now + timedelta(days=days) for days in (0, 1))
    partner_messages.make_partitions(now, 2)


def drop_clone() -> None:
    """Drops what ``create_clone`` has made."""
    connection.close()
    with connection._nodb_cursor() as cursor:
        _drop(cursor, connection.settings_dict["NAME"])


class Migrated:
    """What the tables hold as migrated; ``restore`` brings them back to it.

    In place of Django's flush, which truncates every table and makes content types and permissions anew: that took
    longer than most tests. Here the tables with rows are found by one statement; no trigger and no key looks on.
    """

    def read(self) -> None:
        with connection.cursor() as cursor:
            self.rows = {table: _copy_of(cursor, table) for table in _with_rows(cursor)}
            self.digests = _digests(cursor, self.rows)

    def restore(self) -> None:
        with connection.cursor() as cursor:
            filled, digests = _with_rows(cursor), _digests(cursor, self.rows)
            stale = [table for table in self.rows if digests[table] != self.digests[table]]
            emptied = [*(filled - self.rows.keys()), *stale]
            with transaction.atomic():
                cursor.execute("SET LOCAL session_replication_role = replica")
                for table in emptied:
                    cursor.execute(f"DELETE FROM {table}")
                for table in stale:
                    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                        copy.write(self.rows[table])
            # Dead rows of large tests would be read by the next ones.
            for table in _larger_than(cursor, emptied, 1_000_000):
                cursor.execute(f"VACUUM (ANALYZE) {table}")


class Kept:
    """Objects that are made once, rolled back, and put in place again as often as wanted: rows by COPY, objects by pickle.

    What factories, guards, history and counters took a fifth of a second to make is there after a hundredth. Moments
    move along, so that what was just made then is just made now.
    """

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory

    def make(self) -> None:
        """Once the database holds what is migrated and no more."""
        with transaction.atomic(), connection.cursor() as cursor:
            before, self.made = _with_rows(cursor), _begin(cursor)
            self.objects = pickle.dumps(self.factory())
            self.rows = {table: _copy_of(cursor, table) for table in _with_rows(cursor) - before}
            transaction.set_rollback(True)
        written = {text for rows in self.rows.values() for text in MOMENT.findall(rows)}
        self.moments = {text: moment for text in written if self._moves(moment := _read(text))}

    def place(self) -> Any:
        with transaction.atomic(), connection.cursor() as cursor:
            later = _begin(cursor) - self.made
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, rows in self.rows.items():
                for text, moment in self.moments.items():
                    rows = rows.replace(text, (moment + later).isoformat(text[10:11].decode()).encode())
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)
            cursor.execute("SET LOCAL session_replication_role = origin")
        objects = pickle.loads(self.objects)
        self._move([objects], later)
        return objects

    def _moves(self, moment: datetime) -> bool:
        return abs(moment - self.made) < timedelta(minutes=1)

    def _move(self, objects: list[Any], later: timedelta) -> None:
        """The moments of the rows among these objects, and of those that they hold."""
        seen: set[int] = set()
        while objects:
            if id(one := objects.pop()) in seen or isinstance(one, type) or not hasattr(one, "__dict__"):
                objects.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
                continue
            seen.add(id(one))
            objects.extend(one._state.fields_cache.values() if isinstance(one, Model) else vars(one).values())
            moved = {name: value for name, value in vars(one).items() if isinstance(value, datetime)}
            vars(one).update({name: value + later for name, value in moved.items() if self._moves(value)})


def _begin(cursor: Any) -> datetime:
    """When the transaction began, which the guards take for now."""
    cursor.execute("SELECT now()")
    moment: datetime = cursor.fetchone()[0]
    return moment


def _read(text: bytes) -> datetime:
    return datetime.fromisoformat(text.decode())


def _with_rows(cursor: Any) -> set[str]:
    cursor.execute(
        "SELECT oid::regclass::text FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'django_migrations'"
    )
    tables = [name for (name,) in cursor.fetchall()]
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables))
    return {name for (name,) in cursor.fetchall()}


def _copy_of(cursor: Any, table: str) -> bytes:
    with cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(copy)


def _digests(cursor: Any, tables: Any) -> dict[str, str]:
    each = "SELECT '{0}', md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {0} t"
    cursor.execute(" UNION ALL ".join(each.format(table) for table in tables))
    return dict(cursor.fetchall())


def _larger_than(cursor: Any, tables: list[str], size: int) -> list[str]:
    cursor.execute("SELECT t FROM unnest(%s::text[]) t WHERE pg_relation_size(t::regclass) > %s", [tables, size])
    return [name for (name,) in cursor.fetchall()]


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
