"""Servers that others wrote in Go, built from their source once and kept beside the embedded platform's state."""

import fcntl
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.layout import CHECKOUT

TOOLS: Final = CHECKOUT / ".run" / "tools"


class GoMissing(Exception):
    """There is no Go toolchain to build a server with, or it could not."""


@dataclass(frozen=True)
class Source:
    """A program's package, in one version, and what to do without Go."""

    package: str
    version: str
    without: str
    """Of pytest's `-k`: runs all tests but those that need it."""

    def installed(self) -> Path:
        """Give the program, built now if it never was. Raises `GoMissing`."""
        place = TOOLS / f"{self.package.replace('/', '-')}-{self.version}"
        place.mkdir(parents=True, exist_ok=True)
        program = place / self.package.rpartition("/")[2]
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not program.exists():
                self._build(place)
        return program

    def _build(self, place: Path) -> None:
        go = shutil.which("go")
        if go is None:
            raise GoMissing(f"These tests need Go: install it (1.23 or newer), or run the others with {self.without}.")
        module = f"{self.package}@{self.version}"
        environment = {**os.environ, "GOBIN": str(place)}
        built = subprocess.run(  # noqa: S603 - our words
            [go, "install", module], env=environment, capture_output=True, text=True, timeout=600, check=False
        )
        if built.returncode:
            raise GoMissing(f"Go could not build {module}:\n{built.stderr}")
