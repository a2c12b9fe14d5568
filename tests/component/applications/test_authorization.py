"""Who may call what: each route, each kind of caller, each cell a real request. Mentors advise and never decide.

`another` administers another project, `another_mentor` mentors there; mentee, mentor and administrator are so in the
project that is asked for, where `fellow` has applied too: these see no more than whoever is signed in. `machine` is a
client with a token of its own. A route without a row fails.
"""

from typing import Any, Final

from tests.component.applications.scene import Scene, person, profile, project, somebody
from tests.component.applications.test_certificates import REQUEST, employer, graduated
from tests.support.authorized import Table, World, read, routes_of, unnoted, with_machines, wrong
from tests.support.served import Served

NOBODYS: Final = """
route                                        anonymous signed_in mentee mentor administrator another staff finance
GET    /v1/applications/agreements              ok        ok       ok     ok        ok          ok     ok    ok
GET    /v1/applications/eligibility             401       ok       ok     ok        ok          ok     ok    ok
GET    /v1/applications                         401       ok       ok     ok        ok          ok     ok    ok
PUT    /v1/applications/draft                   401       ok       ok     ok        ok          ok     ok    ok
GET    /v1/applications/draft                   401       ok       ok     ok        ok          ok     ok    ok
GET    /v1/applications/audit                   401       ok       ok     ok        ok          ok     ok    ok
DELETE /v1/applications/draft                   401       ok       ok     ok        ok          ok     ok    ok
POST   /v1/applications                         401       ok       ok     ok        ok          ok     ok    ok
GET    /v1/certificates                         401       ok       ok     ok        ok          ok     ok    ok
GET    /v1/certificates/graduates               ok        ok       ok     ok        ok          ok     ok    ok
GET    /v1/certificates/referrals               401       ok       ok     ok        ok          ok     ok    ok
"""
"""Everybody's own; who is not eligible is told so."""

UNDER_WAY: Final = """
route                                        anonymous signed_in mentee mentor administrator another staff finance
GET    /v1/applications/export.csv              401       403      403    403       ok          403    403   403
POST   /v1/applications/decline-pending         401       403      403    403       ok          403    403   403
GET    /v1/applications/{id}                    401       404      ok     ok        ok          404    404   404
GET    /v1/applications/{id}/history            401       404      ok     403       ok          404    404   404
PUT    /v1/applications/{id}/review             401       404      403    ok        ok          404    404   404
GET    /v1/applications/{id}/reviews            401       404      403    ok        ok          404    404   404
POST   /v1/applications/{id}/waitlist           401       404      403    403       ok          404    404   404
PUT    /v1/applications/{id}/waiting            401       404      403    403       ok          404    404   404
POST   /v1/applications/{id}/reconsider         401       404      403    403       ok          404    404   404
POST   /v1/applications/{id}/accept             401       404      403    403       ok          404    404   404
POST   /v1/applications/{id}/decline            401       404      403    403       ok          404    404   404
POST   /v1/applications/{id}/confirm            401       404      ok     403       403         404    404   404
POST   /v1/applications/{id}/extend             401       404      403    403       ok          404    404   404
POST   /v1/applications/{id}/graduate           401       404      403    403       ok          404    404   404
GET    /v1/applications/{id}/tasks              401       404      ok     ok        ok          404    404   404
POST   /v1/applications/{id}/tasks              401       404      403    ok        ok          404    404   404
POST   /v1/tasks                                401       403      403    ok        ok          403    403   403
GET    /v1/tasks/{id}                           401       404      ok     ok        ok          404    404   404
PATCH  /v1/tasks/{id}                           401       404      403    ok        ok          404    404   404
PUT    /v1/tasks/{id}/file                      401       404      ok     403       403         404    404   404
GET    /v1/tasks/{id}/file                      401       404      ok     ok        ok          404    404   404
DELETE /v1/tasks/{id}/file                      401       404      ok     403       403         404    404   404
POST   /v1/tasks/{id}/start                     401       404      ok     403       403         404    404   404
POST   /v1/tasks/{id}/submit                    401       404      ok     403       403         404    404   404
POST   /v1/tasks/{id}/return                    401       404      403    ok        ok          404    404   404
POST   /v1/tasks/{id}/complete                  401       404      403    ok        ok          404    404   404
GET    /v1/applications/{id}/evaluations        401       404      ok     ok        ok          404    404   404
GET    /v1/evaluations/{id}                     401       404      ok     ok        ok          404    404   404
PUT    /v1/evaluations/{id}                     401       404      403    ok        ok          404    404   404
PUT    /v1/evaluations/{id}/feedback            401       404      ok     403       403         404    404   404
POST   /v1/evaluations/{id}/reevaluate          401       404      403    403       ok          404    404   404
POST   /v1/applications/{id}/undo               401       404      ok     403       ok          404    404   404
POST   /v1/applications/{id}/fail               401       404      403    403       ok          404    404   404
POST   /v1/applications/{id}/withdraw           401       404      ok     403       403         404    404   404
"""
"""From an active mentorship to its end; staff and finance do not look into applications."""

