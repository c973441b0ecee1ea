"""Which keys a variable may have, and which are reserved, with the reason."""

import pytest
from django.core.exceptions import ValidationError

from deployments.variables.reserved_names import RESERVED
from deployments.variables.service import check_key

RESERVED_KEYS = """
PATH LD_PRELOAD LD_LIBRARY_PATH LD_ PYTHONPATH PYTHON PYTHONSTARTUP AIRFLOW_HOME
AIRFLOW__CORE__AUTH_MANAGER AIRFLOW_CONFIG AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS
AIRFLOW__API__AUTH_BACKENDS AIRFLOW__API__AUTH_BACKEND AIRFLOW__FAB__AUTH_BACKENDS
AIRFLOW__FAB__CONFIG_FILE AIRFLOW__WEBSERVER__CONFIG_FILE AIRFLOW__WEBSERVER__SECRET_KEY
AIRFLOW__API__SECRET_KEY_CMD AIRFLOW__CORE__SQL_ALCHEMY_CONN AIRFLOW__CORE__SQL_ALCHEMY_CONN_SECRET
AIRFLOW__API_AUTH__JWT_SECRET AIRFLOW__API_AUTH__TRUSTED_JWKS_URL AIRFLOW__DATABASE__SQL_ALCHEMY_CONN
AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD AIRFLOW__CORE__FERNET_KEY AIRFLOW__CORE__FERNET_KEY_CMD
AIRFLOW__CORE__FERNET_KEY_SECRET AIRFLOW__SECRETS__BACKEND AIRFLOW__SMTP__SMTP_PASSWORD_CMD
CONSOLE_JWKS_URL CONSOLE_
"""
ALLOWED_KEYS = """
A _ a1 path PATHS MY_PATH LDAP_HOST MY_PYTHON AIRFLOW_HOME_2 AIRFLOW_VAR_X AIRFLOW_CONN_DB
AIRFLOW__CORE__LOAD_EXAMPLES AIRFLOW__CORE__AUTH_MANAGERS AIRFLOW__CORE__FERNET_KEYS
AIRFLOW__API__BASE_URL AIRFLOW__SMTP__SMTP_PASSWORD_SECRET MY_CMD CONSOLE __all__
"""


@pytest.mark.parametrize("key", RESERVED_KEYS.split())
def test_reserved(key):
    with pytest.raises(ValidationError) as refused:
        check_key(key)

    assert refused.value.code == "key_reserved"
    [reason] = refused.value.messages
    assert reason.startswith(f"{key} is reserved: ")
    assert reason.endswith(".")


@pytest.mark.parametrize("key", [*ALLOWED_KEYS.split(), "X" * 255])
def test_allowed(key):
    check_key(key)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("", "Enter a key."),
        ("X" * 256, "Use at most 255 characters; this has 256."),
        *(
            (
                key,
                "Use letters, digits and underscores only, and begin with a letter or an underscore.",
            )
            for key in ["1A", "A-B", "A B", "A.B", "A=B", "Ä", "A\n", "A\0", "\uff21", "\u0663", " A"]
        ),
    ],
)
def test_malformed(key, error):
    with pytest.raises(ValidationError) as refused:
        check_key(key)

    assert refused.value.messages == [error]


def test_every_entry_has_a_reason_and_a_remedy():
    for reason, remedy in RESERVED.values():
        assert not reason.endswith(".")
        assert remedy.endswith(".")
