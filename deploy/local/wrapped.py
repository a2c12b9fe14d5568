"""Runs a server's binary inside a wrapper process that does its set-up: both live and end together."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from deploy.local import tied


class Wrapped:
    """A child that is told when we are told to stop, and killed by the kernel when we are killed."""

    def __init__(self, command: Sequence[str], ready: Path) -> None:
        self.command = tied.command(signal.SIGKILL, *command)
        self.ready = ready
        self.child: subprocess.Popen[bytes] | None = None
        ready.unlink(missing_ok=True)
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def start(self) -> None:
        self.child = subprocess.Popen(self.command)  # noqa: S603  our wheel

    def restart(self) -> None:
        if self.child:
            self.child.kill()
            self.child.wait()
        self.start()

    def alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def stop(self, number: int, _frame: FrameType | None) -> None:
        self.ready.unlink(missing_ok=True)
        if self.child is None:
            sys.exit(128 + number)
        self.child.terminate()

    def run(self, set_up: Callable[["Wrapped"], None]) -> int:
        """Starts, sets up, says so, and then is as long as its child is."""
        self.start()
        try:
            set_up(self)
        except Exception:
            if self.alive():
                raise
        if self.alive():
            self.ready.write_text(str(os.getpid()))
        return self.child.wait() if self.child else 1
