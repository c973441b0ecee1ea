"""`python -m tests.production`: keep what docs/production.md describes running until Enter is pressed."""

import sys

from tests.production.installation import EMAIL, HOST, PASSWORD, installed

with installed() as installation:
    installation.manage("superuser", "--email", EMAIL, typed=f"{PASSWORD}\n")
    sys.stdout.write(
        f"curl --cacert {installation.folder}/ssl.pem --connect-to {HOST}:443:127.0.0.1:{installation.port} "
        f"https://{HOST}/\nSign in as {EMAIL} with: {PASSWORD}\nEnter ends it. "
    )
    sys.stdout.flush()
    sys.stdin.readline()
