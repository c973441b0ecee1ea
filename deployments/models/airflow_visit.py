"""Somebody who looks at the web interface of an Airflow: first a ticket, then a cookie of that Airflow's own host."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from deployments.models.deployment import Deployment

# Of SHA-256, in hexadecimal digits.
DIGEST_LENGTH = 64


class AirflowVisit(models.Model):
    """One row each time that *Open Airflow* is used; who has the ticket or cookie is not in the database."""

    digest = models.CharField(primary_key=True, max_length=DIGEST_LENGTH, editable=False)
    # A ticket is exchanged once, for another row with a cookie.
    is_ticket = models.BooleanField(default=True, db_default=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="+")
    # The sign-in at the console: a visit ends with it, and when the person signs out everywhere.
    session_key = models.CharField(max_length=40)
    security_stamp = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["AirflowVisit"]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.user_id} at {self.deployment_id}"
