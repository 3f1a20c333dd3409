"""What a process that is killed loses of the decision log, and what the log costs: `python -m bench.decision_log_kills`

A process that answers 10,000 requests of `POST /api/v1/authorize` is killed (SIGKILL) somewhere in the middle, a few times:
how many it had answered, how many were written. Then requests a second with the log and without it, in turns. The
requests go through Django's whole stack in one process. A private PostgreSQL of its own is used, and removed again.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.decision_log import make_world, own_database

REQUESTS, KILLS, RUNS, OF_A_RUN = 10_000, 3, 3, 2_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--key", help=argparse.SUPPRESS)
    parser.add_argument("--without-log", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--requests", type=int, default=REQUESTS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.key:
        return _answer(asked.key, asked.requests, without_log=asked.without_log)
    chance = random.Random(asked.seed)
    with own_database():
        from customers.models import ApiKey

        key = ApiKey.make(provider=make_world().row.own, name="bench", rate_per_minute=10_000_000)[1]
        print(f"seed {asked.seed}. A process killed in the middle of {REQUESTS:,} requests:")
        for kill in range(1, KILLS + 1):
            answered, written = _killed(key, chance.randrange(REQUESTS // 4, REQUESTS * 3 // 4))
            print(f"  kill {kill}: answered {answered:,}, written {written:,}, lost {answered - written:,}", flush=True)
        for run in range(1, RUNS + 1):
            rates = [_rate(key, without_log=without) for without in (False, True)]
            print(f"  run {run}: {rates[0]:,.0f} requests/s with the log, {rates[1]:,.0f} without", flush=True)
    return 0


def _killed(key: str, after: int) -> tuple[int, int]:
    """How many requests were answered, and how many decisions written, by a process killed after so many answers."""
    from django.db import connection

    from chargepoints.models import DecisionEntry

    before = DecisionEntry.objects.count()
    process = subprocess.Popen([*_command(key), "--requests", str(REQUESTS)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    answered = 0
    while answered < after:
        answered += len(process.stdout.read1(4096))  # type: ignore[attr-defined]
    process.send_signal(signal.SIGKILL)
    answered += len(process.stdout.read())
    process.wait()
    time.sleep(1)  # the server ends what the killed one had sent
    connection.close()
    return answered, DecisionEntry.objects.count() - before


def _rate(key: str, *, without_log: bool) -> float:
    command = [*_command(key), "--requests", str(OF_A_RUN), *(["--without-log"] if without_log else [])]
    output = subprocess.run(command, capture_output=True, check=True).stderr
    return float(json.loads(output.splitlines()[-1]))


def _command(key: str) -> list[str]:
    return [sys.executable, "-m", "bench.decision_log_kills", "--key", key]


def _answer(key: str, requests: int, *, without_log: bool) -> int:
    """In a process of its own: a dot for each answer, and in the end the requests a second."""
    import django

    django.setup()
    from chargepoints.decision_log import LOG

    if without_log:
        LOG.keep = lambda entry: None  # type: ignore[method-assign]
    answers = _answers(key)
    for _ in range(200):
        next(answers)
        print(end=".", flush=True)
    began = time.monotonic()
    for _ in range(requests - 200):
        next(answers)
        print(end=".", flush=True)
    print(json.dumps((requests - 200) / (time.monotonic() - began)), file=sys.stderr)
    return 0


def _answers(key: str) -> Iterator[None]:
    from django.test import Client

    backend = Client()
    body = json.dumps({"card": "UID7", "charge_point": "POINT7"})
    while True:
        answer = backend.post(
            "/api/v1/authorize", body, content_type="application/json", headers={"Authorization": f"Token {key}"}
        )
        assert answer.status_code == 200, answer.content
        yield


if __name__ == "__main__":
    raise SystemExit(main())
