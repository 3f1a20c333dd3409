"""The benchmark tells the same figures as a table and as JSON, and knows its parts."""

import json
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.measuring import Measured, table, write
from bench.sessions import FOUR_ELEMENTS, SIXTEEN_ELEMENTS, sessions
from tariffs.pricing import price_session, read_tariff

ROWS = [Measured("pricing", 52_904.4, "sessions/s", "20,000", "cut"), Measured("memory", 40.26, "MB")]


def test_a_table_has_a_line_for_each_row() -> None:
    assert table(ROWS).splitlines() == [
        "what     figure  unit        asked for  note",
        "pricing  52,904  sessions/s  20,000     cut",
        "memory   40.26   MB",
    ]


def test_the_json_lies_in_the_folder_that_the_environment_names(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("EVCNET_VAR", str(tmp_path / "new"))

    told = json.loads(write(ROWS).read_text())

    assert (tmp_path / "new" / "bench.json").is_file()
    assert [(row["name"], row["figure"]) for row in told["rows"]] == [("pricing", 52_904.4), ("memory", 40.26)]


def test_a_part_that_is_unknown_is_refused(capsys) -> None:
    assert main(["nothing"]) == 2
    assert "Parts: pricing, replay, tariffs" in capsys.readouterr().err


@pytest.mark.parametrize(("prices", "periods"), [(FOUR_ELEMENTS, 4), (SIXTEEN_ELEMENTS, 16)])
def test_what_is_measured_is_cut_and_costs_something(prices: dict, periods: int) -> None:
    costs = [price_session(read_tariff(prices), each) for each in sessions(50, periods)]

    assert all(cost.excl_vat > 0 for cost in costs)
    assert sum(len({line.element for line in cost.lines}) > 1 for cost in costs) > 40
