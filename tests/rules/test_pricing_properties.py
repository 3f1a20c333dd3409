"""What holds for every tariff and session: the independent pricing agrees, and the meter's fineness changes nothing."""

import json
import lzma
import random
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tariffs.pricing import Session, price_session, read_session, read_tariff, write_tariff
from tests.rules.pricing_world import cost_of, element, period, session, tariff
from tests.rules.second_by_second import brute_force

pytestmark = pytest.mark.slow
DATA = Path(__file__).parents[1] / "data"
REAL_SESSIONS = {
    "Monday 16:30": "2026-06-15T16:30:00",
    "Saturday 23:30": "2026-06-20T23:30:00",
}
SAMPLE = 500


def real_tariffs() -> list[dict]:
    with lzma.open(DATA / "tariffs_all_11527.ocpi221.json.xz") as file:
        return json.load(file, parse_float=Decimal)


@pytest.mark.parametrize("start", REAL_SESSIONS.values(), ids=REAL_SESSIONS)
def test_real_tariffs_cost_what_the_independent_pricing_says(start: str) -> None:
    charged = session(period("charging", 7200, "20"), period("parking", 3600), start=start)

    for prices in random.Random(2026).sample(real_tariffs(), SAMPLE):
        cost = cost_of(prices, charged)
        assert (cost.exact_excl_vat, cost.exact_incl_vat) == brute_force(prices, charged), prices["id"]


def test_real_tariffs_read_back_as_they_were_written() -> None:
    for prices in real_tariffs():
        assert read_tariff(write_tariff(read_tariff(prices))) == read_tariff(prices)


# Sessions of a quarter of an hour around moments at which something changes, so that the slow pricing stays quick.
STARTS = (
    "2026-03-02T23:53:00",  # midnight
    "2026-03-06T23:58:30",  # Friday night
    "2026-03-29T01:55:00",  # the clock goes forward
    "2026-10-25T02:54:00",  # the clock goes back: the first of the two hours
    "2026-10-25T02:54:00+01:00",  # the second of them
    "2026-12-31T23:51:00",
)
CLOCK = st.sampled_from(["00:00", "23:54", "23:57", "23:59", "00:01", "00:03", "01:58", "02:56", "03:00", "03:02"])
DATE = st.sampled_from(["2026-03-02", "2026-03-03", "2026-03-07", "2026-10-25", "2027-01-01"])
DAYS = st.lists(st.sampled_from(["MONDAY", "TUESDAY", "FRIDAY", "SATURDAY", "SUNDAY", "THURSDAY"]), max_size=5)
SECONDS = st.sampled_from([0, 60, 61, 120, 300, 599])
KWH = st.sampled_from(["0", "0.5", "1", "1.3", "2"])
POWER = st.sampled_from(["0", "3.6", "11", "22"])
AMPS = st.sampled_from(["6", "16", "32"])
RESTRICTIONS = {
    "start_time": CLOCK,
    "end_time": CLOCK,
    "start_date": DATE,
    "end_date": DATE,
    "day_of_week": DAYS,
    "min_kwh": KWH,
    "max_kwh": KWH,
    "min_power": POWER,
    "max_power": POWER,
    "min_current": AMPS,
    "max_current": AMPS,
    "min_duration": SECONDS,
    "max_duration": SECONDS,
}
PRICE = st.sampled_from(["0", "0.35", "1.2345", "6"])
STEP = st.sampled_from([0, 1, 60, 300, 700])
VAT = st.sampled_from([None, "0", "5.2", "21"])


def restricted(names: st.SearchStrategy) -> st.SearchStrategy:
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: RESTRICTIONS[name] for name in chosen}))


@st.composite
def elements(draw: Callable) -> dict:
    restrictions = draw(restricted(st.sets(st.sampled_from(sorted(RESTRICTIONS)), max_size=3)))
    reserved = draw(st.sampled_from([None, None, None, "RESERVATION", "RESERVATION_EXPIRES"]))
    dimensions = ["FLAT", "TIME"] if reserved else ["ENERGY", "TIME", "PARKING_TIME", "FLAT"]
    components = [
        {"type": dimension, "price": draw(PRICE), "step_size": draw(STEP), "vat": draw(VAT)}
        for dimension in draw(st.sets(st.sampled_from(dimensions), min_size=1))
    ]
    return {
        "price_components": components,
        "restrictions": restrictions | ({"reservation": reserved} if reserved else {}),
    }


