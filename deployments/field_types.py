"""The fields of a Deployment as pydantic checks them, for every face that is handed one from outside."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from deployments.models import Executor
from deployments.models.deployment import DESCRIPTION_LENGTH, NAME_LENGTH, SCHEDULER_AU, SCHEDULER_REPLICAS

# What is handed in is taken literally: no field that is not there, no text where a number should be.
STRICT: Final = ConfigDict(extra="forbid", strict=True)

EXECUTOR_PATTERN: Final = f"^({'|'.join(Executor.values)})$"

Name = Annotated[str, Field(max_length=NAME_LENGTH)]
Description = Annotated[str, Field(max_length=DESCRIPTION_LENGTH)]
ExecutorChoice = Annotated[str, Field(pattern=EXECUTOR_PATTERN)]
SchedulerAu = Annotated[int, Field(ge=SCHEDULER_AU[0], le=SCHEDULER_AU[1])]
SchedulerReplicas = Annotated[int, Field(ge=SCHEDULER_REPLICAS[0], le=SCHEDULER_REPLICAS[1])]
