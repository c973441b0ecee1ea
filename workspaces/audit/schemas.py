"""What the REST interface gives of the audit log."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema

from cloudui.web.principal import Kind
from cloudui.web.rest.schemas import Moment
from workspaces.models import AuditEvent


class EventShown(BaseModel):
    """One thing that somebody did. An identifier is empty where the event is not about such a thing."""

    id: int
    at: Moment
    subject_kind: Annotated[str, WithJsonSchema({"type": "string", "enum": [kind.value for kind in Kind]})]
    subject_id: str
    subject_name: str
    operation: str
    workspace: str
    deployment: str
    target: str = Field(description="What was changed, such as an API key.")
    input: dict[str, Any] = Field(description="The values of the change, none of them secret.")
    result: str = Field(description="`ok`, or why it failed.")
    source_ip: str
    user_agent: str
    request_id: str

    @classmethod
    def of(cls, row: AuditEvent) -> "EventShown":
        """A row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class EventPage(BaseModel):
    """A page of events, the oldest first."""

    items: list[EventShown]
    next_cursor: str | None = Field(
        description="Where to go on now or later; null only while there has been no event at all."
    )
