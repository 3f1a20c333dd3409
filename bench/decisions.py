"""What a decision costs beside the one statement that it needs: in the process, by HTTP, many at once, behind PgBouncer.

`python -m bench decisions` makes the world of `bench.world`, with BENCH_CUSTOMERS customers, on a database of its own.
"""

from __future__ import annotations

import http.client
import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.measuring import Measured, ratio
from bench.world import PROVIDER

BATCH = 1_000
CALLERS, SECONDS, ROUNDS = 8, 2.0, 5
"""Connections that ask at once, and how long a round of them lasts."""
POOLED_CALLS = 120
START = 180.0
"""Seconds within which the server answers first: it listens before its processes have loaded the portal."""


def _questions(count: int) -> list[tuple[str, str]]:
    """Cards and charge points drawn by chance from a fixed seed."""
    from django.db import connection

    chance = random.Random(13)
    with connection.cursor() as cursor:
        cursor.execute("SELECT uid FROM customers_chargecard ORDER BY hashint8(id) LIMIT %s", [count])
        cards = [uid for (uid,) in cursor.fetchall()]
        cursor.execute("SELECT identity FROM chargepoints_chargepoint ORDER BY hashint8(id) LIMIT %s", [count])
        points = [identity for (identity,) in cursor.fetchall()]
    return [(chance.choice(cards), chance.choice(points)) for _ in range(count)]


def in_process() -> Iterator[Measured]:
    import psycopg
    from django.db import connection
    from django.utils import timezone
    from psycopg.rows import dict_row

    from chargepoints.authorization import authorize, authorize_many
    from chargepoints.authorization_statement import LIVE
    from evcnet.codes import identity_key, uid_key

    asked, now = _questions(BATCH), timezone.now()
    named = [
        {"uid": uid_key(card), "identity": identity_key(point), "at": now, "held_at": now} for card, point in asked
    ]

    def decide() -> None:
        for card, point in asked:
            authorize(card, point, now)

    def fetch() -> None:
        for params in named:
            with psycopg.Cursor(connection.connection, row_factory=dict_row) as cursor:
                cursor.execute(LIVE, params, prepare=True).fetchall()

    connection.ensure_connection()
    yield ratio("authorize() / its own prepared statement", decide, fetch, asked="1.4; goal 1.15", per=BATCH)
    many = [(card, point, now) for card, point in asked]
    yield _faster(
        "decide_many / one prepared statement after another", lambda: authorize_many(many, now=now), fetch, per=BATCH
    )


def _faster(name: str, run: Callable[[], Any], baseline: Callable[[], Any], *, per: int) -> Measured:
    """How many times as many in a second as the baseline."""
    row = ratio(name, run, baseline, asked="2; goal 4", per=per)
    return replace(row, figure=1 / row.figure if row.figure else None)


# By HTTP: the portal's own server, with its decision log


