"""What `/metrics` says, by name and labels."""

from django.test import Client


def figures(**headers):
    response = Client().get("/metrics", headers=headers)
    assert response.status_code == 200
    rows = (line.rpartition(" ") for line in response.content.decode().splitlines() if line[0] != "#")
    return {name: float(value) for name, _, value in rows}


def mails(gained):
    """How many attempts to send a mail there were since, by result."""
    return {
        name.partition('"')[2].rstrip('"}'): value
        for name, value in gained().items()
        if name.startswith("cloudui_mails_total") and value
    }
