"""Names that an environment variable may not have, because with it an Editor could do more than edit.

Deploying DAGs runs code in Airflow's workers; that is an Editor's right. These names reach further: into the
processes that schedule and that sign people in, into the keys that sign sessions and encrypt connections, into the
database and the machine's files, or into what this console itself puts into the environment. What only changes how
workers run tasks is not here, nor what DAGs need for themselves, such as proxies, certificates and connections.

They come from the configuration references of Airflow 2.11 and 3.3 and of its providers for Celery, Kubernetes,
Amazon, FAB and Keycloak, with the older names still read. An entry that ends in `*` means every longer name too.
Airflow reads a secret option also from NAME_CMD and NAME_SECRET, and with teams from AIRFLOW__TEAM___SECTION__OPTION.
"""

import re
from typing import Final

from django.core.exceptions import ValidationError

from cloudui.web.advice import Advice

_ELSEWHERE: Final = "Put what your DAGs need into the image of the Deployment, or choose another name."
_OPERATOR: Final = "Ask an operator of this installation to change it."

_LOADER: Final = "it decides which programs and libraries run, so it would run code outside of Airflow"
_CODE: Final = "it names code that would run in the scheduler or in the server that signs people in"
_LOGIN: Final = "it decides who may sign in to this Airflow"
_SESSIONS: Final = "the sessions of this Airflow are signed with it"
_TOKENS: Final = "it decides which tokens of tasks are trusted, or to whom tasks send theirs"
_DATABASE: Final = "it decides which database this Airflow uses"
_DATA: Final = "with it data that a task wrote would become code in the scheduler or the server"
_SHOWN: Final = "with it this Airflow would show secrets, settings or the name of the machine"
_FILES: Final = "it decides which files of the machine this Airflow reads, writes or shows"
_NETWORK: Final = "it decides where this Airflow listens, and whom it believes there"
_BROWSER: Final = "it decides what may run in the browsers of those who use this Airflow"
_QUEUE: Final = "it decides where this Airflow sends its tasks and from where it takes their results"
_WORKERS: Final = "it decides where workers start, from which image and with which rights"
_IDENTITY: Final = "it is the identity of this Airflow towards other systems"

