"""Counts of customers and exceptions against a recount, after random writes of eight at once. `python -m bench counts`

New, changed and erased customers, cards, exceptions and imported files, one or two in a transaction, a fifth of which is
rolled back, all at the same few customers, while the ledgers are folded. BENCH_WRITES says how many transactions each of
the eight runs (1,250); what they write follows from the seeds 0 to 7, in which order from the machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from bench.measuring import Measured
from bench.world import own_database

THREADS, WRITES = 8, int(os.environ.get("BENCH_WRITES", "1250"))


def measure(threads: int = THREADS, writes: int = WRITES) -> Iterator[Measured]:
    with own_database():
        from customers.models import Customer
        from tests.conftest import make_world
        from tests.queries import test_counts

        world, began = make_world(), time.monotonic()
        done = test_counts.write_at_once(world, threads, writes)
        seconds, wrong = time.monotonic() - began, test_counts.wrong()
        kinds = ", ".join(f"{name.replace('_', ' ')} {done[name]:,}" for name in sorted(done))
        left = f"{Customer.objects.count():,} customers left"
        note = f"{threads} x {writes:,} transactions, seeds 0 to {threads - 1}, {seconds:.0f} s; {left}; {kinds}"
        yield Measured("counts that differ from a recount", len(wrong), "counts", "0", note)
