"""What a worker queue may be: the limits that the original product's client is told; operators set the most workers."""

import re
from collections.abc import Mapping
from typing import Final

from django.core.exceptions import ValidationError

from cloudui.web.advice import Advice
from deployments.models import NodePool
from deployments.models.queue import QUEUE_NAME_LENGTH
from deployments.queues.fields import NUMBERS, QueueInput

# How many queues a Deployment may have, `default` among them.
MAX_QUEUES: Final = 10

# The name becomes part of the names of machines, so a hyphen stands inside only. The pages check it too.
NAME_PATTERN: Final = r"[a-z]([\-a-z]*[a-z])?"
NAME_RULE: Final = "Use lower-case letters, with hyphens between them."


def errors_of(data: QueueInput, pools: Mapping[str, NodePool]) -> dict[str, str]:
    """What is wrong with a queue and what to do about it, by field; `pools` have workers, by worker type."""
    errors = {}
    if error := name_error(data.name):
        errors["name"] = error
    pool = pools.get(data.worker_type)
    if pool is None:
        return {**errors, "worker_type": _no_such_type(pools)}
    for field, number in NUMBERS.items():
        least, greatest = number.limits(pool)
        if not least <= getattr(data, field) <= greatest:
            errors[field] = f"Enter a number from {least} to {greatest}."
            if number.greatest is None:
                errors[field] = Advice(errors[field], f"The most for {pool.worker_type} is {greatest}.")
    if not errors.keys() & {"min_workers", "max_workers"} and data.min_workers > data.max_workers:
        errors["min_workers"] = f"Enter at most {data.max_workers}, which is the maximum of this queue."
    return errors


def name_error(name: str) -> str:
    """What is wrong with a queue's name; empty if nothing is."""
    if not name:
        return "Enter a name."
    if len(name) > QUEUE_NAME_LENGTH:
        return f"Use at most {QUEUE_NAME_LENGTH} characters; this has {len(name)}."
    return "" if re.fullmatch(NAME_PATTERN, name) else NAME_RULE


def require_valid(errors: Mapping[str, str]) -> None:
    """Raise a ValidationError with each error on its field, if there is one."""
    if errors:
        raise ValidationError(dict(errors))


def _no_such_type(pools: Mapping[str, NodePool]) -> str:
    if not pools:
        return Advice("The Cluster has no node pools.", "An operator has to add one first.")
    return f"Select one of the Cluster's worker types: {', '.join(pools)}."