THEMSELVES: Final = """
route                                        mentee conflicted
POST   /v1/applications/{id}/accept             403    403
POST   /v1/applications/{id}/waitlist           403    403
POST   /v1/applications/{id}/decline            403    403
PUT    /v1/applications/{id}/review             403    403
GET    /v1/applications/{id}/reviews            403    403
"""
"""Both administer the project: who applied to it, and who declared a conflict of interest about the application."""

WITHDRAWN: Final = """
route                                        mentee mentor administrator
POST   /v1/applications/{id}/undo               ok     403    403
"""
"""What the mentee did nobody else undoes."""

GRADUATED: Final = """
route                              anonymous signed_in mentee mentor administrator another staff finance employer
GET    /v1/applications/{id}/certificate.pdf
                                      401       404      ok     403       403         404    404   404     404
GET    /v1/certificates/{code}        ok        ok       ok     ok        ok          ok     ok    ok      ok
POST   /v1/certificates/graduates/{id}/referrals
                                      401       ok       ok     ok        ok          ok     ok    ok      ok
GET    /v1/certificates/referrals/{id}
                                      401       404      ok     404       404         404    404   404     ok
POST   /v1/certificates/referrals/{id}/accept
                                      401       404      ok     404       404         404    404   404     403
POST   /v1/certificates/referrals/{id}/decline
                                      401       404      ok     404       404         404    404   404     403
POST   /v1/certificates/{code}/list   401       403      ok     403       403         403    403   403     403
POST   /v1/certificates/{code}/unlist 401       403      ok     403       403         403    403   403     403
POST   /v1/certificates/{code}/revoke 401       403      403    403       403         403    ok    403     403
"""
"""The code is the key to a certificate; what a graduate and an employer say is between these two.

`graduate_of_staff` is the mentee, on the platform's staff by now.
"""

BLIND: Final = frozenset(
    {"GET /v1/applications/agreements", "GET /v1/certificates/graduates", "GET /v1/certificates/{code}"}
)


def rows(table: str, **like: str) -> Table:
    return with_machines(read(table, fellow="signed_in", another_mentor="signed_in", **like), BLIND)


def of_graduates() -> Table:
    return rows(GRADUATED, graduate_of_staff="mentee")


