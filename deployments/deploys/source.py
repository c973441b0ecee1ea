"""What a deploy begins with: who makes it, and where it comes from as its sender says (program, commit, image)."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from cloudui.web.characters import show
from cloudui.web.principal import Principal
from cloudui.web.text import PlainTextField
from deployments.models import Deploy, DeployKind, Deployment
from deployments.models.deployment import DESCRIPTION_LENGTH

COMMIT: Final = re.compile(r"[0-9a-f]{7,64}")
LONGEST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Commit:
    """The Git commit that was deployed; whatever is not known is empty.

    `sha` has 7 to 64 hexadecimal digits; `repository` is such as `acme/etl`, or the address of the remote without
    user and password; `url` is a page about the commit, only http or https.
    """

    sha: str = ""
    branch: str = ""
    repository: str = ""
    url: str = ""

    @classmethod
    def of(cls, git: Mapping[str, Any] | None) -> Self:
        """Read what the `astro` client sends as `git`; what is not usable is left out rather than refused."""
        told = {name: value for name, value in (git or {}).items() if isinstance(value, str)}
        sha = told.get("commitSha", "").lower()
        repository = "/".join(filter(None, (told.get("account"), told.get("repo"))))
        return cls(
            sha=sha if COMMIT.fullmatch(sha) else "",
            branch=_short(told.get("branch", "")),
            repository=_short(repository or _without_credentials(told.get("remoteUrl", ""))),
            url=_web_page(told.get("commitUrl", "")),
        )


@dataclass(frozen=True, slots=True)
class DeploySource:
    """What a deploy consists of besides its archive; `client` is such as `astro 1.45.0`, `image` repository and tag."""

    kind: DeployKind = DeployKind.DAGS
    client: str = ""
    image: str = ""
    commit: Commit = field(default_factory=Commit)

    def write_to(self, deploy: Deploy) -> None:
        deploy.kind, deploy.client, deploy.image = self.kind, self.client, self.image
        for column in fields(Commit):
            setattr(deploy, f"commit_{column.name}", getattr(self.commit, column.name))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Self:
        return cls(**{**saved, "kind": DeployKind(saved["kind"]), "commit": Commit(**saved["commit"])})


def client_name(program: str, version: str) -> str:
    """The name of a program and its version as a header gives them, made fit to be shown."""
    return _short(f"{program} {version}".strip(), 60)


def new_deploy(
    principal: Principal,
    deployment: Deployment,
    description: str,
    source: DeploySource = DeploySource(),
    deploy_id: str = "",
) -> Deploy:
    """A deploy that is not saved yet; `deploy_id` is the identifier that was announced for it, if any."""
    deploy = Deploy(deployment_id=deployment.pk, description=description)
    deploy.pk = deploy_id or deploy.pk
    deploy.version = deploy.pk
    deploy.made_by_kind, deploy.made_by_id = principal.kind, principal.id
    deploy.made_by_name = principal.name[:254]
    source.write_to(deploy)
    return deploy


def clean_description(description: str) -> str:
    """What may stand in the history; ValidationError on `description` for anything else."""
    try:
        return str(PlainTextField(max_length=DESCRIPTION_LENGTH, required=False).clean(description))
    except ValidationError as error:
        raise ValidationError({"description": error}) from error


# Private


def _short(text: str, length: int = LONGEST_TEXT) -> str:
    return show(text.strip()[:length])[:length]


def _without_credentials(address: str) -> str:
    """The address of a remote, which may hold a token: `https://user:token@host/path` and `git@host:path`."""
    if "://" not in address:
        return address.rpartition("@")[2]
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{host}{port}{parts.path}"


def _web_page(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    is_page = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    return address if is_page and len(address) <= LONGEST_TEXT and show(address) == address else ""
