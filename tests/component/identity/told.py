"""What people tell in these tests, and people who told it."""

from dataclasses import dataclass
from typing import Any

import httpx
from uuid6 import uuid7

from tests.component.identity.provider import Person, Provider

EVERYTHING = ["introduction", "skills", "skills_to_improve", "links", "country", "availability", "avatar"]
AVAILABILITY = {"hours_per_week": 20, "starting_on": "2026-06-01", "time_zone": "Europe/Berlin"}
MENTEE: dict[str, Any] = {
    "introduction": "I write kernels.",
    "skills": ["C"],
    "skills_to_improve": ["Rust"],
    "links": ["https://example.org/wanda"],
    "country": "DE",
    "availability": AVAILABILITY,
    "of_age": True,
    "may_work": True,
    "listed": True,
    "shown": EVERYTHING,
}
MENTOR: dict[str, Any] = {
    "introduction": "I teach.",
    "skills": ["C"],
    "links": [],
    "country": "FR",
    "availability": AVAILABILITY,
    "listed": True,
    "shown": ["introduction", "skills"],
}


@dataclass(frozen=True)
class Somebody:
    person: Person
    http: httpx.AsyncClient

    @property
    def id(self) -> str:
        return self.person.id


async def somebody(provider: Provider, *roles: str) -> Somebody:
    person = await provider.person(*roles)
    return Somebody(person, await provider.caller(person))


async def mentor(provider: Provider, **changes: Any) -> Somebody:
    """Somebody with a card in the directory of mentors, unless said otherwise."""
    wanda = await somebody(provider)
    answer = await wanda.http.put("/v1/me/mentor-profile", json=MENTOR | changes)
    assert answer.status_code == 200, answer.text
    return wanda


def own() -> str:
    """Give a word that nobody else's profile has."""
    return f"x{uuid7().hex[-12:]}"


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")
