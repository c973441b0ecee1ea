"""How these tests deploy, and what they look at afterwards."""

import io
import os
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db.models import F

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


def age(deployment: Deployment, hours: int) -> None:
    """Let time pass for everything there is."""
    bundle = Bundle(deployment.release_name)
    for version, since in bundle.versions.items():
        os.utime(bundle.path / "versions" / version, (since - hours * 3600,) * 2)
    Deploy.objects.of(deployment).update(finished_at=F("finished_at") - timedelta(hours=hours))


class Meanwhile(io.BytesIO):
    """An archive, at whose end something happens, or where `at` says so."""

    def __init__(self, data: bytes, happens: Callable[[], object], *, at: int | None = None) -> None:
        super().__init__(data)
        self._happens = happens
        self._at = len(data) if at is None else at

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= self._at:
            self._happens()
        return super().read(size)
