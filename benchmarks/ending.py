"""How soon a service refuses the access tokens of before a password's reset: `python -m benchmarks.ending`.

On the embedded platform; from the answer to the reset to the first refusal by the projects service, asked all the time.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx
from rich.progress import track

from benchmarks.measured import Measured, show
from deploy.local.journey.person import Person
from deploy.local.platform import Platform

NEEDED: Final = ("mongod", "broker", "mailbox", "identity", "projects", "gateway")
TRIES: Final = 20
WANTED: Final = 2000.0
"""Milliseconds, at the very most."""
NEW: Final = "copper thistle marmot rain"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Platform.start(Path(folder), NEEDED) as platform:
        took = sorted(asyncio.run(measure(platform)))
    show(
        [
            Measured(f"reset to refused, median of {TRIES}", took[len(took) // 2], "ms"),
            Measured(f"reset to refused, longest of {TRIES}", took[-1], "ms", WANTED, at_least=False),
        ]
    )


async def measure(platform: Platform) -> list[float]:
    at = platform.addresses
    async with httpx.AsyncClient(timeout=30) as http:
        people = [Person.new("Wanda Fry", at.gateway, at.mailbox, http) for _ in range(TRIES)]
        return [await _ended(person, http) for person in track(people, "resets")]


async def _ended(person: Person, http: httpx.AsyncClient) -> float:
    await person.sign_up()
    await person.sign_in()
    held = {"Authorization": f"Bearer {person.token}"}
    await http.post(f"{person.gateway}/v1/accounts/forgot-password", json={"email": person.email})
    reset = {"token": await person.mailed_token("reset-password"), "password": NEW}
    done = await http.post(f"{person.gateway}/v1/accounts/reset-password", json=reset)
    began = time.perf_counter()
    if done.is_error:
        raise SystemExit(f"No reset: {done.status_code} {done.text}")
    while (await http.get(f"{person.gateway}/v1/projects", headers=held)).status_code != httpx.codes.UNAUTHORIZED:
        pass
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