@st.composite
def tariffs(draw: Callable) -> dict:
    limits = {}
    if draw(st.booleans()):
        limits["min_price"] = {"excl_vat": "0.50", "incl_vat": draw(st.sampled_from([None, "0.70"]))}
    if draw(st.booleans()):
        limits["max_price"] = {"excl_vat": "3", "incl_vat": draw(st.sampled_from([None, "3.30"]))}
    return tariff(*draw(st.lists(elements(), min_size=1, max_size=6)), **limits)


@st.composite
def sessions(draw: Callable) -> dict:
    periods = []
    reserved = draw(st.sampled_from([None, None, "reservation", "reservation_expired"]))
    if reserved:
        periods.append(period(reserved, draw(st.sampled_from([0, 90, 300]))))
    for activity in draw(st.lists(st.sampled_from(["charging", "parking"]), min_size=not periods, max_size=4)):
        kwh = draw(st.sampled_from(["0", "0.4", "1", "1.7"])) if activity == "charging" else "0"
        meter = {}
        if draw(st.booleans()):
            meter = {"kw": draw(st.sampled_from([None, "3.6", "11.5"])), "amps": draw(st.sampled_from(["6", "31.9"]))}
        periods.append(period(activity, draw(st.sampled_from([0, 59, 61, 180, 240])), kwh, **meter))
    minimum = draw(st.sampled_from([{}, {}, {"minimum": {"seconds": 120, "kwh": "0.2"}}]))
    return session(*periods, start=draw(st.sampled_from(STARTS)), **minimum)


def is_begun(charged: dict) -> bool:
    """Whether reservation and session each have a moment: the independent pricing knows no others."""
    moments = [p["activity"][:8] for p in charged["periods"] if p["seconds"] or p["kwh"] != "0"]
    return set(moments) == {p["activity"][:8] for p in charged["periods"]}


@settings(max_examples=300, deadline=None)
@given(tariffs(), sessions().filter(is_begun))
def test_any_tariff_costs_what_the_independent_pricing_says(prices: dict, charged: dict) -> None:
    cost = cost_of(prices, charged)

    assert (cost.exact_excl_vat, cost.exact_incl_vat) == brute_force(prices, charged)


@settings(max_examples=300, deadline=None)
@given(tariffs(), sessions(), st.data())
def test_the_result_does_not_depend_on_how_finely_the_meter_reported(prices: dict, charged: dict, data) -> None:
    whole = read_session(charged)
    finer = []
    for each in whole.periods:
        kwh = Fraction(each.energy, whole.parts)
        meter = [None if value is None else Fraction(value, 10_000) for value in (each.power, each.current)]
        cuts = sorted(data.draw(st.sets(st.integers(0, each.seconds), max_size=3)) | {0, each.seconds})
        spans = [until - begin for begin, until in pairwise(cuts)] or [0]
        finer += [(each.activity, span, kwh * span / each.seconds if span else kwh, *meter) for span in spans]
        finer += [(each.activity, 0, 0, None, None)] * data.draw(st.integers(0, 1))
    start = datetime.fromtimestamp(whole.start, UTC)
    cut = Session.of(start, whole.time_zone, finer, whole.minimum)

    one, other = price_session(read_tariff(prices), whole), price_session(read_tariff(prices), cut)

    assert (one.exact_excl_vat, one.exact_incl_vat) == (other.exact_excl_vat, other.exact_incl_vat)
    assert one.lines == other.lines


@settings(max_examples=200, deadline=None)
@given(tariffs())
def test_any_tariff_reads_back_as_it_was_written(prices: dict) -> None:
    assert read_tariff(write_tariff(read_tariff(prices))) == read_tariff(prices)


@settings(max_examples=100, deadline=None)
@given(sessions())
def test_a_dearer_price_never_costs_less(charged: dict) -> None:
    cheap, dear = (tariff(element(("ENERGY", price), ("TIME", "1"), ("FLAT", "1"))) for price in ("0.30", "0.31"))

    assert cost_of(cheap, charged).excl_vat <= cost_of(dear, charged).excl_vat
