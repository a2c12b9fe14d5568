"""Projects with the people around them, for the tests of what comes after the first enrollment."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from uuid6 import uuid7

from contracts.applications import ApplicationStatus, ApplicationSubmitted
from contracts.event import Event
from contracts.identity import PersonDescribed
from contracts.ids import AccountId, ActorId, ApplicationId, ProjectId, TermId
from deploy.local.platform import Platform
from tests.component.projects.test_enrollment import enrollment, term
from tests.support.served import Served
from tests.support.waiting import eventually


@dataclass
class Somebody:
    """A person whose name and address projects has heard."""

    id: AccountId
    address: str
    client: httpx.AsyncClient


@dataclass
class Scene:
    """A project whose window is open, its administrator, staff, and anybody."""

    served: Served
    owner: Somebody
    staff: httpx.AsyncClient
    anybody: httpx.AsyncClient
    id: str
    term_id: str

    @property
    def place(self) -> str:
        return f"/v1/projects/{self.id}"

    async def told(self, id: str) -> list[type[Event]]:
        return [type(event) for event in await self.served.told(id)]

    async def applied(self, status: str, **changes: Any) -> ApplicationSubmitted:
        """Let applications tell of an application."""
        event = ApplicationSubmitted.model_validate(
            {
                "id": ApplicationId(str(uuid7())),
                "project_id": ProjectId(self.id),
                "term_id": TermId(self.term_id),
                "mentee_id": str(uuid7()),
                "status": ApplicationStatus(status),
                "country": "DE",
                "attendance": None,
                "prerequisites_completed_at": None,
                "accepted_at": None,
                "sequence": 1,
                "at": datetime.now(UTC),
                "by": "system:applications",
                **changes,
            }
        )
        await self.served.hears(event)
        return event


async def somebody(served: Served, name: str = "Mira") -> Somebody:
    id, address = AccountId(ActorId(str(uuid7()))), f"{uuid7()}@example.org"
    await served.hears(PersonDescribed(id=id, name=name, emails=(address,), sequence=1, at=datetime.now(UTC), by=id))
    return Somebody(id, address, await served.caller(id))


async def submitted(served: Served, **planned: object) -> Scene:
    owner = await somebody(served, "Olga")
    staff, anybody = await served.caller(str(uuid7()), "staff"), await served.caller()
    id = (await owner.client.post("/v1/projects", json=enrollment())).json()["id"]
    term_id = (await owner.client.post(f"/v1/projects/{id}/terms", json=term(**planned))).json()["id"]
    scene = Scene(served, owner, staff, anybody, id, term_id)
    answer = await owner.client.post(f"{scene.place}/submit", json={"accepted_terms_version": "2026-01"})
    assert answer.status_code == 200, answer.text
    return scene


async def published(served: Served, **planned: object) -> Scene:
    scene = await submitted(served, **planned)
    assert (await scene.staff.post(f"{scene.place}/publish")).status_code == 200
    return scene


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def mails(platform: Platform, address: str) -> list[dict[str, str]]:
    """Give the mails that arrived at an address, of which there is at least one."""
    async with httpx.AsyncClient(base_url=platform.addresses.mailbox, timeout=90) as mailbox:

        async def look() -> list[dict[str, str]]:
            return list((await mailbox.get("/api/mails", params={"to": address, "wait": 5})).json()["items"])

        return await eventually(look, what=f"a mail to {address}")


async def mailed(platform: Platform, address: str, about: str) -> list[dict[str, str]]:
    """Give the mails to an address whose subject speaks of this, of which there is at least one."""

    async def look() -> list[dict[str, str]]:
        return [mail for mail in await mails(platform, address) if about in mail["subject"]]

    return await eventually(look, what=f"a mail to {address} about {about!r}")


def token_in(mail: dict[str, str]) -> str:
    found = re.search(r"token=([\w-]+)", mail["text"])
    assert found
    return found.group(1)
