"""Applications at ten times the reference customer's size: `python -m benchmarks.applications --folder FOLDER`.

The folder keeps the platform, so that what took minutes to put in is measured again and again: the first run fills it.
Documents are laid out by the service's own repositories, from applications that its own decisions made.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import bson
import httpx
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from uuid6 import uuid7

from benchmarks.catalog import p95
from benchmarks.measured import Measured, draw, resident, show
from benchmarks.raw import AT_ONCE, rate, two_inserts
from contracts.applications import Attendance
from contracts.ids import AccountId, ActorId, ApplicationId, TermId
from deploy.local import seed
from deploy.local.platform import Platform
from services.applications import app as rooms
from services.applications.domain import application as applications
from services.applications.domain import confirmation, eligibility, mentorship, task
from services.applications.domain.application import Application
from services.applications.domain.case import Case, Limits
from services.applications.domain.evaluation import Evaluation
from services.applications.domain.known import Funding, Mentee, Project, Term
from services.applications.domain.places import Places
from services.applications.domain.task import Task
from services.applications.domain.wish import Wish
from services.applications.store import ApplicationsStore
from services.chassis.domain import Actor, Aggregate
from services.chassis.mongo import OPTIONS, Document
from services.chassis.store import Repository

PROJECTS, TERMS, MENTEES = 15_530, 16_870, 393_930
APPLICATIONS, TASKS = 760_030, 2_528_990
OPEN_TERMS: Final = 400
"""Of the newest projects, with places, to apply to and be accepted in."""
LARGEST: Final = 5_000
"""Applications to one term, which are exported."""
REVIEWED: Final = 12
"""Projects of the reviewer, the largest term's among them."""
CHUNK: Final = 2_000
REQUESTS: Final = 300
NEEDED: Final = ("mongod", "broker", "mailbox", "gateway", "identity", "applications")
NOW: Final = datetime.now(UTC)
DAY: Final = timedelta(days=1)
ADA, MIRA = (Actor(ActorId(str(uuid7()))) for _ in range(2))
LIMITS: Final = Limits(grace=timedelta(minutes=15), most_applications=3, most_withdrawals=3)
WORDS: Final = (
    "I mended the scheduler with those who wrote it and measured every change with care before I sent it. " * 7
)
QUESTIONS: Final = [{"id": f"q-{n}", "text": f"What about the number {n}?"} for n in range(2)]
TEMPLATES: Final = [
    {"name": f"Task {n}", "description": WORDS[:300], "due_on": NOW.date() + 40 * DAY} for n in range(3)
]


class Form:
    """A stored document with holes for what differs, all of one width: encoding each anew would take far longer."""

    def __init__(self, document: Document, *holes: str) -> None:
        self._bytes = bson.encode(document, codec_options=OPTIONS)
        self._holes = [hole.encode() for hole in holes]

    def filled(self, *values: str) -> RawBSONDocument:
        filled = self._bytes
        for hole, value in zip(self._holes, values, strict=True):
            filled = filled.replace(hole, value.encode())
        return RawBSONDocument(filled)


