"""What is refused, what fails and what is done without is counted once, by its reason."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.test import Client

from cloudui.web import cache as cache_module
from cloudui.web import ratelimit
from cloudui.web.disk import NoSpace
from deployments.deploys.images import record_image
from deployments.deploys.service import receive
from deployments.deploys.source import DeploySource
from deployments.models import DeployKind
from tests.apikeys.machine import token_of
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.deploying import key_of
from tests.deployments.deploys.programs import at, of_key
from tests.factories import create_api_key, create_deployment, create_user
from tests.web.figures import figures

pytestmark = pytest.mark.django_db

TAR = "application/x-tar"


@pytest.fixture
def issued():
    return create_api_key(create_deployment(), name="Pipeline")


def failures(gained):
    return {name: value for name, value in gained().items() if "dependency_failures" in name and value}


def refusals(gained):
    return {name: value for name, value in gained().items() if "limit_refusals" in name and value}


def deploys(gained):
    return {name: value for name, value in gained().items() if "deploys_total" in name and value}


@pytest.mark.django_db(transaction=True)
def test_an_archive_that_is_refused_is_counted(gained, issued):
    deployment = issued.key.deployment
    with pytest.raises(ValidationError):
        receive(key_of(deployment), deployment, io.BytesIO(b"nonsense" * 100))

    assert deploys(gained) == {'cloudui_deploys_total{result="refused"}': 1}


def test_an_image_is_a_deploy(gained, issued):
    by, deployment = key_of(issued.key.deployment), issued.key.deployment
    record_image(by, deployment, source=DeploySource(DeployKind.IMAGE, image="registry.example.com/etl:1"))

    assert deploys(gained) == {'cloudui_deploys_total{result="succeeded"}': 1}


@pytest.mark.django_db(transaction=True)
def test_a_deploy_beyond_the_quota_is_refused(gained, issued, settings):
    settings.DEPLOY_MIB_PER_DEPLOYMENT = 0
    deployment = issued.key.deployment
    with pytest.raises(ValidationError):
        receive(key_of(deployment), deployment, io.BytesIO(files()))

    assert deploys(gained) == {'cloudui_deploys_total{result="refused"}': 1}


@pytest.mark.django_db(transaction=True)
def test_a_deploy_without_space_is_counted_and_so_is_the_answer(gained, issued, disk_with):
    disk_with(0)
    deployment = issued.key.deployment
    assert of_key(deployment).post(at(deployment, "deploys"), files(), kind=TAR).status_code == 507
    with pytest.raises(NoSpace):
        receive(key_of(deployment), deployment, io.BytesIO(files()))

    assert refusals(gained) == {'cloudui_limit_refusals_total{limit="disk_space"}': 1}
    assert deploys(gained)['cloudui_deploys_total{result="no_space"}'] >= 1


def test_one_change_too_many_is_a_refusal(gained, issued, settings):
    settings.CHANGES_PER_MINUTE = 1
    program = of_key(issued.key.deployment)
    answers = [
        program.patch(at(issued.key.deployment), {"description": text}).status_code for text in ("1", "2")
    ]

    assert answers == [200, 429]
    assert refusals(gained) == {'cloudui_limit_refusals_total{limit="changes"}': 1}


@pytest.mark.parametrize("address", ["/", "/v1/whoami", "/v1/organizations", "/graphql"])
def test_an_answer_without_the_database_is_counted_once(gained, issued, address):
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token_of(issued)}"})
    client.force_login(create_user())

    def fail(*_arguments):
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        assert client.get(address).status_code == 503 or client.post(address).status_code == 503

    assert failures(gained) == {'cloudui_dependency_failures_total{dependency="database"}': 1}


def test_doing_without_the_cache_is_counted_and_told(gained, settings):
    cache_module._server.cache_clear()
    backend = "cloudui.web.cache.SoftRedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1/0"}}
    ratelimit.count("x", "y")

    more = gained()
    assert more['cloudui_dependency_failures_total{dependency="cache"}'] >= 1
    assert figures()["cloudui_cache_up"] == 0


def test_the_memory_of_the_process_is_a_cache_that_is_up():
    assert figures()["cloudui_cache_up"] == 1
