"""One project after another, with mentees told by other services' events, and the way of the provider's callbacks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uuid6 import uuid7

from contracts.applications import (
    ApplicationAccepted,
    ApplicationConfirmed,
    ApplicationEvent,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    EvaluationRecorded,
    EvaluationScheduled,
    PrerequisitesCompleted,
)
from contracts.event import Event
from contracts.identity import PersonDescribed
from contracts.projects import ProjectPublished, TermEvent
from contracts.time import in_utc
from deploy.local.platform import Platform
from services.chassis.service import Role
from services.stipends import app as rooms
from services.stipends.store import StipendsStore
from tests.support.issuer import issuing
from tests.support.served import Served, listening, serving
from tests.support.waiting import eventually

AT = datetime(2026, 3, 1, tzinfo=UTC)


def somebody() -> str:
    return str(uuid7())


def key() -> dict[str, str]:
    return {"Idempotency-Key": somebody()}


def dollars(amount: int) -> dict[str, Any]:
    return {"amount_minor": amount * 100, "currency": "USD"}


class Clock:
    """Now, or later."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return in_utc(datetime.now(UTC)) + self.ahead


@dataclass
class Gate:
    """The public origin as the provider sees it."""

    target: str = ""
    open: bool = True
    times: int = 1
    passed: list[tuple[bytes, str]] = field(default_factory=list)

    def app(self) -> Starlette:
        async def hand_on(request: Request) -> Response:
            body, signature = await request.body(), request.headers.get("signature", "")
            self.passed.append((body, signature))
            if not self.open:
                return Response(status_code=503)
            async with httpx.AsyncClient(timeout=90) as client:
                headers = {"Signature": signature, "Content-Type": "application/json"}
                answers = [
                    await client.post(self.target + request.url.path, content=body, headers=headers)
                    for _ in range(self.times)
                ]
            return Response(status_code=max(answer.status_code for answer in answers))

        return Starlette(routes=[Route("/v1/payments/callbacks/sandbox", hand_on, methods=["POST"])])


@dataclass
class Mentee:
    """What applications tells of one application, each fact under its own key in order."""

    project: str
    country: str = "DE"
    term: str = "t"
    application: str = field(default_factory=somebody)
    id: str = field(default_factory=somebody)
    accepted_at: datetime = AT
    told: int = 0
    picture: dict[str, Any] = field(default_factory=dict)

    def _say(self, kind: type[ApplicationEvent], **changes: Any) -> ApplicationEvent:
        nothing = {"status": "pending", "attendance": None, "prerequisites_completed_at": None, "accepted_at": None}
        self.picture = {**nothing, **self.picture, **changes}
        self.told += 1
        who = {"id": self.application, "project_id": self.project, "term_id": self.term, "mentee_id": self.id}
        rest = {"country": self.country, "sequence": self.told, "at": AT + timedelta(days=self.told), "by": "ada"}
        return kind.model_validate({**who, **rest, **self.picture, **changes})

    def applied(self) -> Event:
        return self._say(ApplicationSubmitted)

    def prepared(self) -> Event:
        return self._say(PrerequisitesCompleted, prerequisites_completed_at=AT)

    def accepted(self) -> Event:
        return self._say(ApplicationAccepted, status="accepted", attendance="full_time", accepted_at=self.accepted_at)

    def confirmed(self) -> Event:
        return self._say(ApplicationConfirmed, status="active")

    def withdrawn(self) -> Event:
        return self._say(ApplicationWithdrawn, status="withdrawn")

    def whole(self) -> list[Event]:
        return [self.applied(), self.prepared(), self.accepted()]

    def passed(self, milestone: str) -> list[Event]:
        who = {"id": somebody(), "application_id": self.application, "milestone": milestone, "due_on": "2026-05-01"}
        scheduled = {**who, "sequence": 1, "at": AT, "by": "ada", "verdict": None}
        recorded = {**who, "sequence": 2, "at": AT, "by": "mo", "verdict": "satisfactory"}
        return [EvaluationScheduled.model_validate(scheduled), EvaluationRecorded.model_validate(recorded)]


