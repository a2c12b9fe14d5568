"""Who may call what: each route, each kind of caller, each cell a real request.

`owner` is whom the path names, or whose own it is; `alone` is staff who gave a password alone; `former` was staff when
their token was made; `machine` is a client with a token of its own. Of profiles tells `test_who_may_see_profiles`. A
route without a row fails.
"""

from dataclasses import replace
from typing import Any, Final

import pytest

from tests.component.identity import test_who_may_see_profiles as profiles
from tests.component.identity.applications import machine
from tests.component.identity.provider import PASSWORD, Provider, address
from tests.support.authorized import Table, World, read, unnoted, wrong

EVERYBODYS: Final = """
route                                        anonymous owner another alone staff machine
POST   /v1/accounts                             ok      ok    ok      ok    ok    ok
POST   /v1/accounts/verify-email                ok      ok    ok      ok    ok    ok
POST   /v1/accounts/resend-verification         ok      ok    ok      ok    ok    ok
POST   /v1/accounts/forgot-password             ok      ok    ok      ok    ok    ok
POST   /v1/accounts/reset-password              ok      ok    ok      ok    ok    ok
"""
"""What is mailed is the key."""

STAFFS: Final = """
route                                        anonymous owner another alone former staff machine
GET    /v1/accounts                             401     403   403     ok    ok     ok    403
POST   /v1/accounts/{id}/roles                  401     403   403     401   403    ok    403
POST   /v1/accounts/{id}/suspend                401     403   403     401   403    ok    403
POST   /v1/accounts/{id}/unsuspend              401     403   403     401   403    ok    403
POST   /v1/clients                              401     403   403     401   403    ok    403
GET    /v1/clients                              401     403   403     ok    ok     ok    403
GET    /v1/clients/{id}                         401     403   403     ok    ok     ok    403
PATCH  /v1/clients/{id}                         401     403   403     401   403    ok    403
POST   /v1/clients/{id}/rotate-secret           401     403   403     401   403    ok    403
DELETE /v1/clients/{id}                         401     403   403     401   403    ok    403
GET    /v1/signing-keys                         401     403   403     ok    ok     ok    403
POST   /v1/signing-keys/rotate                  401     403   403     401   403    ok    403
GET    /v1/providers                            401     403   403     ok    ok     ok    403
POST   /v1/providers                            401     403   403     401   403    ok    403
POST   /v1/providers/{id}/enable                401     403   403     401   403    ok    403
POST   /v1/providers/{id}/disable               401     403   403     401   403    ok    403
POST   /v1/providers/{id}/replace-secret        401     403   403     401   403    ok    403
"""
"""Staff without a second factor may look; to change something they are told to give one (RFC 9470)."""

THEMSELVES: Final = """
route                                        staff
POST   /v1/accounts/{id}/roles                  403
POST   /v1/accounts/{id}/suspend                403
"""
"""Where the account is the caller's own."""

OWN: Final = """
route                                        anonymous owner another alone staff machine
GET    /v1/me                                   401     ok    ok      ok    ok    403
PATCH  /v1/me                                   401     ok    ok      ok    ok    403
GET    /v1/me/mfa                               401     ok    ok      ok    ok    403
POST   /v1/me/mfa                               401     ok    ok      ok    ok    403
POST   /v1/me/mfa/confirm                       401     ok    ok      ok    404   403
GET    /v1/me/sessions                          401     ok    ok      ok    ok    403
GET    /v1/me/audit                             401     ok    ok      ok    ok    403
DELETE /v1/me/sessions/{id}                     401     ok    404     404   404   403
GET    /v1/me/emails                            401     ok    ok      ok    ok    403
POST   /v1/me/emails                            401     ok    ok      ok    ok    403
POST   /v1/me/emails/verify                     401     ok    ok      ok    ok    403
POST   /v1/me/emails/{email}/make-primary       401     ok    404     404   404   403
DELETE /v1/me/emails/{email}                    401     ok    404     404   404   403
GET    /v1/me/links                             401     ok    ok      ok    ok    403
DELETE /v1/me/links/{provider}                  401     404   404     404   404   403
POST   /v1/me/export                            401     ok    ok      ok    ok    403
GET    /v1/me/export                            401     ok    ok      ok    ok    403
GET    /v1/me/export/document                   401     ok    ok      ok    ok    403
DELETE /v1/me                                   401     ok    ok      ok    ok    403
GET    /v1/me/erasure                           401     ok    ok      ok    ok    403
POST   /v1/me/keep                              401     ok    ok      ok    ok    403
DELETE /v1/me/mfa                               401     404   404     404   ok    403
POST   /v1/me/password                          401     ok    ok      ok    ok    403
"""
"""Everybody's own, whatever role; nobody has linked a provider, and staff alone have a second factor, confirmed."""


