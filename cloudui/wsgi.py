"""The WSGI application that granian serves.

Starting it also checks the key file, reads routes and templates, and starts counting uses of keys.
"""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudui.settings")

django.setup(set_prefix=False)

from apikeys import usage  # noqa: E402 - models need the applications that were just set up
from cloudui.web import keycheck, metrics, preloading, request_log, wsgi  # noqa: E402 - they too

application = wsgi.Handler()

# A server with another database's keys would refuse every genuine secret: stop here instead.
try:
    keycheck.verify_in_time()
except ImproperlyConfigured as error:
    sys.exit(f"Configuration error: {error}")
preloading.preload()
usage.write_regularly()
request_log.write_regularly()
metrics.WORKERS.set(1)
