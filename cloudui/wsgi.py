"""The WSGI application that granian serves. Starting it also checks the key file and starts counting uses of keys."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudui.settings")

django.setup(set_prefix=False)

from django.db import connections  # noqa: E402 - models need the applications that were just set up

from apikeys import usage  # noqa: E402 - they too
from cloudui.web import keycheck, metrics, request_log, wsgi  # noqa: E402 - they too

application = wsgi.Handler()

# A server with another database's keys would refuse every genuine secret: stop here instead.
keycheck.verify_or_register()
# This thread serves no request, so it must not keep a connection that one could use.
connections.close_all()
usage.write_regularly()
request_log.write_regularly()
metrics.WORKERS.set(1)
