"""A year of a million sessions replayed under another tariff: in which time, and in how much memory."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.measuring import Measured, peak_mb
from bench.sessions import FOUR_ELEMENTS, ONE_ELEMENT, session
from tariffs.pricing import read_tariff
from tariffs.pricing.replay import Past, replay

SESSIONS = 1_000_000
CUSTOMERS = 50_000
SHAPES = 20_000  # sessions are drawn from so many, else drawing them would be what is measured


def measure() -> list[Measured]:
    """In a process of its own, since memory is measured as the most that a process ever held."""
    ran = subprocess.run([sys.executable, "-m", "bench.replaying"], capture_output=True, text=True, check=True)
    output = json.loads(ran.stdout)
    note = f"{output['customers']:,} customers, both tariffs priced; difference {output['difference']} EUR"
    return [
        Measured("replay of 1,000,000 sessions", output["seconds"], "s of one core", "", note),
        Measured("replay, peak memory", output["peak_mb"], "MB", "less than 128"),
    ]


def _past() -> Iterator[Past]:
    chance = random.Random(2)
    before = read_tariff(ONE_ELEMENT)
    drawn = [session(chance, 4) for _ in range(SHAPES)]
    for _ in range(SESSIONS):
        yield Past(chance.randrange(CUSTOMERS), chance.choice(drawn), before)


def _run() -> dict[str, object]:
    began = time.process_time()
    result = replay(_past(), read_tariff(FOUR_ELEMENTS))
    return {
        "seconds": round(time.process_time() - began, 1),
        "peak_mb": round(peak_mb(), 1),
        "difference": str(result.difference),
        "customers": len(result.by_customer),
    }


if __name__ == "__main__":
    print(json.dumps(_run()))
