"""State: nothing of the product is put on a request, where nobody looks for it and no type says what it is."""

import ast
from collections.abc import Iterator

from tests.structure.source import modules

SETTERS = ("setattr", "setdefault", "update", "__setattr__")


def of_request(node: ast.AST) -> bool:
    """Is it ``request``, ``self.request``, or one of their ``__dict__``?"""
    if isinstance(node, ast.Attribute) and node.attr == "__dict__":
        node = node.value
    return isinstance(node, ast.Name | ast.Attribute) and getattr(node, "id", getattr(node, "attr", "")) == "request"


def attributes(target: ast.AST) -> Iterator[ast.AST]:
    """What is assigned to: single targets, of tuples too, each as the thing whose attribute or item it is."""
    if isinstance(target, ast.Tuple):
        for each in target.elts:
            yield from attributes(each)
    elif isinstance(target, ast.Attribute | ast.Subscript):
        yield target.value


def sets_state(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(of_request(each) for target in node.targets for each in attributes(target))
    if isinstance(node, ast.AugAssign | ast.AnnAssign):
        return any(of_request(each) for each in attributes(node.target))
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    things = [*node.args[:1], *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
    return called in SETTERS and any(of_request(each) for each in things)


def test_nothing_is_set_on_a_request():
    lines = [
        f"{module.path}:{node.lineno}: {ast.unparse(node)}"
        for module in modules()
        for node in ast.walk(module.tree)
        if sets_state(node)
    ]
    assert lines == []


def test_the_search_finds_what_it_looks_for():
    planted = "request.a = 1\nself.request.a, b = 1, 2\nsetattr(request, 'a', 1)\nrequest.__dict__.setdefault('a', 1)"
    harmless = (
        "self.request = request\nrequest.session['a'] = 1\na = request.b\nform.request, form.refusal = request, 1"
    )
    assert [sets_state(node) for node in each_statement(planted)] == [True] * 4
    assert [sets_state(node) for node in each_statement(harmless)] == [False] * 4


def each_statement(text: str) -> list[ast.AST]:
    return [node.value if isinstance(node, ast.Expr) else node for node in ast.parse(text).body]
