"""Types: what everybody reads by its name has a type of its own, and requests of signed-in staff are StaffRequests."""

import ast
from collections.abc import Iterator

from tests.structure.source import Module, modules

TYPED = {
    "admin",
    "change",
    "customer",
    "form",
    "group",
    "login",
    "model",
    "model_admin",
    "obj",
    "request",
    "row",
    "user",
}
BEFORE_SIGN_IN = {
    "chargepoints.api",
    "chargepoints.price_page",
    "evcnet.health",
    "evcnet.keyed_requests",
    "evcnet.logs",
    "evcnet.middleware",
    "evcnet.site.search.recent",
    "roaming.ocpi.views",
    "socialcharging.views",
}
"""Requests of programs, partners and drivers, and what stands before every page; beside them the way in, evcnet.accounts."""
AS_DJANGO_DECLARES = {"evcnet.admin.requests", "evcnet.site.menu"}
"""Methods of a class with types, which an override must not narrow; and StaffRequest itself."""


def annotated(module: Module) -> Iterator[tuple[str, ast.expr, int]]:
    """Parameters, attributes and variables with an annotation: name, annotation and line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            yield node.arg, node.annotation, node.lineno
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node.annotation, node.lineno


def test_nothing_with_a_name_that_everybody_knows_is_any():
    lines = [
        f"{module.path}:{line}: {name}: {ast.unparse(annotation)}"
        for module in modules()
        for name, annotation, line in annotated(module)
        if name in TYPED and "Any" in ast.unparse(annotation).split(" | ")
    ]
    assert lines == []


def test_plain_requests_are_those_before_the_sign_in():
    plain = {module.name for module in modules() if any(is_plain(node) for node in ast.walk(module.tree))}
    assert {name for name in plain if not name.startswith("evcnet.accounts.")} == BEFORE_SIGN_IN | AS_DJANGO_DECLARES


def is_plain(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "HttpRequest"
