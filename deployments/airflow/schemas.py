"""What the REST interface gives of the Airflow behind a Deployment."""

from typing import Annotated

from pydantic import BaseModel, Field, WithJsonSchema

from cloudui.web.rest.schemas import Moment
from deployments.models import Airflow, Deployment, Ground, Status

StatusName = Annotated[str, WithJsonSchema({"type": "string", "enum": Status.values})]
GroundName = Annotated[str, WithJsonSchema({"type": "string", "enum": [*Ground.values, ""]})]


class ComponentShown(BaseModel):
    """A process of Airflow."""

    name: str
    state: str = Field(description="Such as running, starting, stopped or failed.")
    detail: str


class AirflowShown(BaseModel):
    """An Airflow as it was last seen, and whether it should be awake; without one all but the status is empty."""

    status: StatusName
    reason: str = Field(description="Why it is not healthy.")
    ground: GroundName = Field(description="Who runs it; connected is somebody else, empty nobody.")
    is_awake: bool
    version: str
    components: list[ComponentShown]
    memory_bytes: int | None
    processor: float | None = Field(description="In cores.")
    started_at: Moment | None
    seen_at: Moment | None
    needs_restart: bool = Field(description="Whether it has older environment variables than the Deployment.")

    @classmethod
    def of(cls, deployment: Deployment) -> "AirflowShown":
        """A Deployment from `deployments.access`."""
        airflow = Airflow.of(deployment)
        row = airflow or Airflow(deployment=deployment, is_awake=False)
        return cls(
            status=deployment.status,
            reason=row.reason,
            ground=row.ground,
            is_awake=row.is_awake,
            version=row.version,
            components=[ComponentShown(**component) for component in row.components],
            memory_bytes=row.memory_bytes,
            processor=row.processor,
            started_at=row.started_at,
            seen_at=row.seen_at,
            needs_restart=row.needs_restart,
        )
