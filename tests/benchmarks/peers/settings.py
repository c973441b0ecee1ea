"""The peers in one project, with the server and the database of Cloud UI and next to no middleware."""

import os
from pathlib import Path

DATA_DIR = Path(os.environ["CLOUDUI_DATA_DIR"])
SECRET_KEY = "of the peers, on this machine, for a minute"
ALLOWED_HOSTS = ["localhost"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "oauth2_provider",
    "rest_framework",
    "rest_framework_api_key",
    "knox",
]
# Less than any project has, so that the peers show their best.
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
ROOT_URLCONF = "tests.benchmarks.peers.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "peers.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        "CONN_MAX_AGE": None,
    }
}
USE_TZ = True
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REST_FRAMEWORK = {"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]}
OAUTH2_PROVIDER = {"SCOPES": {"read": "Read"}}
