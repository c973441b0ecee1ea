"""The settings of Cloud UI, in the order in which a request meets them.

Nothing here depends on the machine: what varies comes from the environment (cloudui/configuration.py,
docs/configuration.md) and nonsense stops the start with the variable's name.
"""

import logging.config
from pathlib import Path

from django.utils.text import slugify
from environs import Env, validate

from cloudui import configuration, pages
from cloudui.web import keyring, logs

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("CLOUDUI_DATA_DIR", "") or BASE_DIR / "var").absolute()
DEBUG = env.bool("DEBUG", False)
BIND_ADDRESS = env.str("BIND_ADDRESS", "") or "127.0.0.1"
PORT = env.int("PORT", 8871, validate=validate.Range(min=1, max=65_535))
# Processes of the web server; 0 means one per core.
WEB_WORKERS = env.int("WEB_WORKERS", 0, validate=validate.Range(min=0))

# Identity
PUBLIC = configuration.public_url(env.str("PUBLIC_URL", "") or f"http://localhost:{PORT}")
PUBLIC_URL = PUBLIC.text
# What people give the `astro` client as its domain; at `api.` before it nothing but the machine face is served.
ASTRO_DOMAIN = configuration.astro_domain(env.str("ASTRO_DOMAIN", ""), PUBLIC)
API_HOST = f"api.{ASTRO_DOMAIN.partition(':')[0]}" if ASTRO_DOMAIN else ""
# The gateway to the Airflow of each Deployment is a process of its own (cloudui.gateway). In production the proxy leads
# /airflow/ to it, at the same host as everything else.
GATEWAY_PORT = env.int("GATEWAY_PORT", PORT % 65_535 + 1, validate=validate.Range(min=1, max=65_535))
GATEWAY_URL = configuration.origin(
    env.str("GATEWAY_URL", "")
    or (f"{PUBLIC.scheme}://{PUBLIC.host}:{GATEWAY_PORT}" if PUBLIC.is_local else PUBLIC_URL),
    "GATEWAY_URL",
).text
# Below it each Airflow has a host of its own for its web interface; on a laptop that is .localhost.
AIRFLOW_DOMAIN = configuration.airflow_domain(env.str("AIRFLOW_DOMAIN", ""), PUBLIC)
# What a call to Airflow may send.
GATEWAY_BODY_BYTES = env.int("GATEWAY_BODY_MIB", 10, validate=validate.Range(min=1)) * 1024 * 1024
ORGANIZATION_NAME = env.str("ORGANIZATION_NAME", "") or "My Organization"
# They are parts of URLs and of the names of images, which know no capital letters.
_identifier = validate.Regexp(
    r"([a-z0-9]+(-[a-z0-9]+)*)?\Z", error="Use lower case letters, digits and hyphens."
)
ORGANIZATION_ID = env.str("ORGANIZATION_ID", "", validate=_identifier) or f"c{1:024}"
ORGANIZATION_SHORT_NAME = (
    env.str("ORGANIZATION_SHORT_NAME", "", validate=_identifier)
    or slugify(ORGANIZATION_NAME)
    or "organization"
)
API_KEYS_PER_DEPLOYMENT = env.int("API_KEYS_PER_DEPLOYMENT", 1000, validate=validate.Range(min=1))
DEPLOYMENTS_PER_WORKSPACE = env.int("DEPLOYMENTS_PER_WORKSPACE", 1000, validate=validate.Range(min=1))
# The database itself refuses to delete what is younger than 90 days.
AUDIT_RETENTION_DAYS = env.int("AUDIT_RETENTION_DAYS", 90, validate=validate.Range(min=90))
# Demo data: made at the first start on SQLite unless this is off, on PostgreSQL only if it is on.
DEMO = env.bool("CLOUDUI_DEMO", None)
DEMO_PASSWORD = env.str("CLOUDUI_DEMO_PASSWORD", "")

# Keys. Django's own key is one of the installation's keys, so that one file holds them all.
CLOUDUI_KEYS = env.str("CLOUDUI_KEYS", "")
_django_keys = [
    key.hex() for key in reversed(keyring.read_keys(DATA_DIR, CLOUDUI_KEYS).get("django", {}).values())
]
SECRET_KEY = _django_keys[0] if _django_keys else ""
SECRET_KEY_FALLBACKS = _django_keys[1:]

# How many argon2 run at once on this machine; 0 means one per core (cloudui.web.slots).
ARGON2_SLOTS = env.int("ARGON2_SLOTS", 0, validate=validate.Range(min=0))

# Who may read /metrics from another machine (cloudui.web.scrape).
METRICS_TOKEN = env.str(
    "METRICS_TOKEN", "", validate=validate.Regexp(r"(\S{16,})?\Z", error="Use 16 characters or more.")
)

