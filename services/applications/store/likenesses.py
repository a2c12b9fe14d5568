"""Which applications to a project were written alike by different people: for reviewers, and decided by nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.ids import ApplicationId
from services.applications.domain.application import Application
from services.applications.domain.likeness import ALIKE, LOOKED_UP, resemblance, sketch
from services.chassis.mongo import IndexModel
from services.chassis.store import Store


@dataclass(frozen=True)
class Likeness:
    """To another application."""

    application_id: ApplicationId
    resemblance: float
    """0.5 to 1."""


class Likenesses:
    def __init__(self, store: Store) -> None:
        self._sketches = store.database["sketches"]
        self._pairs = store.database["likenesses"]

    async def prepare(self) -> None:
        await self._sketches.ensure(IndexModel([("project_id", 1), ("hashes", 1)]), IndexModel([("mentee_id", 1)]))
        await self._pairs.ensure(IndexModel([("application_ids", 1)]), IndexModel([("mentee_ids", 1)]))

    async def compare(self, application: Application) -> None:
        """Keep its sketch, and a pair with each that is alike."""
        own = sketch("\n".join([application.statement, *(answer.text for answer in application.answers)]))
        if not own:
            return
        where = {"project_id": application.project_id, "hashes": {"$in": list(own[:LOOKED_UP])}}
        for other in await self._sketches.find(where):
            alike = round(resemblance(own, tuple(other["hashes"])), 2)
            if other["mentee_id"] != application.mentee_id and alike >= ALIKE:
                both = sorted([application.id, other["_id"]])
                people = [application.mentee_id, other["mentee_id"]]
                pair = {"application_ids": both, "mentee_ids": people, "resemblance": alike}
                await self._pairs.replace({"_id": "/".join(both)}, {"_id": "/".join(both), **pair}, upsert=True)
        whose = {"project_id": application.project_id, "mentee_id": application.mentee_id}
        kept = {"_id": application.id, **whose, "hashes": list(own)}
        await self._sketches.replace({"_id": application.id}, kept, upsert=True)

    async def of(self, ids: Sequence[ApplicationId]) -> Mapping[ApplicationId, Sequence[Likeness]]:
        found: dict[ApplicationId, list[Likeness]] = defaultdict(list)
        for pair in await self._pairs.find({"application_ids": {"$in": list(ids)}}):
            one, other = pair["application_ids"]
            found[one].append(Likeness(other, pair["resemblance"]))
            found[other].append(Likeness(one, pair["resemblance"]))
        return found

    async def forget(self, mentee_id: str) -> None:
        await self._sketches.delete({"mentee_id": mentee_id})
        await self._pairs.delete({"mentee_ids": mentee_id})