def planned(kind: type[TermEvent], id: str, project: str, *, results_at: datetime | None, sequence: int = 1) -> Event:
    """What projects tells of a term."""
    instants = dict.fromkeys(("window_opens_at", "window_closes_at", "starts_at", "ends_at", "at"), AT)
    who = {"id": id, "project_id": project, "name": "Spring", "capacity": 9, "sequence": sequence, "by": "ada"}
    return kind.model_validate({**who, **instants, "results_at": results_at})


def described(id: str, name: str = "Mira Maker") -> PersonDescribed:
    """Identity's word on somebody, whose address nobody else has."""
    email = f"{id}@example.org"
    person = {"id": id, "name": name, "emails": (email,), "sequence": 1, "at": AT, "by": id}
    return PersonDescribed.model_validate(person)


async def mails_of(platform: Platform, id: str) -> list[str]:
    """Give the subjects of what somebody described got, the first one first."""
    async with httpx.AsyncClient(base_url=platform.addresses.mailbox, timeout=90) as mailbox:
        found = (await mailbox.get("/api/mails", params={"to": f"{id}@example.org"})).json()["items"]
    return [mail["subject"] for mail in found]


def published(id: str, sequence: int = 1, **people: tuple[str, ...]) -> ProjectPublished:
    """What projects tells of an enrollment and its `administrators` and `mentors`."""
    said = {"id": id, "slug": id, "name": "Kernel", "description": "", "status": "published", "skills": ()}
    when = {"sequence": sequence, "at": AT, "by": people["administrators"][0]}
    return ProjectPublished.model_validate({**said, "prerequisites": (), **people, **when})


@dataclass
class Project:
    """A published project with its people."""

    id: str
    ada: httpx.AsyncClient
    """Administers it."""
    mo: httpx.AsyncClient
    """Mentors."""
    ada_id: str


