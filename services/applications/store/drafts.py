"""The commands about drafts."""

from datetime import datetime

from contracts.ids import AccountId, TermId
from services.applications.domain import draft
from services.applications.domain.draft import Draft, DraftUnknown, draft_id
from services.applications.domain.wish import Wish
from services.applications.store.kept import Kept
from services.chassis.domain import Actor


class Drafts(Kept):
    async def draft_of(self, by: Actor, term_id: TermId) -> Draft:
        saved = await self.drafts.find_one({"_id": draft_id(by, term_id)})
        if saved is None:
            raise DraftUnknown(f"You have no draft for the term {term_id!r}.")
        return saved

    async def save_draft(self, term_id: TermId, *, wish: Wish, by: Actor, at: datetime) -> Draft:
        async def work() -> Draft:
            await self.term(term_id)
            if await self.drafts.find_one({"_id": draft_id(by, term_id)}):
                return await self.drafts.change(draft_id(by, term_id), draft.revise, wish=wish, at=at)
            return await self.drafts.add(draft.begin(term_id, wish=wish, by=by, at=at))

        return await self._store.transaction(work)

    async def discard_draft(self, term_id: TermId, *, by: Actor) -> None:
        """Forget it; safe to repeat."""
        id = draft_id(by, term_id)

        async def work() -> None:
            if await self.drafts.documents.delete({"_id": id}):
                await self._store.audit.note("discard", f"drafts/{id}", by=by.id)

        await self._store.transaction(work)

    async def forget_writings(self, id: AccountId) -> None:
        """Leave no text of somebody who erased themself that was kept beside their applications."""
        await self.drafts.documents.delete({"mentee_id": id})
        await self.likenesses.forget(id)
