"""The operators' pages of Clusters, runtime releases and Deployments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import F
from django.db.models.functions import Lower
from django.http import HttpRequest

from cloudui.web.orders import ByteOrder
from deployments.airflow.admin import AirflowPages
from deployments.models import Cluster, Deployment, NodePool, RuntimeRelease
from workspaces.admin.audited import AuditedAdmin, changes_of
from workspaces.admin.bounded import BoundedAdmin


class NodePoolFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg] # generic in the stubs only
    """The worker types of a Cluster, beside those that came since the form was opened.

    Django compares the rows of a form with each other, and never with those that the form does not list.
    """

    def clean(self) -> None:
        super().clean()
        if any("id" in errors for errors in self.errors):
            raise ValidationError("A worker type of this form was deleted meanwhile. Open the page again.")
        if any(self.errors):
            return
        listed = [inline.instance.pk for inline in self.initial_forms]
        pools = [*self.instance.node_pools.exclude(pk__in=listed)] if self.instance.pk else []
        for inline in self.forms:
            if inline in self.deleted_forms or not (inline.has_changed() or inline in self.initial_forms):
                continue
            pool = inline.instance
            if any(pool.worker_type == other.worker_type for other in pools):
                raise ValidationError(f"The Cluster has the worker type {pool.worker_type} already.")
            if pool.is_default and any(other.is_default for other in pools):
                raise ValidationError(
                    "Choose one worker type as the default, and open the page again to see all."
                )
            pools.append(pool)

    def save_existing_objects(self, *args: Any, **kwargs: Any) -> list[NodePool]:
        """Save one after the other, so that two may have changed places."""
        moved = [
            inline.instance.pk
            for inline in self.initial_forms
            if {"worker_type", "is_default"} & {*inline.changed_data}
        ]
        self.instance.node_pools.filter(pk__in=moved).update(worker_type=F("id"), is_default=False)
        saved: list[NodePool] = super().save_existing_objects(*args, **kwargs)
        return saved


class NodePoolInline(admin.TabularInline):  # type: ignore[type-arg] # generic in the stubs only
    """The worker machines, below their Cluster."""

    model = NodePool
    formset = NodePoolFormSet
    extra = 0
    permissions = BoundedAdmin.permissions


@admin.register(Cluster)
class ClusterAdmin(AuditedAdmin):
    """A Cluster with Deployments cannot be deleted: the database protects it."""

    inlines = (NodePoolInline,)
    list_display = ("name", "kind", "provider", "region", "id")
    search_fields = ("name", "=id")
    search_help_text = "How a name begins, with its capital letters, or the whole of an ID."
    ordering = ("name",)
    sortable_by = ("name",)
    readonly_fields = ("id", "created_at", "updated_at")
    fields = ("name", "kind", "provider", "region", "id", "created_at", "updated_at")


@admin.register(RuntimeRelease)
class RuntimeReleaseAdmin(AuditedAdmin):
    """What new Deployments may choose; a release in use is taken back by no longer offering it."""

    list_display = ("version", "airflow_version", "channel", "is_offered", "position")
    list_filter = ("is_offered",)
    search_fields = ("version",)
    search_help_text = "How a version begins."
    ordering = ("-position", "-version")

    def get_readonly_fields(self, request: HttpRequest, obj: RuntimeRelease | None = None) -> Any:
        """The version names the row: another version would be another row."""
        return ("version",) if obj else ()


NO_URL: Final = "Enter an http or https address without a user name or password."


class DeploymentForm(forms.ModelForm):  # type: ignore[type-arg] # generic in the stubs only
    """What only operators know of a Deployment."""

    class Meta:
        model = Deployment
        fields = ("airflow_url",)

    def clean_airflow_url(self) -> str:
        """Refuse a user name and password in it, which would be shown and logged."""
        url: str = self.cleaned_data["airflow_url"]
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValidationError(NO_URL) from None
        if url and (parts.scheme not in {"http", "https"} or "@" in parts.netloc):
            raise ValidationError(NO_URL)
        return url


@admin.register(Deployment)
class DeploymentAdmin(AirflowPages):
    """Deployments are made and deleted in the console, where their rules are; here their Airflow is named."""

    form = DeploymentForm
    readonly_fields = (
        "name",
        "id",
        "release_name",
        "workspace",
        "description",
        "cluster",
        "runtime",
        "executor",
        "scheduler_au",
        "scheduler_replicas",
        "ci_cd_enforced",
        "status",
        "api_key_count",
        "created_at",
        "updated_at",
        "updated_by_name",
    )
    fields = ("airflow_url", *readonly_fields)
    list_display = ("name", "release_name", "workspace", "cluster", "runtime", "status")
    list_filter = ("status",)
    list_select_related = ("workspace", "cluster", "runtime")
    search_fields = ("^name", "release_name", "=id", "=workspace__id", "^workspace__name", "cluster__name")
    search_help_text = (
        "How the name of a Deployment, Workspace or Cluster or a namespace begins, or the whole of the ID of a "
        "Deployment or Workspace."
    )
    ordering = (ByteOrder(Lower("name")), "pk")
    permissions: Mapping[str, str] = {"view": "see", "change": "name their Airflow"}

    def place(self, obj: Any) -> dict[str, str]:
        return {"workspace": obj.workspace_id, "deployment": obj.pk}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: the console asks for the typed word and ends the keys in the same transaction."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm[Any], change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save what the form changes and nothing else: the counters may have moved since it was opened."""
        if form.changed_data:
            principal = request.principal  # type: ignore[attr-defined] # workspaces.middleware sets it
            obj.save_change(principal, *form.changed_data)
            self.record(request, "updateDeployment", obj, changes_of(form))