class World:
    """Who there is, by number; the same at every run."""

    def __init__(self, reviewer: str, scale: float) -> None:
        self.projects, self.terms, self.mentees = (self._ids(int(n * scale)) for n in (PROJECTS, TERMS, MENTEES))
        self.applications, self.tasks, self.largest = (int(n * scale) for n in (APPLICATIONS, TASKS, LARGEST))
        self.open_terms = int(OPEN_TERMS * scale)
        self.reviewer = reviewer

    @staticmethod
    def _ids(count: int) -> Sequence[str]:
        return [f"0190{count % 10_000:04d}-0000-7000-8000-{n:012d}" for n in range(count)]

    def project_of(self, term: int) -> int:
        return term % len(self.projects)

    def applied(self) -> Iterator[tuple[int, int]]:
        """Give the numbers of mentee and term of each application: the first term has the most of them."""
        others = itertools.cycle(range(1, len(self.terms) - self.open_terms))
        for number in range(self.applications):
            first = number % (self.applications // self.largest) == 0
            yield number % len(self.mentees), 0 if first else next(others)

    def project(self, number: int) -> Project:
        mentors = [self.reviewer] if number < REVIEWED else [self.mentees[-1 - number % 1000]]
        said: dict[str, Any] = {
            "id": self.projects[number],
            "name": f"Project {number}",
            "status": "published",
            "mentors": mentors,
        }
        said |= {"administrators": [self.reviewer if number == 0 else ADA.id], "prerequisites": TEMPLATES}
        return Project.model_validate({**said, "application_questions": QUESTIONS, "ai_use_policy": WORDS})

    def term(self, number: int) -> Term:
        begun = NOW - DAY if number >= len(self.terms) - self.open_terms else NOW - 20 * DAY - 0.12 * number * DAY
        days = {"window_opens_at": 0, "window_closes_at": 30, "starts_at": 40, "ends_at": 130}
        instants = {name: begun + days * DAY for name, days in days.items()}
        whose = {"id": self.terms[number], "project_id": self.projects[self.project_of(number)]}
        return Term.model_validate({**whose, "name": f"Term {number}", "capacity": 1000, **instants})

    def mentee(self, number: int) -> Mentee:
        said = {"complete": True, "country": "DE", "of_age": True, "may_work": True}
        return Mentee.model_validate({"id": self.mentees[number], **said})


class Examples:
    """One application of each kind and its tasks, made by the rules themselves."""

    def __init__(self, data: ApplicationsStore) -> None:
        project = {
            "id": str(uuid7()),
            "name": "Kernel",
            "status": "published",
            "mentors": [],
            "prerequisites": TEMPLATES,
        }
        people = {"administrators": [ADA.id], "application_questions": QUESTIONS, "ai_use_policy": WORDS}
        instants = {"window_opens_at": NOW - DAY, "window_closes_at": NOW + 9 * DAY, "starts_at": NOW + 9 * DAY}
        term = {"id": str(uuid7()), "project_id": project["id"], "name": "Spring", "capacity": 9, **instants}
        self.project = Project.model_validate({**project, **people})
        self.term = Term.model_validate({**term, "ends_at": NOW + 99 * DAY})
        self.mentee = Mentee(id=AccountId(MIRA.id), complete=True, country="DE", of_age=True, may_work=True)
        self.data = data
        self.pending = self._apply()

    def _apply(self) -> Application:
        case = Case(
            by=MIRA,
            at=NOW,
            mentee=self.mentee,
            term=self.term,
            project=self.project,
            own=(),
            terms={},
            limits=LIMITS,
            policy=self.data.policies[-1],
        )
        answers = {question["id"]: WORDS[:400] for question in QUESTIONS}
        wish = Wish(statement=WORDS, answers=answers, availability=WORDS[:80], ai_use=WORDS[:60])
        verdict = eligibility.judge(case)
        said = {"mentee": self.mentee, "term": self.term, "project": self.project, "verdict": verdict, "wish": wish}
        return applications.apply(str(uuid7()), **said, by=MIRA, at=NOW).state  # type: ignore[arg-type]

    def each_status(self) -> Mapping[str, Application]:
        by, project = {"by": ADA, "at": NOW}, self.project
        declined = applications.decline(self.pending, project, reason_code="not_selected", message="", **by)  # type: ignore[arg-type]
        own = {"term": self.term, "reason": "", "by": MIRA, "at": NOW}
        withdrawn = applications.withdraw(self.pending, project, **own)  # type: ignore[arg-type]
        offer = {"attendance": Attendance.FULL_TIME, "term": self.term, "valid": 14 * DAY}
        accepted = applications.accept(self.pending, project, **offer, **by).state  # type: ignore[arg-type]
        signed: dict[str, Any] = {"agreement_version": self.data.agreements[-1].version, "signature": "Mira Diaz"}
        signed |= {"agreements": self.data.agreements, "term": self.term, "by": MIRA, "at": NOW}
        funding = Funding.model_validate({"id": self.pending.id, "status": "unpaid"})
        active = confirmation.confirm(accepted, project, **signed, funding=funding).state
        feedback = {"on_mentor": "Patient.", "on_project": "Lively.", "at": NOW}
        final = {"id": "e", "application_id": active.id, "milestone": "final", "optional": False, "due_on": NOW.date()}
        last = Evaluation.model_validate({**final, "verdict": "satisfactory", "feedback": feedback})
        graduated = mentorship.graduate(active, project, [last], **by).state  # type: ignore[arg-type]
        return {
            "pending": self.pending,
            "declined": declined.state,
            "withdrawn": withdrawn.state,
            "graduated": graduated,
        }

    def task(self, number: int) -> Task:
        given = task.assign(str(uuid7()), self.project.prerequisites[number % 3], self.pending, by=MIRA, at=NOW).state
        if number == 0:
            return given
        around = (self.pending, self.project)
        started = task.start(given, *around, by=MIRA, at=NOW).state
        submitted = task.submit(started, *around, text=WORDS[:200], links=("https://example.org/1",), by=MIRA, at=NOW)
        return task.complete(submitted.state, *around, by=ADA, at=NOW).state

    def form(self, repository: Repository[Any], state: Aggregate, *holes: str) -> Form:
        return Form(repository.write(state), state.id, *holes)


class Filling:
    """Puts the world into the store; indexes are made afterwards, by the service's start."""

    def __init__(self, uri: str, data: ApplicationsStore, world: World) -> None:
        self.client: MongoClient[Document] = MongoClient(uri)
        self.database = self.client.get_database("applications", codec_options=OPTIONS)
        self.data, self.world, self.examples = data, world, Examples(data)

    def fill(self) -> None:
        self.client.admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig="cache_size=3G")
        for name in ("applications", "tasks", "known_mentees", "known_people"):
            self.database[name].drop_indexes()
        self.copies()
        self.applications()
        self.tasks()
        self.database["seeded"].insert_one({"_id": "whole", "reviewer": self.world.reviewer})
        self.client.close()

    def put(self, name: str, documents: Iterator[Any]) -> None:
        began, collection = time.monotonic(), self.database[name]
        count = 0
        while chunk := list(itertools.islice(documents, CHUNK)):
            collection.insert_many(chunk, ordered=False)
            count += len(chunk)
        print(f"{name}: {count:,} in {time.monotonic() - began:.0f} s", flush=True)

    def copies(self) -> None:
        world = self.world
        self.put("known_projects", (_copy(world.project(n)) for n in range(len(world.projects))))
        self.put("known_terms", (_copy(world.term(n)) for n in range(len(world.terms))))
        self.put("places", (self.data.places.write(Places(id=TermId(id))) for id in world.terms))
        mentee = Form(_copy(self.examples.mentee), MIRA.id)
        self.put("known_mentees", (mentee.filled(id) for id in world.mentees))
        person = {"_id": MIRA.id, "name": "Mira Diaz", "emails": [f"{MIRA.id}@example.org"], "sequence": 1}
        named = Form(person, MIRA.id)
        self.put("known_people", (named.filled(id) for id in world.mentees))

    def applications(self) -> None:
        first = self.examples.pending
        holes = (first.mentee_id, first.term_id, first.project_id)
        forms = {
            name: self.examples.form(self.data.applications, one, *holes)
            for name, one in self.examples.each_status().items()
        }
        self.put("applications", (self._application(n, *who, forms) for n, who in enumerate(self.world.applied())))

    def _application(self, number: int, mentee: int, term: int, forms: Mapping[str, Form]) -> RawBSONDocument:
        """A person graduates once, so those of their second application did not."""
        kinds = ("declined", "pending", "declined", "withdrawn", "declined", "pending", "declined", "graduated")
        kind = kinds[number % 8] if number < len(self.world.mentees) else "declined"
        world = self.world
        project = world.projects[world.project_of(term)]
        return forms[kind].filled(application_id(number), world.mentees[mentee], world.terms[term], project)

    def tasks(self) -> None:
        first = self.examples.pending
        holes = (first.id, first.mentee_id)
        forms = [self.examples.form(self.data.tasks, self.examples.task(n), *holes) for n in range(4)]
        self.put("tasks", (self._task(n, forms) for n in range(self.world.tasks)))

    def _task(self, number: int, forms: Sequence[Form]) -> RawBSONDocument:
        which, application = divmod(number, self.world.applications)
        id = f"01900000-0002-7000-8000-{number:012d}"
        return forms[which].filled(
            id, application_id(application), self.world.mentees[application % len(self.world.mentees)]
        )


