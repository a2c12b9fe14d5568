"""The catalog at ten times the reference customer's size: a page with search and two filters, a project's page, memory.

One request at a time, through HTTP straight to the service; beside it the same queries by the driver alone, in turn.
"""

import asyncio
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from pymongo import MongoClient
from rich.console import Console
from rich.table import Table

from benchmarks.measured import resident
from contracts.ids import AccountId, ActorId, ProjectId, TermId
from contracts.projects import ProjectStatus
from deploy.local.platform import Platform
from services.chassis.mongo import OPTIONS, Document
from services.chassis.search import rows_of
from services.projects import app as rooms
from services.projects.domain.project import Project
from services.projects.domain.term import Label, Phase, Term
from services.projects.store import ProjectsStore
from services.projects.store.catalog import instants_of, keys_of
from services.projects.store.wanted import Sort, Wanted, groups_of

PROJECTS, TERMS, MEMBERS = 15_530, 16_870, 43_720
REQUESTS = 300
CHUNK = 500
SKILLS = ["Python", "C", "C++", "Rust", "Go", "Java", "JavaScript", "TypeScript", "Linux", "Kubernetes", "Docker"]
SYLLABLES = ["ka", "no", "ri", "tel", "mo", "vex", "dra", "lin", "pho", "sta", "ber", "gu", "zen", "or", "fi", "cy"]