# Why they are reserved, what to do instead, and the names or their beginnings.
_GROUPS: Final = (
    # Every program, Python, the shell that starts Airflow, and the libraries for encryption and for characters.
    (_LOADER, _ELSEWHERE, "PATH HOME LD_* PYTHON* BASH_ENV SHELLOPTS BASHOPTS PS4"),
    (_LOADER, _ELSEWHERE, "GCONV_PATH LOCPATH GLIBC_TUNABLES OPENSSL_CONF OPENSSL_ENGINES OPENSSL_MODULES"),
    # The servers of Airflow take options from these.
    (_LOADER, _OPERATOR, "GUNICORN_CMD_ARGS FLASK_* CELERY_CONFIG_MODULE CELERY_LOADER"),
    # The entrypoint of Airflow's image installs packages and makes an Admin with a password.
    (_LOADER, _OPERATOR, "_PIP_ADDITIONAL_REQUIREMENTS"),
    ("Airflow's image sets up its database and its first Admin with it", _OPERATOR, "_AIRFLOW_*"),
    ("with it the keys of encrypted connections would be written to a file", _ELSEWHERE, "SSLKEYLOGFILE"),
    (_NETWORK, _OPERATOR, "FORWARDED_ALLOW_IPS"),
    (
        _QUEUE,
        _OPERATOR,
        "CELERY_BROKER_URL CELERY_BROKER_READ_URL CELERY_BROKER_WRITE_URL CELERY_RESULT_BACKEND",
    ),
    ("Airflow finds its configuration and DAGs there", _OPERATOR, "AIRFLOW_HOME"),
    ("Airflow reads its configuration from there", _OPERATOR, "AIRFLOW_CONFIG"),
    (
        "names that begin with it are those of this console",
        "Choose a name that begins otherwise.",
        "CONSOLE_*",
    ),
)
_AIRFLOW: Final = (
    ("this console sets the executor", "Choose it in the Deployment's Details.", "CORE__EXECUTOR"),
    # Plugins are loaded by every process, the rest is imported by name.
    (_CODE, _OPERATOR, "CORE__PLUGINS_FOLDER CORE__HOSTNAME_CALLABLE CORE__MIGHT_CONTAIN_DAG_CALLABLE"),
    (_CODE, _OPERATOR, "CORE__MP_FORKSERVER_PRELOAD CORE__XCOM_BACKEND CORE__ASSET_MANAGER_*"),
    (_CODE, _OPERATOR, "CORE__DATASET_MANAGER_* STATE_STORE__BACKEND CLI__API_CLIENT SENTRY__BEFORE_SEND"),
    (_CODE, _OPERATOR, "LOGGING__LOGGING_CONFIG_CLASS LOGGING__COLORED_FORMATTER_CLASS"),
    (_CODE, _OPERATOR, "LOGGING__LOG_FORMATTER_CLASS LOGGING__SECRET_MASK_ADAPTER"),
    (_CODE, _OPERATOR, "CORE__LOGGING_CONFIG_CLASS CORE__COLORED_FORMATTER_CLASS EMAIL__EMAIL_BACKEND"),
    (_CODE, _OPERATOR, "METRICS__STATSD_CUSTOM_CLIENT_PATH METRICS__STAT_NAME_HANDLER"),
    (_CODE, _OPERATOR, "SCHEDULER__STATSD_CUSTOM_CLIENT_PATH SCHEDULER__STAT_NAME_HANDLER"),
    (_CODE, _OPERATOR, "WEBSERVER__WORKER_CLASS API__LOG_CONFIG API__ACCESS_LOGFILE"),
    (
        _CODE,
        _OPERATOR,
        "CELERY__CELERY_CONFIG_OPTIONS CELERY__EXTRA_CELERY_CONFIG CELERY__MP_FORKSERVER_PRELOAD",
    ),
    (_CODE, _OPERATOR, "AWS__SESSION_FACTORY AWS__CLOUDWATCH_TASK_HANDLER_JSON_SERIALIZER"),
    # A bundle is a class with arguments; others' DAGs lie on the same machine.
    (_CODE, _OPERATOR, "DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"),
    (_LOGIN, _OPERATOR, "CORE__AUTH_MANAGER CORE__SIMPLE_AUTH_MANAGER_* API_AUTH__*"),
    (_LOGIN, _OPERATOR, "FAB__* KEYCLOAK_AUTH_MANAGER__* AWS_AUTH_MANAGER__*"),
    (_LOGIN, _OPERATOR, "API__AUTH_BACKEND* API__GOOGLE_* API__ENABLE_EXPERIMENTAL_API"),
    (_LOGIN, _OPERATOR, "WEBSERVER__CONFIG_FILE WEBSERVER__AUTH_RATE_* WEBSERVER__UPDATE_FAB_PERMS"),
    (_LOGIN, _OPERATOR, "CELERY__FLOWER_BASIC_AUTH"),
    (_SESSIONS, _OPERATOR, "API__SECRET_KEY WEBSERVER__SECRET_KEY WEBSERVER__SESSION_* WEBSERVER__COOKIE_*"),
    # The tests' own settings have keys that everybody knows.
    (_SESSIONS, _OPERATOR, "CORE__UNIT_TEST_MODE"),
    (_TOKENS, _OPERATOR, "EXECUTION_API__* CORE__EXECUTION_API_SERVER_URL WORKERS__EXECUTION_API_SERVER_URL"),
    (_TOKENS, _OPERATOR, "CORE__INTERNAL_API_* CORE__DATABASE_ACCESS_ISOLATION WEBSERVER__RUN_INTERNAL_API"),
    (_DATABASE, _OPERATOR, "DATABASE__* CORE__SQL_ALCHEMY_* CORE__SQL_ENGINE_*"),
    ("Airflow's connections are encrypted with it", _OPERATOR, "CORE__FERNET_KEY"),
    ("it decides where this Airflow looks for connections and variables", _OPERATOR, "SECRETS__*"),
    (
        "it decides where this Airflow looks for connections and variables",
        _OPERATOR,
        "WORKERS__SECRETS_BACKEND*",
    ),
    (_DATA, _OPERATOR, "CORE__ALLOWED_DESERIALIZATION_CLASSES* CORE__ENABLE_XCOM_PICKLING"),
    ("it decides what the audit log of this Airflow shows", _OPERATOR, "WEBSERVER__AUDIT_VIEW_*"),
    (_DATA, _OPERATOR, "API__ENABLE_XCOM_DESERIALIZE_SUPPORT"),
    (_SHOWN, _OPERATOR, "API__EXPOSE_* WEBSERVER__EXPOSE_* CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS"),
    (_SHOWN, _OPERATOR, "ADMIN__HIDE_SENSITIVE_VARIABLE_FIELDS LOGGING__MIN_LENGTH_MASKED_SECRET"),
    # A format of access logs may name a cookie.
    (_SHOWN, _OPERATOR, "WEBSERVER__ACCESS_LOGFORMAT"),
    # Tracing memory keeps all of it in a file; a test of a connection opens it from the server.
    (_SHOWN, _OPERATOR, "PROFILING__* CORE__TEST_CONNECTION"),
    (_FILES, _OPERATOR, "CORE__DAGS_FOLDER DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH"),
    # The server shows logs: whatever file lies where they are said to be.
    (_FILES, _OPERATOR, "LOGGING__BASE_LOG_FOLDER LOGGING__LOG_FILENAME_TEMPLATE"),
    (_FILES, _OPERATOR, "CORE__BASE_LOG_FOLDER CORE__LOG_FILENAME_TEMPLATE LOGGING__FILE_TASK_HANDLER_*"),
    (_FILES, _OPERATOR, "LOGGING__REMOTE_TASK_HANDLER_KWARGS"),
    (_FILES, _OPERATOR, "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY"),
    (
        _FILES,
        _OPERATOR,
        "LOGGING__DAG_PROCESSOR_MANAGER_LOG_LOCATION CORE__DAG_PROCESSOR_MANAGER_LOG_LOCATION",
    ),
    (_FILES, _OPERATOR, "LOGGING__LOG_PROCESSOR_FILENAME_TEMPLATE CORE__LOG_PROCESSOR_FILENAME_TEMPLATE"),
    (_FILES, _OPERATOR, "SCHEDULER__CHILD_PROCESS_LOG_DIRECTORY CORE__DAEMON_UMASK"),
    (_FILES, _OPERATOR, "WEBSERVER__ACCESS_LOGFILE WEBSERVER__ERROR_LOGFILE"),
    (_NETWORK, _OPERATOR, "API__HOST API__PORT API__SSL_* API__CLIENT_* API__SERVER_TYPE"),
    (_NETWORK, _OPERATOR, "WEBSERVER__WEB_SERVER_* WEBSERVER__ENABLE_PROXY_FIX WEBSERVER__PROXY_FIX_*"),
    (
        _NETWORK,
        _OPERATOR,
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_* CELERY__FLOWER_HOST CELERY__FLOWER_PORT",
    ),
    (_NETWORK, _OPERATOR, "LOGGING__WORKER_LOG_SERVER_PORT LOGGING__TRIGGER_LOG_SERVER_PORT"),
    (_NETWORK, _OPERATOR, "CELERY__WORKER_LOG_SERVER_PORT"),
    # Other origins that may call with a person's session, markup and scripts from elsewhere, frames around pages.
    (_BROWSER, _OPERATOR, "API__THEME API__ACCESS_CONTROL_ALLOW_* WEBSERVER__ALLOW_RAW_HTML_DESCRIPTIONS"),
    (
        _BROWSER,
        _OPERATOR,
        "WEBSERVER__INSTANCE_NAME_HAS_MARKUP WEBSERVER__ANALYTICS_* WEBSERVER__X_FRAME_ENABLED",
    ),
    (_QUEUE, _OPERATOR, "CELERY__BROKER_URL CELERY__RESULT_BACKEND* CELERY__SSL_*"),
    (_QUEUE, _OPERATOR, "CELERY_BROKER_TRANSPORT_OPTIONS__* CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS__*"),
    (_WORKERS, _OPERATOR, "KUBERNETES_EXECUTOR__* KUBERNETES__* AWS_BATCH_EXECUTOR__* AWS_ECS_EXECUTOR__*"),
    (_WORKERS, _OPERATOR, "AWS_EKS_EXECUTOR__* AWS_LAMBDA_EXECUTOR__*"),
    (_IDENTITY, _OPERATOR, "KERBEROS__* CORE__SECURITY"),
)

