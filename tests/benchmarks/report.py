"""The machine, and the table of goals (in Markdown, as docs/performance.md has it)."""

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.benchmarks.rounds import Results

PACKAGES: Final = ("django", "granian", "argon2-cffi", "joserfc", "cryptography")
PEER_PACKAGES: Final = (
    "django-oauth-toolkit",
    "django-ninja",
    "django-rest-knox",
    "djangorestframework-api-key",
    "djangorestframework",
)
BEARERS: Final = {
    "django-ninja": "ninja bearer",
    "knox": "knox bearer",
    "djangorestframework-api-key": "api-key bearer",
    "django-oauth-toolkit": "oauth-toolkit bearer",
}
AT_REST: Final = ("at rest", "page at rest")
HEAD: Final = """\
| Work | Cloud UI | Compared with | Its figure | Ratio | Goal | Met |
| --- | ---: | --- | ---: | ---: | ---: | --- |"""


def describe_machine(*, rounds: int, seconds: int) -> str:
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout.split(" [")[0]
    processor = cpu[1] if cpu else platform.machine()
    gibibytes = int(memory[1]) // 1024**2 if memory else "?"
    return f"""\
- {os.cpu_count()} cores ({processor}), {gibibytes} GiB, Python {platform.python_version()}, SQLite
- {_versions(PACKAGES)}; {wrk}
- peers: {_versions(PEER_PACKAGES)}
- granian, {os.cpu_count()} workers of 64 threads, for every candidate; candidates in turn, medians of {rounds} \
rounds, {seconds} s a cell"""


def describe_load() -> str:
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def table(results: Results, writers: list[dict[str, Any]]) -> str:
    return "\n".join([HEAD, *_rates(results), *gateway(results), *_delays(results), *_writers(writers)])


def _rates(results: Results) -> Iterator[str]:
    first, again = "first exchange of a secret, 8 callers", "exchange again within minutes, 8 callers"
    yield _rate(results, first, "first exchange", "raw argon2id on all cores", "raw argon2", 0.85)
    yield _rate(results, first, "first exchange", "django-oauth-toolkit", "oauth-toolkit exchange", 10)
    yield _rate(results, again, "exchange again", "the same view without argon2", "again, no argon2", 0.6)
    yield _rate(results, again, "exchange again", "raw argon2id on all cores", "raw argon2", 15)
    forged = "forged secret, 8 callers"
    yield _rate(results, forged, "forged exchange", "bare JSON view, same middleware", "bare, 8 callers", 0.7)
    bearer = "`GET /v1/whoami` with a token, 16 callers"
    yield _rate(results, bearer, "whoami", "bare JSON view, same middleware", "bare, 16 callers", 0.6)
    for peer, cell in BEARERS.items():
        yield _rate(results, bearer, "whoami", peer, cell, 1.7)
    page = "API Keys page, 25 rows, 8 callers"
    yield _rate(results, page, "page", "minimal view and template", "minimal page", 0.8)
    yield _rate(results, page, "page", "Django admin's list", "admin page", 3)
    million = "API Keys page of 1,000,000 keys"
    yield _rate(results, million, "page of a million", "the same 25 rows of 25 keys", "page", 0.9)


def gateway(results: Results) -> Iterator[str]:
    """How many calls pass the gateway in a second, and how much later than without it."""
    mine, other = results.rate("gateway"), results.rate("fake Airflow")
    met = "yes" if mine >= 500 else "**no**"
    yield (
        f"| call through the gateway, 16 callers | {mine:,.0f}/s | a fake Airflow itself | {other:,.0f}/s "
        f"| {mine / other:.2f} | at least 500/s | {met} |"
    )
    later = results.p50("gateway, one caller") - results.p50("fake Airflow, one caller")
    met = "yes" if later < 3 else "**no**"
    yield (
        f"| what the gateway adds at the median, one caller | {later:.1f} ms | | | | less than 3 ms | {met} |"
    )


def _rate(results: Results, work: str, ours: str, against: str, theirs: str, goal: float) -> str:
    # A slow peer on a busy machine may finish nothing in time, which is no comparison.
    if not results.cells[ours] or not any(cell.requests for cell in results.cells[theirs]):
        return f"| {work} | | {against} | | | at least {goal:g} | not measured |"
    mine, other = results.rate(ours), results.rate(theirs)
    ratio = mine / other if other else float("inf")
    met = "yes" if ratio >= goal else "**no**"
    return (
        f"| {work} | {mine:,.0f}/s | {against} | {other:,.0f}/s | {ratio:.2f} | at least {goal:g} | {met} |"
    )


def _delays(results: Results) -> Iterator[str]:
    for name, cell, against, other, goal in (
        (
            "pages' p95, the first two seconds after a start, 8 callers",
            "page after a start",
            "later",
            "page later",
            3.0,
        ),
        ("pages' p95, 32 callers exchange secrets for the first time", "page, genuine flood", *AT_REST, 3.0),
        ("pages' p95, 200 forged secrets a second", "page, forged flood", *AT_REST, 1.5),
    ):
        mine, limit = results.p95(cell), results.p95(other)
        met = "yes" if mine <= goal * limit else "**no**"
        yield f"| {name} | {mine:.1f} ms | {against} | {limit:.1f} ms | {mine / limit:.2f} | at most {goal:g} | {met} |"


def _writers(writers: list[dict[str, Any]]) -> Iterator[str]:
    writes = sum(writer["writes"] for writer in writers)
    errors = sum(len(writer["errors"]) for writer in writers)
    slowest = max(writer["slowest"] for writer in writers)
    typical = median(writer["slowest"] for writer in writers)
    met = "yes" if not errors and slowest <= 1 and writes >= 10_000 else "**no**"
    yield (
        f"| {len(writers)} processes write to one SQLite file | {writes:,} writes, {errors} errors "
        f"| slowest write | {slowest:.2f} s (median of the processes {typical:.2f} s) | "
        f"| 10,000 writes, no error, at most 1 s | {met} |"
    )


def _versions(packages: tuple[str, ...]) -> str:
    return ", ".join(f"{package} {version(package)}" for package in packages)
