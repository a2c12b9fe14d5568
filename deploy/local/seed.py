"""The people and the project that `make run` puts into a new platform, so that there is something to look at."""

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Final

import httpx

from deploy.local.journey.person import Person
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform


@dataclass(frozen=True)
class SignIn:
    who: str
    name: str
    email: str
    password: str


STAFF: Final = SignIn("staff", "Sam Staff", "staff@example.org", "open-source-pays-9")
FINANCE: Final = SignIn("finance", "Fay Finance", "finance@example.org", "open-source-pays-8")
ADMINISTRATOR: Final = SignIn("project administrator", "Ada Demo", "ada@example.org", "open-source-pays-7")
SIGN_INS: Final = (STAFF, FINANCE, ADMINISTRATOR)
"""Shown at the end of every start. Only the embedded platform has them."""


_last: dict[tuple[str, str], Person] = {}
"""Staff and finance of the last journey, who may still be signed in."""


def load(platform: Platform) -> None:
    """Called when everything is ready, at every start until it succeeds once; what it raises is told."""
    employ(platform)
    create(platform, ADMINISTRATOR)
    asyncio.run(_enroll(platform))


def employ(platform: Platform) -> None:
    """Give the platform its staff and its finance."""
    create(platform, STAFF, "staff")
    create(platform, FINANCE, "finance")
    set_up_second_factors(platform)


def create(platform: Platform, person: SignIn, role: str | None = None) -> None:
    """Make an account by the command, as an operator makes the first one."""
    words = ["account", "create", "--email", person.email, "--name", person.name, "--password-stdin", "--verified"]
    platform.mentorship(*words, *(["--role", role] if role else []), input=person.password)


def set_up_second_factors(platform: Platform) -> None:
    """Give staff and finance what money and roles demand of them; the keys stay in the platform's folder."""
    asyncio.run(_set_up_second_factors(platform))


async def _set_up_second_factors(platform: Platform) -> None:
    async with httpx.AsyncClient(timeout=20) as http:
        taking_part = journey(platform, http)
        for person in (taking_part.staff, taking_part.finance):
            if not person.key:
                await person.sign_in()
                _keep(platform, person.email, await person.set_up_second_factor())


def keys(platform: Platform) -> dict[str, str]:
    """Read the keys of the authenticator apps, by address."""
    place = platform.folder.keys
    kept: dict[str, str] = json.loads(place.read_text()) if place.exists() else {}
    return kept


def _keep(platform: Platform, email: str, key: str) -> None:
    everything = json.dumps(keys(platform) | {email: key})
    platform.folder.keys.touch(mode=0o600)
    platform.folder.keys.write_text(everything)


def journey(platform: Platform, http: httpx.AsyncClient) -> Journey:
    """Prepare a journey in which the demo staff and finance take part."""
    at, kept = platform.addresses, keys(platform)
    for known in (STAFF, FINANCE):
        new = Person(known.name, known.email, known.password, at.gateway, at.mailbox, http)
        last = _last.get((at.gateway, known.email), new)
        _last[at.gateway, known.email] = replace(last, http=http, key=kept.get(known.email, ""))
    staff, finance = (_last[at.gateway, known.email] for known in (STAFF, FINANCE))
    return Journey(at.gateway, at.mailbox, staff, finance, http)


async def _enroll(platform: Platform) -> None:
    async with httpx.AsyncClient(timeout=20) as http:
        demo = journey(platform, http)
        demo.administrator.email, demo.administrator.password = ADMINISTRATOR.email, ADMINISTRATOR.password
        await demo.administrator.sign_in()
        await demo.enroll()
        await demo.publish()
        await demo.fund()
