"""Processes of a production installation, on the database of the tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from evcnet.var_dir import PROJECT

INSTALLED_IN = "/opt/evcnet"
SECRET = "hT7-kQ2_wZ9xLm4RvB8nYc1JdF6gPs3KaE5uXo0iWqVtNzHyGjCbM"


def environment(var: Path, **more: str) -> dict[str, str]:
    """Of a production installation that shares the database of the tests; ``var`` is its folder."""
    at = connection.get_connection_params()
    named = {
        "EVCNET_MODE": "production",
        "EVCNET_VAR": str(var),
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": f"postgres:///{at['host']}/{at['dbname']}",
        "PGUSER": at["user"],
        "DJANGO_SETTINGS_MODULE": "evcnet.settings",
    }
    return {**os.environ, **named, **more}


def commands_of(unit: str, option: str = "ExecStart") -> list[list[str]]:
    """What a unit in deploy/systemd runs, with the Python and the folder of the tests in the place of its own."""
    lines = (PROJECT / "deploy" / "systemd" / f"{unit}.service").read_text().splitlines()
    values = [line.partition("=")[2].split() for line in lines if line.startswith(f"{option}=")]
    programs = str(Path(sys.executable).parent)
    return [[program.replace(f"{INSTALLED_IN}/.venv/bin", programs), *arguments] for program, *arguments in values]


@contextmanager
def running(unit: str, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The process of a unit, as its unit starts it. It is killed in the end, if it has not ended."""
    (command,) = commands_of(unit)
    log = Path(env["EVCNET_VAR"]) / f"{unit}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Waits for it, and fails if it does not come."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def a_minute_passes() -> None:
    """For the heartbeats of workers that are gone: those that live beat again."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")
