"""Who may call what: each route, each kind of caller, each cell a real request.

`another` administers another project, where `another_mentor`, who sees no more than they do, mentors;
mentee, mentor and administrator are so in the project that is asked for. `machine` is a client with a token of its own.
A route without a row fails.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from uuid6 import uuid7

from contracts.ids import ActorId, MentorInvitationId
from contracts.projects import MemberRole
from deploy.local.platform import Platform
from services.chassis.domain import Actor
from services.chassis.service import now
from services.projects import app as rooms
from tests.component.projects.scene import Scene, Somebody, published, somebody
from tests.component.projects.test_enrollment import enrollment, term
from tests.component.projects.test_requests import asked, profiled
from tests.support.authorized import Table, World, read, routes_of, unnoted, with_machines, wrong
from tests.support.issuer import Issuer
from tests.support.pictured import picture
from tests.support.served import Served, serving

NO_PROJECT: Final = """
route                                              anonymous signed_in mentee mentor administrator another staff finance
GET    /v1/projects                                   ok        ok       ok     ok        ok          ok     ok    ok
GET    /v1/projects?mine=true                         401       ok       ok     ok        ok          ok     ok    ok
GET    /v1/projects?waiting=true                      401       ok       ok     ok        ok          ok     ok    ok
GET    /v1/projects/terms-and-conditions              ok        ok       ok     ok        ok          ok     ok    ok
GET    /v1/projects/facets                            ok        ok       ok     ok        ok          ok     ok    ok
GET    /v1/projects/stream                            ok        ok       ok     ok        ok          ok     ok    ok
GET    /v1/projects/audit                             401       ok       ok     ok        ok          ok     ok    ok
GET    /v1/projects/feed.atom                         ok        ok       ok     ok        ok          ok     ok    ok
POST   /v1/projects                                   401       ok       ok     ok        ok          ok     ok    ok
POST   /v1/terms/calendar                             401       ok       ok     ok        ok          ok     ok    ok
DELETE /v1/terms/calendar                             401       ok       ok     ok        ok          ok     ok    ok
GET    /v1/terms/calendar/{token}.ics                 ok        ok       ok     ok        ok          ok     ok    ok
POST   /v1/mentor-invitations/accept                  401       403      403    ok        403         403    403   403
POST   /v1/mentor-invitations/decline                 401       403      403    ok        403         403    403   403
"""
"""The invitation went to the mentor; the calendar's address is the only key to it."""

THEMSELVES: Final = """
route                                              staff_administrator
POST   /v1/projects/{id}/publish                      403
POST   /v1/projects/{id}/reject                       403
POST   /v1/projects/{id}/changes/approve              403
POST   /v1/projects/{id}/changes/reject               403
"""
"""Staff have a part in the project themselves."""

