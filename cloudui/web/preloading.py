"""What a process reads before its first request instead of in it: the site's routes with their views, and the templates.

Each process's first visitor waited half a second for that, and those beside it too (docs/performance.md).
"""

import contextlib
from pathlib import Path

from django.template import TemplateSyntaxError, engines
from django.template.backends.django import DjangoTemplates
from django.urls import get_resolver


def preload() -> None:
    """Import all views, make the map from names to URLs, and compile all templates that are ours."""
    _ = get_resolver().reverse_dict
    for engine in engines.all():
        if isinstance(engine, DjangoTemplates):
            _ = engine.engine.template_context_processors
            for folder in map(Path, engine.dirs):
                for file in sorted(folder.rglob("*.html")):
                    # One that names a static file which nobody has collected fails again for whoever asks for it.
                    with contextlib.suppress(TemplateSyntaxError, ValueError):
                        engine.get_template(file.relative_to(folder).as_posix())
