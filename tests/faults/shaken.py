"""The whole platform on a store of three members, with lines between services, broker and store that can be spoiled."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from deploy.local import ports, seed
from deploy.local.parts import ALL
from deploy.local.platform import Platform
from tests.support import telltale
from tests.support.replica_set import Member, ReplicaSet, replica_set
from tests.support.toxic import Lines, laid

STORE: Final = tuple(f"member-{number}" for number in range(3))
"""The lines to the members of the store; on them the members speak to each other too."""
LINES: Final = ("broker", *STORE)
SIZE: Final = "2g"
"""Of the store's disk at the most; it takes as much memory as is on it."""


@dataclass(frozen=True)
class Disk:
    """What the store's members write on; a file system of its own where this machine lets us mount one."""

    place: Path
    mounted: bool

    def fill(self) -> None:
        """Let there be no room for another byte."""
        used = shutil.disk_usage(self.place).used
        self._be(f"{used // 1024 + 16}k")

    def grow(self) -> None:
        self._be(SIZE)

    def _be(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.place], check=True)  # noqa: S603, S607 - ours


@dataclass(frozen=True)
class Shaken:
    platform: Platform
    lines: Lines
    store: ReplicaSet
    disk: Disk


@contextmanager
def shaken() -> Iterator[Shaken]:
    folder = Path(tempfile.mkdtemp(prefix="mentorship-shaken-"))
    at = places()
    members = [Member(at[f"{line} itself"], at[line], folder / "disk" / line, folder / f"{line}.log") for line in STORE]
    laying = [(member, found.found_at, found.port) for member, found in zip(STORE, members, strict=True)]
    laying.append(("broker", at["broker line"], at["broker"]))
    try:
        with (
            disk(folder / "disk") as place,
            laid(at["lines"], folder / "toxiproxy.log", laying) as lines,
            replica_set(members) as store,
            standing_on(store, folder, at) as platform,
        ):
            yield Shaken(platform, lines, store, place)
    finally:
        telltale.keep_logs(folder / "logs", Path(os.environ[telltale.KEPT]))
        shutil.rmtree(folder, ignore_errors=True)


def places() -> dict[str, int]:
    """Choose the platform's ports, and those of what it stands on."""
    wishes = ports.somewhere()
    more = ("lines", "broker line", *STORE, *(f"{member} itself" for member in STORE))
    first = max(wishes.values()) + 1
    return ports.choose(wishes | {name: first + place for place, name in enumerate(more)})


@contextmanager
def disk(place: Path) -> Iterator[Disk]:
    place.mkdir()
    words = ("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "mentorship-test", place)
    mounted = os.geteuid() == 0 and subprocess.run(words, capture_output=True, check=False).returncode == 0  # noqa: S603 - ours
    try:
        yield Disk(place, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S603, S607 - ours


@contextmanager
def standing_on(store: ReplicaSet, folder: Path, at: dict[str, int]) -> Iterator[Platform]:
    wishes = {name: at[name] for name in ports.PREFERRED}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MONGODB_URI", store.uri)
        broker_at = f"{ports.HOST}:{at['broker line']}"
        with Platform.launch(folder, ALL, wishes=wishes, restart=False, broker_at=broker_at) as platform:
            platform.wait_ready()
            seed.employ(platform)
            yield platform
