"""What a process remembers of pages is never stale and never another person's."""

import re
from datetime import timedelta

import pytest
from django.template.loader_tags import IncludeNode
from django.utils import timezone

from cloudui.web.templatetags import remembered
from deployments.models import Deployment
from tests.house.test_templates import TEMPLATES, text_of
from workspaces.models import Membership, Role, User, Workspace

INDEX = "/{workspace}/deployments"
KEYS = "/{workspace}/deployments/{deployment}/api-keys"
ROLES = ("admin", "editor", "member", "owner")

# What is not the same for the same inputs, at any time and in any request.
FOREIGN = (
    r"csrf_token|\b(?:request|user|perms|messages)\b|\|random|{%\s*(?:now|moment|cycle|lorem|debug)\b"
    r"|components/(?:time|password_field|copy_field)\.html"
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered():
    remembered._make.cache_clear()


@pytest.fixture
def get(cast):
    """A page as somebody sees it, without its CSRF tokens and the words for how long ago something was."""

    def get(role, path):
        page = cast.client(role).get(path.format(**cast.home._asdict())).content.decode()
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
        return re.sub(r">(now|\w+\W(second|minute)s? ago)<", "><", page)

    return get


def test_a_remembered_part_shows_its_inputs_alone():
    parts = [name for name in TEMPLATES if name.startswith(remembered.PARTS)]

    assert {name: found for name in parts if (found := re.findall(FOREIGN, text_of(name)))} == {}
    assert all(any(name.startswith(part) for name in parts) for part in remembered.PARTS)


@pytest.mark.parametrize(
    "text",
    [
        "{% csrf_token %}",
        "{{ request.path }}",
        "{{ user.email }}",
        '{% now "H:i" %}',
        '{% include "components/time.html" with value=value only %}',
    ],
)
def test_what_is_not_an_input_is_found(text):
    assert re.findall(FOREIGN, text)


@pytest.mark.parametrize(
    ("role", "path"),
    [
        *((role, path) for role in ROLES for path in ("/", INDEX, KEYS, "/{workspace}/settings/details")),
        ("operator", "/"),
    ],
)
def test_a_page_is_the_same_as_without_memory(get, monkeypatch, role, path):
    with monkeypatch.context() as patch:
        patch.setattr(remembered.RememberedNode, "render", IncludeNode.render)
        expected = get(role, path)

    assert [get(role, path), get(role, path)] == [expected, expected]
    assert remembered._make.cache_info().hits >= 5


def test_nobody_sees_what_is_another_person_s(cast, get):
    """People in turn: names, addresses, Workspaces and rights are always their own."""
    people = ("admin", "member", "outsider", "operator", "owner")

    for _ in range(2):
        for role in people:
            page = get(role, "/")
            shown = {other for other in people if cast.people[other].email in page}
            assert shown == {role}
            assert ("<bdi>Home</bdi>" in page) == (role in {"admin", "member", "owner"})
            assert ("<bdi>Elsewhere</bdi>" in page) == (role in {"outsider", "owner"})
            assert (">Admin site<" in page.replace("</svg>", ">")) == (role == "operator")


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        pytest.param(
            lambda person, _: User.objects.filter(pk=person.pk).update(full_name="Renamed Person"),
            "Mia Member", "Renamed Person", id="renamed",
        ),
        pytest.param(
            lambda person, _: User.objects.filter(pk=person.pk).update(is_staff=True),
            "", "Admin site", id="an operator",
        ),
        pytest.param(
            lambda person, _: User.objects.filter(pk=person.pk).update(color_mode="dark"),
            '<button class="menu__item" form="color-mode" name="color_mode" value="dark"\n'
            '            aria-pressed="false">', 'data-color-mode="dark"', id="another color mode",
        ),
        pytest.param(
            lambda _, home: Workspace.objects.filter(pk=home.workspace).update(name="Renamed"),
            "<bdi>Home</bdi>", "<bdi>Renamed</bdi>", id="its Workspace is renamed",
        ),
        pytest.param(
            lambda person, _: Membership.objects.create(
                workspace=Workspace.objects.create(name="Joined"), user=person
            ),
            "", "<bdi>Joined</bdi>", id="joins a Workspace",
        ),
        pytest.param(
            lambda person, _: Membership.objects.filter(user=person, workspace__name="Left").delete(),
            "<bdi>Left</bdi>", "<bdi>Home</bdi>", id="leaves a Workspace",
        ),
        pytest.param(
            lambda person, _: Membership.objects.filter(user=person).update(role=Role.EDITOR),
            "", 'aria-label="More actions', id="is an Editor now",
        ),
        pytest.param(
            lambda _, home: Deployment.objects.filter(pk=home.deployment).update(status="UNHEALTHY"),
            "badge--good", "badge--bad", id="a Deployment falls ill",
        ),
        pytest.param(
            lambda _, home: Deployment.objects.filter(pk=home.deployment).update(name="Other"),
            ">Production</a>", ">Other</a>", id="a Deployment is renamed",
        ),
        pytest.param(
            lambda _, home: Deployment.objects.filter(pk=home.deployment).update(api_key_count=7_001),
            "", "<dd>7001</dd>", id="a Deployment has more keys",
        ),
        pytest.param(
            lambda _, home: Deployment.objects.filter(pk=home.deployment).update(
                updated_at=timezone.now() - timedelta(days=800)
            ),
            "", "2\N{NO-BREAK SPACE}years ago</time>", id="a Deployment grows old",
        ),
    ],
)  # fmt: skip
def test_what_has_changed_is_shown_at_once(cast, get, change, before, after):
    person = cast.people["member"]
    Membership.objects.create(workspace=Workspace.objects.create(name="Left"), user=person)
    Deployment.objects.filter(pk=cast.home.deployment).update(status="HEALTHY")
    assert before in get("member", INDEX)

    change(person, cast.home)

    shown = get("member", INDEX)
    assert after in shown
    assert not before or before not in shown
