"""No process outlives the one that started it, even if that is killed (`kill -9`)."""

import ctypes
import os
import signal
import sys
from typing import Final

# The number of the option in the manual of prctl.
_PR_SET_PDEATHSIG: Final = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def end_with_parent(signum: signal.Signals = signal.SIGTERM, *, parent: int | None = None) -> None:
    """Have the system send this process `signum` when its parent ends. Survives an exec. Linux only.

    Args:
        signum: what to send.
        parent: the parent's process id, where it may have ended before this call.
    """
    if _prctl is None:
        return
    _prctl(_PR_SET_PDEATHSIG, int(signum))
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signum)
