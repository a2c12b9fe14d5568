"""Who may call what, as a table whose cells are real requests.

`ok` says that the caller may: the answer is a success, or a refusal for another reason than who asks.
"""

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from fastapi.routing import APIRoute, iter_route_contexts
from uuid6 import uuid7

from services.chassis.store import Store
from tests.support.served import Served

Table = Mapping[str, Mapping[str, str]]
"""For each route what each caller gets."""


def read(table: str, **like: str) -> Table:
    """Read lines of a method, a path and a cell a caller; the first line names the callers.

    `like` names more callers, each with the one whose cells are theirs too.
    """
    (_, *callers), *rows = (line.split() for line in table.replace("\n      ", "").strip().splitlines())
    assert all(len(row) == 2 + len(callers) for row in rows), rows
    cells = {f"{row[0]} {row[1]}": dict(zip(callers, row[2:], strict=True)) for row in rows}
    return {route: row | {who: row[other] for who, other in like.items()} for route, row in cells.items()}


def with_machines(table: Table, blind: Container[str]) -> Table:
    """Add a client with a token of its own: 403, but where nobody looks at who asks."""
    return {route: {**row, "machine": row["anonymous"] if route in blind else "403"} for route, row in table.items()}


def wrong(found: Table, wanted: Table) -> list[str]:
    """Name the cells that are not as they should be."""
    return [
        f"{route} as {who}: {found[route][who]}, not {cell}"
        for route, cells in wanted.items()
        for who, cell in cells.items()
        if found[route][who] != cell
    ]


WITH_A_ROLE: Final = frozenset({"staff", "finance", "alone", "former", "graduate_of_staff"})
"""Callers who have a platform role, in every table."""


@dataclass(frozen=True)
class Asked:
    route: str
    caller: str
    status: int
    id: str

    @property
    def note(self) -> str | None:
        """Say what of it must be in the audit trail."""
        reads, known = self.route.startswith("GET "), self.caller not in {"anonymous", "machine"}
        if known and (self.status == 403 or (self.status == 404 and "{" in self.route)):
            return "refused"
        if self.status >= 400 or (reads and self.caller not in WITH_A_ROLE):
            return None
        return "read" if reads else "done"


async def unnoted(asked: Sequence[Asked], store: Store, *, changes_nothing: Container[str] = ()) -> list[str]:
    """Name what was answered and is not in the audit trail as it should be.

    What anybody may read may be noted or not: it depends on whether more is shown to whoever says who they are.
    """
    assert {each.note for each in asked} >= {"refused", "read", "done", None}, "This would hold of nothing at all."
    notes = await store.audit.notes.find({"request_id": {"$in": [each.id for each in asked]}})
    found = {(note["request_id"], note["outcome"]) for note in notes}
    open_ = {each.route for each in asked if each.caller == "anonymous" and each.status < 400}
    passed = {
        each.id for each in asked if each.route in changes_nothing or (each.note == "read" and each.route in open_)
    }
    missing = {
        f"{each.route} as {each.caller}: {each.status}, and no note that says {each.note}."
        for each in asked
        if each.note and each.id not in passed and (each.id, each.note) not in found
    }
    shown = {each.id for each in asked if each.note == "read"}
    return sorted(missing) + [
        f"{id} was nobody's to note." for id, outcome in found if outcome == "read" and id not in shown
    ]


@dataclass
class World:
    """The callers by name, what stands in a path, and what a route is sent."""

    callers: Mapping[str, httpx.AsyncClient]
    path: Callable[[str], str]
    bodies: Mapping[str, Mapping[str, Any]]
    asked: list["Asked"] = field(default_factory=list)

    async def answers(self, table: Table) -> Table:
        """Ask row by row; within a row those at once who may not, and then one after the other those who may."""
        return {route: await self._row(route, expected) for route, expected in table.items()}

    async def _row(self, route: str, expected: Mapping[str, str]) -> Mapping[str, str]:
        first: Sequence[str] = [who for who in expected if expected[who] != "ok"]
        refused = await asyncio.gather(*(self._answer(route, who) for who in first))
        found = dict(zip(first, refused, strict=True))
        return {who: found.get(who) or await self._answer(route, who) for who in expected}

    async def _answer(self, route: str, caller: str) -> str:
        method, template = route.split()
        # Only the beginning of the answer is waited for: a stream has no end.
        said = dict(self.bodies.get(route, {}))
        id = str(uuid7())
        said["headers"] = {**said.get("headers", {}), "X-Request-Id": id}
        async with self.callers[caller].stream(method, self.path(template), **said) as answer:
            self.asked.append(Asked(route, caller, answer.status_code, id))
            fine = answer.status_code < 400 or answer.status_code in {409, 422}
            return "ok" if fine else str(answer.status_code)


def routes_of(served: Served) -> set[str]:
    """Name every route of a service's interface."""
    contexts = [(context.path, context.original_route) for context in iter_route_contexts(served.service.app().routes)]
    return {
        f"{method} {path}"
        for path, route in contexts
        if isinstance(route, APIRoute) and str(path).startswith("/v1/")
        for method in route.methods or ()
    }
