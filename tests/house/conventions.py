"""The conventions of our code as functions: each takes a parsed module and yields where it breaks the rule."""

import ast
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("cloudui", "workspaces", "deployments", "apikeys")
LONGEST_VIEW: Final = 25
# The names of modules that answer requests, besides a package `views`.
VIEWS: Final = {
    "blobs",
    "consent",
    "discovery",
    "docs",
    "opening",
    "rest",
    "sign_out",
    "v1alpha1",
    "views",
    "whoami",
}
LONGEST_FILE: Final = 300
# Methods that Django calls with a boolean by position.
OF_DJANGO: Final = {"admin_view", "save", "save_form", "save_formset", "save_model"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of ours, read and parsed once."""

    path: Path  # relative to the repository
    text: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.path.parts

    @property
    def is_command(self) -> bool:
        return self.path.parts[-3:-1] == ("management", "commands")

    @property
    def is_test(self) -> bool:
        return self.path.parts[0] == "tests"

    @property
    def holds_views(self) -> bool:
        return self.path.stem in VIEWS or "views" in self.path.parts[1:-1]


Rule = Callable[[Module], Iterator[str]]


@functools.cache
def modules(*packages: str) -> list[Module]:
    """Every Python file of the packages."""
    return [
        Module(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


def no_boolean_by_position(module: Module) -> Iterator[str]:
    """`archive(key, True)` says nothing: a boolean is taken by name."""
    methods = {
        id(function)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        for function in node.body
    }
    for function in _functions(module.tree):
        if function.name in OF_DJANGO and id(function) in methods:
            continue
        arguments = [*function.args.posonlyargs, *function.args.args]
        defaults = [None] * (len(arguments) - len(function.args.defaults)) + list(function.args.defaults)
        for argument, default in zip(arguments, defaults, strict=True):
            # A function that answers yes or no is no flag.
            annotation = re.sub(r"Callable\[.*\]", "", ast.unparse(argument.annotation or ast.Constant("")))
            is_flag = isinstance(default, ast.Constant) and isinstance(default.value, bool)
            # A function that answers with a boolean is none itself.
            if is_flag or re.search(r"\bbool\b", re.sub(r"Callable\[.*\]", "", annotation)):
                yield f"{module.path}:{function.lineno} {function.name}({argument.arg}) is taken by position"


def short_views(module: Module) -> Iterator[str]:
    """HTTP is a thin skin: a view asks, reads, acts and chooses a template."""
    if not module.holds_views:
        return
    for function in _functions(module.tree):
        first = (
            function.body[1] if ast.get_docstring(function) and len(function.body) > 1 else function.body[0]
        )
        lines = (function.end_lineno or 0) - first.lineno + 1
        if lines > LONGEST_VIEW:
            yield f"{module.path}:{function.lineno} {function.name} has {lines} lines"


def no_print(module: Module) -> Iterator[str]:
    """What a server says goes through logging; only commands talk to a person."""
    if module.is_command or module.is_test:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"{module.path}:{node.lineno} prints"


def no_bare_except(module: Module) -> Iterator[str]:
    """A bare except also catches Ctrl-C, and whatever nobody thought of."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f"{module.path}:{node.lineno} catches everything"


def short_files(module: Module) -> Iterator[str]:
    """One file, one subject."""
    lines = len(module.text.splitlines())
    if lines > LONGEST_FILE and not module.is_migration:
        yield f"{module.path} has {lines} lines"


def docstrings(module: Module) -> Iterator[str]:
    """A module, a class and a function that others may use say what they are for; a method has its name."""
    if module.is_migration or module.is_test:
        return
    if module.tree.body and not ast.get_docstring(module.tree):
        yield f"{module.path} has no docstring"
    for node in module.tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node) and not _is_overload(node):
            yield f"{module.path}:{node.lineno} {node.name} has no docstring"


def nothing_left_to_do(module: Module) -> Iterator[str]:
    """What is not done is an issue, not a comment."""
    for number, line in enumerate(module.text.splitlines(), start=1):
        if re.search(r"#.*\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b", line):
            yield f"{module.path}:{number} leaves something to do"


def no_test_left_out(module: Module) -> Iterator[str]:
    """A test that does not run proves nothing, and looks as if it did."""
    if not module.is_test:
        return
    for node, name in _names(module.tree):
        if name in {"skip", "skipif", "skipIf", "skipUnless", "importorskip", "xfail", "expectedFailure"}:
            yield f"{module.path}:{node.lineno} leaves a test out with {name}"


def sign_in_waived_in_sight(module: Module) -> Iterator[str]:
    """`login_not_required` stands above the view that it opens, so that a reader of the view sees it."""
    if module.is_test:
        return
    in_decorators = {
        id(part)
        for node in ast.walk(module.tree)
        if isinstance(node, Function | ast.ClassDef)
        for decorator in node.decorator_list
        for part in ast.walk(decorator)
    }
    for node, name in _names(module.tree):
        if name == "login_not_required" and id(node) not in in_decorators:
            yield f"{module.path}:{node.lineno} uses login_not_required other than as a decorator"


RULES: Final[list[Rule]] = [
    no_boolean_by_position,
    short_views,
    no_print,
    no_bare_except,
    short_files,
    docstrings,
    nothing_left_to_do,
    no_test_left_out,
    sign_in_waived_in_sight,
]


def _functions(tree: ast.Module) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def _names(tree: ast.Module) -> Iterator[tuple[ast.Attribute | ast.Name, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node, node.attr
        elif isinstance(node, ast.Name):
            yield node, node.id


def _is_overload(node: Function | ast.ClassDef) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)