def application_id(number: int) -> str:
    return f"01900000-0001-7000-8000-{number:012d}"


def _copy(known: Project | Term | Mentee) -> Document:
    document = known.model_dump()
    return {"_id": document.pop("id"), **document, "sequence": 1}


async def commands(platform: Platform, data: ApplicationsStore, world: World) -> list[Measured]:
    """Apply and accept by the service's own commands in this process, beside the bare transaction, in turn."""
    fresh = [str(uuid7()) for _ in range(20_000)]
    await data.mentees.documents.insert_many([{**_copy(world.mentee(0)), "_id": id} for id in fresh])
    people = [{"_id": id, "name": "Mira Diaz", "emails": [f"{id}@example.org"], "sequence": 1} for id in fresh]
    await data.people.documents.insert_many(people)
    mentees, terms = iter(fresh), itertools.cycle(world.terms[-world.open_terms :])
    applied: list[Application] = []
    answers = {question["id"]: WORDS[:400] for question in QUESTIONS}
    wish = Wish(statement=WORDS, answers=answers, availability=WORDS[:80], ai_use=WORDS[:60])

    known = await data.projects.get(world.projects[-1])
    assert known is not None
    ada = Actor(known.administrators[0])

    async def apply() -> None:
        by, term = Actor(ActorId(next(mentees))), TermId(next(terms))
        applied.append(await data.apply(str(uuid7()), term, wish=wish, by=by, at=datetime.now(UTC)))

    async def accept() -> None:
        one = applied.pop(0)
        await data.accept(ApplicationId(one.id), attendance=Attendance.FULL_TIME, by=ada, at=datetime.now(UTC))

    raws, applies, accepts = [], [], []
    async with two_inserts(platform.addresses.mongodb_uri) as raw:
        await raw(1)
        for _ in range(4):
            raws.append(await raw(3))
            applies.append(await rate([apply] * AT_ONCE, 4) / raws[-1])
            accepts.append(await rate([accept] * AT_ONCE, 2) / raws[-1])
    return [
        Measured("raw two-insert transactions", statistics.median(raws), "a second"),
        Measured("apply, with three tasks / raw transaction", statistics.median(applies), "", 0.5),
        Measured("accept / raw transaction", statistics.median(accepts), "", 0.5),
    ]


