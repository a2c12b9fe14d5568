"""One's own part of the audit trail: what one did, and what others did about one, as far as one may know of it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, Literal

from fastapi import APIRouter, Request

from contracts.time import Instant
from services.chassis import hands
from services.chassis.audit import Outcome, Trail
from services.chassis.http import By, View, router
from services.chassis.mongo import Document
from services.chassis.paging import Page, PageRequest, Paging

UntoldSince = Callable[[str], Awaitable[str | None]]
"""Says, of an account, from which id of a note on something is not to be told to it yet."""
MARGIN: Final = timedelta(minutes=5)
"""By which the clocks of those who made two ids may differ."""
EXPORTED: Final = 10_000
"""Notes that an export of a person holds, the newest; all are at the route."""


class NoteView(View):
    id: str
    at: Instant
    action: str
    subject: str
    outcome: Outcome
    by: Literal["you", "staff", "system", "somebody"]
    """Staff is whoever used a platform role; who it was is not told."""
    reason: str | None
    """Of what you did yourself, or of somebody who tried to sign in as you."""
    address: str | None
    """The network it came from, likewise."""
    client: str | None


async def everything(_: str) -> str | None:
    return None


def own_notes(prefix: str, tag: str, untold_since: UntoldSince = everything) -> APIRouter:
    """Make the route under which a service tells its part."""
    routes = router(prefix, tag)

    @routes.get("/audit", response_model=Page[NoteView])
    async def list_audit_notes(by: By, paging: Paging, request: Request) -> Page[NoteView]:
        """List what you did here, and what others did that is about you, the newest first."""
        return await page(request.app.state.store.audit, by.id, paging, await untold_since(by.id))

    return routes


async def page(trail: Trail, id: str, request: PageRequest, untold: str | None) -> Page[NoteView]:
    rows = await trail.notes.find(request.narrow(_theirs(id, untold)), sort=[("_id", -1)], limit=request.limit + 1)
    return Page.of([_shown(row, id) for row in rows], request)


async def exported(trail: Trail, id: str, untold: str | None = None) -> list[dict[str, Any]]:
    """Give the same for the export of a person."""
    rows = await trail.notes.find(_theirs(id, untold), sort=[("_id", -1)], limit=EXPORTED)
    return [_shown(row, id).model_dump(mode="json") for row in rows]


def _theirs(id: str, untold: str | None) -> Document:
    """Ask for what is about somebody; from `untold` on only for what they asked for themself."""
    if untold is None:
        return {"concerns": id}
    asked = {"actor": id, "request_id": {"$ne": ""}}
    return {"$and": [{"concerns": id}, {"$or": [{"_id": {"$lt": untold}}, asked]}]}


def _shown(note: Document, reader: str) -> NoteView:
    actor = note["actor"]
    open_ = actor in {reader, hands.ANONYMOUS}
    said = {name: part["text"] for name, part in note.get("said", {}).items()} if open_ else {}
    shown = {name: note[name] for name in ("at", "action", "subject", "outcome")}
    shown |= {"by": _who(note, reader), "reason": said.get("reason"), "address": said.get("address")}
    return NoteView(id=note["_id"], client=(note["client"] or None) if open_ else None, **shown)


def _who(note: Document, reader: str) -> str:
    if note["actor"] == reader:
        return "you"
    if note["actor"].startswith(hands.SYSTEM):
        return "system"
    return "staff" if note["roles"] else "somebody"
