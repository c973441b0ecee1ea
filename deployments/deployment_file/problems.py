"""What is wrong with a Deployment file, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Whoever has a hundred has pasted something else.
MAX_PROBLEMS: Final = 100
MOST_QUOTED: Final = 120


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; its `message` never repeats the value of an environment variable.

    `field` is such as `worker_queues[0].name`, or empty; `line` and `column` count from 1, 0 is the file as a whole;
    `source` is that line, empty where it may show a secret.
    """

    message: str
    remedy: str = ""
    field: str = ""
    line: int = 0
    column: int = 0
    source: str = ""


class InvalidDeploymentFile(Exception):
    """A Deployment file that cannot be applied; where `is_showable`, its text surely holds no secret."""

    def __init__(self, problems: Sequence[Problem], *, is_showable: bool = False) -> None:
        super().__init__("This Deployment file cannot be applied.")
        self.is_showable = is_showable
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.column))[:MAX_PROBLEMS]