@dataclass
class Scene:
    served: Served
    gate: Gate
    bank: httpx.AsyncClient
    """The sandbox provider itself."""
    fay: httpx.AsyncClient
    """Finance."""
    clock: Clock
    secret: str
    role: Role

    @property
    def store(self) -> StipendsStore:
        data: StipendsStore = self.served.service.data
        return data

    async def tell(self, *events: Event) -> None:
        """Over the bus, or by hand to a service that does not listen; each heard after the one before it.

        The bus keeps the order of one key's events alone, so a run of events under another key waits.
        """
        for _, run in groupby(events, key=lambda event: event.key):
            if self.role is Role.ALL:
                await self.served.hears(*run)
            else:
                for event in run:
                    await self.served.service.listener.apply(event, self.store)

    async def project(self, *, pays: bool = True, deposit: int = 0) -> Project:
        id, ada, mo = somebody(), somebody(), somebody()
        await self.tell(published(id, administrators=(ada,), mentors=(mo,)))
        project = Project(id, await self.served.caller(ada), await self.served.caller(mo), ada)
        if pays:
            said = {"kind": "by_country", "schedule": "lfx-2022"}
            assert (await project.ada.put(f"/v1/stipend-policies/{id}", json=said)).status_code == 200
        if deposit:
            await self.deposit(id, deposit)
        return project

    async def deposit(self, project: str, amount: int) -> dict[str, Any]:
        said = {"amount": dollars(amount), "reference": "Bank 7"}
        answer = await self.fay.post(f"/v1/budgets/{project}/deposits", json=said, headers=key())
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def money(self, project: str, what: str, **said: Any) -> Any:
        """Read the forecast or a statement of a project's budget, as finance."""
        answer = await self.fay.get(f"/v1/budgets/{project}/{what}", params=said)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def budget(self, project: str) -> dict[str, int]:
        """Give the balances in whole dollars; asserts that they sum to zero."""
        answer = (await self.fay.get(f"/v1/budgets/{project}")).json()
        assert answer["sum"] == dollars(0)
        balances = {name: money["amount_minor"] // 100 for name, money in answer["balances"].items()}
        assert sum(balances.values()) == 0
        assert all(balance >= 0 for name, balance in balances.items() if name != "external_funding")
        return balances

    async def stipend(self, mentee: Mentee) -> dict[str, Any]:
        answer = await self.fay.get(f"/v1/stipends/{mentee.application}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def installment(self, mentee: Mentee, number: int = 1) -> dict[str, Any]:
        return dict((await self.stipend(mentee))["installments"][number - 1])

    async def becomes(self, mentee: Mentee, status: str, number: int = 1) -> dict[str, Any]:
        """Wait until an installment is there."""

        async def look() -> dict[str, Any] | None:
            seen = await self.installment(mentee, number)
            return seen if seen["status"] == status else None

        found = await eventually(look, what=f"installment {status}")
        assert found
        return found

    async def payments_of(self, mentee: Mentee, number: int = 1, attempt: int = 1) -> list[dict[str, Any]]:
        """What the provider itself knows."""
        answer = await self.bank.get("/payments", params={"reference": f"{mentee.application}.{number}.{attempt}"})
        return list(answer.json()["items"])

    async def pay_by_hand(self, reference: str) -> None:
        """Let the provider pay a dollar that nobody here ordered, and wait until it has."""
        order = {"reference": reference, "amount": {"amount_minor": 100, "currency": "USD"}}
        rest = {"payee": {"account": "sandbox-paid"}, "callback_url": "http://127.0.0.1:9/"}
        assert (await self.bank.post("/payments", json=order | rest, headers=key())).status_code == 201

        async def paid() -> bool:
            answer = await self.bank.get("/payments", params={"reference": reference})
            return {payment["status"] for payment in answer.json()["items"]} == {"paid"}

        await eventually(paid, what=f"the payment {reference}")

    async def requested(self, project: Project, account: str = "sandbox-paid") -> Mentee:
        """A mentee whose first installment is earned and asked for."""
        mentee = Mentee(project.id)
        await self.tell(*mentee.whole(), *mentee.passed("midterm"))
        mira = await self.served.caller(mentee.id)
        await self.describe(mira, account)
        answer = await mira.post(f"/v1/stipends/{mentee.application}/installments/1/request")
        assert answer.status_code == 200, answer.text
        return mentee

    async def describe(self, mira: httpx.AsyncClient, account: str) -> None:
        said = {"account": account, "holder_name": "Mira Maker", "country": "DE"}
        answer = await mira.put("/v1/payees/me", json=said)
        assert answer.status_code == 200, answer.text
        assert (await mira.post("/v1/payees/me/confirm")).status_code == 200

    async def approved(self, project: Project, mentee: Mentee) -> None:
        path = f"/v1/stipends/{mentee.application}/installments/1/approve"
        answer = await project.ada.post(path, headers=key())
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def playing(
    platform: Platform, *, role: Role = Role.ALL, secrets: Path | None = None, **more: object
) -> AsyncIterator[Scene]:
    """`secrets` is a folder for files of the service's secrets; else it is told them as its other settings."""
    gate, clock = Gate(), Clock()
    said: dict[str, Any] = {
        name.removeprefix("STIPENDS_").lower(): value
        for name, value in platform.environment("stipends").items()
        if "SANDBOX" in name or "PAYEE" in name
    }
    told: dict[str, Any] = {**said, "rate_account": 0}  # tests look again and again
    if secrets is not None:
        for name in [name for name in told if name.endswith(("_secret", "_key"))]:
            (secrets / f"STIPENDS_{name.upper()}").write_text(told.pop(name))
        told["_secrets_dir"] = secrets
    config = uvicorn.Config(gate.app(), log_config=None, access_log=False, lifespan="off")
    async with issuing() as issuer, listening(config) as origin:
        told["discovery_url"] = issuer.discovery_url
        issuer.url = origin  # the public origin is the issuer, as everywhere
        async with serving(rooms, platform, issuer, clock=clock, role=role, more=told | more) as served:
            gate.target = served.url
            headers = {"Authorization": f"Bearer {said['sandbox_api_key']}"}
            async with httpx.AsyncClient(base_url=said["sandbox_url"], headers=headers, timeout=90) as bank:
                fay = await served.caller(somebody(), "finance")
                yield Scene(served, gate, bank, fay, clock, said["sandbox_callback_secret"], role)


async def at_once(*calls: Any) -> list[Any]:
    return list(await asyncio.gather(*calls))
