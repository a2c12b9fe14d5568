"""Waiting for what must become true; the only place in the tests where time passes on purpose."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T | None]], *, within: float = 180.0, what: str = "it") -> T:
    """Give what `look` gives as soon as that is true. Fails with the last thing seen."""
    until = time.monotonic() + within
    while True:
        seen = await look()
        if seen:
            return seen
        assert time.monotonic() < until, f"{what} did not happen within {within} s; last seen: {seen!r}"
        await asyncio.sleep(0.02)


async def a_moment(seconds: float) -> None:
    """Let a moment pass, where it is chance that decides when something happens."""
    await asyncio.sleep(seconds)


def at_last(look: Callable[[], T], *, within: float) -> T:
    """Look until what is seen is true or the time is over; gives what was seen last. For what has no event loop."""
    until = time.monotonic() + within
    while not (seen := look()) and time.monotonic() < until:
        time.sleep(0.1)
    return seen
