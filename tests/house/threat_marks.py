"""Which threats the tests of a file answer, read from its parsed code: a comment or a text is no test."""

import ast
from collections.abc import Iterator
from typing import Final

from tests.house.conventions import ROOT, Function

TESTS: Final = ROOT / "tests"


def threats_by_file() -> dict[str, set[str]]:
    """By the path of each test file below tests/: the threats that its tests answer."""
    return {
        str(path.relative_to(TESTS)): threats_in(path.read_text(encoding="utf-8"))
        for path in sorted(TESTS.rglob("test_*.py"))
    }


def threats_in(text: str) -> set[str]:
    """The threats for which pytest would run a test of this file."""
    return set(_of_body(ast.parse(text).body))


def _of_body(body: list[ast.stmt]) -> Iterator[str]:
    tests = [node for node in body if isinstance(node, Function) and node.name.startswith("test")]
    for test in tests:
        for decorator in test.decorator_list:
            yield from _marked(decorator)
    if tests:
        for node in body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
                yield from _marked(node.value)


def _marked(expression: ast.expr) -> Iterator[str]:
    """The threats of a decorator, of `pytestmark`, or of the marks of one case of a table."""
    for node in ast.walk(expression):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "pytest.mark.threat"
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)