PUBLISHED: Final = """
route                                              anonymous signed_in mentee mentor administrator another staff finance
GET    /v1/projects/{id}                              ok        ok       ok     ok        ok          ok     ok    ok
PATCH  /v1/projects/{id}                              401       403      403    403       ok          403    403   403
POST   /v1/projects/{id}/submit                       401       403      403    403       ok          403    403   403
POST   /v1/projects/{id}/publish                      401       403      403    403       403         403    ok    403
POST   /v1/projects/{id}/reject                       401       403      403    403       403         403    ok    403
POST   /v1/projects/{id}/hide                         401       403      403    403       ok          403    403   403
POST   /v1/projects/{id}/unhide                       401       403      403    403       ok          403    403   403
POST   /v1/projects/{id}/archive                      401       403      403    403       ok          403    403   403
POST   /v1/projects/{id}/changes/approve              401       403      403    403       403         403    ok    403
POST   /v1/projects/{id}/changes/reject               401       403      403    403       403         403    ok    403
POST   /v1/projects/{id}/clone                        401       403      403    403       ok          403    403   403
PUT    /v1/projects/{id}/logo                         401       403      403    403       ok          403    403   403
GET    /v1/projects/{id}/logo                         ok        ok       ok     ok        ok          ok     ok    ok
DELETE /v1/projects/{id}/logo                         401       403      403    403       ok          403    403   403
POST   /v1/projects/{id}/terms                        401       403      403    403       ok          403    403   403
PATCH  /v1/terms/{id}                                 401       403      403    403       ok          403    403   403
POST   /v1/terms/{id}/close                           401       403      403    403       ok          403    403   403
POST   /v1/terms/{id}/reopen                          401       403      403    403       ok          403    403   403
DELETE /v1/terms/{id}                                 401       403      403    403       ok          403    403   403
GET    /v1/projects/{id}/calendar.ics                 ok        ok       ok     ok        ok          ok     ok    ok
GET    /v1/projects/{id}/members                      ok        ok       ok     ok        ok          ok     ok    ok
DELETE /v1/projects/{id}/members/{account_id}         401       403      403    403       ok          403    403   403
POST   /v1/projects/{id}/mentor-invitations           401       403      403    403       ok          403    403   403
POST   /v1/projects/{id}/administrators               401       403      403    403       ok          403    403   403
GET    /v1/projects/{id}/mentor-invitations           401       403      403    403       ok          403    403   403
POST   /v1/projects/{id}/mentor-invitations/{invitation_id}/resend
                                                      401       403      403    403       ok          403    403   403
DELETE /v1/projects/{id}/mentor-invitations/{invitation_id}
                                                      401       403      403    403       ok          403    403   403
POST   /v1/projects/{id}/mentor-requests              401       ok       ok     ok        ok          ok     ok    ok
GET    /v1/projects/{id}/mentor-requests              401       ok       ok     ok        ok          ok     ok    ok
POST   /v1/projects/{id}/mentor-requests/{request_id}/approve
                                                      401       403      404    404       ok          404    404   404
POST   /v1/projects/{id}/mentor-requests/{request_id}/decline
                                                      401       403      404    404       ok          404    404   404
POST   /v1/projects/{id}/mentor-requests/{request_id}/withdraw
                                                      401       ok       404    404       403         404    404   404
"""
"""That somebody asked to mentor is known to them and to administrators alone, who answer but do not withdraw."""

