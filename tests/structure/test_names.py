"""Names of files, classes and functions: words of Django and of the field, one meaning each, and none that says nothing."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.structure.source import ROOMS, Module, modules

EMPTY = {"utils", "helpers", "services", "core", "common", "constants", "misc", "lib"}
"""File names that say nothing of what is in the file."""
FORMER_FILES = {
    "changing": "the pages of a change are changes/admin/",
    "then": "access_at_tab",
    "reach": "permissions, or scope",
    "weight": "safeguards",
    "showing": "preview_page",
    "listing": "affected_customers",
    "waiting": "scheduled",
    "taking_back": "undo",
    "record": "change_log, or audit",
    "differences": "diff",
    "replaying": "replay",
    "grounds": "snapshots",
    "standing": "customer_access",
    "standing_page": "customers_tab",
    "surroundings": "nothing: what it gathered is read where it is needed",
    "the_door": "allow_terms_write",
    "door": "file_changes",
    "confirmation": "apply",
    "effects": "impact_text",
    "warnings": "notify: warnings shadows the standard library's",
    "uses": "tariff_usage",
    "price_lists": "conversion",
    "price_tags": "current_price",
    "founding": "add_group",
    "founding_prices": "add_tariff",
    "editing": "editor",
    "simple_page": "editor",
    "effective": "access_summary",
    "facts": "authorization_facts",
    "recording": "session_recorder",
    "owners": "owner_exception",
    "person": "privacy",
    "held": "personal_data",
    "naming": "lookup",
    "overwriting": "anonymise",
    "erasing": "erase",
    "transfer": "importexport",
    "feed_file": "json_file",
    "verbs": "actions",
    "outcomes": "actions",
    "events": "history",
    "refusals": "errors",
    "removal": "deletion",
    "moments": "datetimes",
    "folder": "var_dir",
    "pins": "lock",
    "fresh": "reauthentication",
    "axis": "spans",
    "holding": "restrictions",
    "scale": "integer weights",
    "prepared": "compiled",
    "weekly": "week",
    "finding": "restrictions",
    "contradictions": "lints",
}
"""Files that were renamed because their names told a newcomer nothing, or several things; and what they became."""
FORMER_CLASSES = {
    "Around",
    "Driver",
    "FoundingForm",
    "GroupAt",
    "Kind",
    "Place",
    "Record",
    "Refused",
    "Remark",
    "Standing",
    "Verb",
    "VerbForm",
    "WithVerbs",
}
FORMER_FUNCTIONS = {
    "agreed",
    "among",
    "asks_provider",
    "audience_of",
    "folded",
    "found_group",
    "own_pages",
    "owned",
    "row_pages",
    "settle",
    "the_door",
    "told_of",
    "unheld",
    "verb",
}
"""Metaphors and private words that named functions, methods or properties, public or private."""
PARTICIPLES = {"found", "kept", "made", "said", "seen", "shown", "told", "wanted"}
"""They say that something happened and not what it is: no name of a function, class, attribute, argument, constant or
variable, public or private."""
COLUMNS = {("chargepoints/decision_log.py", "told"), ("chargepoints/models/decisions.py", "told")}
"""Where such a word is a column of the database: the reason that was told, in a log that nothing rewrites."""
SHARED = {
    "Command": "the name that Django expects of a management command",
    "Tariff": "tariffs/pricing prices what the table of the same name keeps, and knows no table",
    "Session": "likewise",
    "Line": "of a list of rules, of a cost, of a table: each of its own module",
}
"""Class names that stand for several things, and why they may."""


def parts_of_paths():
    """The name of every file and folder of the product's Python source."""
    for module in modules():
        for part in (*module.path.parts[:-1], module.path.stem):
            yield module.path, part


def defined(kind: Any, top: bool = False) -> list[tuple[str, str]]:
    """Path and name of every definition of a kind; ``top``: of those that other modules can import."""
    return [
        (str(module.path), node.name)
        for module in modules()
        for node in (module.tree.body if top else ast.walk(module.tree))
        if isinstance(node, kind)
    ]


def test_no_file_has_a_name_that_says_nothing_or_was_given_up():
    given_up = EMPTY | FORMER_FILES.keys()
    assert [f"{path}: {part}" for path, part in parts_of_paths() if part in given_up] == []


def test_no_class_has_a_name_that_was_given_up():
    assert [f"{path}: {name}" for path, name in defined(ast.ClassDef, top=True) if name in FORMER_CLASSES] == []


def test_no_function_has_a_name_that_was_given_up():
    functions = defined(ast.FunctionDef | ast.AsyncFunctionDef)
    assert [f"{path}: {name}" for path, name in functions if name.strip("_") in FORMER_FUNCTIONS] == []


def test_nothing_is_named_by_a_past_participle():
    names = {(str(module.path), name) for module in modules(*ROOMS, "bench") for name in names_given(module.tree)}
    assert {each for each in names if each[1].strip("_").lower() in PARTICIPLES} == COLUMNS


def names_given(tree: ast.AST) -> Iterator[str]:
    """Every name that a module gives, wherever: to functions, classes, arguments, variables and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


def test_one_class_name_is_one_thing():
    counted = Counter(name for _, name in defined(ast.ClassDef, top=True))
    assert {name for name, count in counted.items() if count > 1} == set(SHARED)


def test_a_docstring_says_what_a_module_is_and_asks_nothing():
    asking = [str(module.path) for module in modules(*ROOMS, "bench", "tests") if "?" in first_words(module)]
    assert asking == []


def first_words(module: Module) -> str:
    """The first sentence of its docstring, but for titles of pages."""
    first = re.split(r"[.:]\s|\n\n", ast.get_docstring(module.tree) or "")[0]
    return re.sub(r'"[^"]*"', "", first)


def test_every_module_says_what_it_is():
    bare = [
        str(module.path)
        for module in modules(*ROOMS, "bench", "tests")
        if module.text and not ast.get_docstring(module.tree)
    ]
    assert bare == []
