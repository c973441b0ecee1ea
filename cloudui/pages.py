"""What pages are made from, and what a browser may do with them: settings that are the same everywhere."""

from pathlib import Path
from typing import Any, Final

# What a browser may load and do (OWASP Content Security Policy cheat sheet; threats T-W3, T-W4)
_self = "'self'"
CONTENT_SECURITY_POLICY: Final = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [_self],
        "style-src": [_self],
        "img-src": [_self],
        "font-src": [_self],
        "connect-src": [_self],
        "form-action": [_self],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

TEMPLATES: Final[list[dict[str, Any]]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).resolve().parent.parent / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "cloudui.web.templatetags.addresses",
                "cloudui.web.templatetags.remembered",
                "cloudui.web.templatetags.components",
                "cloudui.web.templatetags.icons",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workspaces.context.shell",
            ],
        },
    }
]

# What is included with its inputs alone, which are plain, and then remembered (cloudui.web.templatetags.remembered): all
# of the shell, of which each person has one, and what stands in rows or on every page. None of it is given a secret.
REMEMBERED_PARTS: Final = (
    "shell/",
    "components/badge.html",
    "components/breadcrumbs.html",
    "components/copy_chip.html",
    "components/fact.html",
    "components/filter_chips.html",
    "components/hint.html",
    "components/search.html",
    "components/sort_column.html",
    "components/sort_menu.html",
    "components/status.html",
    "components/tab.html",
    "components/tabs.html",
    "components/toast.html",
    "deployments/_card.html",
    "deployments/_menu.html",
    "deployments/_row.html",
)
