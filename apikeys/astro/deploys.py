"""Deploys of the `astro` client, whichever protocol it speaks: it announces one, uploads, and finishes it.

A refusal belongs to the announcement: what the client's library is refused during the upload it tries again, and prints
badly. What is wrong with an archive is known at the end only.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.urls import reverse

from apikeys.astro.changes import ChangeRefused
from cloudui.web.principal import Principal
from deployments.deploys.finishing import finish
from deployments.deploys.images import NoRegistry
from deployments.deploys.service import DeployInProgress, NotConfirmed, NotStored
from deployments.deploys.source import Commit, DeploySource, client_name
from deployments.deploys.staging import TooManyOpen, announce
from deployments.models import Deploy, DeployKind, Deployment, StagedDeploy

# How the client calls itself in `x-astro-client-identifier`.
PROGRAMS: Final[Mapping[str, str]] = {
    "cli": "astro CLI",
    "github-action": "astro CLI in GitHub Actions",
    "deploy-action": "deploy-action",
}
NO_DEPLOY: Final = (
    "You announced no such deploy of this Deployment, or its time is over (15 minutes). Deploy again."
)


class DeployRefused(ChangeRefused):
    """A deploy that is not made, with the status that an interface of HTTP answers with."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def announce_deploy(
    principal: Principal,
    deployment: Deployment,
    *,
    kind: DeployKind,
    image: str = "",
    description: str = "",
    client: str = "",
    git: Mapping[str, Any] | None = None,
) -> tuple[StagedDeploy, str]:
    """Begin a deploy, and return with it the URL to which its archive is put; empty if there is none to put.

    `image` is repository and tag, `description` has 0 to 500 characters, `client` is as `client_of` names it, and `git`
    as the client sends it. Raises DeployRefused with the reason, Http404 or PermissionDenied as `staging.announce`.
    """
    source = DeploySource(kind, client, image, Commit.of(git))
    with refusals():
        staged, capability = announce(principal, deployment, source=source, description=description)
    path = reverse("astro:upload", args=[capability]) if capability else ""
    return staged, f"{settings.PUBLIC_URL}{path}" if path else ""


def finish_deploy(
    request: HttpRequest,
    principal: Principal,
    deployment: Deployment,
    staged_id: str,
    *,
    with_dags: bool,
    image: str = "",
) -> Deploy:
    """End a deploy: from now on Airflow reads what was uploaded. Takes and raises what `finishing.finish` does.

    The token is looked at again right before that, since an archive takes a while. Raises DeployRefused with the
    reason, which the history has too.
    """
    with refusals():
        try:
            return finish(
                principal,
                deployment,
                staged_id,
                with_dags=with_dags,
                image=image,
                confirm=lambda _: request.bearer(),  # type: ignore[attr-defined] # set by the bearer's middleware
            )
        except Http404:
            raise DeployRefused(NO_DEPLOY, HTTPStatus.NOT_FOUND) from None


def client_of(request: HttpRequest) -> str:
    """The program that sends a request, with its version; empty if it does not say."""
    told = request.headers.get("x-astro-client-identifier", "")
    version = request.headers.get("x-astro-client-version", "")
    return client_name(PROGRAMS.get(told, told), version) if told else ""


@contextmanager
def refusals() -> Iterator[None]:
    """Say in a sentence for the client to print why there is no deploy."""
    try:
        yield
    except TooManyOpen as error:
        raise DeployRefused(str(error), HTTPStatus.TOO_MANY_REQUESTS) from error
    except DeployInProgress as error:
        raise DeployRefused(str(error), HTTPStatus.CONFLICT) from error
    except NotStored as error:
        raise DeployRefused(str(error), HTTPStatus.SERVICE_UNAVAILABLE) from error
    except (NoRegistry, NotConfirmed) as error:
        raise DeployRefused(str(error), HTTPStatus.BAD_REQUEST) from error
    except ValidationError as error:
        raise DeployRefused(" ".join(error.messages), HTTPStatus.BAD_REQUEST) from error