async def lists(client: httpx.AsyncClient, world: World) -> list[Measured]:
    """Ask, as a reviewer of a dozen projects, for pages by the filters that there are."""
    largest, other = world.terms[0], world.terms[5]
    asked: list[dict[str, str]] = [
        {},
        {"term_id": largest, "status": "pending"},
        {"project_id": world.projects[0], "status": "declined"},
        {"term_id": other},
        {"status": "pending"},
        {"mentee_id": world.mentees[0]},
    ]
    rows = []
    for params in asked:
        times = []
        cursor: str | None = None
        for _ in range(REQUESTS // len(asked)):
            more = {"cursor": cursor} if cursor else {}
            began = time.perf_counter()
            answer = await client.get("/v1/applications", params={**params, **more})
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == httpx.codes.OK, answer.text
            cursor = answer.json()["next_cursor"]
        name = " and ".join(sorted(params)) or "nothing"
        rows.append(Measured(f"a reviewer's list by {name}, p95", p95(times), "ms", 50, at_least=False))
    return rows


async def export(client: httpx.AsyncClient, pid: int, term: str) -> list[Measured]:
    """Fetch the file a few times, looking at the service's memory all the while."""
    before, most, over = resident(pid), 0.0, threading.Event()

    def look() -> None:
        nonlocal most
        while not over.wait(0.01):
            most = max(most, resident(pid))

    looking = threading.Thread(target=look)
    looking.start()
    starts, wholes, lines = [], [], 0
    for _ in range(5):
        began = time.perf_counter()
        async with client.stream("GET", "/v1/applications/export.csv", params={"term_id": term}) as answer:
            assert answer.status_code == httpx.codes.OK
            chunks = answer.aiter_bytes()
            lines = (await anext(chunks)).count(b"\r\n")
            starts.append((time.perf_counter() - began) * 1000)
            async for chunk in chunks:
                lines += chunk.count(b"\r\n")
            wholes.append(time.perf_counter() - began)
    over.set()
    looking.join()
    return [
        Measured(
            f"CSV of {lines - 1:,} applications starts within, worst of 5", max(starts), "ms", 200, at_least=False
        ),
        Measured("and is there after", statistics.median(wholes), "s"),
        Measured("and takes of the service's memory", most - before, "MiB", 50, at_least=False),
    ]


async def measure(platform: Platform, data: ApplicationsStore, world: World, token: str) -> list[Measured]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=platform.addresses.applications, headers=headers, timeout=60) as client:
        await client.get("/v1/applications")
        rows = await lists(client, world) + await export(client, platform.pid("applications"), world.terms[0])
    await asyncio.to_thread(platform.stop, "applications")
    return [*await commands(platform, data, world), *rows]


