"""Kills the worker again and again while it imports: the file comes in whole, and once. `python -m bench.kill_import`

An import of 200,000 customers (BENCH_CUSTOMERS, if it is set) is run by a worker that is killed (SIGKILL) five times, each
time after some of its rows, and started again. Only heartbeats tell that it is gone. How many rows follows from --seed. A
private PostgreSQL is used, and removed again.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.customer_import import make_groups, rows, write_file
from bench.world import own_database

ROWS, KILLS = int(os.environ.get("BENCH_CUSTOMERS", "200000")), 5
PATIENCE = 3600.0
"""Seconds within which a worker takes up what a killed one has left, and comes to where it is killed, or to the end."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    with own_database():
        from evcnet.var_dir import var

        job = _confirmed_import(write_file(var() / "rows.csv", rows(ROWS)))
        print(f"seed {asked.seed}: {KILLS} kills within an import of {ROWS:,} rows")
        print("kill   after rows   after s   customers then")
        chance = random.Random(asked.seed)
        for kill in range(1, KILLS + 1):
            _work_and_kill(job, kill, chance.uniform(0.05, 0.95))
        return _import_the_rest(job)


def _confirmed_import(file: Path) -> Any:
    """The job of an import that was previewed and confirmed; nobody has begun it."""
    from customers.jobs import run
    from customers.models import Membership, Provider, StaffMember
    from customers.resources import CustomerResource
    from evcnet.importexport.jobs import Upload, confirm, start_preview

    make_groups()
    provider, login = Provider.objects.get(), StaffMember.objects.create(email="anna@example.org", name="Anna")
    Membership.objects.create(staff_member=login, role="provider_admin", provider=provider)
    preview = start_preview(login, Upload(file, file.name, CustomerResource, provider))
    run(preview.pk)
    preview.refresh_from_db()
    return confirm(preview)


def _work_and_kill(job: Any, kill: int, share: float) -> None:
    """A worker takes the job up, and is killed once it is done with this share of the rows."""
    from customers.models import Customer

    began, worker = time.monotonic(), _worker()
    _wait(lambda: _is_over(job) or (_of(job).attempts == kill and _of(job).rows_done >= share * ROWS))
    if _is_over(job):
        raise SystemExit("It was done before it was killed: more rows are needed.")
    done = _of(job).rows_done
    worker.kill()
    worker.wait()
    print(f"{kill:4} {done:12,} {time.monotonic() - began:9.1f} {Customer.objects.count():16,}", flush=True)


def _import_the_rest(job: Any) -> int:
    worker = _worker()
    _wait(lambda: _is_over(job))
    worker.terminate()
    worker.wait()
    ended = _of(job)
    print(f"in the end: {ended.get_state_display()}, {ended.attempts} attempts, {ended.message or 'no message'}")
    wrong = {name: figures for name, figures in _figures(job).items() if figures[0] != figures[1]}
    for name, (figure, expected) in wrong.items():
        print(f"{name}: {figure:,} in the place of {expected:,}")
    print("complete and once" if not wrong else "NOT complete and once")
    return 1 if wrong else 0


def _figures(job: Any) -> dict[str, tuple[int, int]]:
    """What was found, and what there has to be."""
    from customers.counts import CUSTOMER_COUNTS
    from customers.models import Customer, SearchText
    from evcnet.history import event_model

    events: Any = event_model(Customer)
    of_login = events.objects.filter(pgh_context__metadata__user=job.login_id, pgh_context__metadata__job=job.pk)
    return {
        "new rows": (_of(job).result.get("new", 0), ROWS),
        "attempts": (_of(job).attempts, KILLS + 1),
        "customers": (Customer.objects.count(), ROWS),
        "numbers": (Customer.objects.values("number").distinct().count(), ROWS),
        "entries of the history": (events.objects.count(), ROWS),
        "entries by the login and job": (of_login.values("pgh_obj_id").distinct().count(), ROWS),
        "texts for the search": (SearchText.objects.values("customer_id").distinct().count(), ROWS),
        "wrong counts": (len(CUSTOMER_COUNTS.differences()), 0),
    }


def _of(job: Any) -> Any:
    from customers.models import Job

    return Job.objects.get(pk=job.pk)


def _is_over(job: Any) -> bool:
    return bool(_of(job).is_over)


def _worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "manage.py", "worker"], stderr=subprocess.DEVNULL)


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"Nothing came of it for {PATIENCE:.0f} seconds.")
        time.sleep(0.02)


if __name__ == "__main__":
    raise SystemExit(main())
