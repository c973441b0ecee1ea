"""What a Deployment file says, and which fields it has (docs/deployments-as-code.md)."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

import pydantic
from django.core.exceptions import ValidationError
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from cloudui.web.text import validate_plain_text
from deployments import field_types
from deployments.queues.fields import NUMBERS

VARIABLES: Final = "environment_variables"
CONFIGURATION: Final = "configuration"
QUEUES: Final = "worker_queues"
EMAILS: Final = "alert_emails"
METADATA: Final = "metadata"

FLAGS: Final = ("dag_deploy_enabled", "ci_cd_enforcement", "is_high_availability")
# Each field of the configuration that can be changed, as the Deployment's own field.
COLUMNS: Final[Mapping[str, str]] = {
    "name": "name",
    "description": "description",
    "executor": "executor",
    "scheduler_au": "scheduler_au",
    "scheduler_count": "scheduler_replicas",
    "dag_deploy_enabled": "dag_deploys_enabled",
    "ci_cd_enforcement": "ci_cd_enforced",
    "is_high_availability": "is_highly_available",
}
QUEUE_NUMBERS: Final[Mapping[str, str]] = {number.client_name: field for field, number in NUMBERS.items()}


def _visible(text: str, *, multi_line: bool = False) -> str:
    try:
        validate_plain_text(text, multi_line=multi_line)
    except ValidationError as error:
        raise PydanticCustomError("invisible", "{remedy}", {"remedy": error.messages[0]}) from None
    return text


_STRIPPED: Final = StringConstraints(strip_whitespace=True)
_LINES: Final = AfterValidator(lambda text: _visible(text, multi_line=True))
_Name = Annotated[field_types.Name, _STRIPPED, AfterValidator(_visible)]
_Description = Annotated[field_types.Description, _STRIPPED, _LINES]
# A template has an empty name, and the CLI sends 0 for a number that its file does not name.
_EMPTY_KEEPS: Final = BeforeValidator(
    lambda each: None if isinstance(each, str) and not each.strip() else each
)
_ZERO_KEEPS: Final = BeforeValidator(lambda each: None if type(each) is int and each == 0 else each)
_Kept = Annotated[str | None, _EMPTY_KEEPS]
# A field that is not there is answered like one without a value.
_REQUIRED: Final[Any] = Field(None, validate_default=True)


class Part(pydantic.BaseModel):
    """Fields of a file. None is said by a field that is not there, and by one without a value."""

    model_config = pydantic.ConfigDict(**field_types.STRICT, frozen=True, hide_input_in_errors=True)
    TITLE: ClassVar[str] = "a Deployment file"


class WrappedFile(Part):
    """A file with everything below `deployment`."""

    deployment: Any = None


class File(Part):
    """The sections. A list without a value is refused: it could mean none, or that nothing changes."""

    environment_variables: list[Any] = []
    configuration: Any = None
    worker_queues: list[Any] = []
    metadata: Any = None
    alert_emails: list[str] = []


class Configuration(Part):
    """The section `configuration`. The version and the last two names cannot be changed by a file."""

    TITLE = CONFIGURATION
    name: Annotated[_Name | None, _EMPTY_KEEPS] = None
    description: _Description | None = None
    runtime_version: _Kept = None
    cluster_name: _Kept = None
    workspace_name: _Kept = None
    dag_deploy_enabled: bool | None = None
    ci_cd_enforcement: bool | None = None
    is_high_availability: bool | None = None
    scheduler_au: Annotated[field_types.SchedulerAu | None, _ZERO_KEEPS] = None
    scheduler_count: Annotated[field_types.SchedulerReplicas | None, _ZERO_KEEPS] = None
    executor: Annotated[field_types.ExecutorChoice | None, _EMPTY_KEEPS] = None


class Variable(Part):
    """An environment variable; an empty value keeps a stored secret."""

    TITLE = "an environment variable"
    is_secret: bool | None = None
    key: str = _REQUIRED
    updated_at: Any = None
    value: str = Field(None, validate_default=True, repr=False)

    @pydantic.field_validator("value", mode="before")
    @classmethod
    def _of_secret(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        return "" if value is None and info.data.get("is_secret") else value


class Queue(Part):
    """A worker queue. The last four are the CLI's and change nothing."""

    TITLE = "a worker queue"
    name: str = _REQUIRED
    worker_type: str | None = None
    min_worker_count: int | None = None
    max_worker_count: int | None = None
    worker_concurrency: int | None = None
    id: Any = None
    is_default: Any = None
    pod_cpu: Any = None
    pod_ram: Any = None