TASK: Final = {"name": "Port", "description": "Port it."}
BODIES: Final[dict[str, dict[str, Any]]] = {
    "PUT /v1/applications/draft": {"json": {"statement": "I want"}},
    "PUT /v1/applications/{id}/review": {"json": {"rating": 3}},
    "PUT /v1/applications/{id}/waiting": {"json": {"rank": 1}},
    "POST /v1/applications/{id}/accept": {"json": {"attendance": "full_time"}},
    "POST /v1/applications/{id}/decline": {"json": {"reason_code": "not_selected"}},
    "POST /v1/applications/{id}/confirm": {"json": {"agreement_version": "2026-01", "signature": "Mira"}},
    "POST /v1/applications/{id}/extend": {"json": {"weeks": 1}},
    "POST /v1/applications/{id}/fail": {"json": {"reason": "Was never there."}},
    "POST /v1/applications/{id}/tasks": {"json": TASK},
    "PATCH /v1/tasks/{id}": {"json": {"name": "Port all"}},
    "PUT /v1/tasks/{id}/file": {"content": b"Text.", "params": {"name": "a.txt"}},
    "POST /v1/tasks/{id}/submit": {"json": {"text": "Done."}},
    "POST /v1/tasks/{id}/return": {"json": {"comment": "More."}},
    "PUT /v1/evaluations/{id}": {"json": {"verdict": "satisfactory"}},
    "PUT /v1/evaluations/{id}/feedback": {"json": {"on_mentor": "Good.", "on_project": "Good."}},
    "POST /v1/evaluations/{id}/reevaluate": {"json": {"due_on": "2031-01-01"}},
    "POST /v1/certificates/graduates/{id}/referrals": {"json": REQUEST},
    "POST /v1/certificates/{code}/list": {"json": {"headline": "I mend kernels."}},
    "POST /v1/certificates/{code}/revoke": {"json": {"reason": "Forged."}},
}


async def world_of(served: Served, scene: Scene, mentee: Any, words: dict[str, str], **more: Any) -> World:
    other = await Scene.of(served)
    fellow = await scene.mentee()
    await scene.wish(fellow)
    callers = {"anonymous": await served.caller(), "signed_in": await served.caller(somebody()), "mentee": mentee}
    callers |= {"mentor": scene.mentor, "administrator": scene.admin, "another": other.admin}
    callers |= {role: await served.caller(somebody(), role) for role in ("staff", "finance")}
    callers |= {"fellow": fellow, "another_mentor": other.mentor, "machine": await served.machine(), **more}
    term = {"params": {"term_id": scene.term_id}}
    mine = {f"{method} /v1/applications/draft": term for method in ("GET", "DELETE")}
    mine |= {"GET /v1/applications/eligibility": term, "GET /v1/applications/export.csv": term}
    mine["PUT /v1/applications/draft"] = BODIES["PUT /v1/applications/draft"] | term
    wish = {"term_id": scene.term_id, "statement": "I want to learn."}
    mine |= {"POST /v1/applications": {"json": wish}, "POST /v1/tasks": {"json": {**TASK, "term_id": scene.term_id}}}
    mine["POST /v1/applications/decline-pending"] = {"json": {"term_id": scene.term_id}}

    def path(template: str) -> str:
        kinds = (name for name in words if template.startswith(name))
        return template.format(id=words[next(kinds)], code=words["code"])

    return World(callers, path, {**BODIES, **mine})


async def under_way(served: Served) -> World:
    """Bring a mentorship to where everything of the first two tables can be asked."""
    scene, account = await Scene.of(served), somebody()
    await served.hears(profile(account), person(account, "Mira Diaz"))
    mentee = await served.caller(account)
    id = await scene.active(mentee)
    given = (await scene.mentor.post(f"/v1/applications/{id}/tasks", json=TASK)).json()["id"]
    await mentee.put(f"/v1/tasks/{given}/file", content=b"Text.", params={"name": "a.txt"})
    items = (await mentee.get(f"/v1/applications/{id}/evaluations")).json()["items"]
    midterm = next(item["id"] for item in items if item["milestone"] == "midterm")
    words = {"/v1/tasks": given, "/v1/evaluations": midterm, "/v1/applications": id, "/v1/certificates": "", "code": ""}
    return await world_of(served, scene, mentee, words)


