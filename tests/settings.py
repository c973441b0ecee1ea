"""The settings of the tests: those of the product, with data of their own that is gone afterwards."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from cloudui.web import keyring

# What a developer has set for an installation of their own must not decide what is tested. DATABASE_URL
# stays: it is how `make test-postgres` names its server.
for _name in (
    "ACCESS_TOKEN_SECONDS",
    "AIRFLOW_DOMAIN",
    "AIRFLOW_DATABASE_URL",
    "AIRFLOW_DRAIN_SECONDS",
    "AIRFLOW_ENVIRONMENTS",
    "AIRFLOW_INSTALL",
    "AIRFLOW_MEMORY_MIB",
    "API_KEYS_PER_DEPLOYMENT",
    "ARGON2_SLOTS",
    "ASTRO_DOMAIN",
    "CACHE_URL",
    "CHANGES_PER_DAY",
    "CHANGES_PER_MINUTE",
    "CLOUDUI_KEYS",
    "DAGS_ROOT",
    "DEBUG",
    "DEPLOYMENTS_PER_WORKSPACE",
    "EMAIL_FROM",
    "EMAIL_TIMEOUT_SECONDS",
    "EMAIL_URL",
    "EXCHANGES_PER_MINUTE",
    "GATEWAY_BODY_MIB",
    "GATEWAY_PORT",
    "GATEWAY_URL",
    "IMAGE_REGISTRY",
    "IDEMPOTENCY_KEYS_PER_DAY",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "METRICS_TOKEN",
    "OUTBOX_DAYS",
    "OUTBOX_MAILS",
    "ORGANIZATION_ID",
    "ORGANIZATION_NAME",
    "ORGANIZATION_SHORT_NAME",
    "PORT",
    "PUBLIC_URL",
    "STATIC_ROOT",
    "TRUSTED_PROXIES",
):
    os.environ.pop(_name, None)

_directory = Path(tempfile.mkdtemp(prefix="cloudui-tests-"))
atexit.register(shutil.rmtree, _directory, ignore_errors=True)
os.environ["CLOUDUI_DATA_DIR"] = str(_directory)
keyring.ensure(_directory)

from cloudui.settings import *  # noqa: E402, F403 - it reads the environment that was just arranged
from cloudui.settings import DATABASES, STORAGES  # noqa: E402

# Threads and processes of a test meet in a file; each connection has an in-memory database to itself.
if DATABASES["default"]["ENGINE"] == "cloudui.web.sqlite":
    DATABASES["default"]["TEST"] = {"NAME": str(_directory / "tests.sqlite3")}

# Names without a digest: no collectstatic before the tests. WhiteNoise wants its folder to exist.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
(_directory / "static").mkdir()

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# Signing in is not what most tests are about. Key secrets keep their argon2.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The guards ask every route as everybody, within what counts as one minute.
CHANGES_PER_MINUTE = CHANGES_PER_DAY = 1_000_000
