"""The audit log, read-only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from cloudui.web.principal import Kind
from workspaces.admin.bounded import BoundedAdmin
from workspaces.models import AuditEvent


class KindFilter(admin.SimpleListFilter):
    """By kind of caller. The choices are fixed: asking the table for its values would read all of it."""

    title = "kind of caller"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(Kind.USER, "People"), (Kind.API_KEY, "API keys"), (Kind.SYSTEM, "The installation")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(subject_kind=self.value()) if self.value() else queryset


class AuditEventAdmin(BoundedAdmin):
    """Read-only: the database refuses every change, and housekeeping deletes old ones."""

    list_display = ("moment", "operation", "subject_name", "target", "workspace", "deployment", "result")
    list_filter = ("at", KindFilter)
    search_fields = (
        "^operation", "^subject_name", "=subject_id", "=target", "=workspace", "=deployment", "=request_id"
    )  # fmt: skip
    search_help_text = "How an operation or a name begins, or the whole of an identifier or a request ID."
    permissions: Mapping[str, str] = {"view": "see"}
    fields = (
        "moment",
        "operation",
        "result",
        "subject_kind",
        "subject_id",
        "subject_name",
        "workspace",
        "deployment",
        "target",
        "input",
        "source_ip",
        "user_agent",
        "request_id",
    )
    readonly_fields = fields
    ordering = ("-at", "-id")
    sortable_by = ("moment",)

    @admin.display(description="Time (UTC)", ordering="at")
    def moment(self, event: AuditEvent) -> str:
        """To the millisecond, so that it can be matched with other logs."""
        return event.at.astimezone(UTC).isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
