"""What the REST interface takes and gives of alert e-mails."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from cloudui.web.rest.schemas import Body
from deployments.details.alert_emails import ALERT_EMAILS, EMAIL_LENGTH


class AlertEmails(BaseModel):
    """Where alerts go."""

    alert_emails: list[str]


class AlertEmailsWanted(Body):
    """Where alerts go from now on."""

    EXAMPLE: ClassVar = {"alert_emails": ["team@example.com"]}

    alert_emails: list[Annotated[str, Field(max_length=EMAIL_LENGTH)]] = Field(max_length=ALERT_EMAILS)
