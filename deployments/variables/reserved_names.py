"""Names that an environment variable may not have, because with it an Editor could do more than edit.

Deploying DAGs runs code in Airflow's workers; that is an Editor's right. These names reach further: into the processes
that sign people in, into the keys that sign sessions and encrypt connections, into the database, or into what this
console itself puts into the environment. The settings of Airflow 2 and 3 are both here, with older names of the same
setting and those of the auth managers. An entry that ends in `*` means every longer name too. Airflow reads the value
of a secret setting also from NAME_CMD and NAME_SECRET, so those are the same setting.
"""

import re
from typing import Final

from django.core.exceptions import ValidationError

_LOADER: Final = "it decides which programs and libraries run, so it would run code outside of Airflow"
_LOGIN: Final = "it decides who may sign in to this Airflow"
_SESSIONS: Final = "the sessions of this Airflow are signed with it"
_DATABASE: Final = "it decides which database this Airflow uses"
_ELSEWHERE: Final = "Put what your DAGs need into the image of the Deployment, or choose another name."
_OPERATOR: Final = "Ask an operator of this installation to change it."

# By name or its beginning: why it is reserved, and what to do instead.
RESERVED: Final[dict[str, tuple[str, str]]] = {
    "PATH": (_LOADER, _ELSEWHERE),
    "LD_*": (_LOADER, _ELSEWHERE),
    "PYTHON*": (_LOADER, _ELSEWHERE),
    "AIRFLOW_HOME": ("Airflow finds its configuration and DAGs there", _OPERATOR),
    "AIRFLOW_CONFIG": ("Airflow reads its configuration from there", _OPERATOR),
    "AIRFLOW__CORE__AUTH_MANAGER": (_LOGIN, _OPERATOR),
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_*": (_LOGIN, _OPERATOR),
    "AIRFLOW__API_AUTH__*": (_LOGIN, _OPERATOR),
    "AIRFLOW__API__AUTH_BACKEND*": (_LOGIN, _OPERATOR),
    "AIRFLOW__FAB__AUTH_BACKENDS": (_LOGIN, _OPERATOR),
    "AIRFLOW__FAB__CONFIG_FILE": (_LOGIN, _OPERATOR),
    "AIRFLOW__WEBSERVER__CONFIG_FILE": (_LOGIN, _OPERATOR),
    "AIRFLOW__API__SECRET_KEY": (_SESSIONS, _OPERATOR),
    "AIRFLOW__API__SECRET_KEY_*": (_SESSIONS, _OPERATOR),
    "AIRFLOW__WEBSERVER__SECRET_KEY": (_SESSIONS, _OPERATOR),
    "AIRFLOW__WEBSERVER__SECRET_KEY_*": (_SESSIONS, _OPERATOR),
    "AIRFLOW__DATABASE__*": (_DATABASE, _OPERATOR),
    "AIRFLOW__CORE__SQL_ALCHEMY_*": (_DATABASE, _OPERATOR),
    "AIRFLOW__CORE__FERNET_KEY": ("Airflow's connections are encrypted with it", _OPERATOR),
    "AIRFLOW__CORE__FERNET_KEY_*": ("Airflow's connections are encrypted with it", _OPERATOR),
    "AIRFLOW__SECRETS__*": ("it decides where this Airflow looks for connections and variables", _OPERATOR),
    "CONSOLE_*": (
        "names that begin with it are those of this console",
        "Choose a name that begins otherwise.",
    ),
}


# Every process of Airflow, also the one that signs people in, would run the value.
_COMMAND: Final = re.compile(r"AIRFLOW__\w+__\w+_CMD", re.ASCII)
RUNS: Final = (
    "{} is reserved: Airflow would run its value as a command. "
    "Set the value itself, as a secret, under the name without _CMD."
)


def refuse_reserved(key: str) -> None:
    """Refuse a name that is reserved. Upper and lower case differ, as they do for programs.

    Raises:
        ValidationError: code `key_reserved`, with the reason and what to do instead.
    """
    for pattern, (reason, remedy) in RESERVED.items():
        beginning = pattern.removesuffix("*")
        if key == beginning if beginning == pattern else key.startswith(beginning):
            raise ValidationError(f"{key} is reserved: {reason}. {remedy}", code="key_reserved")
    if _COMMAND.fullmatch(key):
        raise ValidationError(RUNS.format(key), code="key_reserved")
