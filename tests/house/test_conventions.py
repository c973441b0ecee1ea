"""Our code keeps its conventions, and each convention is shown to catch what it forbids."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.house import conventions
from tests.house.conventions import PACKAGES, RULES, Module, Rule, modules

# Rule, where the counter-example would stand, what it says.
COUNTER_EXAMPLES: list[tuple[Rule, str, str]] = [
    (conventions.no_boolean_by_position, "apikeys/changing.py", "def close(key, force: bool): ..."),
    (conventions.no_boolean_by_position, "apikeys/changing.py", "def close(key, force: bool | None): ..."),
    (conventions.no_boolean_by_position, "apikeys/changing.py", "def close(key, force=False): ..."),
    (
        conventions.short_views,
        "apikeys/views.py",
        "def index(request):\n    'Say why.'\n" + "    x = 1\n" * 26,
    ),
    (conventions.no_boolean_by_position, "apikeys/changing.py", "def save(key, force: bool): ..."),
    (conventions.short_views, "apikeys/views/pages.py", "def index(request):\n" + "    x = 1\n" * 26),
    (conventions.short_views, "apikeys/oauth/views.py", "def token(request):\n" + "    x = 1\n" * 26),
    (conventions.short_views, "workspaces/account_views.py", "def account(request):\n" + "    x = 1\n" * 26),
    (conventions.no_print, "apikeys/issuing.py", "print('issued')"),
    (conventions.no_bare_except, "apikeys/issuing.py", "try:\n    issue()\nexcept:\n    raise"),
    (conventions.short_files, "apikeys/issuing.py", "x = 1\n" * 301),
    (conventions.docstrings, "apikeys/issuing.py", "x = 1"),
    (conventions.docstrings, "apikeys/issuing.py", "'Keys.'\ndef issue():\n    x = 1"),
    (conventions.docstrings, "apikeys/models.py", "'Keys.'\nclass Key:\n    x = 1"),
    (
        conventions.docstrings,
        "apikeys/models.py",
        "'Keys.'\nclass Key:\n    'A key.'\n    def end(self): ...",
    ),
    (conventions.nothing_left_to_do, "apikeys/issuing.py", "x = 1  # XX\x58 two"),
    (conventions.no_test_left_out, "tests/test_x.py", "@mark.skip\ndef test_x(): ..."),
    (conventions.no_test_left_out, "tests/test_x.py", "def test_x():\n    xfail('later')"),
    (conventions.no_test_left_out, "tests/test_x.py", "@skipif(True)\ndef test_x(): ..."),
    (conventions.sign_in_waived_in_sight, "apikeys/urls.py", "path('', login_not_required(index))"),
    (
        conventions.sign_in_waived_in_sight,
        "apikeys/urls.py",
        "path('', decorators.login_not_required(index))",
    ),
]

# What comes near and is allowed.
ALLOWED: list[tuple[Rule, str, str]] = [
    (
        conventions.no_boolean_by_position,
        "apikeys/changing.py",
        "def close(key, *, force: bool = False): ...",
    ),
    (
        conventions.no_boolean_by_position,
        "apikeys/changing.py",
        "def close(is_done: Callable[[], bool]): ...",
    ),
    (
        conventions.no_boolean_by_position,
        "apikeys/admin.py",
        "class Admin:\n    def save_model(self, change: bool): ...",
    ),
    (
        conventions.short_views,
        "apikeys/views.py",
        "def index(request):\n    '''Say why.\n" + "\n    And how.\n" * 20 + "    '''\n" + "    x = 1\n" * 25,
    ),
    (conventions.short_views, "apikeys/issuing.py", "def issue():\n" + "    x = 1\n" * 26),
    (conventions.no_print, "tests/test_x.py", "print('10 writes')"),
    (conventions.no_print, "apikeys/management/commands/recount.py", "print('done')"),
    (conventions.short_files, "apikeys/migrations/0001_initial.py", "x = 1\n" * 301),
    (conventions.docstrings, "apikeys/__init__.py", ""),
    (conventions.docstrings, "apikeys/models.py", "'Keys.'\nclass Key:\n    'A key.'\n    class Meta: ..."),
    (conventions.docstrings, "apikeys/models.py", "'Keys.'\nclass _Key:\n    def end(self): ..."),
    (
        conventions.sign_in_waived_in_sight,
        "apikeys/views.py",
        "@method_decorator(login_not_required, name='dispatch')\nclass Index(View): ...",
    ),
    (conventions.sign_in_waived_in_sight, "apikeys/views.py", "@login_not_required\ndef index(request): ..."),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_code_keeps_the_convention(rule):
    broken = [place for module in modules(*PACKAGES, "tests") for place in rule(module)]

    assert broken == [], rule.__doc__


@pytest.mark.parametrize(("rule", "path", "text"), COUNTER_EXAMPLES)
def test_what_breaks_the_convention_is_found(rule, path, text):
    assert list(rule(Module(Path(path), dedent(text))))


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED)
def test_what_comes_near_is_allowed(rule, path, text):
    assert not list(rule(Module(Path(path), dedent(text))))


def test_every_convention_has_a_counter_example():
    assert {rule for rule, _, _ in COUNTER_EXAMPLES} == set(RULES)
