"""Staff make clients known: the secret shown once, two good while they rotate, all of it told, and others refused."""

from typing import Any

import httpx
import pytest

from tests.component.identity.applications import application
from tests.component.identity.browser import Browser, Pkce
from tests.component.identity.provider import Person, Provider

ONCE = {"client_secret", "private_key"}
CLIENT = {"name": "Reports", "redirect_uris": ["https://reports.example/callback"]}


@pytest.fixture(scope="module")
async def staff(provider: Provider) -> httpx.AsyncClient:
    return await provider.strong_caller(await provider.person("staff"))


async def asked(provider: Provider, id: str, secret: str) -> int:
    """The status that a client with this secret is answered with."""
    http = await provider.http(auth=httpx.BasicAuth(id, secret))
    return (await http.post("/oauth2/introspect", data={"token": "t"})).status_code


async def test_a_secret_is_shown_once_and_kept_as_its_hash(provider: Provider, staff: httpx.AsyncClient):
    made = await staff.post("/v1/clients", json=CLIENT)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["auth_method"], told["pkce_required"], told["first_party"]) == ("client_secret_basic", True, False)
    assert told["resources"] == [f"{provider.url}/oauth2/userinfo"], "who somebody is, and no more"
    assert await asked(provider, told["id"], told["client_secret"]) == 200
    again = (await staff.get(f"/v1/clients/{told['id']}")).json()
    assert again == {name: value for name, value in told.items() if name not in ONCE}
    assert told["id"] in {client["id"] for client in (await staff.get("/v1/clients")).json()["items"]}
    database = provider.service.store.database
    kept = [await database[name].find({}) for name in ("clients", "outbox", "idempotency")]
    assert told["client_secret"] not in repr(kept)


async def test_a_repeated_request_makes_one_client_and_shows_its_secret_no_more(
    provider: Provider, staff: httpx.AsyncClient
):
    answers = [
        await staff.post("/v1/clients", json={**CLIENT, "name": "Twice"}, headers={"Idempotency-Key": "client-1"})
        for _ in range(2)
    ]
    first, second = (answer.json() for answer in answers)
    assert (answers[1].status_code, second["type"]) == (409, "/problems/shown-once")
    assert [one["name"] for one in (await staff.get("/v1/clients")).json()["items"]].count("Twice") == 1
    assert first["client_secret"] not in repr(await provider.service.store.database["idempotency"].find({}))


async def test_two_secrets_are_good_while_they_rotate_and_one_after_a_leak(
    provider: Provider, staff: httpx.AsyncClient
):
    made = (await staff.post("/v1/clients", json=CLIENT)).json()
    id, first, place = made["id"], made["client_secret"], f"/v1/clients/{made['id']}/rotate-secret"
    second = (await staff.post(place, json={})).json()["client_secret"]
    assert [await asked(provider, id, secret) for secret in (first, second)] == [200, 200]
    third = (await staff.post(place, json={"at_once": True})).json()["client_secret"]
    assert [await asked(provider, id, secret) for secret in (first, second, third)] == [401, 401, 200]
    assert [event.type for event in await provider.told(id)] == ["client.registered.v1"] + [
        "client-secret.rotated.v1"
    ] * 2


async def test_a_private_key_is_made_for_whoever_sends_no_public_one(staff: httpx.AsyncClient):
    said = {**CLIENT, "auth_method": "private_key_jwt"}
    made = (await staff.post("/v1/clients", json=said)).json()
    assert made["private_key"]["d"]
    assert "d" not in made["jwks"]["keys"][0]
    own = (await staff.post("/v1/clients", json={**said, "jwks": made["jwks"]})).json()
    assert (own["private_key"], own["jwks"]) == (None, made["jwks"])
    leaked = await staff.post("/v1/clients", json={**said, "jwks": {"keys": [made["private_key"]]}})
    assert leaked.status_code == 422