def rows(table: str) -> Table:
    """To identity whoever is of finance is somebody like others."""
    return read(table, finance="another")


TABLES: Final = tuple(map(rows, (EVERYBODYS, STAFFS, OWN)))
CLIENT: Final = {"name": "Reports", "redirect_uris": ["https://reports.example/callback"]}
NEW: Final = {"email": "somebody@example.org", "name": "Some Body", "password": PASSWORD, "terms_accepted": True}
TOKEN: Final = {"token": "t" * 43}
BODIES: Final[dict[str, dict[str, Any]]] = {
    "POST /v1/accounts": {"json": NEW},
    "POST /v1/accounts/verify-email": {"json": TOKEN},
    "POST /v1/accounts/resend-verification": {"json": {"email": NEW["email"]}},
    "POST /v1/accounts/forgot-password": {"json": {"email": NEW["email"]}},
    "POST /v1/accounts/reset-password": {"json": {**TOKEN, "password": PASSWORD}},
    "POST /v1/accounts/{id}/roles": {"json": {"role": "finance", "granted": True}},
    "POST /v1/accounts/{id}/suspend": {"json": {"reason": "Spam."}},
    "POST /v1/clients": {"json": CLIENT},
    "PATCH /v1/clients/{id}": {"json": {"name": "Other reports"}},
    "POST /v1/clients/{id}/rotate-secret": {"json": {}},
    "POST /v1/signing-keys/rotate": {"json": {}},
    "POST /v1/providers/{id}/replace-secret": {"json": {"client_secret": "s"}},
    "PATCH /v1/me": {"json": {"name": "Wanda Brook"}},
    "POST /v1/me/mfa": {"json": {}},
    "POST /v1/me/mfa/confirm": {"json": {"code": "000000"}},
    "POST /v1/me/emails": {"json": {"email": "another@example.org"}},
    "POST /v1/me/emails/verify": {"json": TOKEN},
    "DELETE /v1/me": {"json": {}},
    "POST /v1/me/password": {"json": {"password": PASSWORD, "new_password": "another wren lantern sofa"}},
}


@pytest.fixture(scope="module")
async def world(provider: Provider) -> World:
    owner, other, target = [await provider.person() for _ in range(3)]
    http = await provider.caller(owner)
    elsewhere = await provider.browser()
    assert (await elsewhere.sign_in(owner.email, owner.password)).status_code == 303
    sessions = (await http.get("/v1/me/sessions")).json()["items"]
    staff = await provider.strong_caller(await provider.person("staff"))
    git = {"id": f"git-{target.id[-8:]}", "kind": "github", "client_id": "c", "client_secret": "s"}
    assert (await staff.post("/v1/providers", json=git)).status_code == 201
    lost = await provider.person("staff")
    former = await provider.strong_caller(lost)
    taken = await staff.post(f"/v1/accounts/{lost.id}/roles", json={"role": "staff", "granted": False})
    assert taken.status_code == 200
    gone = (await staff.post("/v1/clients", json=CLIENT)).json()["id"]
    callers = {
        "anonymous": await provider.http(),
        "owner": http,
        "another": await provider.caller(other),
        "alone": await provider.caller(await provider.person("staff")),
        "former": former,
        "staff": staff,
        "finance": await provider.caller(await provider.person("finance")),
        "machine": await machine(provider),
    }
    words = {"/v1/accounts": target.id, "/v1/clients": gone, "/v1/providers": git["id"]}
    words["/v1/me/sessions"] = next(session["id"] for session in sessions if not session["current"])

    def path(template: str) -> str:
        id = next((word for beginning, word in words.items() if template.startswith(beginning)), "")
        return template.format(id=id, email=owner.email, provider=git["id"])

    added = {"POST /v1/providers": {"json": {**git, "id": f"lab-{address()[6:12]}"}}}
    return World(callers, path, BODIES | added)


async def test_what_staff_may_not_do_with_themselves(world: World):
    me = (await world.callers["staff"].get("/v1/me")).json()["id"]
    own = replace(world, path=lambda template: template.format(id=me))
    assert wrong(await own.answers(read(THEMSELVES)), read(THEMSELVES)) == []


MAILED: Final = {f"POST /v1/accounts{path}" for path in ("", "/forgot-password", "/resend-verification")}
"""To one address five times an hour; what is asked for beyond that is answered, and not done."""


async def test_who_may_call_what(world: World, provider: Provider):
    for table in TABLES:
        assert wrong(await world.answers(table), table) == []
    assert await unnoted(world.asked, provider.service.store, changes_nothing=MAILED) == []


def test_every_route_has_its_row(provider: Provider):
    documented = provider.service.app().openapi()["paths"].items()
    routes = {f"{method.upper()} {path}" for path, item in documented for method in item if path.startswith("/v1/")}
    assert {route for table in (*TABLES, read(profiles.TABLE)) for route in table} == routes
