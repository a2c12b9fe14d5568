"""Runs a command that ends when its parent ends: `python -m deploy.local.tied TERM COMMAND…`."""

import ctypes
import os
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1  # survives exec


def tie(to_signal: signal.Signals) -> None:
    """Linux only; elsewhere a killed parent leaves its children to the next start, which sweeps them."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, to_signal)
    if os.getppid() != parent:  # it died before we were tied
        sys.exit(1)


def command(to_signal: signal.Signals, *words: str) -> list[str]:
    return [sys.executable, "-m", "deploy.local.tied", to_signal.name.removeprefix("SIG"), *words]


if __name__ == "__main__":
    tie(signal.Signals[f"SIG{sys.argv[1]}"])
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  the point of this room
