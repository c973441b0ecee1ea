"""What a process remembers is bounded: what strangers choose cannot fill its memory."""

import functools
import gc
import importlib
import pkgutil

import pytest

import apikeys
import cloudui
import deployments
import workspaces

# Unbounded, because there are only as many of them as of what is named.
AS_MANY_AS = {
    "cloudui.web.cache._server": "caches in the settings",
    "cloudui.web.disk._lock": "data directories",
    "cloudui.web.errors._constant": "templates of errors",
    "cloudui.web.rest.guide.guide": "interfaces",
    "cloudui.web.rest.openapi.document": "interfaces",
    "cloudui.web.slots._slots": "data directories",
    "cloudui.web.sqlite.base._queue_beside": "databases",
    "deployments.airflow.calls._tls": "certificates of the machine",
    "deployments.airflow.runner.sandbox.isolation": "machines",
    "deployments.deploys.store.bundles._lock": "Deployments with deploys; a lock cannot be forgotten while it is held",
}
MOST = 4096

# Importing it starts the application.
ENTRY_POINT = "cloudui.wsgi"


def _import_all():
    for package in (cloudui, workspaces, deployments, apikeys):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not (".migrations" in module.name or module.name.endswith(("__main__", ENTRY_POINT))):
                importlib.import_module(module.name)


@pytest.fixture(scope="module")
def remembering():
    _import_all()
    ours = ("cloudui.", "workspaces.", "deployments.", "apikeys.")
    # Not isinstance, which wakes lazy objects that other tests left.
    kinds = [each for each in gc.get_objects() if type(each) is functools._lru_cache_wrapper]
    return {
        f"{each.__module__}.{each.__qualname__}": each.cache_parameters()["maxsize"]
        for each in kinds
        if each.__module__.startswith(ours)
    }


def test_only_these_remember_without_a_bound(remembering):
    assert {name for name, most in remembering.items() if most is None} == AS_MANY_AS.keys()


def test_the_others_remember_a_few_thousand_at_most(remembering):
    bounded = {name: most for name, most in remembering.items() if most is not None}

    assert {
        "cloudui.web.client._canonical",
        "cloudui.web.ratelimit.caller",
        "cloudui.web.machine_face._route_at",
    } <= set(bounded)
    assert {name: most for name, most in bounded.items() if not 0 < most <= MOST} == {}
