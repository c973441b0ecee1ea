"""A WSGI application that tells what reached it. It runs in the server that tests/server/conftest.py starts."""

import hashlib
import json
import threading

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from cloudui.web.bodies import admit, is_first_run

MOST_ADMITTED = 3_000_000

released = threading.Event()


class Answer(list[bytes]):
    streaming = False


def application(environ, start_response):
    path = environ["PATH_INFO"]
    status, answer = "200 OK", None
    if path == "/stream":
        start_response(status, [("Content-Type", "text/plain")])
        return (f"piece {number}\n".encode() for number in range(3))
    if path == "/hold":
        released.wait(30)
    if path == "/healthz" and environ["QUERY_STRING"] == "release":
        released.set()
    if path == "/fails":
        raise RuntimeError("The application failed.")
    if path == "/exits":
        raise SystemExit
    if path == "/forbidden":
        status, answer = "403 Forbidden", Answer([b"No."])
    else:
        request = HttpRequest()
        request.META = environ
        is_first = is_first_run(request, "told")
        try:
            if path == "/large":
                admit(request, most_bytes=MOST_ADMITTED)
            body = environ["wsgi.input"].read()
        except RequestDataTooBig:
            status, answer = "413 Content Too Large", Answer([b"Too large."])
        else:
            answer = Answer([json.dumps({**_told(environ, body), "is_first_run": is_first}).encode()])
    start_response(status, [("Content-Type", "application/json"), ("X-Seen", "1")])
    return answer


def _told(environ, body):
    return {
        "length": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "environ": {name: value for name, value in environ.items() if isinstance(value, str)},
    }
