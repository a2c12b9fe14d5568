"""Whether slow clients keep others waiting: `python -m benchmarks.slow --seconds 20`.

Through the gateway, 200 connections send one byte a second (half of them their headers, half a body) and 50 ask for
what is long and never read it; whoever is hung up on comes again. Meanwhile ten people read the catalog and draft.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx
from uuid6 import uuid7

from benchmarks.measured import Measured, draw, show
from benchmarks.replica import token
from deploy.local.platform import Platform

NEEDED: Final = ("mongod", "broker", "mailbox", "gateway", "identity", "projects")
TRICKLING, DEAF, PEOPLE = 200, 50, 10
HEAD: Final = "POST /v1/projects HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
BODY: Final = "Authorization: Bearer {bearer}\r\nContent-Length: 5000\r\n\r\n"
LONG: Final = "GET /openapi/projects.json HTTP/1.1\r\nHost: {host}\r\n\r\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20, help="for so long others are asked, before and meanwhile")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, Platform.start(Path(folder), NEEDED) as platform:
        rows = asyncio.run(measure(platform, seconds))
    show(rows)
    draw(rows, "slow")


async def measure(platform: Platform, seconds: float) -> list[Measured]:
    bearer, hung_up = await token(platform), Counter[str]()
    alone = await people(platform, bearer, seconds)
    half = TRICKLING // 2
    slow = [asyncio.create_task(trickle(platform, "headers", HEAD, hung_up)) for _ in range(half)]
    slow += [asyncio.create_task(trickle(platform, "a body", HEAD + BODY, hung_up, bearer)) for _ in range(half)]
    slow += [asyncio.create_task(deaf(platform)) for _ in range(DEAF)]
    await asyncio.sleep(3)
    meanwhile = await people(platform, bearer, seconds)
    for one in slow:
        one.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    return [
        Measured("an answer, nobody else there, p99", at(99, alone), "ms"),
        Measured("an answer beside 250 slow clients, p50", at(50, meanwhile), "ms"),
        Measured("an answer beside 250 slow clients, p99", at(99, meanwhile), "ms", 500, at_least=False),
        Measured("answers beside them", len(meanwhile), ""),
        *(Measured(f"hung up on who trickled {what}", count, "times") for what, count in sorted(hung_up.items())),
    ]


def at(percent: int, times: list[float]) -> float:
    """Milliseconds."""
    return 1000 * statistics.quantiles(times, n=100)[percent - 1]


async def people(platform: Platform, bearer: str, seconds: float) -> list[float]:
    """Ask again and again, and draft every tenth time; gives the seconds that each took. Fails on any refusal."""
    until, took = time.monotonic() + seconds, list[float]()

    async def person(http: httpx.AsyncClient) -> None:
        asked = 0
        while time.monotonic() < until:
            asked, began = asked + 1, time.monotonic()
            drafts = asked % 10 == 0
            body = {"name": f"P {uuid7()}"} if drafts else None
            (await http.request("POST" if drafts else "GET", "/v1/projects", json=body)).raise_for_status()
            took.append(time.monotonic() - began)
            await asyncio.sleep(0.05)

    headers = {"Authorization": f"Bearer {bearer}"}
    async with httpx.AsyncClient(base_url=platform.addresses.gateway, headers=headers, timeout=60) as http:
        await asyncio.gather(*(person(http) for _ in range(PEOPLE)))
    return took


async def trickle(platform: Platform, what: str, head: str, hung_up: Counter[str], bearer: str = "") -> None:
    """Send the rest byte by byte, one a second, and come again when that is no longer listened to."""
    origin = httpx.URL(platform.addresses.gateway)
    while True:
        reader, writer = await asyncio.open_connection(origin.host, origin.port)
        writer.write(head.format(host=origin.netloc.decode(), bearer=bearer).encode())
        listening = asyncio.create_task(reader.read())
        try:
            while not listening.done():
                writer.write(b"x")
                with suppress(ConnectionError):
                    await writer.drain()
                await asyncio.wait([listening], timeout=1)
            hung_up[what] += 1
        finally:
            listening.cancel()
            writer.close()
            await asyncio.gather(listening, return_exceptions=True)


async def deaf(platform: Platform) -> None:
    """Ask again and again on one connection, and read nothing of the answers."""
    origin = httpx.URL(platform.addresses.gateway)
    _, writer = await asyncio.open_connection(origin.host, origin.port, limit=1)
    try:
        for _ in range(1000):
            writer.write(LONG.format(host=origin.netloc.decode()).encode())
            await writer.drain()
        await asyncio.Event().wait()
    finally:
        writer.close()


if __name__ == "__main__":
    main()
