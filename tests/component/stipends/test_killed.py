"""The real process, killed around its call to the bank: one payment; and of where it went, nothing is told anywhere."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.platform import Platform
from deploy.local.ports import choose, somewhere
from services.chassis.service import Role
from tests.component.stipends.scene import Mentee, Project, Scene, playing
from tests.support.served import listening
from tests.support.waiting import eventually

IBAN: Final = "DE89370400440532013000"
HOLDER: Final = "Mirabella Makerova"
MOMENTS: Final = {
    "before the call": (0, 1),
    "after the call, before its answer": (1, 0),
    "while the answer is stored": (1, 0),
}
"""How many orders have reached the bank at the kill, and how many reach it after that."""


@dataclass
class Worker:
    """Stipends without HTTP, as a process of its own: the cashier."""

    environment: dict[str, str]
    log: Path
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        words = ("-m", "services", "serve", "stipends", "--role", "worker")
        with self.log.open("ab") as out:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *words, env=self.environment, stdout=out, stderr=out
            )

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)

    async def gone(self) -> None:
        assert self.process
        assert await self.process.wait() == -signal.SIGKILL

    async def stop(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@dataclass
class Line:
    """The line to the bank, on which the worker is killed at a named moment."""

    bank: str
    worker: Worker | None = None
    moment: str = ""
    orders: list[str] = field(default_factory=list)
    """References of the orders that reached the bank."""

    def app(self) -> Starlette:
        async def hand_on(request: Request) -> Response:
            moment = self.moment if request.method == "POST" else ""
            body = await request.body()
            if moment == "before the call":
                return self._cut()
            async with httpx.AsyncClient(timeout=90) as client:
                headers = {name: value for name, value in request.headers.items() if name != "host"}
                place = f"{self.bank}{request.url.path}?{request.url.query}"
                answer = await client.request(request.method, place, content=body, headers=headers)
            if request.method == "POST":
                self.orders.append(request.headers["idempotency-key"])
            if moment.startswith("after"):
                return self._cut()
            task = BackgroundTask(self._cut) if moment else None
            return Response(answer.content, answer.status_code, media_type="application/json", background=task)

        return Starlette(routes=[Route("/{path:path}", hand_on, methods=["GET", "POST"])])

    def _cut(self) -> Response:
        assert self.worker
        self.moment = ""
        self.worker.kill()
        return Response(status_code=503)


@asynccontextmanager
async def working(platform: Platform, scene: Scene, log: Path) -> AsyncIterator[Line]:
    settings = scene.served.service.settings
    line = Line(settings.sandbox_url)  # type: ignore[attr-defined]
    config = uvicorn.Config(line.app(), log_config=None, access_log=False, lifespan="off")
    async with listening(config) as url:
        own = {
            "MONGODB_DATABASE": settings.mongodb_database,
            "KAFKA_GROUP": settings.mongodb_database,
            "PUBLIC_URL": settings.public_url,
            "DISCOVERY_URL": settings.discovery_url,
            "SANDBOX_URL": url,
            "HTTP_PORT": str(choose(somewhere())["stipends"]),
            "LOG_LEVEL": "DEBUG",
        }
        said = {f"STIPENDS_{name}": value for name, value in own.items()}
        line.worker = Worker({**os.environ, **platform.environment("stipends"), **said}, log)
        try:
            yield line
        finally:
            await line.worker.stop()


@pytest.fixture(scope="module")
async def scene(platform: Platform) -> AsyncIterator[Scene]:
    async with playing(platform, role=Role.API) as scene:
        yield scene


@pytest.fixture
async def line(platform: Platform, scene: Scene, tmp_path: Path) -> AsyncIterator[Line]:
    async with working(platform, scene, tmp_path / "worker.log") as line:
        yield line


async def approved(scene: Scene, answers: list[str]) -> tuple[Project, Mentee]:
    project = await scene.project(deposit=6000)
    mentee = Mentee(project.id)
    await scene.tell(*mentee.whole(), *mentee.passed("midterm"))
    mira = await scene.served.caller(mentee.id)
    said = {"iban": IBAN, "holder_name": HOLDER, "country": "DE"}
    path = f"/v1/stipends/{mentee.application}/installments/1/request"
    answers += [(await mira.put("/v1/payees/me", json=said)).text, (await mira.post("/v1/payees/me/confirm")).text]
    answers += [(await mira.post(path)).text, (await mira.get("/v1/payees/me")).text]
    await scene.approved(project, mentee)
    return project, mentee


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_around_its_call_to_the_bank_it_pays_once_and_says_nowhere_where_to(
    scene: Scene, line: Line, moment: str
):
    answers: list[str] = []
    project, mentee = await approved(scene, answers)
    reference = f"{mentee.application}.1.1"
    reached, after = MOMENTS[moment]
    assert line.worker
    line.moment = moment
    await line.worker.start()
    await asyncio.wait_for(line.worker.gone(), 180)
    assert line.orders == [reference] * reached

    await line.worker.start()
    await scene.becomes(mentee, "paid")
    assert line.orders == [reference] * (reached + after)
    assert [one["status"] for one in await scene.payments_of(mentee)] == ["paid"]
    assert (await scene.budget(project.id))["paid"] == 2700
    paths = [*EVERYWHERE, *(f"budgets/{project.id}{path}" for path in BOOKS), f"stipends/{mentee.application}"]
    for path in paths:
        answer = await scene.fay.get(f"/v1/{path}")
        assert answer.status_code == 200, (path, answer.text)
        answers.append(answer.text)
    await nothing_tells_where_it_went(scene, line.worker, answers)


EVERYWHERE = (
    "payments?limit=100",
    "payments/batches",
    "payments/differences?since=2026-01-01",
    "stipends?limit=100",
    "stipends/overdue",
    "stipends/export.csv",
)
BOOKS = ("", "/entries", "/entries.csv", "/entries.journal", "/forecast", "/statement")
"""All that finance can read or take away, but for the file that goes to the bank."""


async def nothing_tells_where_it_went(scene: Scene, worker: Worker, answers: list[str]) -> None:
    """Look for account and holder in every answer, log line and stored document, events and mails among them."""
    database = scene.served.service.store.database
    names = await database._database.list_collection_names()
    assert {"outbox", "payees", "payments", "idempotency", "postings", "stipends", "known_projects"} <= set(names)
    stored = {name: [repr(row) for row in await database[name].find({})] for name in names}
    logged = worker.log.read_text()
    assert '"event"' in logged, "it logs"
    assert "••••3000" in answers[0]
    for secret in (IBAN, IBAN[4:], HOLDER, HOLDER.split()[1]):
        assert [name for name, rows in stored.items() if any(secret in row for row in rows)] == []
        assert secret not in logged
        assert not [answer for answer in answers if secret in answer]


async def test_a_worker_that_was_stopped_is_caught_up_with_by_the_next(scene: Scene, line: Line):
    assert line.worker
    await line.worker.start()
    mentees = [(await approved(scene, []))[1] for _ in range(3)]
    line.worker.kill()
    await line.worker.gone()
    await line.worker.start()

    async def all_paid() -> bool:
        return {(await scene.installment(mentee))["status"] for mentee in mentees} == {"paid"}

    await eventually(all_paid, within=180, what="all payments")
    assert sorted(set(line.orders)) == sorted(f"{mentee.application}.1.1" for mentee in mentees)
    for mentee in mentees:
        assert len(await scene.payments_of(mentee)) == 1
