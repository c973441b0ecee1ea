"""Our code keeps its conventions, and each convention is shown to catch what it forbids."""

from inspect import unwrap
from pathlib import Path

import pytest

from apikeys.astro.v1.urls import api as astro_api
from cloudui.api import api
from tests.house import conventions
from tests.house.conventions import PACKAGES, ROOT, RULES, Module, Rule, modules
from tests.house.routes import routes

LONG = "    x = 1\n" * 26

# By rule: where a counter-example would be, and what it says.
COUNTER_EXAMPLES: dict[Rule, list[tuple[str, str]]] = {
    conventions.no_boolean_by_position: [
        ("apikeys/keys.py", "def close(key, force: bool): ..."),
        ("apikeys/keys.py", "def close(key, force: bool | None): ..."),
        ("apikeys/keys.py", "def close(key, force=False): ..."),
        ("apikeys/keys.py", "def save(key, force: bool): ..."),
    ],
    conventions.short_views: [
        ("apikeys/views.py", f"def index(request):\n    'Say why.'\n{LONG}"),
        ("apikeys/views/keys.py", f"def index(request):\n{LONG}"),
        ("apikeys/tokens/oauth/views.py", f"def token(request):\n{LONG}"),
        ("deployments/queues/rest.py", f"def create_queue(request):\n{LONG}"),
    ],
    conventions.no_print: [("apikeys/keys.py", "print('issued')")],
    conventions.no_bare_except: [("apikeys/keys.py", "try:\n    issue()\nexcept:\n    raise")],
    conventions.short_files: [("apikeys/keys.py", "x = 1\n" * 301)],
    conventions.docstrings: [
        ("apikeys/keys.py", "x = 1"),
        ("apikeys/keys.py", "'Keys.'\ndef issue():\n    x = 1"),
        ("apikeys/models.py", "'Keys.'\nclass Key:\n    x = 1"),
    ],
    conventions.nothing_left_to_do: [("apikeys/keys.py", "x = 1  # XX\x58 two")],
    conventions.no_test_left_out: [
        ("tests/test_x.py", "@mark.skip\ndef test_x(): ..."),
        ("tests/test_x.py", "def test_x():\n    xfail('later')"),
        ("tests/test_x.py", "@skipif(True)\ndef test_x(): ..."),
    ],
    conventions.sign_in_waived_in_sight: [
        ("apikeys/urls.py", "path('', login_not_required(index))"),
        ("apikeys/urls.py", "path('', decorators.login_not_required(index))"),
    ],
}

# What comes near and is allowed.
ALLOWED: dict[Rule, list[tuple[str, str]]] = {
    conventions.no_boolean_by_position: [
        ("apikeys/keys.py", "def close(key, *, force: bool = False): ..."),
        ("apikeys/keys.py", "def close(is_done: Callable[[], bool]): ..."),
        ("apikeys/admin.py", "class Admin:\n    def save_model(self, change: bool): ..."),
    ],
    conventions.short_views: [
        ("apikeys/views.py", f"def index(request):\n    '''Say why.{LONG}    '''\n    x = 1"),
        ("apikeys/keys.py", f"def issue():\n{LONG}"),
    ],
    conventions.no_print: [
        ("tests/test_x.py", "print('10 writes')"),
        ("apikeys/management/commands/recount.py", "print('done')"),
    ],
    conventions.short_files: [("apikeys/migrations/0001_initial.py", "x = 1\n" * 301)],
    conventions.docstrings: [
        ("apikeys/__init__.py", ""),
        (
            "apikeys/models.py",
            "'Keys.'\nclass Key:\n    'A key.'\n    class Meta: ...\n    def end(self): ...",
        ),
        ("apikeys/models.py", "'Keys.'\nclass _Key:\n    def end(self): ..."),
    ],
    conventions.sign_in_waived_in_sight: [
        (
            "apikeys/views.py",
            "@method_decorator(login_not_required, name='dispatch')\nclass Index(View): ...",
        ),
        ("apikeys/views.py", "@login_not_required\ndef index(request): ..."),
    ],
}


def _cases(table):
    return [(rule, Path(path), text) for rule, examples in table.items() for path, text in examples]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_code_keeps_the_convention(rule):
    broken = [place for module in modules(*PACKAGES, "tests") for place in rule(module)]

    assert broken == [], rule.__doc__


@pytest.mark.parametrize(("rule", "path", "text"), _cases(COUNTER_EXAMPLES))
def test_what_breaks_the_convention_is_found(rule, path, text):
    assert list(rule(Module(path, text)))


@pytest.mark.parametrize(("rule", "path", "text"), _cases(ALLOWED))
def test_what_comes_near_is_allowed(rule, path, text):
    assert not list(rule(Module(path, text)))


def test_every_convention_has_a_counter_example():
    assert COUNTER_EXAMPLES.keys() == set(RULES)


def test_every_module_that_answers_a_route_is_known_to_hold_views():
    operations = [
        operation.view_func
        for router in (*api.routers, *astro_api.routers)
        for view in router.path_operations.values()
        for operation in view.operations
    ]
    views = [unwrap(view) for view in (*operations, *(route.view for route in routes()))]
    of_frameworks = {"admin", "operators", "api"}  # Django's admin site, and what wraps an operation of REST
    files = {
        Path(*name.split(".")).with_suffix(".py")
        for name in {view.__module__ for view in views}
        if name.startswith(PACKAGES) and not of_frameworks & set(name.split("."))
    }

    assert len(files) > 15
    assert [
        str(path) for path in files if not Module(path, "").holds_views or not (ROOT / path).exists()
    ] == []
