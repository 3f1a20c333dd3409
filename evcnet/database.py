"""Which database does the portal use: the one that DATABASE_URL names, or the private PostgreSQL of its folder?"""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from devtools.postgresql.cluster import Cluster
from devtools.postgresql.creation import DATABASE, ROLE
from evcnet import var_dir

PRIVATE = "devtools.postgresql"
# One decision costs one prepared statement: without persistent connections, connecting would cost more than deciding.
PERSISTENT = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
# Without it Django switches prepared statements off, also for those that ask to be prepared. Its own cursors bind on
# the client's side and prepare nothing.
PREPARED = {"prepare_threshold": 5}


def settings(env: environ.Env) -> dict[str, Any]:
    """The entry for Django's DATABASES. Raises ImproperlyConfigured for a database other than PostgreSQL."""
    if not env.str("DATABASE_URL", default=""):
        private = {"ENGINE": PRIVATE, "NAME": DATABASE, "USER": ROLE, "VAR": str(var_dir.var())}
        return {**private, **PERSISTENT, "OPTIONS": dict(PREPARED)}
    named: dict[str, Any] = {**env.db("DATABASE_URL"), **PERSISTENT}
    if named["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database (postgres://user:password@host/name).")
    options = named["OPTIONS"] = PREPARED | named.get("OPTIONS", {})
    if "pool" in options:
        # An URL holds only text; and Django refuses a pool of connections that are persistent themselves.
        options["pool"] = str(options["pool"]).lower() in ("true", "1", "yes")
        named["CONN_MAX_AGE"] = 0 if options["pool"] else None
    return named


def is_private(entry: dict[str, Any]) -> bool:
    """True if an entry of DATABASES means the private PostgreSQL."""
    return bool(entry["ENGINE"] == PRIVATE)


def cluster() -> Cluster:
    """The private PostgreSQL of this copy of the portal, up or not."""
    return Cluster(var_dir.var())
