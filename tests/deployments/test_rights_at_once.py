"""Who loses the right while waiting for a Deployment does not get it any more (threat T-L1)."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.http import Http404

from deployments.access import deployment_to_manage_keys
from deployments.models import Deployment
from tests.factories import create_deployment, create_member
from workspaces.models import Membership, Role
from workspaces.principals import principal_for

PAUSE_SECONDS = 0.3


@pytest.mark.threat("T-L1")
@pytest.mark.django_db(transaction=True)
def test_rights_are_those_of_the_moment_the_wait_ends():
    deployment = create_deployment()
    admin = create_member(workspace=deployment.workspace, role=Role.ADMIN)

    def ask():
        try:
            with transaction.atomic():
                deployment_to_manage_keys(
                    principal_for(admin), deployment.workspace_id, deployment.pk, locked=True
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            Deployment.objects.locked().get(pk=deployment.pk)
            waiting = pool.submit(ask)
            threading.Event().wait(PAUSE_SECONDS)
            Membership.objects.filter(user=admin).delete()
        with pytest.raises(Http404):
            waiting.result()
