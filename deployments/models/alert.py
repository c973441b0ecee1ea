"""When the people of a Deployment were last told of something by mail."""

from typing import ClassVar

from django.db import models

from deployments.models.deployment import Deployment


class AlertKind(models.TextChoices):
    """What they are told of."""

    RUN_FAILED = "run_failed", "A DAG run failed"
    DEPLOY_FAILED = "deploy_failed", "A deploy failed"
    UNHEALTHY = "unhealthy", "The Deployment is unhealthy"
    KEY_REFUSED = "key_refused", "An API key is refused again and again"


class Alert(models.Model):
    """The last mail of a kind about a Deployment; one row each, changed under the Deployment's row (deployments.alerts)."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=20, choices=AlertKind)
    sent_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Alert"]] = models.Manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deployment", "kind"], name="one_alert_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.deployment_id}"