def _data(platform: Platform) -> ApplicationsStore:
    said = {name.removeprefix("APPLICATIONS_").lower(): v for name, v in platform.environment("applications").items()}
    return rooms.build(rooms.Settings(**said)).data  # type: ignore[arg-type]


async def reviewer(platform: Platform, folder: Path) -> tuple[str, str]:
    """Sign in, and the first time up; gives the account and a token."""
    kept = folder / "reviewer.json"
    async with httpx.AsyncClient(timeout=30) as http:
        person = seed.journey(platform, http).administrator
        if kept.exists():
            person.email, person.password = json.loads(kept.read_text())
        else:
            await person.sign_up()
            kept.write_text(json.dumps([person.email, person.password]))
        await person.sign_in()
        return person.id, person.token


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="keeps the platform from one run to the next")
    parser.add_argument("--scale", type=float, default=1.0, help="less of everything, for a try")
    said = parser.parse_args()
    folder = said.folder
    with Platform.start(folder, NEEDED) as platform:
        account, token = asyncio.run(reviewer(platform, folder))
        world = World(account, said.scale)
        uri = platform.addresses.mongodb_uri
        with MongoClient[Document](uri) as client:
            seeded = client["applications"]["seeded"].find_one({})
            client.admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig="cache_size=3G")
        if seeded is None:
            platform.stop("applications")
            Filling(uri, _data(platform), world).fill()
            platform.start_process("applications")
            began = time.monotonic()
            platform.wait_ready("applications", patience=300)
            print(f"indexes: {time.monotonic() - began:.0f} s", flush=True)
        rows = asyncio.run(_measure(platform, world, token))
    show(rows)
    draw(rows, "applications")


async def _measure(platform: Platform, world: World, token: str) -> list[Measured]:
    return await measure(platform, _data(platform), world, token)


if __name__ == "__main__":
    main()
