"""Passwords are hashed and judged here: in threads, no more at once than there are cores, and none waits long."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import HTTPException
from zxcvbn import zxcvbn

from services.identity.domain import password as rules

PARAMETERS: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
CORES: Final = os.cpu_count() or 1
LONGEST_WAIT: Final = 1.0
"""Seconds that a password may stand in the queue."""
NICE: Final = 10
"""Of the threads that hash: a token is not kept waiting by passwords, of which each takes 30 ms of a core."""

T = TypeVar("T")


class Overloaded(HTTPException):
    """More passwords are waiting than can be hashed within a second."""

    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.SERVICE_UNAVAILABLE, "Too many people sign in right now", headers={"Retry-After": "2"}
        )


class Hasher:
    def __init__(self) -> None:
        self.patience = LONGEST_WAIT
        self._threads = ThreadPoolExecutor(CORES, thread_name_prefix="password", initializer=_step_back)
        self._inside = 0
        self._seconds = 0.03
        """What one takes, as lately seen."""
        self._nobody = PARAMETERS.hash("nobody has this password")

    @property
    def is_full(self) -> bool:
        """Say whether one more would wait for too long."""
        return self._inside * self._seconds / CORES > self.patience

    async def accept(self, password: str, words: Iterable[str]) -> str:
        """Judge a new password and hash it. Raises `PasswordNotGood`, `Overloaded`."""
        password = rules.normalize(password)
        rules.require_length(password)
        rules.require_strength(await self._run(lambda: score(password, words)))
        return await self._run(lambda: PARAMETERS.hash(password))

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Compare; where there is nothing to compare with, take as long all the same. Raises `Overloaded`."""
        password = rules.normalize(password)
        against = hashed if hashed is not None and rules.has_good_length(password) else None
        right = await self._run(lambda: verify(against or self._nobody, password[: rules.LONGEST]))
        return right and against is not None

    async def renewed(self, hashed: str, password: str) -> str | None:
        """Hash anew what was hashed with older parameters."""
        if not PARAMETERS.check_needs_rehash(hashed):
            return None
        return await self._run(lambda: PARAMETERS.hash(rules.normalize(password)))

    async def _run(self, work: Callable[[], T]) -> T:
        if self.is_full:
            raise Overloaded
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: self._timed(work))
        finally:
            self._inside -= 1

    def _timed(self, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return work()
        finally:
            self._seconds += (time.perf_counter() - started - self._seconds) / 10


def _step_back() -> None:
    """Let this thread leave the cores to whoever answers requests: Linux knows a niceness of each thread."""
    if sys.platform == "linux" and os.getpriority(os.PRIO_PROCESS, 0) < NICE:  # nobody may be less nice than they were
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def score(password: str, words: Iterable[str]) -> int:
    return int(zxcvbn(password[: rules.SCORED], user_inputs=list(words))["score"])


def verify(hashed: str, password: str) -> bool:
    try:
        return PARAMETERS.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
