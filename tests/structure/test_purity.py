"""Do the rule modules import the standard library only, and read no clock?"""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE = [
    ROOT / "chargegroups" / "access.py",
    ROOT / "chargegroups" / "terms.py",
    ROOT / "changes" / "impact.py",
    *sorted((ROOT / "tariffs" / "pricing").rglob("*.py")),
]
OWN = ("chargegroups.access", "chargegroups.terms", "tariffs.pricing")
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic", "localtime", "gmtime"}


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_a_rule_module_imports_the_standard_library_only(path):
    foreign = [
        name
        for name in imported(ast.parse(path.read_text()))
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith(OWN)
    ]
    assert foreign == []


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_a_rule_module_reads_no_clock(path):
    called = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call.attr for call in called if isinstance(call, ast.Attribute) and call.attr in CLOCKS]
