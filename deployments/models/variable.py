"""An environment variable of a Deployment; its value is kept encrypted."""

from typing import ClassVar, Self

from django.db import models

from cloudui.web.ids import ID_LENGTH, new_id
from deployments.models.deployment import Deployment

KEY_LENGTH = 255


class EnvironmentVariableQuerySet(models.QuerySet["EnvironmentVariable"]):
    """Environment variables, whose values the service reads; rights are those of their Deployment."""

    def of(self, deployment: Deployment) -> Self:
        return self.filter(deployment=deployment).order_by("key")


class EnvironmentVariable(models.Model):
    """A variable of Airflow's environment; encryption binds it to Deployment, key and flag: no copy can be read."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="variables")
    key = models.CharField(max_length=KEY_LENGTH)
    # What cloudui.web.encryption makes of it, bound to the Deployment, the key and the flag.
    value = models.BinaryField()
    is_secret = models.BooleanField("secret", default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField()

    objects: ClassVar[models.Manager["EnvironmentVariable"]] = EnvironmentVariableQuerySet.as_manager()

    class Meta:
        """A key stands once in a Deployment; upper and lower case differ, as in a shell."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deployment", "key"], name="one_variable_per_key")
        ]

    def __str__(self) -> str:
        return self.key
