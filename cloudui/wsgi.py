"""The WSGI application that granian serves. Starting it also checks the key file."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudui.settings")

django.setup(set_prefix=False)

from cloudui.web import keycheck, wsgi  # noqa: E402 - models need the applications that were just set up

application = wsgi.Handler()

# A server with another database's keys would refuse every genuine secret: stop here instead.
keycheck.verify_or_register()
