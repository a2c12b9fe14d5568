"""The commands of enrollment and its review: drafted, cloned, edited, submitted, decided by staff."""

import itertools
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from contracts.identity import PlatformRole
from contracts.ids import ProjectId
from services.chassis.domain import Actor, Change
from services.chassis.mongo import DuplicateKeyError
from services.chassis.pictures import Picture
from services.projects.domain import changes as domain
from services.projects.domain import project as projects
from services.projects.domain.project import NameTaken, Project
from services.projects.store.kept import Kept
from services.projects.terms_and_conditions import shipped


class Enrolling(Kept):
    conditions: Final = shipped()

    async def draft(self, id: str, fields: Mapping[str, Any], *, by: Actor, at: datetime) -> Project:
        """Begin an enrollment under the first free slug. Raises `NameTaken`."""

        async def add(slug: str) -> Project:
            return await self.projects.add(projects.draft(id, slug=slug, by=by, at=at, **fields))

        return await self._under_free_slug(fields["name"], add)

    async def clone(self, past: ProjectId, id: str, name: str, *, by: Actor, at: datetime) -> Project:
        """Begin an enrollment that says what a past one said, its logo included. Raises `NameTaken`."""

        async def add(slug: str) -> Project:
            async def work() -> Project:
                cloned = domain.clone(await self.projects.get(past), id, name=name, slug=slug, by=by, at=at)
                if logo := await self.logos.of(past):
                    await self.logos.put(cloned.state.id, logo)
                return await self.projects.add(cloned)

            return await self._store.transaction(work)

        return await self._under_free_slug(name, add)

    async def edit(self, id: ProjectId, changes: Mapping[str, Any], *, by: Actor, at: datetime) -> Project:
        """Change it, or propose to and tell staff. Raises `NameTaken`, also for a name that is only proposed."""

        async def work() -> Project:
            before = await self.projects.get(id)
            edited = await self.projects.change(id, domain.edit, changes, by=by, at=at)
            if edited.proposed and "name" in edited.proposed.changes:
                await self._must_be_free(edited.proposed.changes["name"], but=id)
            if edited.proposed and not before.proposed:
                await self._write_to_staff("changes_to_review", edited)
            return edited

        return await self._naming(changes.get("name", ""), work)

    async def submit(self, id: ProjectId, *, terms_version: str, by: Actor, at: datetime) -> Project:
        """Ask for a review; its administrators and staff are told."""

        async def work() -> Project:
            planned = await self.terms.documents.count({"project_id": id}, limit=1)
            submitted = await self.projects.change(
                id,
                projects.submit,
                terms_version=terms_version,
                versions=self.conditions,
                planned_terms=planned,
                by=by,
                at=at,
            )
            await self.write_to(submitted.administrators, "project_submitted", submitted)
            await self._write_to_staff("project_to_review", submitted)
            return submitted

        return await self._store.transaction(work)

    async def publish(self, id: ProjectId, *, by: Actor, at: datetime) -> Project:
        """Let the public see it, and tell its administrators."""
        return await self._decide("project_published", id, projects.publish, by=by, at=at)

    async def reject(self, id: ProjectId, reason: str, *, by: Actor, at: datetime) -> Project:
        """Send it back, and tell its administrators why."""

        def decide(project: Project, *, by: Actor, at: datetime) -> Change[Project]:
            return projects.reject(project, reason, by=by, at=at)

        return await self._decide("project_rejected", id, decide, by=by, at=at)

    async def approve_changes(self, id: ProjectId, *, by: Actor, at: datetime) -> Project:
        """Let the public see what was proposed. Raises `NameTaken`, which leaves the proposal as it was."""
        waiting = (await self.projects.get(id)).proposed

        async def work() -> Project:
            return await self._decide("changes_approved", id, domain.approve, by=by, at=at)

        return await self._naming(waiting.changes.get("name", "") if waiting else "", work)

    async def reject_changes(self, id: ProjectId, reason: str, *, by: Actor, at: datetime) -> Project:
        """Leave all as the public sees it, and tell its administrators why."""

        def decide(project: Project, *, by: Actor, at: datetime) -> Change[Project]:
            return domain.reject(project, reason, by=by, at=at)

        return await self._decide("changes_rejected", id, decide, by=by, at=at, reason=reason)

    async def set_logo(self, id: ProjectId, logo: Picture | None, *, by: Actor, at: datetime) -> Project:
        """Keep the picture and what the project says of it as one; the one before is gone."""

        async def work() -> Project:
            digest = logo.digest if logo else None
            changed = await self.projects.change(id, domain.show_logo, digest, by=by, at=at)
            await (self.logos.put(id, logo) if logo else self.logos.remove(id))
            return changed

        return await self._store.transaction(work)

    async def _decide(
        self, letter: str, id: ProjectId, decide: projects.Review, *, by: Actor, at: datetime, **words: str
    ) -> Project:
        """Let staff decide, and tell the administrators."""

        async def work() -> Project:
            decided = await self.projects.change(id, decide, by=by, at=at)
            await self.write_to(decided.administrators, letter, decided, **words)
            return decided

        return await self._store.transaction(work)

    async def _write_to_staff(self, letter: str, project: Project) -> None:
        """Tell those who may review it: not its own administrators."""
        staff = {account.id for account in await self.accounts.find({"roles": PlatformRole.STAFF})}
        await self.write_to(staff - {*project.administrators}, letter, project)

    async def _under_free_slug(self, name: str, add: Callable[[str], Awaitable[Project]]) -> Project:
        """Add it under the first slug that is free; who is overtaken by another takes the next."""
        first = projects.slug_of(name)
        while True:
            taken = await self.projects.slugs_like(first)
            numbered = (f"{first}-{number}" for number in itertools.count(2))
            slug = next(slug for slug in itertools.chain([first], numbered) if slug not in taken)
            try:
                return await add(slug)
            except DuplicateKeyError as duplicate:
                if "slug" not in str(duplicate.details and duplicate.details.get("keyPattern")):
                    raise _taken(name) from None

    async def _naming(self, name: str, work: Callable[[], Awaitable[Project]]) -> Project:
        try:
            return await self._store.transaction(work)
        except DuplicateKeyError:
            raise _taken(name) from None

    async def _must_be_free(self, name: str, *, but: ProjectId) -> None:
        if await self.projects.named(name) not in {None, but}:
            raise _taken(name)


def _taken(name: str) -> NameTaken:
    return NameTaken(f"There is a project called {name!r}. Choose another name.")
