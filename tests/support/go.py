"""Programs that others wrote in Go, built from their source once and kept beside the embedded platform's state."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from deploy.local.layout import CHECKOUT

TOOLS: Final = CHECKOUT / ".run" / "tools"


class GoMissing(Exception):
    """There is no Go toolchain to build a program with, or it could not; the text says which."""


def built(module: str, version: str) -> Path:
    """Give the program, built now if it never was. Raises `GoMissing`."""
    name = module.rpartition("/")[2]
    place = TOOLS / f"{name}-{version}"
    return _once(place / name, f"{module}@{version}", ["install", f"{module}@{version}"], CHECKOUT)


def pinned(folder: Path, package: str, name: str) -> Path:
    """Give a program of the modules that a folder's `go.mod` and `go.sum` pin, built once. Raises `GoMissing`."""
    sums = hashlib.sha256((folder / "go.sum").read_bytes()).hexdigest()[:12]
    program = TOOLS / f"{name}-{sums}" / name
    return _once(program, package, ["build", "-o", str(program), package], folder)


def _once(program: Path, source: str, words: list[str], folder: Path) -> Path:
    program.parent.mkdir(parents=True, exist_ok=True)
    with (program.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _build(source, words, folder, program.parent)
    return program


def _build(source: str, words: list[str], folder: Path, place: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise GoMissing(f"These tests need {source}, and Go (1.23 or newer) to build it; it is not on the PATH.")
    environment = {**os.environ, "GOBIN": str(place)}
    done = subprocess.run(  # noqa: S603 - our words
        [go, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        raise GoMissing(f"Go could not build {source}:\n{done.stderr}")
