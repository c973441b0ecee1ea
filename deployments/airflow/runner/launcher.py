"""Starts a program with the variables of a file: `python launcher.py FILE PROGRAM ARGUMENT...`.

Alone and without Django, because it runs before each process of an Airflow. The file holds secrets: it is refused
if anybody else may read it. No shell sees a value, so line ends, quotes and dollar signs survive.
"""

import json
import os
import sys


def main(path: str, *command: str) -> None:
    """Become the program; SystemExit with the reason if the file is not private."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if status.st_mode & 0o077 or status.st_uid != os.geteuid():
        sys.exit(f"{path} may be read by others: it must be a file of this user with mode 0600.")
    with open(descriptor, encoding="utf-8") as file:
        environment = json.load(file)
    # Its files lie in folders that are closed to others; what bubblewrap makes on the way to them must be passable.
    os.umask(0o022)
    os.execvpe(command[0], command, environment)  # noqa: S606 - without a shell, which is the point


if __name__ == "__main__":
    main(*sys.argv[1:])
