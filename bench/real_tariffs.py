"""All real tariffs against an independent pricing, second by second, and how much slower that is."""

import time

from bench.measuring import Measured
from tariffs.pricing import price_session, read_session, read_tariff
from tests.rules.pricing_world import period, session
from tests.rules.second_by_second import brute_force
from tests.rules.test_pricing_properties import REAL_SESSIONS, real_tariffs


def measure() -> list[Measured]:
    """Every tariff with a Monday afternoon's session and a Saturday night's. A difference ends the benchmark."""
    tariffs = real_tariffs()
    ours = theirs = 0.0
    for start in REAL_SESSIONS.values():
        charged = session(period("charging", 7200, "20"), period("parking", 3600), start=start)
        read = read_session(charged)
        for prices in tariffs:
            began = time.process_time()
            cost = price_session(read_tariff(prices), read)
            exact = (cost.exact_excl_vat, cost.exact_incl_vat)
            between = time.process_time()
            if exact != brute_force(prices, charged):
                raise SystemExit(f"{prices['id']} at {start}: {exact} is not {brute_force(prices, charged)}")
            ours += between - began
            theirs += time.process_time() - between
    count = len(tariffs) * len(REAL_SESSIONS)
    note = f"all {len(tariffs):,} tariffs agree, each with {len(REAL_SESSIONS)} sessions"
    return [
        Measured("real tariffs, read, prepared and priced once", count / ours, "sessions/s/core", "", note),
        Measured("the same, second by second", count / theirs, "sessions/s/core"),
    ]