DRAFT: Final = """
route                                              anonymous signed_in mentee mentor administrator another staff finance
GET    /v1/projects/{id}                              404       404      404    ok        ok          404    ok    404
PATCH  /v1/projects/{id}                              401       404      404    403       ok          404    403   404
POST   /v1/projects/{id}/submit                       401       404      404    403       ok          404    403   404
POST   /v1/projects/{id}/publish                      401       404      404    403       403         404    ok    404
POST   /v1/projects/{id}/reject                       401       404      404    403       403         404    ok    404
POST   /v1/projects/{id}/hide                         401       404      404    403       ok          404    403   404
POST   /v1/projects/{id}/unhide                       401       404      404    403       ok          404    403   404
POST   /v1/projects/{id}/archive                      401       404      404    403       ok          404    403   404
POST   /v1/projects/{id}/changes/approve              401       404      404    403       403         404    ok    404
POST   /v1/projects/{id}/changes/reject               401       404      404    403       403         404    ok    404
POST   /v1/projects/{id}/clone                        401       404      404    403       ok          404    403   404
PUT    /v1/projects/{id}/logo                         401       404      404    403       ok          404    403   404
GET    /v1/projects/{id}/logo                         404       404      404    ok        ok          404    ok    404
DELETE /v1/projects/{id}/logo                         401       404      404    403       ok          404    403   404
POST   /v1/projects/{id}/terms                        401       404      404    403       ok          404    403   404
PATCH  /v1/terms/{id}                                 401       404      404    403       ok          404    403   404
POST   /v1/terms/{id}/close                           401       404      404    403       ok          404    403   404
POST   /v1/terms/{id}/reopen                          401       404      404    403       ok          404    403   404
GET    /v1/projects/{id}/calendar.ics                 404       404      404    ok        ok          404    ok    404
GET    /v1/projects/{id}/members                      404       404      404    ok        ok          404    ok    404
DELETE /v1/projects/{id}/members/{account_id}         401       404      404    403       ok          404    403   404
POST   /v1/projects/{id}/mentor-invitations           401       404      404    403       ok          404    403   404
POST   /v1/projects/{id}/administrators               401       404      404    403       ok          404    403   404
GET    /v1/projects/{id}/mentor-invitations           401       404      404    403       ok          404    403   404
POST   /v1/projects/{id}/mentor-invitations/{invitation_id}/resend
                                                      401       404      404    403       ok          404    403   404
DELETE /v1/projects/{id}/mentor-invitations/{invitation_id}
                                                      401       404      404    403       ok          404    403   404
POST   /v1/projects/{id}/mentor-requests              401       404      404    ok        ok          404    ok    404
GET    /v1/projects/{id}/mentor-requests              401       404      404    ok        ok          404    ok    404
POST   /v1/projects/{id}/mentor-requests/{request_id}/approve
                                                      401       404      404    404       404         404    404   404
POST   /v1/projects/{id}/mentor-requests/{request_id}/decline
                                                      401       404      404    404       404         404    404   404
POST   /v1/projects/{id}/mentor-requests/{request_id}/withdraw
                                                      401       404      404    404       404         404    404   404
DELETE /v1/terms/{id}                                 401       404      404    403       ok          404    403   404
"""
"""Nobody may know of a draft but its people and staff. Nobody asks to mentor in it, so there is no request either."""

BLIND: Final = frozenset({"GET /v1/projects/terms-and-conditions", "GET /v1/terms/calendar/{token}.ics"})


def rows(table: str) -> Table:
    return with_machines(read(table, another_mentor="another"), BLIND)


def bodies() -> Mapping[str, dict[str, Any]]:
    """What a route is sent; none of it is refused for its form."""
    return {
        "POST /v1/projects": {"json": enrollment()},
        "PATCH /v1/projects/{id}": {"json": {"website_url": "https://example.org"}},
        "POST /v1/projects/{id}/submit": {"json": {"accepted_terms_version": "none of ours"}},
        "POST /v1/projects/{id}/reject": {"json": {"reason": "Say more."}},
        "POST /v1/projects/{id}/changes/reject": {"json": {"reason": "Say more."}},
        "POST /v1/projects/{id}/clone": {"json": {"name": f"Clone {uuid7()}"}},
        "PUT /v1/projects/{id}/logo": {"content": picture(), "headers": {"content-type": "image/png"}},
        "POST /v1/projects/{id}/terms": {"json": term(name="Another")},
        "PATCH /v1/terms/{id}": {"json": {"capacity": 5}},
        "POST /v1/terms/{id}/reopen": {"json": {"window_closes_at": term()["window_closes_at"]}},
        "POST /v1/projects/{id}/mentor-invitations": {"json": {"email": f"{uuid7()}@example.org"}},
        "POST /v1/projects/{id}/administrators": {"json": {"email": f"{uuid7()}@example.org"}},
        "POST /v1/mentor-invitations/accept": {"json": {"token": TOKEN}},
        "POST /v1/mentor-invitations/decline": {"json": {"token": TOKEN}},
    }


TOKEN: Final = "authorization-table"


@dataclass
class Place:
    """What stands in the paths of one project."""

    project: str
    term: str
    words: dict[str, str] = field(default_factory=dict)

    def path(self, template: str) -> str:
        id = self.term if template.startswith("/v1/terms/{id}") else self.project
        return template.format(**{"id": id, "request_id": str(uuid7()), **self.words})


@dataclass
class Worlds:
    """Every kind of caller, before a published project and before a draft."""

    published: World
    draft: World


