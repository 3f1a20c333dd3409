"""Processes of a production installation, on the database of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from evcnet.var_dir import PROJECT

SECRET = "hT7-kQ2_wZ9xLm4RvB8nYc1JdF6gPs3KaE5uXo0iWqVtNzHyGjCbM"


def environment(var: Path, **more: str) -> dict[str, str]:
    """Of a production installation that shares the database of the tests; ``var`` is its folder."""
    at = connection.settings_dict
    named = {
        "EVCNET_MODE": "production",
        "EVCNET_VAR": str(var),
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": f"postgres:///{at['HOST']}/{at['NAME']}",
        "PGUSER": at["USER"],
        "DJANGO_SETTINGS_MODULE": "evcnet.settings",
    }
    return {**os.environ, **named, **more}


@contextmanager
def running(*command: str, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is killed in the end, if it has not ended."""
    log = Path(env["EVCNET_VAR"]) / f"{Path(command[-1]).name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen([sys.executable, *command], cwd=PROJECT, env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Waits for it, and fails if it does not come."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()
