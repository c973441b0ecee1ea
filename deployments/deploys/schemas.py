"""What the REST interface takes and gives of deploys."""

from typing import Annotated, ClassVar

from ninja import Query
from pydantic import BaseModel, Field, WithJsonSchema

from cloudui.web.rest.schemas import Actor, Body, Id, Moment, actor
from deployments.deploys.quota import Usage
from deployments.models import Deploy, DeployKind, DeployStatus
from deployments.models.deployment import DESCRIPTION_LENGTH

Description = Annotated[str, Field(max_length=DESCRIPTION_LENGTH, description="What it is about.")]
DescriptionParam = Annotated[str, Query(max_length=DESCRIPTION_LENGTH, description="What it is about.")]


class CommitShown(BaseModel):
    """The Git commit that was deployed, as its sender says; what is not known is empty."""

    sha: str
    branch: str
    repository: str
    url: str


class DeployShown(BaseModel):
    """A deploy: one version of a Deployment's DAGs, or the return to an earlier one."""

    id: Id
    status: Annotated[str, WithJsonSchema({"type": "string", "enum": DeployStatus.values})]
    kind: Annotated[str, WithJsonSchema({"type": "string", "enum": DeployKind.values})]
    description: str
    rolled_back_to: str | None = Field(description="The deploy whose files it brought back.")
    has_files: bool = Field(description="Whether its files are kept, so that it can be rolled back to.")
    size: int = Field(description="Bytes of all files together.")
    file_count: int
    checksum: str = Field(description="SHA-256 of the archive in hexadecimal.")
    image: str = Field(description="Repository and tag of the image, empty without one.")
    client: str = Field(description="The program that sent it, where it says so.")
    commit: CommitShown | None
    reason: str = Field(description="Why it failed.")
    made_by: Actor | None
    created_at: Moment
    finished_at: Moment | None

    @classmethod
    def of(cls, row: Deploy) -> "DeployShown":
        """A row."""
        return cls(
            id=row.pk,
            status=row.status,
            kind=row.kind,
            description=row.description,
            rolled_back_to=row.rolled_back_to_id,
            has_files=row.has_files,
            size=row.size,
            file_count=row.file_count,
            checksum=row.checksum,
            image=row.image,
            client=row.client,
            commit=CommitShown(
                sha=row.commit_sha,
                branch=row.commit_branch,
                repository=row.commit_repository,
                url=row.commit_url,
            )
            if row.commit_sha
            else None,
            reason=row.reason,
            made_by=actor(row.made_by_kind, row.made_by_id, row.made_by_name),
            created_at=row.created_at,
            finished_at=row.finished_at,
        )


class StorageShown(BaseModel):
    """What a Deployment keeps of its deploys, and may keep."""

    stored_bytes: int = Field(description="What the files and folders of all versions take on the disk.")
    stored_bytes_limit: int
    versions: int = Field(description="How many versions are kept.")
    versions_limit: int

    @classmethod
    def of(cls, now: Usage) -> "StorageShown":
        """The use of one Deployment."""
        return cls(
            stored_bytes=now.stored_bytes,
            stored_bytes_limit=now.most_bytes,
            versions=now.versions,
            versions_limit=now.most_versions,
        )


class DeployPage(BaseModel):
    """One page of deploys."""

    items: list[DeployShown]
    next_cursor: str | None
    storage: StorageShown


class RollBack(Body):
    """What a roll-back is about."""

    EXAMPLE: ClassVar = {"description": "The new report is wrong"}

    description: Description = ""
