"""Projects, people and money as their services tell of them, and what people then do over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from uuid6 import uuid7

from contracts.identity import MenteeProfileSaved, PersonDescribed
from contracts.projects import ProjectPublished, TermOpened
from contracts.stipends import StipendReserved
from contracts.time import in_utc
from tests.support.served import Served

DAY = timedelta(days=1)
BUILD = {"name": "Build", "description": "Build the kernel.", "due_on": "2030-01-01"}
READ = {"name": "Read", "description": "Read the guide."}


def somebody() -> str:
    return str(uuid7())


def now() -> datetime:
    return in_utc(datetime.now(UTC))


@dataclass
class Clock:
    """The service's clock, which a test may put forward."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return in_utc(now() + self.ahead)

    @contextmanager
    def put_forward(self, ahead: timedelta) -> Iterator[None]:
        self.ahead = ahead
        try:
            yield
        finally:
            self.ahead = timedelta(0)


def project(id: str, *, admin: str, **changes: Any) -> ProjectPublished:
    fields = {"id": id, "slug": id, "name": "Kernel", "description": "Learn.", "status": "published", "skills": ("C",)}
    people = {"administrators": (admin,), "mentors": (), "prerequisites": ()}
    return ProjectPublished.model_validate({**fields, **people, "sequence": 1, "at": now(), "by": admin, **changes})


def term(id: str, project_id: str, *, starts_in: int = 20, **changes: Any) -> TermOpened:
    begin = now() + starts_in * DAY
    instants = {"window_opens_at": now() - DAY, "window_closes_at": now() + 10 * DAY}
    instants |= {"starts_at": begin, "ends_at": begin + 90 * DAY}
    fields = {"id": id, "project_id": project_id, "name": "Spring", "capacity": 1, "sequence": 1}
    return TermOpened.model_validate({**fields, **instants, "at": now(), "by": "system:projects", **changes})


def profile(id: str, **changes: Any) -> MenteeProfileSaved:
    said = {"complete": True, "country": "DE", "of_age": True, "may_work": True}
    return MenteeProfileSaved.model_validate({"id": id, **said, "sequence": 1, "at": now(), "by": id, **changes})


def person(id: str, name: str, *, zone: str | None = None) -> PersonDescribed:
    said = {"id": id, "name": name, "emails": (address(id),), "time_zone": zone}
    return PersonDescribed.model_validate({**said, "sequence": 1, "at": now(), "by": id})


def address(id: str) -> str:
    return f"{id}@example.org"


def funding(application_id: str, **changes: Any) -> StipendReserved:
    fields = {"project_id": None, "mentee_id": None, "status": "reserved", "amount": None, "installments": ()}
    return StipendReserved.model_validate(
        {"id": application_id, **fields, "sequence": 1, "at": now(), "by": "system:stipends", **changes}
    )


@dataclass
class Scene:
    """One project with its administrator, a mentor and a term."""

    served: Served
    admin_id: str = field(default_factory=somebody)
    mentor_id: str = field(default_factory=somebody)
    project_id: str = field(default_factory=somebody)
    term_id: str = field(default_factory=somebody)
    admin: httpx.AsyncClient = field(init=False)
    mentor: httpx.AsyncClient = field(init=False)

    @classmethod
    async def of(
        cls,
        served: Served,
        *,
        capacity: int = 1,
        prerequisites: tuple[Any, ...] = (),
        starts_in: int = 20,
        of: dict[str, Any] | None = None,
        ids: dict[str, str] | None = None,
        **changes: Any,
    ) -> "Scene":
        """`of` is what the project says of itself, `ids` are known before; what else is changed is the term's."""
        scene = cls(served, **(ids or {}))
        scene.admin = await served.caller(scene.admin_id)
        scene.mentor = await served.caller(scene.mentor_id)
        await served.hears(
            project(
                scene.project_id,
                admin=scene.admin_id,
                **{"mentors": (scene.mentor_id,), "prerequisites": prerequisites, **(of or {})},
            ),
            term(scene.term_id, scene.project_id, capacity=capacity, starts_in=starts_in, **changes),
        )
        return scene

    async def mentees(self, count: int) -> list[httpx.AsyncClient]:
        ids = [somebody() for _ in range(count)]
        await self.served.hears(*(profile(id) for id in ids), *(person(id, "Mira Diaz") for id in ids))
        return [await self.served.caller(id) for id in ids]

    async def mentee(self) -> httpx.AsyncClient:
        (one,) = await self.mentees(1)
        return one

    async def wish(self, mentee: httpx.AsyncClient, **said: Any) -> httpx.Response:
        wish = {"term_id": self.term_id, "statement": "I want to learn.", **said}
        return await mentee.post("/v1/applications", json=wish)

    async def applied(self, mentee: httpx.AsyncClient | None = None) -> str:
        answer = await self.wish(mentee or await self.mentee())
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def accept(self, id: str, **more: Any) -> httpx.Response:
        return await self.admin.post(f"/v1/applications/{id}/accept", json={"attendance": "full_time"}, **more)

    async def tasks(self, id: str) -> list[dict[str, Any]]:
        return list((await self.mentor.get(f"/v1/applications/{id}/tasks")).json()["items"])

    async def bring_up_to_submitted(self, mentee: httpx.AsyncClient, task_id: str) -> None:
        await mentee.post(f"/v1/tasks/{task_id}/start")
        answer = await mentee.post(f"/v1/tasks/{task_id}/submit", json={"text": "Done."})
        assert answer.status_code == 200, answer.text

    async def active(self, mentee: httpx.AsyncClient) -> str:
        """Bring a mentee from the wish to the confirmed mentorship."""
        id = await self.applied(mentee)
        assert (await self.accept(id)).status_code == 200
        await self.served.hears(funding(id))
        answer = await confirm(mentee, id)
        assert answer.status_code == 200, answer.text
        return id

    async def told(self, id: str) -> list[str]:
        return [event.type for event in await self.served.told(id)]


async def confirm(mentee: httpx.AsyncClient, id: str) -> httpx.Response:
    return await mentee.post(
        f"/v1/applications/{id}/confirm", json={"agreement_version": "2026-01", "signature": "Mira Diaz"}
    )


def kinds(answers: list[httpx.Response]) -> list[str]:
    """Say what came of each: the status, and of a problem its kind."""
    return sorted(
        "200" if answer.is_success else f"{answer.status_code} {answer.json()['type'].removeprefix('/problems/')}"
        for answer in answers
    )
