"""The page docs/attacks.md, written from the tests: `python -m tests.tenancy.attacks`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
HEAD = """\
# Attacks

This page is generated: `python -m tests.tenancy.attacks > docs/attacks.md`, and a test holds it. Each line is a try to
see or touch what belongs to another tenant, and at the same time its outcome: the name of a test that stays.

What is not a single try is a matrix: `tests/tenancy/test_matrix*.py` ask for every address as every role, for the row
of every tenant; `tests/tenancy/test_files*.py` send and fetch every kind of file.
"""


def rooms() -> Iterator[Path]:
    yield from sorted([*HERE.glob("test_attacks*.py"), *HERE.glob("test_matrix*.py"), *HERE.glob("test_files*.py")])


def document() -> str:
    return "\n".join([HEAD, *(line for room in rooms() for line in _of(room))])


def _of(room: Path) -> Iterator[str]:
    tree = ast.parse(room.read_text())
    yield f"## {_title(room)}\n"
    yield "| Outcome | How it was tried |\n|---|---|"
    for each in tree.body:
        if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"):
            how = " ".join((ast.get_docstring(each) or "").split()).replace("|", "\\|")
            yield f"| {each.name.removeprefix('test_').replace('_', ' ')} | {how} |"
    yield ""


def _title(room: Path) -> str:
    return room.stem.removeprefix("test_").replace("_", " ").capitalize()


if __name__ == "__main__":
    print(document(), end="")
