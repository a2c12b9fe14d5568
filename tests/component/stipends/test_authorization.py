"""Who may call what: each route, each kind of caller, each cell a real request. Nobody decides about their own.

`mentee` is the one that is paid, `fellow` another one of the project; `another` administers another project, where
`another_mentor`, who sees no more than whoever is signed in, mentors. `machine` is a client with a token of its own. A
route without a row fails.
"""

from typing import Any, Final

from tests.component.stipends.scene import Mentee, Project, Scene, dollars, key, published, somebody
from tests.component.stipends.test_provider import signed, word
from tests.support.authorized import Table, World, read, routes_of, unnoted, with_machines, wrong

EVERYBODYS: Final = """
route                                       anonymous signed_in mentee fellow mentor administrator another staff finance
GET    /v1/stipend-schedules                    ok        ok       ok     ok     ok        ok          ok     ok    ok
POST   /v1/stipend-schedules                    401       403      403    403    403       403         403    ok    403
GET    /v1/stipend-schedules/{version}/changes  ok        ok       ok     ok     ok        ok          ok     ok    ok
GET    /v1/stipend-schedules/{version}/amounts  ok        ok       ok     ok     ok        ok          ok     ok    ok
GET    /v1/stipends                             401       ok       ok     ok     ok        ok          ok     ok    ok
GET    /v1/stipends/stream                      401       ok       ok     ok     ok        ok          ok     ok    ok
GET    /v1/stipends/audit                       401       ok       ok     ok     ok        ok          ok     ok    ok
PUT    /v1/payees/me                            401       ok       ok     ok     ok        ok          ok     ok    ok
POST   /v1/payees/me/confirm                    401       ok       ok     ok     ok        ok          ok     ok    ok
GET    /v1/payees/me                            401       ok       ok     ok     ok        ok          ok     ok    ok
POST   /v1/payments/callbacks/sandbox           ok        ok       ok     ok     ok        ok          ok     ok    ok
POST   /v1/payments/callbacks/stripe            404       404      404    404    404       404         404    404   404
"""
"""A callback counts by its signature, whoever brings it; of Stripe nothing is heard where it is not the provider."""

PROJECTS: Final = """
route                                       anonymous signed_in mentee fellow mentor administrator another staff finance
PUT    /v1/stipend-policies/{project_id}        401       403      403    403    403       ok          403    403   403
GET    /v1/stipend-policies/{project_id}        401       404      404    404    ok        ok          404    ok    ok
GET    /v1/stipend-policies/{project_id}/preview
                                                401       404      404    404    ok        ok          404    ok    ok
POST   /v1/stipend-policies/{project_id}/preview
                                                401       404      404    404    ok        ok          404    ok    ok
POST   /v1/budgets/{project_id}/deposits        401       403      403    403    403       403         403    403   ok
POST   /v1/budgets/{project_id}/refunds         401       403      403    403    403       403         403    403   ok
GET    /v1/budgets/{project_id}                 401       404      404    404    ok        ok          404    ok    ok
GET    /v1/budgets/{project_id}/forecast        401       404      404    404    ok        ok          404    ok    ok
GET    /v1/budgets/{project_id}/statement       401       404      404    404    ok        ok          404    ok    ok
GET    /v1/budgets/{project_id}/entries         401       404      404    404    ok        ok          404    ok    ok
GET    /v1/budgets/{project_id}/entries.csv     401       403      403    403    403       403         403    403   ok
GET    /v1/budgets/{project_id}/entries.journal 401       403      403    403    403       403         403    403   ok
"""

