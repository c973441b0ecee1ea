"""Deployment files for tests."""

from deployments.document import DocumentInvalid, parse


def problems_of(text: str | bytes) -> list[tuple[int, str, str]]:
    """Line, field and message of all that is wrong."""
    try:
        parse(text)
    except DocumentInvalid as error:
        return [(each.line, each.field, each.message) for each in error.problems]
    return []
