"""State and event in one transaction: repositories for what is ours, projections of what others told."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Concatenate, Final, Generic, ParamSpec, TypeVar

from pydantic import BaseModel

from contracts.event import Event
from services.chassis import commands, hands, metrics
from services.chassis.audit import Trail
from services.chassis.commands import Answers
from services.chassis.domain import Aggregate, Change, NotFound
from services.chassis.endings import Endings
from services.chassis.mongo import Collection, Database, Document, IndexModel
from services.chassis.outbox import Outbox
from services.chassis.paging import Page, PageRequest

A = TypeVar("A", bound=Aggregate)
M = TypeVar("M", bound=BaseModel)
P = ParamSpec("P")
T = TypeVar("T")

REBUILDING: Final = "rebuilding"
"""Marks a copy that has a successor: kept among its documents, so that whoever writes one sees it at no price, and so
that it goes in the very step in which the successor takes its place."""


class Store:
    """A service's store: the database, its outbox, and the one door through which anything is changed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.outbox = Outbox(database)
        self.audit = Trail(database)
        self.answers = Answers(database)
        self.endings = Endings(database)

    async def prepare(self) -> None:
        """Create what is missing; safe to repeat, and beside a running service."""
        await self.outbox.prepare()
        await self.audit.prepare()
        await self.answers.prepare()
        await self.endings.prepare()

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` as one: all it changes, the events of it, and the answer to the request, or nothing.

        It may run more than once, so nothing outside the store may happen in it.
        """
        if self.database.in_transaction():
            return await work()
        return await self.database.transaction(lambda: self._answered(work))

    async def _answered(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work of the request in hand, if there is one, unless it was done before; and keep its answer."""
        command = commands.current()
        if command is None:
            return await work()
        await self.answers.refuse_repetition(command)
        result = await work()
        await self.answers.keep(command, result)
        return result


class Repository(Generic[A]):
    """The aggregates of one kind."""

    def __init__(self, store: Store, name: str, model: type[A], missing: type[NotFound]) -> None:
        self.store = store
        self.documents: Collection = store.database[name]
        self._model = model
        self._missing = missing

    async def prepare(self, *indexes: IndexModel) -> None:
        await self.documents.ensure(IndexModel([("version", 1)]) if not indexes else indexes[0], *indexes[1:])

    async def get(self, id: str) -> A:
        """Give it. Raises this kind's `NotFound`."""
        found = await self.find_one({"_id": id})
        if found is None:
            raise self._missing(f"There is no {self._model.__name__.lower()} {id!r}.")
        return found

    async def find_one(self, where: Mapping[str, Any]) -> A | None:
        document = await self.documents.find_one(where)
        return None if document is None else self.read(document)

    async def find(self, where: Mapping[str, Any], *, sort: str = "_id", limit: int = 0) -> list[A]:
        return [self.read(document) for document in await self.documents.find(where, sort=[(sort, 1)], limit=limit)]

    async def page(self, where: Mapping[str, Any], request: PageRequest) -> Page[A]:
        """One page, newest first, stable while others are added."""
        rows = await self.documents.find(request.narrow(where), sort=[("_id", -1)], limit=request.limit + 1)
        return Page.of([self.read(row) for row in rows], request)

    async def add(self, change: Change[A], *, action: str = "add") -> A:
        """Store a new one with its event. Raises `DuplicateKeyError` where a unique index says no."""

        async def work() -> A:
            return await self._put(change, action, insert=True)

        added = await self.store.transaction(work)
        metrics.DECISIONS.labels(f"add {self.documents.name}").inc()
        return added

    async def add_all(self, changes: Sequence[Change[A]]) -> None:
        """Store new ones with their events, in one exchange, if there are any."""

        async def work() -> None:
            pos = time.time_ns() // 1000
            states = [change.state.model_copy(update={"pos": pos}) for change in changes]
            await self.documents.insert_many([self.write(state) for state in states])
            for change in changes:
                await self._say(change, "add", pos)

        if changes:
            await self.store.transaction(work)
            metrics.DECISIONS.labels(f"add {self.documents.name}").inc(len(changes))

    async def change(
        self, id: str, decide: Callable[Concatenate[A, P], Change[A]], *args: P.args, **kwargs: P.kwargs
    ) -> A:
        """Load it, let `decide` decide, store the state and the event it returns; a refusal leaves all as it was."""
        action = name_of(decide)

        async def work() -> A:
            before = await self.get(id)
            self._hold_to_expectation(before)
            return await self._put(decide(before, *args, **kwargs), action, insert=False)

        changed = await self.store.transaction(work)
        metrics.DECISIONS.labels(action).inc()
        return changed

    def _hold_to_expectation(self, before: A) -> None:
        """Refuse where the request in hand expects another version. Raises `StaleVersion`."""
        if command := commands.current():
            command.meets(f"{self.documents.name}/{before.id}", before.version)

    async def _put(self, change: Change[A], action: str, *, insert: bool) -> A:
        state = change.state.model_copy(update={"pos": max(time.time_ns() // 1000, change.state.pos + 1)})
        if insert:
            await self.documents.insert(self.write(state))
        else:
            await self.documents.replace({"_id": state.id}, self.write(state))
        await self._say(change, action, state.pos)
        return state

    async def _say(self, change: Change[A], action: str, pos: int) -> None:
        """Tell the others, if it is for them, and note who did it."""
        event, subject, concerned = change.event, f"{self.documents.name}/{change.state.id}", change.state.concerned
        if event is not None:
            await self.store.outbox.tell(event, pos)
        by, reason = (event.by, getattr(event, "reason", "")) if event is not None else ("", "")
        inside = change.state.inside
        await self.store.audit.note(action, subject, concerns=concerned, by=by, reason=reason, inside=inside)

    def write(self, state: A) -> Document:
        """Lay an aggregate out as stored; a subclass adds what its indexes need."""
        document = state.model_dump()
        return {"_id": document.pop("id"), **document}

    def read(self, document: Document) -> A:
        state = self._model.model_validate({**document, "id": document["_id"]})
        if (hand := hands.current()).seen is not None:
            hand.seen |= state.concerned
        return state


def name_of(decide: Callable[..., Any]) -> str:
    """Give a decision's name, also where some of its arguments are bound already."""
    return str(getattr(getattr(decide, "func", decide), "__name__", "change"))


class Projection(Generic[M]):
    """Our own copy of what another service told; only the newest picture is kept.

    While it is rebuilt there are two of it, and what comes in goes into both (`services.chassis.rebuilding`).
    """

    def __init__(
        self,
        store: Store,
        name: str,
        model: type[M],
        *,
        remembers: type[Event],
        forgets: type[Event] | None = None,
    ) -> None:
        self.name = name
        self.model = model
        self.remembers = remembers
        """The kind of event whose pictures it keeps."""
        self.forgets = forgets
        """The event that is the last word on a thing."""
        self.documents: Collection = store.database[f"known_{name}"]
        self.successor: Collection = store.database[f"known_{name}__new"]

    async def prepare(self, *indexes: IndexModel) -> None:
        await self.documents.ensure(IndexModel([("sequence", 1)]), *indexes)

    async def remember(self, event: Event) -> None:
        """Keep the event's picture unless a newer one is kept already."""
        of_it = {"_id": {"$in": [event.id, REBUILDING]}}
        known = {one["_id"]: one for one in await self.documents.find(of_it, fields={"sequence": 1})}
        if event.id not in known or known[event.id]["sequence"] < event.sequence:
            await self.documents.replace({"_id": event.id}, self.picture(event), upsert=True)
        if REBUILDING in known:
            await self.successor.put_newer([self.picture(event)])

    async def forget(self, event: Event) -> None:
        """Drop the picture: what it shows is gone."""
        await self.documents.delete({"_id": event.id})
        last_word = {"id": event.id, "sequence": event.sequence}
        if await self.documents.update({"_id": REBUILDING}, {"$push": {"forgotten": last_word}}):
            await self.successor.delete({"_id": event.id})

    def is_last_word(self, event: Event) -> bool:
        return self.forgets is not None and isinstance(event, self.forgets)

    def picture(self, event: Event) -> Document:
        """Lay out as stored what we keep of an event."""
        document = self.model.model_validate(event.model_dump()).model_dump(exclude={"id"})
        return document | {"_id": event.id, "sequence": event.sequence}

    async def get(self, id: str) -> M | None:
        return await self.find_one({"_id": id})

    async def find_one(self, where: Mapping[str, Any]) -> M | None:
        document = await self.documents.find_one(where)
        return None if document is None else self._read(document)

    async def find(self, where: Mapping[str, Any], *, limit: int = 0) -> list[M]:
        found = await self.documents.find(where, limit=limit)
        return [self._read(document) for document in found if document["_id"] != REBUILDING]

    def _read(self, document: Document) -> M:
        return self.model.model_validate({**document, "id": document["_id"]})