STIPENDS: Final = """
route                                       anonymous signed_in mentee fellow mentor administrator another staff finance
GET    /v1/stipends/{id}                        401       404      ok     404    404       ok          404    404   ok
POST   /v1/stipends/{id}/decide                 401       403      403    403    403       403         403    ok    403
POST   /v1/stipends/{id}/installments/{number}/request
                                                401       404      ok     404    404       403         404    404   403
POST   /v1/stipends/{id}/installments/{number}/decline
                                                401       404      403    404    404       ok          404    404   403
POST   /v1/stipends/{id}/installments/{number}/approve
                                                401       404      403    404    404       ok          404    404   403
POST   /v1/stipends/{id}/installments/{number}/second
                                                401       404      403    404    404       ok          404    404   ok
POST   /v1/stipends/{id}/installments/{number}/hold
                                                401       403      403    403    403       403         403    403   ok
POST   /v1/stipends/{id}/installments/{number}/release
                                                401       403      403    403    403       403         403    403   ok
GET    /v1/stipends/overdue                     401       403      403    403    403       403         403    403   ok
GET    /v1/stipends/export.csv                  401       403      403    403    403       403         403    403   ok
"""
"""Mentors have no part in money; staff see what they are to decide, which this stipend is not."""

THEMSELVES: Final = """
route                                       staff finance administrator first_approver
POST   /v1/stipends/{id}/decide                 403   403     403           403
POST   /v1/stipends/{id}/installments/{number}/second
                                                403   403     403           403
POST   /v1/stipends/{id}/installments/{number}/approve
                                                403   403     403           ok
POST   /v1/stipends/{id}/installments/{number}/hold
                                                403   403     403           403
POST   /v1/stipends/{id}/installments/{number}/release
                                                403   403     403           403
POST   /v1/stipends/{id}/installments/{number}/decline
                                                403   403     403           ok
"""
"""Staff, finance and administrator are the mentee themself; another administrator gave the first of two approvals."""

PAYMENTS: Final = """
route                                       anonymous signed_in mentee fellow mentor administrator another staff finance
GET    /v1/payments                             401       403      403    403    403       403         403    403   ok
POST   /v1/payments/{id}/retry                  401       403      403    403    403       403         403    403   ok
GET    /v1/payments/differences                 401       403      403    403    403       403         403    403   ok
POST   /v1/payments/differences                 401       403      403    403    403       403         403    403   ok
POST   /v1/payments/batches                     401       403      403    403    403       403         403    403   ok
GET    /v1/payments/batches                     401       403      403    403    403       403         403    403   ok
GET    /v1/payments/batches/{id}/export.xml     401       403      403    403    403       403         403    403   ok
POST   /v1/payments/answers                     401       403      403    403    403       403         403    403   ok
"""
"""Of files the sandbox has none, which finance alone is told."""

BLIND: Final = frozenset(
    {
        "GET /v1/stipend-schedules",
        "GET /v1/stipend-schedules/{version}/changes",
        "GET /v1/stipend-schedules/{version}/amounts",
        "POST /v1/payments/callbacks/sandbox",
        "POST /v1/payments/callbacks/stripe",
    }
)


def rows(table: str) -> Table:
    return with_machines(read(table, another_mentor="signed_in"), BLIND)


TABLES: Final = tuple(map(rows, (EVERYBODYS, PROJECTS, STIPENDS, PAYMENTS)))
SCHEDULE: Final = {
    "version": "tried",
    "title": "Tried",
    "effective_from": "2999-01-01",
    "base": dollars(6000),
    "minimum": dollars(3000),
    "maximum": dollars(6600),
    "csv": "country_code,country,amount_usd\nDE,Germany,5400\n",
    "dry_run": True,
}
PAYEE: Final = {"account": "sandbox-paid", "holder_name": "Mira Maker", "country": "DE"}
MONEY: Final = {"amount": dollars(1), "reference": "Bank 7"}
XML: Final[dict[str, Any]] = {"content": b"<x/>", "headers": {"Content-Type": "application/xml"}}
DAY: Final = {"params": {"since": "2026-01-01"}}
BODIES: Final[dict[str, dict[str, Any]]] = {
    "POST /v1/stipend-schedules": {"json": SCHEDULE},
    "PUT /v1/payees/me": {"json": PAYEE},
    "PUT /v1/stipend-policies/{project_id}": {"json": {"kind": "by_country"}},
    "GET /v1/stipend-policies/{project_id}/preview": {"params": {"country": "DE"}},
    "POST /v1/stipend-policies/{project_id}/preview": {"json": {"kind": "by_country", "country": "DE"}},
    "POST /v1/budgets/{project_id}/deposits": {"json": MONEY},
    "POST /v1/budgets/{project_id}/refunds": {"json": MONEY},
    "POST /v1/stipends/{id}/decide": {"json": {"amount": dollars(100), "explanation": "So."}},
    "POST /v1/stipends/{id}/installments/{number}/decline": {"json": {"reason": "No."}},
    "POST /v1/stipends/{id}/installments/{number}/hold": {"json": {"reason": "Why?"}},
    "GET /v1/payments/differences": DAY,
    "POST /v1/payments/differences": XML,
    "POST /v1/payments/answers": XML,
}
KEYED: Final = ("deposits", "refunds", "decide", "approve", "second", "hold", "release", "retry", "batches")


