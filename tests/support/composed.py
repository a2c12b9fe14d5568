"""The compose file started on an engine, the images that nobody can pull replaced by this machine's own programs.

Such a container has a Debian and, over it, what is installed here: `/usr`, the checkout with its environment, Java.
What it runs, with what settings, is what the compose file says.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.local import binaries
from deploy.local.keys import seal
from deploy.local.layout import CHECKOUT
from deploy.local.ports import choose, somewhere
from tests.support.engine import BASE, IMAGE, Engine, NoEngine

FILE: Final = CHECKOUT / "deploy" / "compose" / "compose.yaml"
STAND_INS: Final = CHECKOUT / "tests" / "deploy" / "stand_ins"
COMMANDS: Final = (("docker", "compose"), ("docker-compose",))


@dataclass(frozen=True)
class Composed:
    command: Sequence[str]
    environment: dict[str, str] = field(repr=False)
    gateway: str
    mails: str

    def __call__(self, *words: str, input: str | None = None, check: bool = True) -> str:
        """Run compose with these words and give what it printed, errors too. Raises `AssertionError` with it."""
        done = subprocess.run(  # noqa: S603 - words of ours
            [*self.command, *words],
            env=os.environ | self.environment,
            input=input,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        said = done.stdout + done.stderr
        assert not check or done.returncode == 0, said
        return said


@contextmanager
def composed(engine: Engine) -> Iterator[Composed]:
    """Start it, and take it down with its volumes. Raises `NoEngine`, and `NotHere` for a program that is missing."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "bin").mkdir()
        (folder / "bin" / "mongosh").symlink_to(STAND_INS / "mongosh.py")
        (folder / "stand-ins.yaml").write_text(yaml.safe_dump({"services": stand_ins(folder / "bin")}))
        ports = choose(somewhere())
        made = Composed(
            (
                *_compose(),
                "-f",
                str(FILE),
                "-f",
                str(folder / "stand-ins.yaml"),
                "-p",
                f"mentorship-test-{os.getpid()}",
            ),
            _environment(engine, str(ports["gateway"]), str(ports["mailbox"])),
            gateway=f"http://localhost:{ports['gateway']}",
            mails=f"http://localhost:{ports['mailbox']}",
        )
        try:
            made("up", "--detach", "--no-build")
            yield made
        finally:
            made("down", "--volumes", "--timeout", "5", check=False)


def _environment(engine: Engine, port: str, mails: str) -> dict[str, str]:
    where = {"DOCKER_HOST": engine.host, "MENTORSHIP_IMAGE": IMAGE}
    where |= {"MENTORSHIP_PORT": port, "MENTORSHIP_MAILS_PORT": mails}
    return where | {"IDENTITY_KEY_SECRET": seal(), "STIPENDS_PAYEE_SECRET": seal()}


def _compose() -> Sequence[str]:
    for words in COMMANDS:
        if shutil.which(words[0]) and not subprocess.run([*words, "version"], capture_output=True).returncode:  # noqa: S603, PLW1510 - ours
            return words
    raise NoEngine("there is no compose (Debian: apt-get install docker-compose)")


def stand_ins(tools: Path) -> dict[str, Any]:
    """Say what of the compose file is otherwise here: images, where programs lie, and words where an image has them."""
    java = binaries.kafka()[0].resolve().parents[1]
    here = {
        "/usr",
        sys.base_prefix,
        sys.prefix,
        str(CHECKOUT),
        str(java),
        str(tools),
        *map(str, Path("/etc").glob("java*")),
    }
    programs = (
        tools,
        binaries.mongod().parent,
        binaries.gateway().parent,
        Path(sys.prefix) / "bin",
        java / "bin",
        "/usr/bin",
    )
    common = {
        "image": BASE,
        "volumes": [f"{place}:{place}:ro" for place in sorted(here)],
        "environment": {"PATH": ":".join(map(str, programs)), "PYTHONDONTWRITEBYTECODE": "1"},
        "working_dir": str(CHECKOUT),
    }
    mailbox = ["--http-port", "8025", "--smtp-port", "1025", "--file", "/tmp/mails"]  # noqa: S108 - in a container of its own
    return {
        "mongo": common,
        "gateway": common,
        "kafka": common | {"command": ["python", "-m", "tests.deploy.stand_ins.kafka"]},
        "mail": common | {"command": ["python", "-m", "deploy.local.mailbox", "--host", "0.0.0.0", *mailbox]},  # noqa: S104 - as above
    }