async def test_a_client_is_edited_and_knows_its_new_address(provider: Provider, staff: httpx.AsyncClient):
    made = (await staff.post("/v1/clients", json=CLIENT)).json()
    place, change = f"/v1/clients/{made['id']}", {"redirect_uris": ["https://reports.example/new"]}
    edited = await staff.patch(place, json=change, headers={"If-Match": '"1"'})
    assert (edited.json()["redirect_uris"], edited.json()["name"]) == (change["redirect_uris"], "Reports")
    assert (await staff.patch(place, json=change, headers={"If-Match": '"1"'})).status_code == 412
    http = Browser(await provider.http())
    known = {
        uri: await http.authorize(Pkce.new(), client_id=made["id"], redirect_uri=uri, prompt="none")
        for uri in ("https://reports.example/new", "https://reports.example/callback")
    }
    assert [answer.status_code for answer in known.values()] == [303, 400]


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": ["http://reports.example/callback"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": []},
        {"redirect_uris": [{"$ne": 1}]},
        {"auth_method": "none", "by_itself": True},
        {"auth_method": "client_secret_jwt"},
        {"scopes": ["a b"]},
        {"resources": ["not an address"]},
        {"name": ""},
        {"id": "mine"},
    ],
)
async def test_a_client_that_would_not_be_safe_is_refused(staff: httpx.AsyncClient, changes: dict[str, Any]):
    assert (await staff.post("/v1/clients", json={**CLIENT, **changes})).status_code == 422


async def test_what_a_deleted_client_was_given_is_over(provider: Provider, staff: httpx.AsyncClient):
    person, browser = await provider.person(), await provider.browser()
    app = await application(provider)
    tokens = await app.tokens_for(browser, person, scope="openid offline_access")

    assert (await staff.delete(f"/v1/clients/{app.id}")).status_code == 204

    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await browser.http.get("/oauth2/userinfo", headers=headers)).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await app.post(browser.http, "/oauth2/token", **form)).json()["error"] == "invalid_client"
    assert (await browser.authorize(Pkce.new(), client_id=app.id)).status_code == 400
    assert (await staff.get(f"/v1/clients/{app.id}")).status_code == 404
    assert (await staff.delete(f"/v1/clients/{app.id}")).status_code == 404
    assert [event.type for event in await provider.told(app.id)] == ["client.registered.v1", "client.deleted.v1"]


async def test_the_platforms_own_client_stays(staff: httpx.AsyncClient):
    assert (await staff.delete("/v1/clients/mentorship-web")).json()["type"] == "/problems/our-own-client"
    assert (await staff.patch("/v1/clients/mentorship-web", json={"name": "x"})).status_code == 409
    assert (await staff.post("/v1/clients/mentorship-web/rotate-secret", json={})).status_code == 409


async def test_clients_and_keys_are_for_staff_and_changed_with_a_second_factor(provider: Provider):
    boss, person = await provider.person("staff"), await provider.person("finance")
    weak, other, nobody = await provider.caller(boss), await provider.strong_caller(person), await provider.http()
    calls: list[tuple[str, str, Any]] = [
        ("POST", "/v1/clients", CLIENT),
        ("PATCH", "/v1/clients/x", {"name": "x"}),
        ("POST", "/v1/clients/x/rotate-secret", {}),
        ("DELETE", "/v1/clients/x", None),
        ("POST", "/v1/signing-keys/rotate", {}),
    ]
    for method, path, body in calls:
        statuses = [(await http.request(method, path, json=body)).status_code for http in (weak, other, nobody)]
        assert statuses == [401, 403, 401], path
    for path in ("/v1/clients", "/v1/clients/x", "/v1/signing-keys"):
        assert [(await http.get(path)).status_code for http in (other, nobody)] == [403, 401], path


async def test_staff_who_lost_the_role_register_nothing_with_an_older_token(provider: Provider, wanda_staff: Person):
    lost = await provider.strong_caller(wanda_staff)
    where = {"_id": wanda_staff.id}
    await provider.identity.accounts.documents.update(where, {"$set": {"roles": []}})
    assert (await lost.post("/v1/clients", json=CLIENT)).status_code == 403
    assert (await lost.post("/v1/signing-keys/rotate", json={})).status_code == 403


@pytest.fixture
async def wanda_staff(provider: Provider) -> Person:
    return await provider.person("staff")
