"""How these tests deploy, and what they look at afterwards."""

import io
from collections.abc import Callable

from django.conf import settings

from cloudui.web.principal import Kind, Principal
from deployments.deploys import service
from deployments.deploys.store.bundles import Bundle
from deployments.models import Deploy, Deployment, DeployStatus
from tests.deployments.deploys.archives import files, zipped


def key_of(deployment: Deployment) -> Principal:
    return Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=deployment.pk)


def send(principal, deployment, text: str = "1", **more) -> Deploy:
    return service.receive(principal, deployment, io.BytesIO(zipped(files({"a.py": text.encode()}))), **more)


def read_by_airflow(deployment: Deployment) -> str:
    return (settings.DAGS_ROOT / deployment.release_name / "current" / "a.py").read_text()


def history(deployment: Deployment) -> list[tuple[str, str]]:
    return list(Deploy.objects.of(deployment).order_by("created_at").values_list("status", "reason"))


def agree(deployment: Deployment) -> None:
    deployment.refresh_from_db()
    version = deployment.current_deploy.version if deployment.current_deploy else ""
    bundle = Bundle(deployment.release_name)
    assert bundle.current == version
    assert not version or bundle.has(version)
    assert not Deploy.objects.of(deployment).filter(status=DeployStatus.RECEIVING).exists()


class Meanwhile(io.BytesIO):
    """An archive, at whose end something happens."""

    def __init__(self, data: bytes, happens: Callable[[], object]) -> None:
        super().__init__(data)
        self._happens = happens

    def read(self, size: int | None = -1, /) -> bytes:
        if not (data := super().read(size)):
            self._happens()
        return data