# How slowly a request may come (cloudui.server, cloudui.web.rsgi).
HEAD_SECONDS = env.int("HEAD_SECONDS", 30, validate=validate.Range(min=1, max=60))
BODY_IDLE_SECONDS = env.int("BODY_IDLE_SECONDS", 30, validate=validate.Range(min=1))
BODY_LEAST_BYTES_A_SECOND = env.int("BODY_LEAST_BYTES_A_SECOND", 1024, validate=validate.Range(min=0))

# Transport
ALLOWED_HOSTS = [
    PUBLIC.host,
    *(configuration.LOCAL_HOSTS if PUBLIC.is_local else ()),
    *filter(None, [API_HOST]),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
TRUSTED_PROXIES = configuration.trusted_proxies(env.list("TRUSTED_PROXIES", []))
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC.is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PUBLIC.is_https
SECURE_HSTS_PRELOAD = PUBLIC.is_https
SECURE_REFERRER_POLICY = "same-origin"  # no-referrer would make Django's CSRF check refuse form posts
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_cookie_prefix = "__Host-" if PUBLIC.is_https else ""
SESSION_COOKIE_NAME = f"{_cookie_prefix}session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC.is_https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Names a browser in which somebody signed in before (workspaces.sign_in.devices).
DEVICE_COOKIE_NAME = f"{_cookie_prefix}device"
SESSION_ENGINE = "workspaces.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_NAME = f"{_cookie_prefix}csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "cloudui.web.errors.csrf_failure"
# Plain HTTP is refused by cloudui.web.middleware instead of redirected: a redirect would let a
# pipeline send its secret in the clear for ever without anybody noticing.
SILENCED_SYSTEM_CHECKS = ["security.W008"]

# Applications
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "workspaces.apps.OperatorsConfig",
    "django.forms",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "csp",
    "allauth",
    "allauth.account",
    "cloudui.web",
    "workspaces",
    "deployments",
    "apikeys",
]
APPEND_SLASH = False
ROOT_URLCONF = "cloudui.urls"
WSGI_APPLICATION = "cloudui.wsgi.application"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# The form of 500 environment variables (deployments.variables.forms) has up to seven fields for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
MIDDLEWARE = [
    "cloudui.web.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "apikeys.tokens.secrets_in_urls.SecretInUrlMiddleware",
    "cloudui.web.middleware.TransportMiddleware",
    # Routes for programs end here; everything below is for pages.
    "apikeys.tokens.bearer.BearerMiddleware",
    "cloudui.web.machine_face.MachineFaceMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cloudui.web.middleware.ErrorPagesMiddleware",
    "cloudui.web.middleware.CompressionMiddleware",
    "cloudui.web.middleware.BrowserHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # Before the check against forged requests, which reads the form.
    "cloudui.web.uploads.UploadLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cloudui.web.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "workspaces.middleware.PrincipalMiddleware",
    "cloudui.web.middleware.ChangeLimitMiddleware",
]

# Pages
CONTENT_SECURITY_POLICY = pages.CONTENT_SECURITY_POLICY
TEMPLATES = pages.TEMPLATES
REMEMBERED_PARTS = pages.REMEMBERED_PARTS
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", "") or DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "cloudui.web.staticfiles.ConsoleSheetFinder",
    "cloudui.web.staticfiles.ConsoleScriptFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "cloudui.web.staticfiles.StaticFiles"},
}
WHITENOISE_MAX_AGE = 31_536_000
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

