"""Settings of the web server, gunicorn: the same for `make run`, for production and for the tests."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

import environ
from gunicorn.glogging import Logger

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from evcnet.secret_addresses import without_keys  # found by the line above

if (PROJECT / ".env").exists():
    environ.Env.read_env(PROJECT / ".env")
LONGEST_REQUEST = 300
"""Seconds that a page may take: an import of many rows, say. The proxy in front waits as long (nginx.conf)."""

host = os.environ.get("EVCNET_HOST") or "127.0.0.1"
port = os.environ.get("PORT") or "8000"

wsgi_app = "evcnet.wsgi:application"
chdir = str(PROJECT)
bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
proc_name = f"evcnet on port {port}"

# Threads, since most of a request is waiting for the database.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4

# A process that says nothing for so long hangs and is replaced; one that is to end has as long to finish its requests.
timeout = LONGEST_REQUEST + 30
graceful_timeout = LONGEST_REQUEST + 10
# Longer than the proxy holds a connection that is idle, so that it never sends a request into one that is being closed.
keepalive = 75

# Memory that a process has gathered is given back; not by all at the same moment.
max_requests = 5_000
max_requests_jitter = 1_000

# It would be one for all copies on a machine.
control_socket_disable = True
# On a disk, a process that waits for it would seem to hang.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
accesslog = None  # each request is in the portal's own log, with an id


class KeylessLogger(Logger):
    """Gunicorn's own log, of errors and where somebody turns it on of requests, without the keys of addresses."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.addFilter(_take_keys_out)


def _take_keys_out(record: logging.LogRecord) -> bool:
    record.msg, record.args = without_keys(record.getMessage()), ()
    return True


logger_class = KeylessLogger
