"""How these tests announce a deploy and upload to it."""

from deployments.deploys import staging
from deployments.deploys.source import Commit, DeploySource
from deployments.deploys.staging import announce, staged_for
from deployments.models import DeployKind
from tests.deployments.deploys.archives import files, zipped

SHA = "3f2c9d1e0b7a48d5c6e1f0a9b8c7d6e5f4a3b2c1"
DAGS = DeploySource(client="astro 1.45.0", commit=Commit(SHA, "main"))
IMAGE = DeploySource(DeployKind.IMAGE, image="registry.example.com/etl:1")
BOTH = DeploySource(DeployKind.IMAGE_AND_DAGS, image="registry.example.com/etl:1")


def archive(text: str = "1") -> bytes:
    return zipped(files({"a.py": text.encode()}))


def announced(by, deployment, source=DAGS, *, content: bytes | None = None) -> str:
    """The identifier of a deploy that is announced, and uploaded in two blocks if there is content."""
    staged, capability = announce(by, deployment, source=source, description="Hello")
    if content is not None:
        found = staged_for(capability)
        staging.stage_block(found, "b", content[40:])
        staging.stage_block(found, "a", b"replaced")
        staging.stage_block(found, "a", content[:40])
        staging.stage_block(found, "left out", b"x")
        assert staging.stage_order(found, ["a", "b"]) == staged.pk
    return staged.pk
