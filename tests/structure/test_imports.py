"""Who may import whom: the contracts of pyproject.toml guard modules that do not exist yet, and rules stay pure."""

import ast
import os
import shutil
import subprocess
import sys
from fnmatch import fnmatch

from tests.structure.source import CONFIGURATION, ROOMS, ROOT, imported, is_ours, modules

CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic", "localtime", "gmtime"}
PLANTED = {
    "customers/planted.py": "from chargegroups.models import ChargeGroup",
    "tariffs/models/planted.py": "from changes.models import Change",
    "chargegroups/planted.py": "import chargepoints.models",
    "chargepoints/planted/below.py": "from changes.proposals import terms",
    "evcnet/planted.py": "from customers.models import Customer",
    "changes/planted.py": "from chargegroups.admin import charge_groups",
    "tariffs/pricing/planted.py": "from django.utils import timezone",
    "chargegroups/models/planted.py": "from devtools.postgresql import cluster",
}
"""Imports that no contract allows, each in a module that nobody has written yet."""
IMPORTED_LATE = {
    "evcnet/logs.py:bind_ip imports evcnet.accounts.attempts": "settings import the log, and attempts need settings",
    "evcnet/site/menu.py:get_urls imports chargepoints.admin.explainer": "the site is there before any app is loaded",
    "evcnet/site/menu.py:get_urls imports chargepoints.admin.findings": "likewise",
    "evcnet/site/menu.py:get_urls imports chargepoints.admin.point_map": "likewise",
    "evcnet/site/menu.py:get_urls imports evcnet.admin.undo_status": "likewise",
    "evcnet/site/menu.py:search imports evcnet.site.search.view": "likewise",
}
"""Functions that import a module of ours when they are called, and why they must."""


def lint_imports(project) -> subprocess.CompletedProcess[str]:
    command = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_import_against_the_contracts_fails_in_a_module_that_is_new(tmp_path):
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, line in PLANTED.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).parent.joinpath("__init__.py").touch()
        (tmp_path / path).write_text(line + "\n")

    linted = lint_imports(tmp_path)

    assert linted.returncode == 1, linted.stdout + linted.stderr
    names = {path: path.removesuffix(".py").replace("/", ".") for path in PLANTED}
    assert [path for path, name in names.items() if f"{name} -> " not in linted.stdout] == []


def is_pure(name: str) -> bool:
    """Does the contract of purity name the module, or a package that it lies in? Its stars stand for an app."""
    contract = next(each for each in CONFIGURATION["importlinter"]["contracts"] if each["name"].startswith("Rules are"))
    return any(fnmatch(".".join(name.split(".")[:2]), pattern) for pattern in contract["source_modules"])


def pure_modules():
    return [module for module in modules() if is_pure(module.name)]


def test_rules_import_the_standard_library_and_rules_alone():
    foreign = [
        f"{module.path}: {name}"
        for module in pure_modules()
        for name in module.imports()
        if name.partition(".")[0] not in sys.stdlib_module_names and not is_pure(name)
    ]
    assert {"chargegroups.access", "chargegroups.terms", "changes.impact"} < {each.name for each in pure_modules()}
    assert foreign == []


def test_rules_read_no_clock():
    read = [
        f"{module.path}:{node.lineno}: {ast.unparse(node.func)}"
        for module in pure_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]
    assert read == []


def test_modules_are_imported_at_the_top_of_a_file():
    """Else neither a reader nor the contracts see at one glance what a module needs."""
    late = {
        f"{module.path}:{function.name} imports {name}"
        for module in modules()
        for function in module.functions()
        for name in imported(function)
        if is_ours(name) and function.name != "ready"  # where Django has receivers connected
    }
    assert late == set(IMPORTED_LATE)


def test_every_folder_of_modules_is_a_package():
    """Django overlooks the migrations of a folder that is none, and an app without them has no tables."""
    folders = {module.parent for room in ROOMS for module in (ROOT / room).rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
