"""Every route for programs, asked with the tokens of everybody and of a key; tests/house/walk.py asks without one."""

import re
from collections.abc import Iterator
from functools import partialmethod
from itertools import product
from typing import Any, Final
from urllib.parse import urlencode

from django.test import Client

from tests.cast import ROLES, Cast, assemble
from tests.house.routes import routes
from tests.house.walk import Answer, Question, ask, undone

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"

DEPLOYMENT: Final = "/v1/deployments/<cid:deployment>"
FIELDS: Final = (
    "id label description releaseName workspace {id label organizationId} cluster {id name nodePools {id}}"
    " runtimeRelease {version airflowVersion channel} workerQueues {id name isDefault maxWorkerCount} status"
)
# What succeeds for those who may; elsewhere an empty object is sent.
BODIES: Final[dict[tuple[str, str], dict[str, Any]]] = {
    (DEPLOYMENT, "PATCH"): {"description": "Nightly reports", "scheduler_au": 10},
    (f"{DEPLOYMENT}/variables", "PUT"): {
        "environment_variables": [
            {"key": "STAGE", "value": "test"},
            {"key": "PASSWORD", "value": "hunter2", "is_secret": True},
        ]
    },
    (f"{DEPLOYMENT}/variables", "PATCH"): {"set": [{"key": "STAGE", "value": "test"}], "delete": ["OLD"]},
    (f"{DEPLOYMENT}/worker-queues", "POST"): {"name": "made", "worker_type": "small", "max_workers": 5},
    (f"{DEPLOYMENT}/worker-queues/<queue>", "PATCH"): {"concurrency": 8},
    (f"{DEPLOYMENT}/alert-emails", "PUT"): {"alert_emails": ["team@example.com"]},
    ("/graphql", "POST"): {"query": f'{{deployments(organizationId: "") {{{FIELDS}}}}}'},
}
UNKNOWN_FIELD: Final = {"unknown": True}


class Program(Client):
    """A pipeline or a tool, which sends JSON."""

    post = partialmethod(Client.post, content_type=JSON)
    put = partialmethod(Client.put, content_type=JSON)
    patch = partialmethod(Client.patch, content_type=JSON)
    delete = partialmethod(Client.delete, content_type=JSON)


def ask_with_tokens() -> Iterator[tuple[Question, Answer]]:
    """Assemble the cast and ask as its programs do. The database stays as it was."""
    with undone():
        cast = assemble()
        tokens, parameters = _tokens(cast)
        for (role, token), route, method in product(tokens.items(), routes(), METHODS):
            if not route.is_for_programs:
                continue
            headers = {"Authorization": f"Bearer {token}"}
            valid = BODIES.get((str(route), method), {})
            bodies = [("", valid), (" invalid", UNKNOWN_FIELD)]
            for suffix, data in bodies if method != "GET" else [("", None)]:
                answer = ask(Program(), route.path(cast), method, data, headers=headers)
                yield Question(str(route), method + suffix, role, is_htmx=False), answer
        for path, sent in parameters.items():
            answer = ask(_Form(), path, "POST", sent)
            yield Question(path, "POST form", "token:key", is_htmx=False), answer


class _Form(Client):
    """A pipeline that exchanges its key. Django's own encoding of a form has several parts."""

    def post(  # type: ignore[override] # ask() passes no more than this
        self, path: str, data: Any = None, **extra: Any
    ) -> Any:
        return super().post(path, urlencode(data), content_type=FORM, **extra)


def _tokens(cast: Cast) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """A token of each person and of the key of Home, and what that key sends to the addresses of OAuth."""
    tokens = {}
    for role in ROLES:
        if role in cast.people:
            tokens[f"token:{role}"] = _found(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", cast.client(role).post("/token"))
    home = cast.home
    reissue = f"/{home.workspace}/deployments/{home.deployment}/api-keys/{home.key}/reissue"
    secret = _found(r"cui1_[0-9A-Za-z]{55}", cast.client("admin").post(reissue))
    key = {"client_id": home.key, "client_secret": secret}
    exchange = {**key, "grant_type": "client_credentials"}
    tokens["token:key"] = token = _Form().post("/oauth/token", exchange).json()["access_token"]
    return tokens, {
        "/oauth/token": exchange,
        "/oauth/token/": {**exchange, "client_secret": secret[:-1]},
        "/oauth/introspect": {**key, "token": token},
        "/oauth/revoke": {**key, "token": token},
        "/oauth/revoke-leaked": {"secret": secret},
    }


def _found(pattern: str, response: Any) -> str:
    match = re.search(pattern, response.content.decode())
    assert match, response.status_code
    return match[0]
