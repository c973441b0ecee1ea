"""What of a Deployment file may be shown again: nothing that may be a secret, and not less than that."""

import pytest

from deployments.deployment_file.validation import read


def test_the_line_is_quoted_unless_a_secret_may_stand_in_it():
    text = "environment_variables:\n  - {key: A, is_secret: tru, value: hunter2}\nconfiguration:\n  executor: hunter3\n"

    first, second = read(text).problems

    assert (first.line, first.source) == (2, "")
    assert (second.line, second.source) == (4, "executor: hunter3")


@pytest.mark.parametrize(
    "text",
    [
        "environment_variables:\n  - key: A\n    is_secret: true\n    value: hunter2\n",
        "environment_variables:\n  - key: A\n    is_secret: yes\n    value: hunter2\n",
        "environment_variables:\n  - key: A\n    is_secert: true\n    value: hunter2\n",
        "environment_variables:\n  - key: A\n    is_secret: true\n    vaule: hunter2\n",
        "environment_variables:\n  key: A\n  value: hunter2\n",
        "enviroment_variables:\n  - key: A\n    value: hunter2\n",
        "configuration:\n  environment_variables:\n  - value: hunter2\n",
        "environment_variables: hunter2",
        "environment_variables:\n  - key: A\n    is_secret: true\n    value: *hunter2\n",
        "environment_variables:\n  - key: A\n    value: !hunter2 x\n",
        "environment_variables:\n  - key: A\n    value: %hunter2\n",
        "environment_variables:\n  - key: A\n    value: 'hunter2\n",
        "environment_variables:\n  - key: A\n    is_secret: true\n    value: hunter2\x1b\n",
        "alert_emails: []\n---\nenvironment_variables:\n  - {key: A, is_secret: true, value: hunter2}\n",
        '{"environment_variables": [{"key": "A", "is_secret": true, "value": "hunter2"}]',
        '{"environment_variables": [{"key": "A", "is_secret": true, "value": "hunter2"}], "x": "hunter2"}',
        "environment_variables:\n  - {key: A, value: hunter2, value: hunter2}\n",
        "environment_variables:\n  - {key: A, secert: true, value: hunter2}\n",
        "environment_variables:\n  - {key: A, is_secret: 0, value: hunter2}\n",
        "environment_variables:\n  - {key: A, is_secret: true, value: hunter2}\nconfiguration: {nmae: Live}\n",
        "deploymnet:\n  environment_variables:\n  - {key: A, value: hunter2}\n",
        "worker_queue:\n  - {key: A, value: hunter2}\n",
        "DATABASE_URL: postgres://a:hunter2@localhost\n",
        "hunter2 x: 1\nhunter2 x: 2\n",
        "PASSWORD=hunter2",
        "PASSWORD='hunter2",
        b"key: hunter2\xff",
    ],
)
def test_what_may_hold_a_secret_is_never_shown(text):
    reading = read(text)

    assert reading.may_hold_secrets
    assert "hunter2" not in repr(vars(reading))


@pytest.mark.parametrize(
    "text",
    [
        "environment_variables:\n  - key: A\n    value: shown\n  - key: B\n    is_secret: true\n    value: ''\n",
        "configuration:\n  executor: Celery\n",
        "configuration:\n\tname: a\n",
        "configuration:\n  nmae: Live\n",
        "configuraton:\n  name: Live\n",
        "alert_email: [a@example.com]\n",
        "deploymnet:\n  configuration: {name: Live}\n",
        "worker_queues:\n  - {name: default, wroker_type: small}\n",
        "environment_variables:\n  - {kye: A, value: shown}\nconfiguration: {nmae: Live}\n",
        "environment_variables:\n  - {key: A, is_secret: false, vaule: shown}\n",
    ],
)
def test_what_holds_none_may_be_shown_again(text):
    assert not read(text).may_hold_secrets
