"""The WSGI application that granian serves. Starting it also checks the key file."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudui.settings")

application = get_wsgi_application()

from cloudui.web import keycheck  # noqa: E402 - models need the application that was just set up

# A server with another database's keys would refuse every genuine secret: stop here instead.
keycheck.verify_or_register()
