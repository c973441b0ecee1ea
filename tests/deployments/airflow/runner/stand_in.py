"""What stands in for an Airflow: processes that beat, and one that tells how the others are. Run as a program."""

import json
import os
import sys
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

HOME = Path(os.environ["AIRFLOW_HOME"])
NAMES = ("scheduler", "dag_processor", "triggerer")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        answer = {"version": "3.3.2", "metadatabase": {"status": "healthy"}}
        for name in NAMES:
            beat = HOME / name
            heard = beat.read_text() if beat.exists() else None
            answer[name] = {"status": "healthy", f"latest_{name}_heartbeat": heard}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def main(component):
    (HOME / f"{component}.environ").write_text(json.dumps(dict(os.environ)))
    if component == "api-server":
        port = int(os.environ["AIRFLOW__API__PORT"])
        HTTPServer(("127.0.0.1", port), Handler).serve_forever()
    print(f"{component} has begun", flush=True)
    name = component.replace("-", "_")
    if name not in NAMES:
        return
    if os.environ.get("FAILS") == component:
        sys.exit(f"{component} has no luck")
    while True:
        fresh = HOME / f"{name}.new"
        fresh.write_text(datetime.now(UTC).isoformat())
        fresh.replace(HOME / name)
        time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[3])
