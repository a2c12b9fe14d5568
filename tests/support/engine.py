"""A Docker engine: the one there is, or one started here for the tests, with a stand-in for the base image.

Nothing can be pulled on many a machine that tests, so the base is made by mmdebstrap and laid out as python:slim is.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.layout import CHECKOUT
from tests.support.waiting import at_last

BASE: Final = "mentorship-test-base"
IMAGE: Final = "mentorship-test"
STAND_IN: Final = """
FROM scratch
ADD base.tar /
COPY pip.conf /etc/pip.conf
COPY authorities.crt /etc/ssl/certs/ca-certificates.crt
RUN ["find", "/usr/lib/python3.11", "-name", "*.pyc", "-delete"]
"""
"""A Debian with Python and no compiled module, as python:slim is; it trusts and asks whom this machine does."""
AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")


class NoEngine(Exception):
    """There is none and none can be started; says why."""


@dataclass(frozen=True)
class Engine:
    host: str

    def __call__(self, *words: str, check: bool = True) -> str:
        """Run `docker` and give what it printed, errors too. Raises `AssertionError` with it."""
        done = subprocess.run(  # noqa: S603 - words of ours
            ["docker", "--host", self.host, *words],  # noqa: S607 - of Debian, wherever it is
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
            env=os.environ | {"DOCKER_BUILDKIT": "0"},
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return (done.stdout + done.stderr).strip()

    def answers(self) -> bool:
        return "Server Version" in self("info", check=False)


@contextmanager
def engine() -> Iterator[Engine]:
    """Give an engine. Raises `NoEngine`."""
    if shutil.which("docker") is None:
        raise NoEngine("there is no docker client (Debian: apt-get install docker.io)")
    theirs = Engine(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    if theirs.answers():
        yield theirs
        return
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        raise NoEngine(f"none answers at {theirs.host}, and only root can start one, with dockerd")
    folder = Path(tempfile.mkdtemp(prefix="mentorship-engine-"))
    with _started(folder) as ours:
        yield ours


@contextmanager
def _started(folder: Path) -> Iterator[Engine]:
    """Start one that needs neither a bridge nor a firewall; containers take the machine's network."""
    own = ("--data-root", f"{folder}/data", "--exec-root", f"{folder}/run", "--pidfile", f"{folder}/pid")
    without = ("--bridge=none", "--iptables=false", "--ip6tables=false")
    ours = Engine(f"unix://{folder}/socket")
    with (folder / "log").open("w") as log:
        daemon = subprocess.Popen(["dockerd", "--host", ours.host, *own, *without], stdout=log, stderr=log)  # noqa: S603, S607 - docker.io
        try:
            if not at_last(ours.answers, within=180):
                raise NoEngine("dockerd does not start: " + (folder / "log").read_text()[-500:])
            yield ours
        finally:
            daemon.terminate()
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(30)
            left = folder / "run" / "netns" / "default"  # the network of those that take the machine's stays mounted
            subprocess.run(["umount", left], capture_output=True, check=False)  # noqa: S603, S607 - of Debian
            shutil.rmtree(folder, ignore_errors=True)


def stand_in(engine: Engine) -> str:
    """Make the base image and give its name. Raises `NoEngine` where this machine cannot."""
    if shutil.which("mmdebstrap") is None:
        raise NoEngine("there is no mmdebstrap to make a base image with (Debian: apt-get install mmdebstrap)")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        words = ("--variant=minbase", "--include=python3,python3-venv,ca-certificates", "bookworm")
        made = subprocess.run(  # noqa: S603 - words of ours
            ["mmdebstrap", "--quiet", *words, folder / "base.tar"],  # noqa: S607 - of Debian
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise NoEngine(f"mmdebstrap failed: {made.stderr[-300:]}")
        shutil.copy(AUTHORITIES, folder / "authorities.crt")
        asked = Path("/etc/pip.conf")
        (folder / "pip.conf").write_bytes(asked.read_bytes() if asked.exists() else b"")
        (folder / "Dockerfile").write_text(STAND_IN)
        engine("build", "--tag", BASE, "--network", "host", str(folder))
    return BASE


@contextmanager
def built() -> Iterator[Engine]:
    """Give an engine that has the image of this checkout, on a stand-in for its base. Raises `NoEngine`."""
    with engine() as running:
        on = ("--network", "host", "--build-arg", f"BASE={stand_in(running)}")
        running("build", *on, "-f", str(CHECKOUT / "deploy" / "docker" / "Dockerfile"), "-t", IMAGE, str(CHECKOUT))
        yield running
