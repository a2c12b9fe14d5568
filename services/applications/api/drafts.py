"""A person's own drafts, one a term."""

from collections.abc import Mapping
from typing import Annotated, Final, Self

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, Field

from contracts.ids import TermId
from contracts.time import Instant
from services.applications.dependencies import Data, TermReference
from services.applications.domain.draft import Draft
from services.applications.domain.wish import MOST_ANSWERS, Wish
from services.chassis.http import Body, By, Now, View, router
from services.chassis.text import Line, many_lines, tidy

routes: Final = router("/v1/applications/draft", "applications")

Unfinished = Annotated[str, BeforeValidator(tidy), Field(max_length=10_000), AfterValidator(many_lines)]
Term = Annotated[TermReference, Query()]


class SaveDraft(Body):
    """Nothing is demanded of it yet."""

    statement: Unfinished = ""
    answers: Annotated[dict[Line, Unfinished], Field(max_length=MOST_ANSWERS, default_factory=dict)]
    availability: Unfinished = ""
    ai_use: Unfinished = ""


class DraftView(View):
    term_id: TermId
    statement: str
    answers: Mapping[str, str]
    availability: str
    ai_use: str
    saved_at: Instant
    version: int

    @classmethod
    def of(cls, draft: Draft) -> Self:
        return cls.model_validate({**dict(draft), **dict(draft.wish)})


@routes.get("", response_model=DraftView)
async def read_draft(term_id: Term, data: Data, by: By) -> DraftView:
    return DraftView.of(await data.draft_of(by, term_id))


@routes.put("", response_model=DraftView)
async def save_draft(term_id: Term, command: SaveDraft, data: Data, by: By, now: Now) -> DraftView:
    wish = Wish.model_validate(command.model_dump())
    return DraftView.of(await data.save_draft(term_id, wish=wish, by=by, at=now))


@routes.delete("", status_code=204)
async def discard_draft(term_id: Term, data: Data, by: By) -> None:
    await data.discard_draft(term_id, by=by)
