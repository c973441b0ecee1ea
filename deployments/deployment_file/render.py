"""Writes a Deployment as a file that the CLI, our own pages and people can read."""

import json
import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import yaml
from django.conf import settings
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from deployments.deployment_file.reader import UNPRINTABLE, WRAPPER, Format, is_ambiguous
from deployments.deployment_file.schema import (
    CONFIGURATION,
    EMAILS,
    METADATA,
    QUEUES,
    VARIABLES,
)
from deployments.models import Deployment, WorkerQueue
from deployments.queues.fields import QueueInput
from deployments.variables.service import list_variables

# A text like this is a text to every reader of YAML, with or without quotes.
_PLAIN: Final = re.compile(r"[A-Za-z][\w .@/+-]*(?<! )", re.ASCII)
# Breaks of lines to YAML 1.1, whose readers make another one of them where it is not escaped.
_OTHER_BREAKS: Final = re.compile("[\x85\u2028\u2029]")
_UNLIMITED: Final = 2**31 - 1


@sensitive_variables()
def render(deployment: Deployment, *, file_format: Format = "yaml", is_template: bool = False) -> str:
    """Write a Deployment as a file, always in the same order, so that two files can be compared.

    A secret has the value "", which keeps it when the file is applied. Empty sections are left out, as the CLI does
    it, and `is_high_availability` unless it is on, since the CLI does not know it.
    """
    content = {WRAPPER: _content(deployment, is_template=is_template)}
    if file_format == "json":
        text = json.dumps(content, indent=4, ensure_ascii=False) + "\n"
        return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_UNLIMITED))


def _content(deployment: Deployment, *, is_template: bool) -> dict[str, Any]:
    variables = [
        {
            "is_secret": each.is_secret,
            "key": each.key,
            "updated_at": _moment(each.updated_at),
            "value": each.value,
        }
        for each in list_variables(deployment)
        if not (is_template and each.is_secret)
    ]
    queues = [QueueInput.of(queue).to_file() for queue in WorkerQueue.objects.of(deployment)]
    return {
        **({VARIABLES: variables} if variables else {}),
        CONFIGURATION: _configuration(deployment, is_template=is_template),
        **({QUEUES: queues} if queues else {}),
        **({} if is_template else {METADATA: _metadata(deployment)}),
        **({EMAILS: list(deployment.alert_emails)} if deployment.alert_emails else {}),
    }


def _configuration(deployment: Deployment, *, is_template: bool) -> dict[str, Any]:
    return {
        "name": "" if is_template else deployment.name,
        "description": deployment.description,
        "runtime_version": deployment.runtime_id,
        "dag_deploy_enabled": deployment.dag_deploys_enabled,
        "ci_cd_enforcement": deployment.ci_cd_enforced,
        **({"is_high_availability": True} if deployment.is_highly_available else {}),
        "executor": str(deployment.executor),
        "scheduler_au": deployment.scheduler_au,
        "scheduler_count": deployment.scheduler_replicas,
        "cluster_name": deployment.cluster.name,
        "workspace_name": deployment.workspace.name,
    }


def _metadata(deployment: Deployment) -> dict[str, Any]:
    page = reverse(
        "deployments:open", kwargs={"workspace": deployment.workspace_id, "deployment": deployment.pk}
    )
    airflow = urlsplit(deployment.airflow_url)
    return {
        "deployment_id": deployment.pk,
        "workspace_id": deployment.workspace_id,
        "cluster_id": deployment.cluster_id,
        "release_name": deployment.release_name,
        "airflow_version": deployment.runtime.airflow_version,
        # The tag of an image; there is none before one was deployed.
        "current_tag": "",
        "status": str(deployment.status),
        "created_at": _moment(deployment.created_at),
        "updated_at": _moment(deployment.updated_at),
        "deployment_url": f"{settings.PUBLIC_URL}{page}",
        # Without a scheme, which the CLI puts before it.
        "webserver_url": f"{airflow.netloc}{airflow.path}".rstrip("/"),
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Dumper(yaml.SafeDumper):
    """Several lines stay several lines, and a text is never taken for a number or a boolean by any reader."""

    def increase_indent(self, **options: Any) -> None:  # type: ignore[override] # it is called by name
        super().increase_indent(**{**options, "indentless": False})

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if "\n" in text and not _OTHER_BREAKS.search(text):
        style = "|"
    elif _PLAIN.fullmatch(text) and not is_ambiguous(text):
        style = None
    else:
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