def by_http() -> Iterator[Measured]:
    key, asked = _api_key(), _questions(BATCH)
    bodies = [json.dumps({"card": card, "charge_point": point}) for card, point in asked]
    headers = {"Authorization": f"Token {key}", "Content-Type": "application/json"}
    with _server({}) as port:
        calls = {
            "decisions": lambda caller, n: _call(caller, "POST", "/api/v1/authorize", bodies[n % BATCH], headers),
            "hello": lambda caller, n: _call(caller, "GET", "/healthz", None, {}),
        }
        for call in calls.values():
            _requests_a_second(port, call)
        rounds = [{name: _requests_a_second(port, call) for name, call in calls.items()} for _ in range(ROUNDS)]
    decisions, hello = (sorted(each[name] for each in rounds)[ROUNDS // 2] for name in calls)
    note = f"{decisions:,.0f} a second beside {hello:,.0f}, decision log on"
    yield Measured("POST /api/v1/authorize / GET /healthz", decisions / hello, "x", "0.50; goal 0.70", note)


def _api_key() -> str:
    from customers.models import ApiKey, Provider

    _, key = ApiKey.make(provider=Provider.objects.get(code=PROVIDER), name="bench", rate_per_minute=1_000_000_000)
    return key


def _call(caller: http.client.HTTPConnection, method: str, path: str, body: str | None, headers: Any) -> int:
    caller.request(method, path, body, headers)
    answer = caller.getresponse()
    answer.read()
    return answer.status


def _requests_a_second(port: int, call: Callable[[http.client.HTTPConnection, int], int]) -> float:
    """By some connections that each ask again once they are answered. Raises AssertionError for any answer but 200."""
    end = time.perf_counter() + SECONDS

    def ask(first: int) -> int:
        number = first
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as caller:
            while time.perf_counter() < end:
                assert call(caller, number) == 200
                number += CALLERS
        return (number - first) // CALLERS

    began = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as callers:
        done = sum(callers.map(ask, range(CALLERS)))
    return done / (time.perf_counter() - began)


@contextmanager
def _server(environment: dict[str, str]) -> Iterator[int]:
    """gunicorn as the recipe runs it; its port, once it answers."""
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "--log-level", "error"]
    # Without the writer of access logs, on both sides of the ratio.
    settings = os.environ | {"PORT": str(port), "LOG_LEVEL": "ERROR"} | environment
    process = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=START)) as caller:
            _call(caller, "GET", "/healthz", None, {})
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")


# Behind PgBouncer, where it is installed


def pooled() -> Iterator[Measured]:
    """Calls that fail behind a pooler in transaction mode, whose statements meet servers that have prepared nothing."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        print("PgBouncer is not installed: not measured.", file=sys.stderr)
        return
    key, [(card, point), *_] = _api_key(), _questions(10)
    body = json.dumps({"card": card, "charge_point": point})
    headers = {"Authorization": f"Token {key}", "Content-Type": "application/json"}
    with _pooler(program) as url, _server({"DATABASE_URL": url, "PREPARED_STATEMENTS": "false"}) as port:

        def ask(_: int) -> int:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as caller:
                return _call(caller, "POST", "/api/v1/authorize", body, headers)

        with ThreadPoolExecutor(CALLERS) as callers:
            failed = sum(status != 200 for status in callers.map(ask, range(POOLED_CALLS)))
    note = f"of {POOLED_CALLS} calls by {CALLERS} at once, PREPARED_STATEMENTS=false, 4 connections to the server"
    yield Measured("behind PgBouncer: calls that fail", failed, "calls", "0", note)


@contextmanager
def _pooler(program: str) -> Iterator[str]:
    """PgBouncer in transaction mode before the database that Django talks to; the URL of its end."""
    from django.db import connection

    own, port, folder = connection.get_connection_params(), _free_port(), Path(tempfile.mkdtemp(prefix="evcnet-pool-"))
    folder.chmod(0o777)
    config = folder / "pgbouncer.ini"
    password = f" password={own['password']}" if own.get("password") else ""
    target = f"host={own.get('host') or '/var/run/postgresql'} port={own.get('port') or 5432} dbname={own['dbname']}"
    config.write_text(
        f"[databases]\nbench = {target} user={own['user']}{password}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
        f"default_pool_size = 4\nlogfile = {folder}/log\npidfile = {folder}/pid\nignore_startup_parameters = options\n"
        "query_wait_timeout = 10\n"
    )
    # It refuses to run as root, and the socket of a private database is open to its owner alone.
    owner = pwd.getpwuid(Path(own["host"]).stat().st_uid).pw_name if own.get("host", "").startswith("/") else "nobody"
    lower = ["-u", owner] if os.geteuid() == 0 else []
    config.chmod(0o644)
    process = subprocess.Popen([program, *lower, str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"postgres://{own['user']}@127.0.0.1:{port}/bench"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


MEASURES = (in_process, by_http, pooled)
