"""The catalog: by what projects are found, filtered, sorted and counted.

One document a project, written in the transaction that changes the project or its terms, and made out of them alone: it
can be dropped and rebuilt. It holds instants, never labels; what a page shows is read from the projects themselves.
"""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from contracts.ids import ProjectId
from contracts.projects import ProjectStatus
from contracts.time import written
from services.chassis.domain import Actor
from services.chassis.mongo import Collection, Database, Document, IndexModel
from services.chassis.paging import Malformed, PageRequest
from services.projects.domain.project import STAFF, Project
from services.projects.domain.search import fold, near, words
from services.projects.domain.term import Label, Term
from services.projects.store.wanted import (
    PUBLIC,
    WAITING,
    Group,
    Sort,
    Wanted,
    beginning,
    conditions,
    groups_of,
    terms_that_are,
    ways,
)

FORM: Final = 1
"""Counts the shapes of the documents; one of another shape is rebuilt at the start."""
MOST_VALUES: Final = 100
"""Different skills or technologies that the facets name."""
NOTHING: Final[Document] = {"_id": ""}


@dataclass(frozen=True)
class Place:
    """Where a page begins: after a key in a group, with every label as it was when the first page was asked for."""

    group: int
    after: str | None
    at: datetime

    @classmethod
    def of(cls, request: PageRequest, sort: Sort, now: datetime) -> "Place":
        if request.before is None:
            return cls(0, None, now)
        try:
            of_sort, group, after, at = json.loads(request.before)
            if of_sort == sort and group in range(3) and isinstance(after, str):
                return cls(group, after, datetime.fromtimestamp(at / 1000, UTC))
        except (ValueError, TypeError, OverflowError, OSError):
            pass
        raise Malformed("The cursor belongs to another list or another sort. Begin without one.")

    def cursor(self, sort: Sort) -> str:
        return PageRequest.cursor_at(json.dumps([sort, self.group, self.after, round(self.at.timestamp() * 1000)]))


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
            IndexModel([("words", 1)]),
            IndexModel([("near", 1)]),
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
        place = Place.of(request, sort, now)
        where, tiers = await self._where(reader, wanted, place.at)
        groups = groups_of(sort, tiers, place.at)
        found: list[tuple[int, Document]] = []
        for number in range(place.group, len(groups)):
            after = place.after if number == place.group else None
            rows = await self._rows(where, groups[number], after, request.limit + 1 - len(found))
            found += [(number, row) for row in rows]
            if len(found) > request.limit:
                break
        items = found[: request.limit]
        more = len(found) > request.limit
        cursor = Place(items[-1][0], items[-1][1]["key"], place.at).cursor(sort) if more else None
        return [ProjectId(row["_id"]) for _, row in items], cursor

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

    async def _rows(self, where: Sequence[Document], group: Group, after: str | None, most: int) -> list[Document]:
        order = group.order
        rest = [{order.key: {"$gt" if order.way > 0 else "$lt": after}}] if after is not None else []
        clauses = [*where, *([group.where] if group.where else [])]
        if not order.made:
            clauses += rest
        stages: list[Document] = [{"$match": {"$and": clauses}}]
        if order.made:
            stages += [{"$project": {order.key: order.made}}, *({"$match": clause} for clause in rest)]
        stages += [{"$sort": {order.key: order.way}}, {"$limit": most}, {"$project": {"key": f"${order.key}"}}]
        return await self.documents.aggregate(stages, by=index_for(where[-1]))

    async def _where(
        self, reader: Actor | None, wanted: Wanted, at: datetime
    ) -> tuple[list[Document], Sequence[Document]]:
        """Say what is wanted in the store's words: all conditions, and those of text by how well they fit."""
        clauses = conditions(reader, wanted, at)
        tiers = await self._tiers(words([wanted.text]), clauses[0]) if wanted.text else []
        return clauses + tiers[-1:], tiers

    async def _tiers(self, asked: Sequence[str], seen: Document) -> list[Document]:
        """Say how text may fit, best first. A word with which no word begins that the reader may find is a slip."""
        known = await asyncio.gather(*(self._is_known(word, seen) for word in asked))
        fitting = [ways(word, is_known=is_known) for word, is_known in zip(asked, known, strict=True)]
        return [{"$and": [way[tier] for way in fitting]} for tier in range(3)] if fitting else [NOTHING]

    async def _is_known(self, word: str, seen: Document) -> bool:
        return await self.documents.find_one({**seen, "words": beginning(word)}, {"_id": 1}) is not None


def index_for(text: Document) -> str | None:
    """Name the index of a text of three letters or more: few projects have it, and the store would have to guess."""
    ways_of_words = text.get("$and", [])
    if any(len(way["words"]["$regex"]) > 3 for way in ways_of_words if "words" in way):
        return "words_1"
    return "near_1" if any(way.get("near", {}).get("$in") for way in ways_of_words) else None


def keys_of(project: Project) -> Document:
    """By what a project is found."""
    titles = words([project.name, *project.skills, *project.desirable_skills, *project.technologies])
    return {
        "form": FORM,
        "seen_by": readers_of(project),
        "status": project.status,
        "name_key": project.name.casefold(),
        "waiting": f"{written(since)}/{project.id}" if (since := project.waits_since) else None,
        "newest": f"{written(project.published_at or _begun(project))}/{project.id}",
        "skills": _values([*project.skills, *project.desirable_skills]),
        "technologies": _values(project.technologies),
        "titles": titles,
        "words": list(dict.fromkeys([*titles, *words([project.description])])),
        "near": sorted({key for word in titles for key in near(word)}),
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


def _values(names: Iterable[str]) -> list[Document]:
    return [{"key": key, "name": name} for key, name in {fold(name): name for name in names}.items()]


def _begun(project: Project) -> datetime:
    """Read off the id, a UUIDv7, when it was made."""
    return datetime.fromtimestamp((UUID(project.id).int >> 80) / 1000, UTC)
