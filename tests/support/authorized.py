"""Who may call what, as a table whose cells are real requests.

`ok` says that the caller may: the answer is a success, or a refusal for another reason than who asks.
"""

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi.routing import APIRoute, iter_route_contexts

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


@dataclass
class World:
    """The callers by name, what stands in a path, and what a route is sent."""

    callers: Mapping[str, httpx.AsyncClient]
    path: Callable[[str], str]
    bodies: Mapping[str, Mapping[str, Any]]

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
        async with self.callers[caller].stream(method, self.path(template), **self.bodies.get(route, {})) as answer:
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
