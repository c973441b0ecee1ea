"""`python -m tests.faults`: attack and kill a running installation, and say what was lost (`make test-faults`).

It starts what `make run` starts, in a folder that is gone afterwards. Checks need nginx where they say so.
"""

import argparse
import sys
import time

from tests.faults import caches, connections, databases, deploys, mails, processes, space, traffic
from tests.faults.stage import Failed

CHECKS = {
    "caches": caches.check,
    "connections": connections.check,
    "databases": databases.check,
    "deploys": deploys.check,
    "mails": mails.check,
    "processes": processes.check,
    "space": space.check,
    "traffic": traffic.check,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test-faults", description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[*CHECKS, []], help="which, in their order; all by default"
    )
    parser.add_argument("--minutes", type=float, default=10, help="of traffic; 10 by default")
    arguments = parser.parse_args()
    failures = 0
    for name in arguments.names or CHECKS:
        began = time.monotonic()
        check = CHECKS[name]
        try:
            for line in check(arguments.minutes) if check is traffic.check else check():
                say(f"{name}: {line}")
        except Failed as failed:
            failures += 1
            say(f"{name}: FAILED: {failed}")
        say(f"{name}: {time.monotonic() - began:.0f} s")
    say("Lost: nothing." if not failures else f"{failures} of the checks failed.")
    return int(bool(failures))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
