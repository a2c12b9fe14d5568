"""Software that others wrote and that tests run: packages of npm on this machine's Node, and Debian's Chromium.

The packages are installed once for each state of the lock file, beside it, with the hashes it names.
"""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

CLIENTS: Final = Path(__file__).parents[1] / "clients"
PACKAGES: Final = CLIENTS / "node_modules"
LOCK: Final = CLIENTS / "package-lock.json"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


class Missing(Exception):
    """A program that these tests need is not on this machine; the text says what to install."""


def node() -> str:
    return _program("node", needs="Node 20 or newer and npm (on Debian: nodejs and npm)")


def chromium() -> str:
    """Raises `Missing`."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise Missing("The tests of the pages need Chromium (on Debian: chromium); it is not on the PATH.")
    return found


def packages() -> Path:
    """Give the folder of npm's packages, installed now if they are not those of the lock file. Raises `Missing`."""
    PACKAGES.mkdir(exist_ok=True)
    mark, state = PACKAGES / ".of-lock", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != state:
            _install()
            mark.write_text(state)
    return PACKAGES


def _install() -> None:
    npm = _program("npm", needs="npm and Node 20 or newer (on Debian: npm and nodejs)")
    command = [npm, "ci", "--no-audit", "--no-fund", "--no-progress"]
    done = subprocess.run(command, cwd=CLIENTS, capture_output=True, text=True, timeout=600, check=False)  # noqa: S603
    if done.returncode:
        raise Missing(f"npm could not install what {LOCK.name} names; it says:\n{done.stdout}{done.stderr}")


def _program(name: str, *, needs: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"The tests with other people's clients need {needs}; {name} is not on the PATH.")
    return found
