"""Projects and their terms."""

from contracts.ids import ProjectId
from services.chassis.domain import Actor, Change
from services.chassis.mongo import Document, IndexModel
from services.chassis.store import Repository
from services.projects.domain.project import UUID, Mentees, Project, ProjectUnknown
from services.projects.domain.term import Term
from services.projects.store.catalog import Catalog


class Projects(Repository[Project]):
    @property
    def catalog(self) -> Catalog:
        return Catalog(self.store.database)

    async def _put(self, change: Change[Project], action: str, *, insert: bool) -> Project:
        state = await super()._put(change, action, insert=insert)
        await self.catalog.show(state)
        return state

    def write(self, state: Project) -> Document:
        return super().write(state) | {"name_key": state.name.casefold()}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("name_key", 1)], unique=True, name="name"),
            IndexModel([("slug", 1)], unique=True, name="slug"),
            IndexModel([("status", 1), ("_id", -1)]),
            IndexModel([("administrators", 1)]),
            IndexModel([("mentors", 1)]),
        )

    async def id_of(self, reference: str) -> ProjectId:
        """Turn an id or a slug into the id."""
        if UUID.fullmatch(reference):
            return ProjectId(reference)
        found = await self.documents.find_one({"slug": reference}, {"_id": 1})
        if found is None:
            raise ProjectUnknown(f"There is no project {reference!r}.")
        return ProjectId(found["_id"])

    async def named(self, name: str) -> ProjectId | None:
        """Give the id of the project that has this name, in whatever case."""
        found = await self.documents.find_one({"name_key": name.casefold()}, {"_id": 1})
        return None if found is None else ProjectId(found["_id"])

    async def slugs_like(self, slug: str) -> frozenset[str]:
        """Give those that are taken of this slug and of it with a number."""
        alike = await self.documents.find({"slug": {"$regex": rf"^{slug}(-\d+)?$"}}, fields={"slug": 1})
        return frozenset(document["slug"] for document in alike)

    async def count_mentees(self, id: ProjectId, mentees: Mentees) -> None:
        """Note how many mentees there are; nobody decided that, so the version stays."""
        counted = mentees.model_dump()
        await self.documents.update({"_id": id, "mentees": {"$ne": counted}}, {"$set": {"mentees": counted}})

    async def visible_to(self, reader: Actor | None, id: ProjectId) -> Project:
        """What you may not see is not there."""
        project = await self.get(id)
        if not project.is_seen_by(reader):
            raise ProjectUnknown(f"There is no project {id!r}.")
        return project


class Terms(Repository[Term]):
    @property
    def catalog(self) -> Catalog:
        return Catalog(self.store.database)

    async def _put(self, change: Change[Term], action: str, *, insert: bool) -> Term:
        state = await super()._put(change, action, insert=insert)
        await self.catalog.place(state.project_id, await self.of(state.project_id))
        return state

    async def remove(self, term: Term) -> None:
        """Take its document away; it was deleted before."""
        await self.documents.delete({"_id": term.id})
        await self.catalog.place(term.project_id, await self.of(term.project_id))

    def write(self, state: Term) -> Document:
        return super().write(state) | {"next_at": state.next_at}

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("project_id", 1), ("name", 1)], unique=True),
            IndexModel([("next_at", 1)]),
        )

    async def of(self, project_id: ProjectId) -> list[Term]:
        return await self.find({"project_id": project_id}, sort="window_opens_at")
