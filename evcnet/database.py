"""The database of the portal: the one that DATABASE_URL names, or the private PostgreSQL of development."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from evcnet import var_dir

PRIVATE_ENGINE = "devtools.postgresql"
PRIVATE_NAME = PRIVATE_USER = "evcnet"
# One decision costs one prepared statement: without persistent connections, connecting would cost more than deciding.
PERSISTENT = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
# Without it Django switches prepared statements off, also for those that ask to be prepared. Its own cursors bind on
# the client's side and prepare nothing.
PREPARED = {"prepare_threshold": 5}
# Behind a pooler in transaction mode the next statement may meet a server that has prepared nothing, and no cursor.
UNPREPARED = {"prepare_threshold": None}
CONNECT_TIMEOUT = 2
"""Seconds: a page waits no longer for a replica that does not answer."""


def settings(env: environ.Env) -> dict[str, Any]:
    """The entry for Django's DATABASES. Raises ImproperlyConfigured where there is none, or it is not PostgreSQL."""
    if not env.str("DATABASE_URL", default=""):
        return _private_settings()
    named: dict[str, Any] = {**env.db("DATABASE_URL"), **PERSISTENT}
    if named["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database (postgres://user:password@host/name).")
    prepares = env.bool("PREPARED_STATEMENTS", default=True)
    options = named["OPTIONS"] = (PREPARED if prepares else UNPREPARED) | named.get("OPTIONS", {})
    named["DISABLE_SERVER_SIDE_CURSORS"] = not prepares
    if "pool" in options:
        # An URL holds only text; and Django refuses a pool of connections that are persistent themselves.
        options["pool"] = str(options["pool"]).lower() in ("true", "1", "yes")
        named["CONN_MAX_AGE"] = 0 if options["pool"] else None
    return named


def all_settings(env: environ.Env) -> dict[str, Any]:
    """Django's DATABASES: that of the portal, and its replica where REPLICA_URL names one."""
    databases = {"default": settings(env)}
    if url := env.str("REPLICA_URL", default=""):
        databases["replica"] = replica_settings(url, databases["default"])
    return databases


def replica_settings(url: str, primary: dict[str, Any]) -> dict[str, Any]:
    """The entry of a replica, whose tests are those of the portal's own database. Raises ImproperlyConfigured."""
    named: dict[str, Any] = {**environ.Env.db_url_config(url), **PERSISTENT}
    if named["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("REPLICA_URL must name a PostgreSQL database (postgres://user:password@host/name).")
    prepares = primary["OPTIONS"].get("prepare_threshold") is not None
    patience = {"connect_timeout": CONNECT_TIMEOUT}
    named["OPTIONS"] = (PREPARED if prepares else UNPREPARED) | patience | named.get("OPTIONS", {})
    return named | {"DISABLE_SERVER_SIDE_CURSORS": not prepares, "TEST": {"MIRROR": "default"}}


def _private_settings() -> dict[str, Any]:
    if not has_devtools():
        raise ImproperlyConfigured(
            "DATABASE_URL must name a PostgreSQL database: devtools, which brings one, is not here."
        )
    private = {"ENGINE": PRIVATE_ENGINE, "NAME": PRIVATE_NAME, "USER": PRIVATE_USER, "VAR": str(var_dir.var())}
    return {**private, **PERSISTENT, "OPTIONS": dict(PREPARED)}


def has_devtools() -> bool:
    """False in a production installation that leaves the folder out."""
    return find_spec("devtools") is not None


def is_private(entry: dict[str, Any]) -> bool:
    """True if an entry of DATABASES means the private PostgreSQL."""
    return bool(entry["ENGINE"] == PRIVATE_ENGINE)
