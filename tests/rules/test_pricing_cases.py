"""The worked examples of OCPI and sessions like them, to the cent."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.rules.pricing_world import cost_of
from tests.rules.second_by_second import brute_force

CASES = json.loads((Path(__file__).parent / "data" / "ocpi_cases.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_costs_what_the_worked_example_says(case: dict) -> None:
    cost = cost_of(case["tariff"], case["session"])

    assert cost.excl_vat == Decimal(case["excl_vat"])
    if case["incl_vat"] is not None:
        assert cost.incl_vat == Decimal(case["incl_vat"])


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_independent_pricing_agrees_on_the_worked_example(case: dict) -> None:
    cost = cost_of(case["tariff"], case["session"])

    assert (cost.exact_excl_vat, cost.exact_incl_vat) == brute_force(case["tariff"], case["session"])
