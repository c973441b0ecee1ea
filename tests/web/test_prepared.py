"""A prepared query finds what the query itself finds, with whatever values, and is built once."""

import inspect
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count, F, Value
from django.db.models.functions import Lower
from django.utils import timezone

from cloudui.web.prepared import each, prepared
from deployments.models import Deployment
from tests.factories import create_deployment, create_member, create_workspace
from workspaces.models import Membership, Role, User, Workspace

pytestmark = pytest.mark.django_db


def by_name(*, name, since):
    rows = Workspace.objects.filter(created_at__gt=since).annotate(lower=Lower("name"), number=Value(3))
    return rows.filter(name=name)


def with_related(*, person, names):
    rows = Deployment.objects.select_related("workspace", "cluster", "current_deploy")
    rows = rows.filter(workspace__memberships__user_id=person, name__in=[names, "Second"])
    return rows.annotate(role=F("workspace__memberships__role")).order_by("-name")


def as_tuples(*, person, role):
    rows = Membership.objects.filter(user_id=person, role__gte=role).values_list("workspace__name")
    return rows.annotate(members=Count("workspace__memberships")).order_by("workspace__name")[:5]


def of_each(*, number, **ids):
    return Membership.objects.filter(user__id__in=list(ids.values())).order_by("pk")


def of_nobody(*, person):
    return User.objects.filter(pk=person).none()


def described(row):
    """All that a row holds, with the rows that came with it."""
    if isinstance(row, tuple):
        return row
    related = {name: described(other) for name, other in row._state.fields_cache.items() if other}
    plain = {name: value for name, value in vars(row).items() if name != "_state"}
    return type(row), row._state.db, row._state.adding, plain, related


@pytest.fixture
def person():
    first, second = (create_workspace(name=name) for name in ("First", "Second"))
    person = create_member(workspace=first, role=Role.EDITOR)
    for workspace in (first, second):
        create_member(workspace=workspace)
        create_deployment(workspace=workspace, name=workspace.name)
    Membership.objects.create(workspace=second, user=person, role=Role.ADMIN)
    return person


@pytest.mark.parametrize(
    ("query", "values", "found"),
    [
        (by_name, lambda _: {"name": "First", "since": timezone.now() - timedelta(hours=1)}, 1),
        (by_name, lambda _: {"name": "First", "since": timezone.now() + timedelta(hours=1)}, 0),
        (by_name, lambda _: {"name": "Second", "since": timezone.now() - timedelta(hours=1)}, 1),
        (with_related, lambda person: {"person": person.pk, "names": "First"}, 2),
        (with_related, lambda person: {"person": person.pk, "names": "Third"}, 1),
        (with_related, lambda _: {"person": "nobody", "names": "First"}, 0),
        (as_tuples, lambda person: {"person": person.pk, "role": 0}, 2),
        (as_tuples, lambda person: {"person": person.pk, "role": Role.ADMIN.value}, 1),
        (of_each, lambda person: {"number": 1, **each([person.pk])}, 2),
        (of_each, lambda person: {"number": 3, **each(["nobody", person.pk, person.pk])}, 2),
        (of_nobody, lambda person: {"person": person.pk}, 0),
    ],
)
def test_it_finds_what_the_query_finds(person, query, values, found, django_assert_num_queries):
    # Prepared with other values than those that it is asked for.
    run = prepared("number")(query)
    run(
        **{name: type(value)() if isinstance(value, str) else value for name, value in values(person).items()}
    )
    expected = [described(row) for row in query(**values(person))]

    with django_assert_num_queries(0 if query is of_nobody else 1):
        rows = run(**values(person))
        assert [described(row) for row in rows] == expected

    assert len(rows) == found


def test_it_is_built_once_for_each_shape_and_for_none(person):
    built = []

    @prepared("kind")
    def run(*, kind, name, description):
        built.append(kind)
        rows = Workspace.objects.filter(name=name)
        return rows if description is None else rows.filter(description=description).order_by(kind)

    answers = [
        len(run(kind=kind, name=name, description=description))
        for kind in ("name", "-name")
        for name in ("First", "Third")
        for description in (None, "", "else")
    ]

    assert answers == [1, 1, 0, 0, 0, 0] * 2
    assert built == ["name"] * 2 + ["-name"] * 2


def test_a_row_is_read_anew_each_time(person):
    run = prepared()(lambda *, pk: User.objects.filter(pk=pk))
    (before,) = run(pk=person.pk)
    User.objects.filter(pk=person.pk).update(full_name="Another Name")

    (after,) = run(pk=person.pk)

    assert (before.full_name, after.full_name) == (person.full_name, "Another Name")
    after.full_name = "A third"
    after.save()
    assert run(pk=person.pk)[0].full_name == "A third"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda name: Workspace.objects.filter(name=name) if name else Workspace.objects.all(), id="if"
        ),
        pytest.param(lambda name: Workspace.objects.filter(name=name if name != "x" else "y"), id="compares"),
        pytest.param(lambda name: Workspace.objects.filter(name=f"{name}!"), id="writes"),
        pytest.param(lambda name: Workspace.objects.filter(name={"a": "b"}.get(name, "c")), id="looks up"),
        pytest.param(
            lambda name: Workspace.objects.filter(name=name, created_at__lt=timezone.now()), id="clock"
        ),
        pytest.param(
            lambda name: Workspace.objects.filter(
                name=name,
                pk__in=Deployment.objects.filter(created_at__date=timezone.now().date()).values("workspace"),
            ),
            id="calendar, further down",
        ),
        pytest.param(lambda name: Membership.objects.filter(user_id__in=[name]), id="relation to a list"),
        pytest.param(lambda name: Workspace.objects.filter(name=name).values("name"), id="dictionaries"),
        pytest.param(
            lambda name: Workspace.objects.filter(name=name).values_list("name", flat=True), id="flat"
        ),
    ],
)
def test_what_cannot_be_prepared_is_refused(make):
    run = prepared()(lambda *, name: make(name))

    with pytest.raises(TypeError, match="A prepared query"):
        run(name="First")


def test_what_is_prepared_keeps_no_connection(person):
    run = prepared()(lambda *, pk: User.objects.filter(pk=pk))
    run(pk=person.pk)
    (statement,) = inspect.getclosurevars(run).nonlocals["statements"].values()

    compiler = statement._convert.func.__self__

    assert compiler.connection is not connection
    assert compiler.connection.connection is None
