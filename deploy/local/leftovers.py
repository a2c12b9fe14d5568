"""Finds and ends what a run that died badly left behind."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from deploy.local.layout import Folder

# Every process of a platform carries its folder in its environment: proof that it is ours, which a recorded pid is not.
MARK: Final = "MENTORSHIP_RUN"


def find(folder: Folder) -> list[int]:
    """Pids of this folder's processes; empty where there is no /proc."""
    mark = f"{MARK}={folder.root}".encode()
    return [pid for pid in running() if pid != os.getpid() and mark in environment(pid)]


def running() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def environment(pid: int) -> list[bytes]:
    with suppress(OSError):  # gone, or another user's
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []


def end(folder: Folder, patience: float = 5.0) -> int:
    """Asks each to stop, then kills; returns how many there were."""
    found = find(folder)
    for kind, limit in ((signal.SIGTERM, patience), (signal.SIGKILL, patience)):
        for pid in find(folder):
            with suppress(ProcessLookupError):
                os.kill(pid, kind)
        until = time.monotonic() + limit
        while find(folder) and time.monotonic() < until:
            time.sleep(0.05)
    return len(found)
