"""Rows for tests: plain functions with keyword-only arguments and sensible defaults."""

import itertools
import secrets
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone

from apikeys.forms import new_nonce
from apikeys.key_secrets import Issued
from apikeys.keys import create_key, disable_as_operator
from apikeys.models import ApiKey, AuthorizationGrant
from cloudui.web.ids import new_id
from cloudui.web.principal import Principal, system_principal
from deployments.models import (
    Cluster,
    Deploy,
    Deployment,
    DeployStatus,
    Executor,
    NodePool,
    RuntimeRelease,
    WorkerQueue,
)
from deployments.queues.service import ensure_default_queue, node_pools
from workspaces.models import Membership, OrganizationRole, Role, User, Workspace
from workspaces.principals import principal_for

PASSWORD = "correct horse battery"

_number = itertools.count(1)


def create_user(*, email: str | None = None, password: str | None = PASSWORD, **fields: Any) -> User:
    """A person who belongs to no Workspace yet."""
    return User.objects.create_user(email or f"person{next(_number)}@example.com", password, **fields)


def create_owner(**fields: Any) -> User:
    """An Organization Owner, who is Admin of every Workspace without being a member of any."""
    return create_user(organization_role=OrganizationRole.OWNER, **fields)


def create_grant(user: User, **fields: Any) -> AuthorizationGrant:
    """A sign-in of that person by the command-line client; nobody has its refresh token."""
    digests = {name: secrets.token_bytes(32) for name in ("code_digest", "refresh_digest")}
    return AuthorizationGrant.objects.create(
        user=user,
        security_stamp=user.security_stamp,
        challenge="x" * 43,
        last_used_at=timezone.now(),
        **{**digests, **fields},
    )


def create_workspace(*, name: str | None = None, **fields: Any) -> Workspace:
    """An empty Workspace."""
    return Workspace.objects.create(name=name or f"Workspace {next(_number)}", **fields)


def create_member(*, workspace: Workspace, role: Role = Role.MEMBER, **fields: Any) -> User:
    """A person with a role in a Workspace."""
    user = create_user(**fields)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    return user


def create_cluster(*, name: str | None = None, **fields: Any) -> Cluster:
    """A Cluster with one node pool, `small`."""
    cluster = Cluster.objects.create(
        name=name or f"cluster-{next(_number)}", **{"provider": "local", **fields}
    )
    create_node_pool(cluster, is_default=True)
    return cluster


def create_node_pool(cluster: Cluster, *, worker_type: str = "small", **fields: Any) -> NodePool:
    """A kind of worker of a Cluster."""
    size = {"cpu": Decimal(1), "memory_gib": Decimal(2), "max_workers": 10}
    return NodePool.objects.create(cluster=cluster, worker_type=worker_type, **{**size, **fields})


def create_runtime(*, version: str | None = None, **fields: Any) -> RuntimeRelease:
    """A runtime release."""
    return RuntimeRelease.objects.create(
        version=version or f"99.0.{next(_number)}", **{"airflow_version": "3.3.2", **fields}
    )


def create_deployment(
    *, workspace: Workspace | None = None, name: str | None = None, **fields: Any
) -> Deployment:
    """A Deployment, with a Workspace and Cluster of its own unless given, and its queue if it is Celery's."""
    deployment = Deployment.objects.create(
        workspace=workspace or create_workspace(),
        name=name or f"Deployment {next(_number)}",
        **{
            "cluster": fields.pop("cluster", None) or create_cluster(),
            "runtime": fields.pop("runtime", None) or create_runtime(),
            **fields,
        },
    )
    if deployment.executor == Executor.CELERY:
        ensure_default_queue(deployment)
    return deployment


def create_queue(
    deployment: Deployment, *, name: str, node_pool: NodePool | None = None, **fields: Any
) -> WorkerQueue:
    """A worker queue besides `default`, on the Cluster's first node pool unless given."""
    queue = WorkerQueue.objects.create(
        deployment=deployment,
        name=name,
        node_pool=node_pool or next(iter(node_pools(deployment.cluster).values())),
        **fields,
    )
    Deployment.objects.filter(pk=deployment.pk).update(worker_queue_count=F("worker_queue_count") + 1)
    return queue


def create_deploy(deployment: Deployment, *, pk: str | None = None, **fields: Any) -> Deploy:
    """A deploy that succeeded and is not the current one; its files are the caller's to make."""
    pk = pk or new_id()
    made = {
        "status": DeployStatus.SUCCEEDED,
        "has_files": True,
        "made_by_kind": "user",
        "made_by_name": "Eda",
    }
    return Deploy.objects.create(
        pk=pk, deployment=deployment, **{**made, "version": pk, "finished_at": timezone.now(), **fields}
    )


def create_api_key(
    deployment: Deployment, *, name: str = "CI", description: str = "", by: Principal | User | None = None
) -> Issued:
    """A key and its secret, made as the product makes them."""
    if by is None:
        by = create_member(workspace=deployment.workspace, role=Role.ADMIN)
    principal = principal_for(by) if isinstance(by, User) else by
    return create_key(principal, deployment, name=name, description=description, nonce=new_nonce())


def disable_api_key(key: ApiKey) -> None:
    """Refuse a key, as an operator does."""
    assert disable_as_operator(system_principal("tests"), key.pk, reason="A test")
