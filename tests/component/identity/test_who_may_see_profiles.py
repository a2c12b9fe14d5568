"""Who may call what of profiles, as a table of real requests: nobody reaches what is another's but what they show."""

from typing import Any, Final

import pytest

from tests.component.identity.applications import machine
from tests.component.identity.provider import Provider
from tests.component.identity.told import MENTEE, MENTOR, somebody
from tests.support.authorized import Table, World, read, with_machines, wrong
from tests.support.pictured import picture

TABLE: Final = """
route                                      anonymous owner another staff
GET    /v1/me/mentee-profile               401       ok    404     404
PUT    /v1/me/mentee-profile               401       ok    ok      ok
GET    /v1/me/mentor-profile               401       ok    404     404
PUT    /v1/me/mentor-profile               401       ok    ok      ok
GET    /v1/me/portfolio                    401       ok    ok      ok
GET    /v1/me/avatar                       401       ok    404     404
PUT    /v1/me/avatar                       401       ok    ok      ok
GET    /v1/me/resume                       401       ok    404     404
PUT    /v1/me/resume                       401       ok    ok      ok
GET    /v1/me/demographics                 401       ok    ok      ok
PUT    /v1/me/demographics/{category}      401       ok    ok      ok
GET    /v1/mentors                         ok        ok    ok      ok
GET    /v1/mentors/{id}                    ok        ok    ok      ok
GET    /v1/mentors/{id}/avatar             ok        ok    ok      ok
GET    /v1/mentees                         ok        ok    ok      ok
GET    /v1/mentees/{id}                    404       404   404     404
GET    /v1/mentees/{id}/avatar             404       404   404     404
DELETE /v1/me/demographics/{category}      401       ok    ok      ok
DELETE /v1/me/avatar                       401       ok    ok      ok
DELETE /v1/me/resume                       401       ok    ok      ok
"""
"""The owner shows a card with a picture as a mentor, and none as a mentee; staff see no more than everybody."""


def rows(table: str) -> Table:
    """Whoever is of finance is somebody like others; a machine is nobody who could be shown a card, or have one."""
    return with_machines(read(table, finance="another"), ())


OURS: Final = (
    "mentee-profile",
    "mentor-profile",
    "portfolio",
    "avatar",
    "resume",
    "demographics",
    "mentors",
    "mentees",
)
PDF: Final = b"%PDF-1.7\n"


@pytest.fixture(scope="module")
async def world(provider: Provider) -> World:
    owner, another = await somebody(provider), await somebody(provider)
    staff, finance = await somebody(provider, "staff"), await somebody(provider, "finance")
    await owner.http.put("/v1/me/mentor-profile", json=MENTOR | {"shown": ["avatar"]})
    await owner.http.put("/v1/me/mentee-profile", json=MENTEE | {"listed": False})
    await owner.http.put("/v1/me/avatar", content=picture())
    await owner.http.put("/v1/me/resume", content=PDF)
    bodies: dict[str, dict[str, Any]] = {
        "PUT /v1/me/mentee-profile": {"json": MENTEE | {"listed": False}},
        "PUT /v1/me/mentor-profile": {"json": MENTOR | {"shown": ["avatar"]}},
        "PUT /v1/me/avatar": {"content": picture()},
        "PUT /v1/me/resume": {"content": PDF},
        "PUT /v1/me/demographics/{category}": {"json": {"answers": ["woman"], "consent": True}},
    }
    callers = {
        "anonymous": await provider.http(),
        "owner": owner.http,
        "another": another.http,
        "staff": staff.http,
        "finance": finance.http,
        "machine": await machine(provider),
    }
    return World(callers, lambda template: template.format(id=owner.id, category="gender"), bodies)


async def test_everybody_may_do_what_the_table_says_and_nothing_else(world: World):
    table = rows(TABLE)
    assert wrong(await world.answers(table), table) == []


def test_every_route_has_a_row(provider: Provider):
    app = provider.service.app()
    rows = {
        f"{method.upper()} {path}"
        for path, item in app.openapi()["paths"].items()
        for method in item
        if path.startswith("/v1/") and any(word in path.split("/") for word in OURS)
    }
    assert rows == set(read(TABLE))
