"""The source of the product as structure tests read it: every module of every room, parsed once."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
ROOMS: tuple[str, ...] = tuple(CONFIGURATION["importlinter"]["root_packages"])

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of the product: ``path`` is relative to the project, ``name`` is dotted."""

    path: Path

    @property
    def name(self) -> str:
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    @cached_property
    def text(self) -> str:
        return (ROOT / self.path).read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def imports(self) -> Iterator[str]:
        """The dotted names of all modules that it imports, wherever in the file."""
        return imported(self.tree)

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def calls(self) -> set[str]:
        """The bare names of all functions and methods that it calls."""
        called = [node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        return {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in called}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def modules(*rooms: str) -> list[Module]:
    """All modules below these folders, but for migrations; of the whole product where none is named."""
    paths = [path.relative_to(ROOT) for room in rooms or ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [Module(path) for path in paths if "migrations" not in path.parts]


def is_ours(name: str) -> bool:
    return name.partition(".")[0] in ROOMS
