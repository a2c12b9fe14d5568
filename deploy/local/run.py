"""`make run`: starts the platform in `.run`, shows how it goes, and stays until it is told to stop."""

import fcntl
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from rich.console import Console

from deploy.local import ports, seed
from deploy.local.binaries import NotHere
from deploy.local.display import Progress, show_addresses
from deploy.local.layout import CHECKOUT, Folder
from deploy.local.platform import NotReady, Platform

HOME: Final = CHECKOUT / ".run"


def run(home: Path = HOME) -> None:
    console = Console(highlight=False)
    folder = Folder(home)
    folder.prepare()
    with only_one(folder, console), stopping_on(signal.SIGTERM, signal.SIGHUP):
        try:
            platform = Platform.launch(home, wishes=wishes(folder), restart=True)
        except NotHere as reason:
            sys.exit(str(reason))
        try:
            stay(platform, console)
        except KeyboardInterrupt:
            console.print("\nStopping…")
        except NotReady as reason:
            console.print(f"\n{reason}", markup=False, soft_wrap=True)
            sys.exit(1)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave processes behind
            platform.close()


def stay(platform: Platform, console: Console) -> None:
    progress = Progress(console, list(platform.parts))
    with progress.shown():
        for name in platform.ready():
            progress.ready(name)
    load_seed(platform, console)
    show_addresses(console, platform.addresses, seed.SIGN_INS, seed.keys(platform))
    if platform.server and platform.server.wait():
        raise NotReady(f"supervisor ended: {platform.last_words('supervisord')}")


def load_seed(platform: Platform, console: Console) -> None:
    """The first start only. A platform without demo people is still one, so a failure is told and no more."""
    if platform.folder.seeded.exists():
        return
    try:
        seed.load(platform)
    except Exception as reason:  # noqa: BLE001  whatever it was, it is shown
        console.print(f"The demo people could not be loaded: {reason}", markup=False, soft_wrap=True)
    else:
        platform.folder.seeded.touch()


def wishes(folder: Folder) -> dict[str, int]:
    """The ports of the last start, so that links and open tabs stay right."""
    try:
        recorded = json.loads(folder.platform.read_bytes())["ports"]
    except (OSError, ValueError, KeyError):
        recorded = {}
    return {name: recorded.get(name, usual) for name, usual in ports.PREFERRED.items()}


@contextmanager
def only_one(folder: Folder, console: Console) -> Iterator[None]:
    """The kernel drops the lock when we end, however we end; so what a dead run left may be swept without fear."""
    with folder.lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.print(f"It already runs: {json.loads(folder.platform.read_bytes())['gateway']}/")
            sys.exit(1)
        yield


@contextmanager
def stopping_on(*signals: signal.Signals) -> Iterator[None]:
    """As Ctrl-C: what `kill` and a closed terminal send."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {kind: signal.signal(kind, interrupt) for kind in signals}
    yield
    for kind, handler in before.items():
        signal.signal(kind, handler)