# By name or its beginning: why it is reserved, and what to do instead.
RESERVED: Final[dict[str, tuple[str, str]]] = {
    f"{prefix}{name}": (reason, remedy)
    for prefix, groups in (("", _GROUPS), ("AIRFLOW__", _AIRFLOW))
    for reason, remedy, names in groups
    for name in names.split()
}

# Every process of Airflow, also the one that signs people in, would run the value.
_COMMAND: Final = re.compile(r"AIRFLOW__\w+__\w+_CMD", re.ASCII)
# An option for one team only, such as AIRFLOW__BLUE___CORE__EXECUTOR.
_TEAM: Final = re.compile(r"AIRFLOW__\w*?[A-Za-z0-9]___(?=[A-Za-z])", re.ASCII)
RUNS: Final = "{} is reserved: Airflow would run its value as a command."
SET_ITSELF: Final = "Set the value itself, as a secret, under the name without _CMD."


def refuse_reserved(key: str) -> None:
    """Raise ValidationError, code `key_reserved`, with the reason and what to do instead; case matters."""
    option = _TEAM.sub("AIRFLOW__", key, count=1)
    names = {option, option.removesuffix("_SECRET"), option.removesuffix("_CMD")}
    for pattern, (reason, remedy) in RESERVED.items():
        beginning = pattern.removesuffix("*")
        if option.startswith(beginning) if beginning != pattern else pattern in names:
            raise ValidationError(Advice(f"{key} is reserved: {reason}.", remedy), code="key_reserved")
    if _COMMAND.fullmatch(key):
        raise ValidationError(Advice(RUNS.format(key), SET_ITSELF), code="key_reserved")