async def after_graduation(served: Served) -> World:
    graduate = await graduated(served, listed=True)
    client, _ = await employer(served)
    asked = await client.post(f"/v1/certificates/graduates/{graduate.certificate['id']}/referrals", json=REQUEST)
    words = {
        "/v1/certificates/graduates": graduate.certificate["id"],
        "/v1/certificates/referrals": asked.json()["id"],
        "/v1/certificates": "",
        "/v1/applications": graduate.application,
        "code": graduate.code,
    }
    more = {"employer": client, "graduate_of_staff": await served.caller(graduate.account, "staff")}
    return await world_of(served, graduate.scene, graduate.client, words, **more)


async def about_themselves(served: Served) -> World:
    scene, account, second = await Scene.of(served), somebody(), somebody()
    await served.hears(profile(account), person(account, "Mira Diaz"))
    mentee, conflicted = await served.caller(account), await served.caller(second)
    id = await scene.applied(mentee)
    people = {"administrators": (scene.admin_id, account, second), "mentors": (scene.mentor_id,)}
    await served.hears(project(scene.project_id, admin=scene.admin_id, sequence=2, **people))
    declared = await conflicted.put(f"/v1/applications/{id}/review", json={"conflict_of_interest": True})
    assert declared.status_code == 200, declared.text
    return World({"mentee": mentee, "conflicted": conflicted}, lambda template: template.format(id=id), BODIES)


async def withdrawn(served: Served) -> World:
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.applied(mentee)
    assert (await mentee.post(f"/v1/applications/{id}/withdraw")).status_code == 200
    callers = {"mentee": mentee, "mentor": scene.mentor, "administrator": scene.admin}
    return World(callers, lambda template: template.format(id=id), {})


async def test_who_may_call_what_of_an_application_and_what_is_everybodys_own(served: Served):
    world = await under_way(served)
    for table in (rows(NOBODYS), rows(UNDER_WAY)):
        assert wrong(await world.answers(table), table) == []
    assert await unnoted(world.asked, served.service.store) == []


async def test_who_may_call_what_of_a_graduate(served: Served):
    world = await after_graduation(served)
    assert wrong(await world.answers(of_graduates()), of_graduates()) == []
    assert await unnoted(world.asked, served.service.store) == []


async def test_what_nobody_does_about_themselves_or_with_a_conflict_of_interest(served: Served):
    world = await about_themselves(served)
    assert wrong(await world.answers(read(THEMSELVES)), read(THEMSELVES)) == []


async def test_what_the_mentee_withdrew_nobody_else_undoes(served: Served):
    world = await withdrawn(served)
    assert wrong(await world.answers(read(WITHDRAWN)), read(WITHDRAWN)) == []


DECISIONS: Final = frozenset(
    {
        "GET /v1/applications/export.csv",
        "POST /v1/applications/decline-pending",
        "POST /v1/applications/{id}/waitlist",
        "PUT /v1/applications/{id}/waiting",
        "POST /v1/applications/{id}/reconsider",
        "POST /v1/applications/{id}/accept",
        "POST /v1/applications/{id}/decline",
        "POST /v1/applications/{id}/extend",
        "POST /v1/applications/{id}/graduate",
        "POST /v1/applications/{id}/fail",
        "POST /v1/evaluations/{id}/reevaluate",
    }
)
ADVICE: Final = frozenset(
    {"PUT /v1/applications/{id}/review", "PUT /v1/evaluations/{id}", "POST /v1/tasks/{id}/complete"}
)


def test_mentors_advise_and_never_decide():
    table = read(UNDER_WAY)
    whoever_may = {route: {who for who, cell in may.items() if cell == "ok"} for route, may in table.items()}
    assert {route for route, who in whoever_may.items() if who == {"administrator"}} == DECISIONS
    assert all({"mentor", "administrator"} == whoever_may[route] for route in ADVICE)


def test_every_route_has_its_row(served: Served):
    assert {*read(NOBODYS), *read(UNDER_WAY), *read(GRADUATED)} == routes_of(served)
