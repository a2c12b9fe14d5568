"""The catalog: by what projects are found, filtered, sorted and counted.

One document a project, written in the transaction that changes the project or its terms, and made out of them alone: it
can be dropped and rebuilt. It holds instants, never labels; what a page shows is read from the projects themselves.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from contracts.ids import ProjectId
from contracts.projects import ProjectStatus
from contracts.time import written
from services.chassis.domain import Actor
from services.chassis.mongo import Collection, Database, Document, IndexModel
from services.chassis.paging import PageRequest
from services.chassis.search import ALWAYS, INDEXES, Place, page, text_to_find, values_to_find, words_to_find
from services.projects.domain.project import STAFF, Project
from services.projects.domain.term import Label, Term
from services.projects.store.wanted import PUBLIC, WAITING, Sort, Wanted, conditions, groups_of, terms_that_are

FORM: Final = 1
"""Counts the shapes of the documents; one of another shape is rebuilt at the start."""
MOST_VALUES: Final = 100
"""Different skills or technologies that the facets name."""


class Catalog:
    def __init__(self, database: Database) -> None:
        self.documents: Collection = database["catalog"]

    async def prepare(self) -> None:
        await self.documents.ensure(
            IndexModel([("seen_by", 1), ("newest", -1)]),
            IndexModel([("seen_by", 1), ("name_key", 1)]),
            IndexModel([("status", 1), ("newest", -1)]),
            IndexModel([("skills.key", 1), ("newest", -1)]),
            IndexModel([("technologies.key", 1), ("newest", -1)]),
            *INDEXES,
            IndexModel([("terms.closes", 1), ("terms.opens", 1)]),
            IndexModel([("waiting", 1)], partialFilterExpression=WAITING),
            IndexModel([("form", 1)]),
        )

    async def show(self, project: Project) -> None:
        """Keep by what the project itself is found."""
        missing: Document = {"terms": [], "paid": None}
        change = {"$set": keys_of(project), "$setOnInsert": missing}
        await self.documents.update({"_id": project.id}, change, upsert=True)

    async def place(self, project_id: ProjectId, terms: Iterable[Term]) -> None:
        """Keep when its terms are."""
        await self.documents.update({"_id": project_id}, {"$set": {"terms": [instants_of(term) for term in terms]}})

    async def pay(self, project_id: ProjectId, *, paid: bool) -> None:
        await self.documents.update({"_id": project_id}, {"$set": {"paid": paid}})

    async def is_outdated(self) -> bool:
        """Say whether there is nothing, or something of another shape."""
        others = {"$or": [{"form": {"$lt": FORM}}, {"form": {"$gt": FORM}}]}
        none = await self.documents.find_one({"form": FORM}, {"_id": 1}) is None
        return none or await self.documents.find_one(others, {"_id": 1}) is not None

    async def page(
        self, reader: Actor | None, wanted: Wanted, sort: Sort, request: PageRequest, now: datetime
    ) -> tuple[list[ProjectId], str | None]:
        """Give the ids of a page, and the cursor of the next."""
        by_time = wanted.label is not None or sort in {Sort.ACCEPTING_FIRST, Sort.CLOSING_SOON}
        place = Place.of(request, sort, now if by_time else ALWAYS)
        where, known = await self._where(reader, wanted, place.at)
        groups = groups_of(sort, known, place.at)
        ids, cursor = await page(self.documents, where, groups, place, sort=sort, limit=request.limit)
        return [ProjectId(id) for id in ids], cursor

    async def facets(self, reader: Actor | None, wanted: Wanted, now: datetime) -> Document:
        """Count what is wanted by skill, technology, label and pay, in one pass."""
        where, _ = await self._where(reader, wanted, now)
        stages: list[Document] = [
            {"$match": {"$and": where}},
            {"$project": {"skills": 1, "technologies": 1, "paid": 1, "terms": 1}},
            {
                "$facet": {
                    "skills": _most_frequent("skills"),
                    "technologies": _most_frequent("technologies"),
                    "paid": [{"$group": {"_id": "$paid", "count": {"$sum": 1}}}],
                    "labels": [{"$group": {"_id": None, **{label.name: _having(label, now) for label in Label}}}],
                }
            },
        ]
        return (await self.documents.aggregate(stages))[0]

    async def published_last(self, most: int) -> list[ProjectId]:
        rows = await self.documents.find({"seen_by": PUBLIC}, sort=[("newest", -1)], limit=most, fields={"_id": 1})
        return [ProjectId(row["_id"]) for row in rows]

    async def _where(self, reader: Actor | None, wanted: Wanted, at: datetime) -> tuple[list[Document], Sequence[str]]:
        """Say what is wanted in the store's words, the text last; and which words of the text are no slips."""
        clauses = conditions(reader, wanted, at)
        text, known = await text_to_find(self.documents, wanted.text, clauses[0])
        return clauses + text, known


def keys_of(project: Project) -> Document:
    """By what a project is found."""
    titles = [project.name, *project.skills, *project.desirable_skills, *project.technologies]
    return {
        "form": FORM,
        "seen_by": readers_of(project),
        "status": project.status,
        "name_key": project.name.casefold(),
        "waiting": f"{written(since)}/{project.id}" if (since := project.waits_since) else None,
        "newest": f"{written(project.published_at or _begun(project))}/{project.id}",
        "skills": values_to_find([*project.skills, *project.desirable_skills]),
        "technologies": values_to_find(project.technologies),
        **words_to_find(titles, [project.description]),
    }


def readers_of(project: Project) -> list[str]:
    """Whoever `Project.is_seen_by` lets see it, as the store can look for them."""
    everybody = [PUBLIC] if project.status is ProjectStatus.PUBLISHED else []
    return [*everybody, STAFF, *sorted(project.people)]


def instants_of(term: Term) -> Document:
    return {
        "opens": term.window_opens_at,
        "closes": term.window_closes_at,
        "starts": term.starts_at,
        "ends": term.ends_at,
    }


def _having(label: Label, at: datetime) -> Document:
    return {"$sum": {"$cond": [{"$gt": [{"$size": terms_that_are(label, at)}, 0]}, 1, 0]}}


def _most_frequent(name: str) -> list[Document]:
    return [
        {"$unwind": f"${name}"},
        {"$group": {"_id": f"${name}.key", "name": {"$min": f"${name}.name"}, "count": {"$sum": 1}}},
        {"$sort": {"count": -1, "_id": 1}},
        {"$limit": MOST_VALUES},
    ]


def _begun(project: Project) -> datetime:
    """Read off the id, a UUIDv7, when it was made."""
    return datetime.fromtimestamp((UUID(project.id).int >> 80) / 1000, UTC)