# Data
DAGS_ROOT = Path(env.str("DAGS_ROOT", "") or DATA_DIR / "dags").absolute()
# Where `astro deploy` pushes images, as a host and a path.
IMAGE_REGISTRY = env.str(
    "IMAGE_REGISTRY", "", validate=validate.Regexp(r"([a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)*)?")
)
# What uploads leave free of each disk (cloudui.web.disk), and what one Deployment may keep (deployments.deploys.quota).
DISK_RESERVE_MIB = env.int("DISK_RESERVE_MIB", 512, validate=validate.Range(min=1))
DEPLOY_MIB_PER_DEPLOYMENT = env.int("DEPLOY_MIB_PER_DEPLOYMENT", 2048, validate=validate.Range(min=1))
DEPLOY_VERSIONS_PER_DEPLOYMENT = env.int(
    "DEPLOY_VERSIONS_PER_DEPLOYMENT", 100, validate=validate.Range(min=2)
)
DATABASES = {"default": configuration.database(env, data_dir=DATA_DIR)}
CACHES = {"default": configuration.cache(env.str("CACHE_URL", ""))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Airflows that run on this machine (deployments.airflow.runner). Each has SQLite unless this names a PostgreSQL server.
AIRFLOW_DATABASE_URL = configuration.airflow_database_url(env.str("AIRFLOW_DATABASE_URL", ""))
AIRFLOW_ENVIRONMENTS = Path(
    env.str("AIRFLOW_ENVIRONMENTS", "") or DATA_DIR / "airflow-environments"
).absolute()
# Whether one that a Deployment needs is installed by itself.
AIRFLOW_INSTALL = env.bool("AIRFLOW_INSTALL", True)
# How much memory must be free for another one to start, and how long running tasks may take before a restart.
AIRFLOW_MEMORY_MIB = env.int("AIRFLOW_MEMORY_MIB", 1024, validate=validate.Range(min=0))
AIRFLOW_DRAIN_SECONDS = env.int("AIRFLOW_DRAIN_SECONDS", 600, validate=validate.Range(min=0))

# People
AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["cloudui.web.hashers.Argon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "workspaces:index"
ACCOUNT_ADAPTER = "workspaces.sign_in.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# An operator gives people their e-mail address, so there is no claim left to verify.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{ORGANIZATION_NAME}] "
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "workspaces.sign_in.reset_links.ResetTokenGenerator"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = PUBLIC.scheme

# Mail goes through the outbox (cloudui.web.outbox). Without a mail server each message becomes a file, so none is lost.
_mail_url = env.str("EMAIL_URL", "")
EMAIL_BACKEND = "cloudui.web.outbox.backend.EmailBackend"
OUTBOX_BACKEND = f"django.core.mail.backends.{'smtp' if _mail_url else 'filebased'}.EmailBackend"
OUTBOX_IN_BACKGROUND = bool(_mail_url)
EMAIL_FILE_PATH = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", "") or f"cloudui@{PUBLIC.host}"
# How long each step with the mail server may take, how long a mail is tried, and how many may wait.
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT_SECONDS", 10, validate=validate.Range(min=1, max=60))
OUTBOX_DAYS = env.int("OUTBOX_DAYS", 3, validate=validate.Range(min=1, max=30))
OUTBOX_MAILS = env.int("OUTBOX_MAILS", 10_000, validate=validate.Range(min=1))
if _mail_url:
    globals().update(configuration.mail(_mail_url))

# Logs: one line per request and event on standard error (cloudui.web.logs, docs/monitoring.md). Request bodies,
# cookies, paths and query strings never reach them.
LOGGING_CONFIG = None
LOG_FORMAT = env.str("LOG_FORMAT", "", validate=validate.OneOf(["", "text", "json"])) or "text"
logging.config.dictConfig(logs.configuration(env.log_level("LOG_LEVEL", logging.INFO), LOG_FORMAT))

# How long an API key's access token lives; ending a key ends its tokens at once, so longer costs nothing.
ACCESS_TOKEN_SECONDS = env.int("ACCESS_TOKEN_SECONDS", 3600, validate=validate.Range(min=60, max=86_400))
# How often one key may exchange its secret in a minute.
EXCHANGES_PER_MINUTE = env.int("EXCHANGES_PER_MINUTE", 600, validate=validate.Range(min=1))
# How many changes one caller may make (cloudui.web.changes).
CHANGES_PER_MINUTE = env.int("CHANGES_PER_MINUTE", 120, validate=validate.Range(min=1))
CHANGES_PER_DAY = env.int("CHANGES_PER_DAY", 10_000, validate=validate.Range(min=1))
# How many calls with an Idempotency-Key one caller may have remembered (cloudui.web.rest.idempotency).
IDEMPOTENCY_KEYS_PER_DAY = env.int("IDEMPOTENCY_KEYS_PER_DAY", 10_000, validate=validate.Range(min=1))
# How long a sign-in by `astro login` lasts, at most and without use.
CLI_LOGIN_DAYS = env.int("CLI_LOGIN_DAYS", 30, validate=validate.Range(min=1, max=30))
CLI_LOGIN_IDLE_DAYS = env.int("CLI_LOGIN_IDLE_DAYS", 7, validate=validate.Range(min=1, max=30))

# What `manage.py housekeeping` does once a minute. Each app deletes its own.
HOUSEKEEPING = [
    "workspaces.audit.retention.delete_old_events",
    "workspaces.management.commands.housekeeping.delete_expired_sessions",
    "workspaces.management.commands.housekeeping.delete_old_log_entries",
    "apikeys.tokens.revocation.delete_expired",
    "apikeys.tokens.grants.delete_expired",
    "apikeys.tokens.signing_keys.delete_expired",
    "apikeys.usage.delete_old",
    "cloudui.web.rest.idempotency.delete_old",
    "deployments.deploys.bounds.record_counts",
    "deployments.deploys.retention.tidy_up",
    "deployments.deploys.staging.delete_expired",
    "deployments.airflow.visits.delete_expired",
    # Last, since they may wait: two seconds for each 64 Airflows, twice, and for a mail server.
    "deployments.airflow.health.check_connected",
    "deployments.airflow.failed_runs.tell_of_failed_runs",
    "cloudui.web.outbox.delivery.send_due",
]
