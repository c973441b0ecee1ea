"""The settings of Cloud UI around the smallest views that do the same. `BENCH_LIMIT` names one of them."""

import os
from pathlib import Path

from cloudui.settings import *  # noqa: F403 - it reads the environment that tests.benchmarks.servers arranged
from cloudui.settings import MIDDLEWARE, TEMPLATES

_security = "django.middleware.security.SecurityMiddleware"
_session = "django.contrib.sessions.middleware.SessionMiddleware"
_person = "django.contrib.auth.middleware.AuthenticationMiddleware"
_messages = "django.contrib.messages.middleware.MessageMiddleware"
_csrf = "django.middleware.csrf.CsrfViewMiddleware"

# allauth's start insists on it. A bare answer never gets that far.
_account = "allauth.account.middleware.AccountMiddleware"

MIDDLEWARE = {
    # What a route for programs passes in Cloud UI, too.
    "bare": [*MIDDLEWARE[: MIDDLEWARE.index("cloudui.web.machine_face.MachineFaceMiddleware") + 1], _account],
    # What a page with a session cannot do without.
    "page": [_security, _session, _csrf, _person, _account],
    "admin": [_security, _session, _csrf, _person, _messages, _account],
}[os.environ["BENCH_LIMIT"]]
ROOT_URLCONF = "tests.benchmarks.limits.urls"
TEMPLATES[0]["DIRS"] = [Path(__file__).parent / "templates"]
TEMPLATES[0]["OPTIONS"]["context_processors"] = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
