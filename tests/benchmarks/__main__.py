"""`python -m tests.benchmarks`: measure Cloud UI beside its limits and its peers (`make bench`)."""

import argparse
import shutil
import sys
import time
from datetime import UTC, datetime

from tests.benchmarks.report import describe_load, describe_machine, table
from tests.benchmarks.rounds import Results, measure_round, measure_writers
from tests.benchmarks.stage import set_up

# No machine that this has run on exchanges more for the first time in a second.
FIRST_EXCHANGES_A_SECOND = 160


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each candidate takes its turn")
    parser.add_argument("--seconds", type=int, default=2, help="how long a cell is measured")
    parser.add_argument("--full", action="store_true", help="five rounds of 8 seconds")
    options = parser.parse_args()
    rounds, seconds = (5, 8) if options.full else (options.rounds, options.seconds)
    if not shutil.which("wrk"):
        raise SystemExit(
            "The load comes from wrk, which is missing (Debian and Ubuntu: apt-get install wrk)."
        )
    began = time.monotonic()
    say(describe_machine(rounds=rounds, seconds=seconds))
    say(f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load before: {describe_load()}")
    results = Results(seconds=seconds)
    # The flood goes on while a page is measured.
    with set_up(secrets=FIRST_EXCHANGES_A_SECOND * (seconds + 1)) as stage:
        for _ in range(rounds):
            measure_round(stage, results)
    writers = measure_writers(seconds=3 * seconds)
    say(f"- load after: {describe_load()}; took {time.monotonic() - began:.0f} s\n")
    say(table(results, writers))
    for sentence in results.wrong:
        say(f"\nNot as expected: {sentence}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
