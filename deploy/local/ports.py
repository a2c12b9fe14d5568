"""Which ports the embedded platform listens on: the usual ones, or the next free."""

import os
import random
import socket
from collections.abc import Callable, Mapping
from typing import Final

HOST: Final = "127.0.0.1"
PREFERRED: Final[Mapping[str, int]] = {
    "gateway": 8080,
    "mailbox": 8025,
    "smtp": 1025,
    "mongod": 27117,
    "broker": 9192,
    "controller": 9193,
    "sandbox": 8090,
    "identity": 8101,
    "projects": 8102,
    "applications": 8103,
    "stipends": 8104,
    "supervisor": 8109,
}
# Below the ports the kernel lends to outgoing connections (from 32768): one of those could be borrowed while our server
# is killed in a test, and a client that knocks at such a port for long ends up connected to itself.
UNBORROWED: Final = range(10_000, 32_000)
WORKERS: Final = 8
"""Processes of tests that have a part of them each."""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def somewhere() -> dict[str, int]:
    """Wishes of a test's platform: a random stretch of its worker's part, so that no two that start at once meet."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    own = UNBORROWED[worker * len(UNBORROWED) // WORKERS : (worker + 1) * len(UNBORROWED) // WORKERS]
    first = random.choice(own[: -10 * len(PREFERRED)])  # noqa: S311  no secret
    return {name: first + place for place, name in enumerate(PREFERRED)}


def choose(wishes: Mapping[str, int], free: Callable[[int], bool] = is_free) -> dict[str, int]:
    """The wished port of every listener, or the next one above that is free; no two the same."""
    chosen: dict[str, int] = {}
    for name, wish in wishes.items():
        candidates = (port for port in range(wish, 65_536) if port not in chosen.values())
        chosen[name] = next(port for port in candidates if free(port))
    return chosen
