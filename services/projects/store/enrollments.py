"""Projects and their terms."""

from collections.abc import Mapping
from typing import Any

from contracts.ids import ProjectId
from contracts.projects import ProjectStatus
from services.chassis.domain import Actor
from services.chassis.mongo import Document, IndexModel
from services.chassis.paging import Page, PageRequest
from services.chassis.store import Repository
from services.projects.domain.project import STAFF, UUID, Project, ProjectUnknown
from services.projects.domain.term import Term


class Projects(Repository[Project]):
    def write(self, state: Project) -> Document:
        return super().write(state) | {"name_key": state.name.casefold()}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("name_key", 1)], unique=True, name="name"),
            IndexModel([("slug", 1)], unique=True, name="slug"),
            IndexModel([("status", 1), ("_id", -1)]),
            IndexModel([("administrators", 1)]),
            IndexModel([("mentors", 1)]),
            IndexModel([("name", "text"), ("description", "text"), ("skills", "text")]),
        )

    async def id_of(self, reference: str) -> ProjectId:
        """Turn an id or a slug into the id."""
        if UUID.fullmatch(reference):
            return ProjectId(reference)
        found = await self.documents.find_one({"slug": reference}, {"_id": 1})
        if found is None:
            raise ProjectUnknown(f"There is no project {reference!r}.")
        return ProjectId(found["_id"])

    async def visible_to(self, reader: Actor | None, id: ProjectId) -> Project:
        """What you may not see is not there."""
        project = await self.get(id)
        if not project.is_seen_by(reader):
            raise ProjectUnknown(f"There is no project {id!r}.")
        return project

    async def listed_for(
        self, reader: Actor | None, wanted: Mapping[str, Any], text: str | None, request: PageRequest
    ) -> Page[Project]:
        """Those the reader may see: published ones, their own, and for staff all."""
        where: Document = {**wanted, **({"$text": {"$search": text}} if text else {})}
        if reader is None or not reader.has(STAFF):
            seen: list[Document] = [{"status": ProjectStatus.PUBLISHED}]
            if reader is not None:
                seen += [{"administrators": reader.id}, {"mentors": reader.id}]
            where["$or"] = seen
        return await self.page(where, request)


class Terms(Repository[Term]):
    def write(self, state: Term) -> Document:
        return super().write(state) | {"next_at": state.next_at}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("project_id", 1), ("name", 1)], unique=True),
            IndexModel([("next_at", 1)]),
        )

    async def of(self, project_id: ProjectId) -> list[Term]:
        return await self.find({"project_id": project_id}, sort="window_opens_at")