async def world_of(scene: Scene, project: Project, mentee: Mentee, fellow: Mentee) -> World:
    callers = {"anonymous": await scene.served.caller(), "signed_in": await scene.served.caller(somebody())}
    callers |= {"mentee": await scene.served.caller(mentee.id), "fellow": await scene.served.caller(fellow.id)}
    other = await scene.project()
    callers |= {"mentor": project.mo, "administrator": project.ada, "another": other.ada, "another_mentor": other.mo}
    callers["machine"] = await scene.served.machine()
    callers |= {"staff": await scene.served.caller(somebody(), "staff"), "finance": scene.fay}
    bodies = {route: dict(BODIES.get(route, {})) for table in TABLES for route in table}
    for route, said in bodies.items():
        if route.startswith("POST") and route.endswith(KEYED):
            said["headers"] = key()
    (paid,) = await scene.payments_of(mentee)
    bodies["POST /v1/payments/callbacks/sandbox"] = signed(scene, word(mentee, id=paid["id"]))

    def path(template: str) -> str:
        id = f"{mentee.application}.1.1" if template.startswith("/v1/payments") else mentee.application
        return template.format(id=id, number=1, project_id=project.id, version="lfx-2022")

    return World(callers, path, bodies)


async def test_who_may_call_what(scene: Scene):
    project = await scene.project(deposit=20_000)
    mentee, fellow = await scene.requested(project), await scene.requested(project)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    world = await world_of(scene, project, mentee, fellow)

    for table in TABLES:
        assert wrong(await world.answers(table), table) == []
    assert await unnoted(world.asked, scene.served.service.store, changes_nothing=NOTHING_NEW) == []


async def test_what_nobody_does_about_their_own_stipend_or_twice(scene: Scene):
    project = await scene.project(pays=False, deposit=20_000)
    said = {"kind": "fixed", "amount": dollars(12_000)}
    assert (await project.ada.put(f"/v1/stipend-policies/{project.id}", json=said)).status_code == 200
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)
    await scene.tell(published(project.id, 2, administrators=(project.ada_id, mentee.id), mentors=()))
    own = {role: await scene.served.caller(mentee.id, role) for role in ("staff", "finance")}
    callers = {**own, "administrator": await scene.served.caller(mentee.id), "first_approver": project.ada}
    keyed = {route: {**BODIES.get(route, {}), "headers": key()} for route in read(THEMSELVES)}

    def path(template: str) -> str:
        return template.format(id=mentee.application, number=1)

    assert wrong(await World(callers, path, keyed).answers(read(THEMSELVES)), read(THEMSELVES)) == []


NOTHING_NEW: Final = {
    "POST /v1/stipend-schedules",
    "POST /v1/payments/callbacks/sandbox",
    "POST /v1/stipend-policies/{project_id}/preview",
}
"""A word that was heard before changes nothing, nor does a look ahead, nor what is only tried."""


def test_every_route_has_its_row(scene: Scene):
    assert {route for table in TABLES for route in table} == routes_of(scene.served)
