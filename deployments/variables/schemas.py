"""What the REST interface takes and gives of environment variables. The value of a secret is never given."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from cloudui.web.rest.schemas import Body, Moment, Version, matching
from deployments.models.variable import KEY_LENGTH
from deployments.variables.service import KEY_RULE, MOST_BYTES, MOST_VARIABLES, VariableView

Key = Annotated[str, matching("^[A-Za-z_][A-Za-z0-9_]*$", KEY_RULE), Field(max_length=KEY_LENGTH)]
Value = Annotated[
    str,
    Field(
        max_length=MOST_BYTES,
        description="Leave it out, or null, to keep the value that is stored; for a secret an empty one too.",
    ),
]


class VariableShown(BaseModel):
    """An environment variable."""

    key: str
    value: str = Field(repr=False, description="Always empty for a secret.")
    is_secret: bool
    updated_at: Moment

    @classmethod
    def of(cls, variable: VariableView) -> "VariableShown":
        """A variable as people may see it."""
        return cls(
            key=variable.key,
            value=variable.value,
            is_secret=variable.is_secret,
            updated_at=variable.updated_at,
        )


class VariablesShown(BaseModel):
    """All environment variables of a Deployment."""

    version: int = Field(description="Rises with each change of them.")
    environment_variables: list[VariableShown]


class VariableWanted(Body):
    """An environment variable as it shall be."""

    VIEW: ClassVar = VariableShown

    key: Key
    value: Value | None = Field(default=None, repr=False)
    is_secret: bool = False


class VariablesWanted(Body):
    """All environment variables as they shall be: one that is missing is deleted."""

    EXAMPLE: ClassVar = {
        "environment_variables": [
            {"key": "STAGE", "value": "production"},
            {"key": "WAREHOUSE_PASSWORD", "value": "hunter2", "is_secret": True},
        ]
    }

    environment_variables: list[VariableWanted] = Field(max_length=MOST_VARIABLES)
    version: Version | None = None


class VariableSet(Body):
    """An environment variable to be set."""

    VIEW: ClassVar = VariableShown

    key: Key
    value: Value | None = Field(default=None, repr=False)
    is_secret: Annotated[
        bool | None, Field(description="Left out, or null, it stays as it is; a new one is no secret.")
    ] = None


class VariableChanges(Body):
    """Which environment variables are set and deleted; all others stay as they are."""

    EXAMPLE: ClassVar = {"set": [{"key": "STAGE", "value": "test"}], "delete": ["OLD"]}

    set: list[VariableSet] = Field(default=[], max_length=MOST_VARIABLES)
    delete: list[Key] = Field(default=[], max_length=MOST_VARIABLES)
    version: Version | None = None
