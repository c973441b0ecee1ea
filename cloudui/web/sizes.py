"""Sizes in the units that settings and documentation have: KiB, MiB, GiB."""

import re

from django.template.defaultfilters import filesizeformat


def in_words(count: float) -> str:
    """A number of bytes such as `2.0 MiB`. Django counts 1024 to a step too, and calls it `MB`."""
    return re.sub(r"(?<=[KMGTP])B$", "iB", filesizeformat(count))
