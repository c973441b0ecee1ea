"""The audit log's one table. Rows are only ever added; the database itself refuses anything else."""

from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Lower

from cloudui.web.ids import ID_LENGTH
from cloudui.web.orders import ByteOrder


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Events, selected in the words of the business."""

    def of_deployment(self, deployment_id: str) -> Self:
        """What happened to one Deployment and to what belongs to it."""
        return self.filter(deployment=deployment_id)

    def of_key(self, key_id: str) -> Self:
        """What somebody did to an API key, and what it did itself."""
        return self.filter(models.Q(target=key_id) | models.Q(subject_id=key_id))


class AuditEvent(models.Model):
    """One thing that somebody did. Without foreign keys, since an event survives what it is about."""

    at = models.DateTimeField(auto_now_add=True)
    subject_kind = models.CharField(max_length=10)
    subject_id = models.CharField(max_length=40)
    subject_name = models.CharField(max_length=254)
    operation = models.CharField(max_length=64)
    workspace = models.CharField(max_length=ID_LENGTH, blank=True)
    deployment = models.CharField(max_length=ID_LENGTH, blank=True)
    target = models.CharField(max_length=64, blank=True)
    input = models.JSONField(default=dict)
    source_ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    result = models.CharField(max_length=64, default="ok")

    objects: ClassVar[models.Manager["AuditEvent"]] = AuditEventQuerySet.as_manager()

    class Meta:
        """Read newest first: the whole log, or what one filter of the audit log's page leaves."""

        indexes: ClassVar = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["deployment", "-at", "-id"], name="audit_of_deployment"),
            models.Index(fields=["workspace", "-at", "-id"], name="audit_of_workspace"),
            models.Index(fields=["operation", "-at", "-id"], name="audit_of_operation"),
            models.Index(fields=["subject_id", "-at", "-id"], name="audit_of_subject"),
            models.Index(fields=["target", "-at", "-id"], name="audit_of_target"),
            models.Index(fields=["source_ip", "-at", "-id"], name="audit_of_address"),
            # What operators search by besides.
            models.Index(fields=["subject_kind", "-at", "-id"], name="audit_of_kind"),
            models.Index(fields=["request_id"], name="audit_of_request"),
            models.Index(ByteOrder(Lower("subject_name")), name="audit_by_name"),
            models.Index(ByteOrder(Lower("operation")), name="audit_by_operation"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} by {self.subject_name}"