@dataclass
class Size:
    """The generated world; the same at every run."""

    chance: random.Random
    now: datetime

    def __post_init__(self) -> None:
        made = {"".join(self.chance.choices(SYLLABLES, k=self.chance.randint(2, 4))) for _ in range(9000)}
        self.words = sorted(made)
        self.chance.shuffle(self.words)
        self.skills = SKILLS + [word.title() for word in self.words[:140]]

    def often(self, values: Sequence[str], many: int) -> tuple[str, ...]:
        """Give different values, the first ones far more often than the last (Zipf)."""
        picked = (values[int(len(values) * self.chance.random() ** 3)] for _ in itertools.count())
        return tuple(dict.fromkeys(itertools.islice(picked, many)))

    def id(self, at: datetime) -> str:
        """Make a UUIDv7 of this instant."""
        high = (int(at.timestamp() * 1000) << 16) | 0x7000 | self.chance.getrandbits(12)
        return str(UUID(int=(high << 64) | (0b10 << 62) | self.chance.getrandbits(62)))

    def projects(self) -> Iterator[tuple[Project, list[Term]]]:
        members = [MEMBERS // PROJECTS + (number < MEMBERS % PROJECTS) for number in range(PROJECTS)]
        for number in range(PROJECTS):
            begun = self.now - timedelta(days=2200 * self.chance.random())
            project = self.project(number, begun, members[number])
            terms = 2 if number < TERMS - PROJECTS else 1
            yield project, [self.term(project, begun + timedelta(days=200 * run), run) for run in range(terms)]

    def project(self, number: int, begun: datetime, members: int) -> Project:
        people = [AccountId(ActorId(self.id(begun))) for _ in range(members)]
        name = " ".join(word.title() for word in self.often(self.words, 2)) + f" {number}"
        return Project(
            id=ProjectId(self.id(begun)),
            slug=f"project-{number}",
            name=name,
            status=ProjectStatus.PUBLISHED,
            published_at=begun + timedelta(days=7),
            description=" ".join(self.chance.choices(self.words, k=80)),
            repository_url="https://example.org/repository",
            skills=self.often(self.skills, 4),
            desirable_skills=self.often(self.skills, 2),
            technologies=self.often(self.skills, 3),
            administrators=tuple(people[:1]),
            mentors=tuple(people[1:]),
        )

    def term(self, project: Project, begun: datetime, run: int) -> Term:
        days = {"window_opens_at": 10, "window_closes_at": 40, "starts_at": 60, "ends_at": 150}
        instants = {name: begun + timedelta(days=day + self.chance.random() * 30) for name, day in days.items()}
        id = TermId(self.id(begun))
        passed = sum(instant <= self.now for instant in instants.values())
        phase = list(Phase)[passed]  # nothing is left to cross
        name = f"Term {run}"
        return Term(id=id, project_id=project.id, name=name, time_zone="UTC", capacity=3, phase=phase, **instants)

    def search(self) -> dict[str, Any]:
        """Ask for a word, its beginning or a slip of it; for a skill; and for a label or pay."""
        word = self.chance.choice(self.often(self.words, 5))
        slip = self.chance.randrange(1, len(word))
        asked = self.chance.choice([word, word, word[:4], word[:slip] + word[slip + 1 :]])
        other: dict[str, Any] = self.chance.choice(
            [{"label": self.chance.choice(list(Label)).value}, {"paid": self.chance.random() < 0.5}]
        )
        return {"q": asked, "skill": self.often(self.skills, 1)[0], **other}


def fill(uri: str, size: Size, data: ProjectsStore) -> list[str]:
    """Put the world into the store; gives the projects' ids."""
    database = MongoClient[Document](uri).get_database("projects", codec_options=OPTIONS)
    database["catalog"].drop_indexes()  # the service makes them again at its start, faster than row by row
    people = database["known_people"]
    ids: list[str] = []
    source = size.projects()
    while chunk := list(itertools.islice(source, CHUNK)):
        paid = [size.chance.choice([True, False, None]) for _ in chunk]
        database["projects"].insert_many([data.projects.write(project) for project, _ in chunk])
        database["terms"].insert_many([data.terms.write(term) for _, terms in chunk for term in terms])
        people.insert_many([person(mentor, size) for project, _ in chunk for mentor in project.people])
        database["catalog"].insert_many(
            {"_id": project.id, **keys_of(project), "terms": [instants_of(term) for term in terms], "paid": pay}
            for (project, terms), pay in zip(chunk, paid, strict=True)
        )
        ids += [project.id for project, _ in chunk]
    return ids


def person(id: str, size: Size) -> Document:
    return {"_id": id, "name": size.chance.choice(size.words).title(), "emails": [], "sequence": 1}


async def bare(data: ProjectsStore, asked: dict[str, Any]) -> None:
    """Let the driver alone run what a page asks the store."""
    label = Label(asked["label"]) if "label" in asked else None
    wanted = Wanted(text=asked["q"], skills=[asked["skill"]], label=label, paid=asked.get("paid"))
    now = datetime.now(UTC)
    where, known = await data.catalog._where(None, wanted, now)  # noqa: SLF001 - the same query
    rows: list[Document] = []
    for group in groups_of(Sort.RELEVANCE, known, now):
        rows += await rows_of(data.catalog.documents, where, group, None, 21 - len(rows))
        if len(rows) > 20:
            break
    ids = {"$in": [row["_id"] for row in rows[:20]]}
    found = await data.projects.documents.find({"_id": ids})
    mentors = {"$in": [mentor for project in found for mentor in project["mentors"]]}
    by_project = [("window_opens_at", 1)]
    await asyncio.gather(
        data.terms.documents.find({"project_id": ids}, sort=by_project),
        data.people.documents.find({"_id": mentors}),
        data.policies.documents.find({"_id": ids}),
    )


async def timed(call: Awaitable[None]) -> float:
    """Milliseconds that it takes."""
    began = time.perf_counter()
    await call
    return (time.perf_counter() - began) * 1000


def p95(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


async def measure(platform: Platform, size: Size) -> list[tuple[str, str, str]]:
    service = rooms.build(rooms.Settings(**_settings(platform)))
    data: ProjectsStore = service.data
    began = time.monotonic()
    platform.stop("projects")
    ids = fill(platform.addresses.mongodb_uri, size, data)
    platform.start_process("projects")
    platform.wait_ready("projects", patience=300)
    filled = f"{time.monotonic() - began:.0f} s"
    queries = [size.search() for _ in range(REQUESTS + 50)]
    pages: list[float] = []
    alone: list[float] = []
    details: list[float] = []
    async with httpx.AsyncClient(base_url=platform.addresses.projects, timeout=30) as http:

        async def get(path: str, **params: Any) -> None:
            answer = await http.get(path, params=params)
            assert answer.status_code == httpx.codes.OK, answer.text

        for asked in queries:
            pages.append(await timed(get("/v1/projects", **asked)))
            alone.append(await timed(bare(data, asked)))
            details.append(await timed(get(f"/v1/projects/{size.chance.choice(ids)}")))
        facets = [await timed(get("/v1/projects/facets", skill="Rust")) for _ in range(20)]
        sorts = {sort: [await timed(get("/v1/projects", sort=sort)) for _ in range(50)] for sort in Sort}
    memory = resident(platform.pid("projects"))
    service.store.database.close()
    page, query, detail = p95(pages[50:]), p95(alone[50:]), p95(details[50:])
    return [
        ("projects, terms, members put in", filled, ""),
        ("page with search and two filters, median", f"{statistics.median(pages[50:]):.1f} ms", ""),
        ("page with search and two filters, p95", f"{page:.1f} ms", "< 50 ms"),
        ("the same queries by the driver alone, p95", f"{query:.1f} ms", ""),
        ("ratio of the two", f"{page / query:.2f}", "< 3"),
        ("a project's page, p95", f"{detail:.1f} ms", "< 20 ms"),
        ("facets of a skill, p95", f"{p95(facets):.1f} ms", ""),
        *((f"first page by {sort.value}, p95", f"{p95(times):.1f} ms", "") for sort, times in sorts.items()),
        ("resident memory of the service", f"{memory:.0f} MiB", "< 200 MiB"),
    ]


def _settings(platform: Platform) -> dict[str, Any]:
    said = platform.environment("projects")
    return {name.removeprefix("PROJECTS_").lower(): value for name, value in said.items()}


def main() -> None:
    size = Size(random.Random(4), datetime.now(UTC))  # noqa: S311 - the same world each time
    table = Table("what", "measured", "wanted")
    parts = ("mongod", "broker", "projects")
    with tempfile.TemporaryDirectory() as folder, Platform.start(Path(folder), parts) as platform:
        for row in asyncio.run(measure(platform, size)):
            table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