@pytest.fixture(scope="module")
async def served(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


@pytest.fixture(scope="module")
async def worlds(served: Served) -> Worlds:
    scene, another = await published(served), await published(served)
    names = ("mentee", "mentor", "another_mentor", "staff", "finance")
    people = {name: await somebody(served, name) for name in names}
    people["signed_in"] = await profiled(served)
    callers = {name: person.client for name, person in people.items()}
    callers |= {"administrator": scene.owner.client, "another": another.owner.client, "anonymous": scene.anybody}
    callers |= {role: await served.caller(people[role].id, role) for role in ("staff", "finance")}
    callers["staff_administrator"] = await served.caller(scene.owner.id, "staff")
    callers["machine"] = await served.machine()
    await scene.applied("active", mentee_id=people["mentee"].id)
    draft = (await scene.owner.client.post("/v1/projects", json=enrollment())).json()["id"]
    draft_term = (await scene.owner.client.post(f"/v1/projects/{draft}/terms", json=term())).json()["id"]
    places = [Place(scene.id, scene.term_id), Place(draft, draft_term)]
    for place, token in zip(places, (TOKEN, "of-the-draft"), strict=True):
        await furnished(scene, place, people["mentor"], token)
    await furnished(another, Place(another.id, another.term_id), people["another_mentor"], "of-another")
    places[0].words["request_id"] = await declined_request(scene, people["signed_in"])
    return Worlds(*(World(callers, place.path, bodies()) for place in places))


async def furnished(scene: Scene, place: Place, mentor: Somebody, token: str) -> None:
    """Give the project a mentor by an invitation with this token, a logo, and the owner a calendar."""
    data, owner = scene.served.service.data, Actor(ActorId(scene.owner.id))
    id = MentorInvitationId(str(uuid7()))
    await data.invite(id, place.project, mentor.address, MemberRole.MENTOR, token=token, by=owner, at=now())
    await data.accept_invitation(token, by=Actor(ActorId(mentor.id)), at=now())
    logo = await scene.owner.client.put(f"/v1/projects/{place.project}/logo", content=picture())
    assert logo.status_code == 200, logo.text
    stranger = await somebody(scene.served)
    calendar = (await stranger.client.post("/v1/terms/calendar")).json()["url"].rpartition("/")[2]
    place.words |= {
        "invitation_id": id,
        "account_id": scene.owner.id,
        "token": calendar.removesuffix(".ics"),
    }


async def declined_request(scene: Scene, who: Somebody) -> str:
    id = await asked(scene, who)
    await scene.owner.client.post(f"{scene.place}/mentor-requests/{id}/decline")
    return id


async def test_who_may_call_what_does_not_hang_on_a_project(worlds: Worlds, served: Served):
    table = rows(NO_PROJECT)
    assert wrong(await worlds.published.answers(table), table) == []
    assert await unnoted(worlds.published.asked, served.service.store) == []


async def test_who_may_call_what_of_a_published_project(worlds: Worlds, served: Served):
    table = rows(PUBLISHED)
    assert wrong(await worlds.published.answers(table), table) == []
    assert await unnoted(worlds.published.asked, served.service.store) == []


async def test_what_staff_may_not_do_with_a_project_of_their_own(worlds: Worlds):
    for world in (worlds.published, worlds.draft):
        assert wrong(await world.answers(read(THEMSELVES)), read(THEMSELVES)) == []


async def test_who_may_call_what_of_a_draft_that_the_public_does_not_know_of(worlds: Worlds):
    table = rows(DRAFT)
    assert wrong(await worlds.draft.answers(table), table) == []


def test_every_route_has_its_row(served: Served):
    routes = routes_of(served)
    of_projects = {route for route in routes if "{id}" in route}
    assert {route.partition("?")[0] for route in read(NO_PROJECT)} == routes - of_projects
    assert read(PUBLISHED).keys() == read(DRAFT).keys() == of_projects
