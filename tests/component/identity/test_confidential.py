"""Clients that prove who they are: tokens in every way, once each, looked at and taken back; and by themselves."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc import jws

from deploy.local.platform import Platform
from services.chassis.service import Role
from services.chassis.tokens import Keys, NobodySignedIn, Verifier
from services.identity.domain.client import AuthMethod
from tests.component.identity.applications import Application, application
from tests.component.identity.browser import CALLBACK, CLIENT, Pkce, answered
from tests.component.identity.provider import Clock, Person, Provider, providing

OFFLINE = "openid profile email offline_access"
PROVING = [AuthMethod.BASIC, AuthMethod.POST, AuthMethod.KEY]
API = "https://api.example"


@pytest.fixture(scope="module")
async def wanda(provider: Provider) -> Person:
    return await provider.person()


@pytest.fixture(scope="module")
async def replica(platform: Platform, provider: Provider, clock: Clock) -> AsyncIterator[Provider]:
    like = provider.service.settings.model_copy()
    async with providing(platform, clock, like=like, role=Role.API) as replica:  # type: ignore[arg-type]
        yield replica


async def introspected(provider: Provider, by: Application, token: str) -> dict[str, Any]:
    answer = await by.post(await provider.http(), "/oauth2/introspect", token=token)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def by_itself(provider: Provider, app: Application, **more: str) -> dict[str, Any]:
    answer = await app.post(await provider.http(), "/oauth2/token", grant_type="client_credentials", **more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def claims(token: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(jws.extract_compact(token.encode()).payload)
    return said


@pytest.mark.parametrize("method", [*PROVING, AuthMethod.NONE])
async def test_every_kind_of_client_has_tokens_refreshes_and_takes_them_back(
    provider: Provider, wanda: Person, method: AuthMethod
):
    app, browser = await application(provider, method), await provider.browser()
    first = await app.tokens_for(browser, wanda, scope=OFFLINE)
    second = await app.post(
        browser.http, "/oauth2/token", grant_type="refresh_token", refresh_token=first["refresh_token"]
    )
    assert second.status_code == 200, second.text
    revoked = await app.post(browser.http, "/oauth2/revoke", token=second.json()["refresh_token"])
    assert (revoked.status_code, revoked.json()) == (200, {})
    told = await browser.http.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {first['access_token']}"})
    assert told.status_code == 401


@pytest.mark.parametrize("method", PROVING)
async def test_without_its_proof_nobody_has_what_a_client_was_given(
    provider: Provider, wanda: Person, method: AuthMethod
):
    app, browser, pkce = await application(provider, method), await provider.browser(), Pkce.new()
    code = await browser.code_for(wanda.email, wanda.password, pkce, client_id=app.id)
    stolen = await browser.redeem(code, pkce, client_id=app.id)
    assert stolen.json()["error"] == "invalid_client"
    wrong = await browser.redeem(code, pkce, client_id=app.id, client_secret="guessed")
    assert wrong.json()["error"] == "invalid_client"
    assert (await app.redeem(browser.http, code, pkce)).status_code == 200


async def test_a_spent_code_ends_the_grant_only_in_the_hand_of_its_client(provider: Provider, wanda: Person):
    app, browser, pkce = await application(provider), await provider.browser(), Pkce.new()
    code = await browser.code_for(wanda.email, wanda.password, pkce, client_id=app.id, scope=OFFLINE)
    tokens = (await app.redeem(browser.http, code, pkce)).json()
    assert (await browser.redeem(code, pkce, client_id=app.id)).json()["error"] == "invalid_client"
    assert (await introspected(provider, app, tokens["access_token"]))["active"] is True
    assert (await app.redeem(browser.http, code, pkce)).json()["error"] == "invalid_grant"
    assert (await introspected(provider, app, tokens["access_token"])) == {"active": False}


async def test_an_assertion_counts_once_at_all_replicas_together(provider: Provider, replica: Provider):
    app = await application(provider, AuthMethod.KEY)
    sent = {"grant_type": "client_credentials", **app.proving()["data"]}
    https = [await provider.http(), await replica.http()]
    answers = await asyncio.gather(*(https[n % 2].post("/oauth2/token", data=sent) for n in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 11
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_client"}
    for path in ("/oauth2/introspect", "/oauth2/revoke"):
        again = await https[0].post(path, data={"token": "t", **sent})
        assert (again.status_code, again.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize("aud", ["issuer", "token endpoint", "elsewhere"])
async def test_an_assertion_is_for_the_issuer_or_the_token_endpoint(provider: Provider, aud: str):
    app = await application(provider, AuthMethod.KEY)
    url = {"issuer": provider.url, "token endpoint": f"{provider.url}/oauth2/token", "elsewhere": API}[aud]
    sent = {"grant_type": "client_credentials", **app.proving(aud=url)["data"]}
    answer = await (await provider.http()).post("/oauth2/token", data=sent)
    assert answer.status_code == (400 if aud == "elsewhere" else 200)


async def test_of_12_confidential_redemptions_and_refreshes_over_two_replicas_one_wins(
    provider: Provider, replica: Provider, wanda: Person
):
    app, browser, pkce = await application(provider), await provider.browser(), Pkce.new()
    https = [browser.http, await replica.http()]
    code = await browser.code_for(wanda.email, wanda.password, pkce, client_id=app.id, scope=OFFLINE)
    redeemed = await asyncio.gather(*(app.redeem(https[n % 2], code, pkce) for n in range(12)))
    assert sorted(answer.status_code for answer in redeemed) == [200] + [400] * 11

    fresh = await app.tokens_for(await provider.browser(), wanda, scope=OFFLINE)
    form = {"grant_type": "refresh_token", "refresh_token": fresh["refresh_token"]}
    refreshed = await asyncio.gather(*(app.post(https[n % 2], "/oauth2/token", **form) for n in range(12)))
    assert sorted(answer.status_code for answer in refreshed) == [200] + [400] * 11
    won = next(answer.json() for answer in refreshed if answer.status_code == 200)
    assert await introspected(provider, app, won["access_token"]) == {"active": False}


async def test_introspection_tells_what_a_token_is_good_for(provider: Provider, wanda: Person):
    app = await application(provider)
    tokens = await app.tokens_for(await provider.browser(), wanda, scope=OFFLINE)
    access = await introspected(provider, app, tokens["access_token"])
    said = claims(tokens["access_token"])
    assert access == {"active": True, "token_type": "Bearer", **said}
    refresh = await introspected(provider, app, tokens["refresh_token"])
    assert (refresh["active"], refresh["sub"], refresh["client_id"]) == (True, wanda.id, app.id)
    for token in (tokens["id_token"], "x", "a.b.c", tokens["access_token"][:-3]):
        assert await introspected(provider, app, token) == {"active": False}


async def test_introspection_is_for_clients_that_prove_themselves_and_about_what_is_theirs(
    provider: Provider, wanda: Person
):
    app, other = await application(provider), await application(provider, AuthMethod.KEY)
    served = await application(provider, AuthMethod.POST, serves=[provider.url])
    token = (await app.tokens_for(await provider.browser(), wanda))["access_token"]
    assert await introspected(provider, other, token) == {"active": False}
    assert (await introspected(provider, served, token))["sub"] == wanda.id
    http = await provider.http()
    for sent in ({}, {"client_id": CLIENT}, {"client_id": app.id, "client_secret": "guessed"}):
        answer = await http.post("/oauth2/introspect", data={"token": token, **sent})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert (await app.post(http, "/oauth2/introspect")).json()["error"] == "invalid_request"


async def test_introspection_and_userinfo_end_with_grant_session_and_account(provider: Provider):
    app, person, browser = await application(provider), await provider.person(), await provider.browser()
    tokens = await app.tokens_for(browser, person)
    offline = await app.tokens_for(await provider.browser(), person, scope=OFFLINE)
    await provider.identity.sessions.end(browser.http.cookies["session"])
    assert await introspected(provider, app, tokens["access_token"]) == {"active": False}
    assert (await introspected(provider, app, offline["access_token"]))["active"] is True

    staff = await provider.strong_caller(await provider.person("staff"))
    await staff.post(f"/v1/accounts/{person.id}/suspend", json={"reason": "x"})
    for token in (offline["access_token"], offline["refresh_token"]):
        assert await introspected(provider, app, token) == {"active": False}


async def test_a_client_by_itself_is_told_as_such_and_taken_back(provider: Provider):
    app = await application(provider, AuthMethod.KEY, resources=[API])
    told = await by_itself(provider, app)
    assert (claims(told["access_token"])["aud"], told["scope"], "refresh_token" in told) == (API, "reports:read", False)
    assert (await introspected(provider, app, told["access_token"]))["sub"] == app.id
    http = await provider.http()
    assert (await app.post(http, "/oauth2/revoke", token=told["access_token"])).status_code == 200
    assert await introspected(provider, app, told["access_token"]) == {"active": False}


async def test_a_token_of_a_client_by_itself_opens_nothing_that_is_for_people(provider: Provider):
    token = (await by_itself(provider, await application(provider)))["access_token"]
    http = await provider.http(headers={"Authorization": f"Bearer {token}"})
    assert claims(token)["aud"] == provider.url, "made out to the platform, and good all the same for nothing here"
    for path in ("/v1/me", "/v1/accounts", "/v1/clients"):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/nobody-signed-in")
    assert (await http.get("/oauth2/userinfo")).status_code == 401
    keys = Keys(f"{provider.url}/.well-known/openid-configuration")
    with pytest.raises(NobodySignedIn):
        await Verifier(keys, issuer=provider.url, audience=provider.url).verify(token)


async def test_a_resource_is_granted_and_then_narrowed(provider: Provider, wanda: Person):
    app, browser, pkce = (
        await application(provider, resources=[API, provider.url]),
        await provider.browser(),
        Pkce.new(),
    )
    await browser.sign_in(wanda.email, wanda.password)
    asked = {"client_id": app.id, "scope": OFFLINE, "resource": [provider.url, API]}
    code = answered(await browser.authorize(pkce, **asked))["code"]  # type: ignore[arg-type]
    first = (await app.redeem(browser.http, code, pkce)).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "resource": API}
    narrowed = (await app.post(browser.http, "/oauth2/token", **form)).json()
    assert (claims(first["access_token"])["aud"], claims(narrowed["access_token"])["aud"]) == (provider.url, API)
    assert "roles" not in claims(narrowed["access_token"])
    form = {
        "grant_type": "refresh_token",
        "refresh_token": narrowed["refresh_token"],
        "resource": "https://other.example",
    }
    refused = await app.post(browser.http, "/oauth2/token", **form)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_target")
    me = await browser.http.get("/v1/me", headers={"Authorization": f"Bearer {narrowed['access_token']}"})
    assert me.status_code == 401, "a token for another audience is none for us"


@pytest.mark.parametrize("resource", ["https://other.example", " ", f"{API} https://other.example", "é"])
async def test_a_resource_that_the_client_may_not_ask_for_is_refused(provider: Provider, resource: str):
    app = await application(provider, resources=[API])
    said = answered(await (await provider.browser()).authorize(Pkce.new(), client_id=app.id, resource=resource))
    assert said["error"] == "invalid_target"


@pytest.mark.parametrize("name", ["request", "request_uri", "registration"])
async def test_a_request_object_is_refused_as_the_specification_says(provider: Provider, name: str):
    browser = await provider.browser()
    said = answered(await browser.authorize(Pkce.new(), **{name: "https://elsewhere.example/x"}))
    assert (said["error"], said["state"], said["iss"]) == (f"{name}_not_supported", "s-1", provider.url)


async def test_a_native_client_listens_on_any_port_of_the_loopback(provider: Provider, wanda: Person):
    app, browser = await application(provider, AuthMethod.NONE), await provider.browser()
    await browser.sign_in(wanda.email, wanda.password)
    for port in (1024, 7777, 65535):
        uri = f"http://127.0.0.1:{port}/callback"
        back = await browser.authorize(Pkce.new(), client_id=app.id, redirect_uri=uri)
        assert back.headers["location"].startswith(f"{uri}?code=")
    for uri in ("http://127.0.0.1:7777/other", "http://127.0.0.2:7777/callback", "http://localhost:7777/callback"):
        assert (await browser.authorize(Pkce.new(), client_id=app.id, redirect_uri=uri)).status_code == 400


async def test_others_learn_who_somebody_is_and_cannot_act_for_them(provider: Provider, wanda: Person):
    app, browser = await application(provider, resources=[f"{provider.url}/oauth2/userinfo"]), await provider.browser()
    token = (await app.tokens_for(browser, wanda))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await browser.http.get("/oauth2/userinfo", headers=headers)).json()["sub"] == wanda.id
    assert (await browser.http.get("/v1/me", headers=headers)).status_code == 401


async def test_userinfo_takes_the_token_in_the_header_or_in_a_form_but_not_in_both(provider: Provider, wanda: Person):
    browser = await provider.browser()
    token = (await browser.tokens_for(wanda.email, wanda.password))["access_token"]
    http, header = await provider.http(), {"Authorization": f"Bearer {token}"}
    good = [
        await http.get("/oauth2/userinfo", headers=header),
        await http.post("/oauth2/userinfo", headers=header),
        await http.post("/oauth2/userinfo", data={"access_token": token}),
    ]
    assert [answer.json() for answer in good] == [good[0].json()] * 3
    assert good[0].json()["sub"] == wanda.id
    both = await http.post("/oauth2/userinfo", headers=header, data={"access_token": token})
    assert (both.status_code, both.json()) == (400, {"error": "invalid_request"})
    in_address = await http.get("/oauth2/userinfo", params={"access_token": token})
    assert (in_address.status_code, in_address.headers["www-authenticate"]) == (401, "Bearer")
    broken = await http.post("/oauth2/userinfo", data={"access_token": "x"})
    assert (broken.status_code, 'error="invalid_token"' in broken.headers["www-authenticate"]) == (401, True)
    large = await http.post("/oauth2/userinfo", data={"access_token": "x" * 20_000})
    assert large.status_code == 400


async def test_the_description_tells_the_truth_about_clients(provider: Provider):
    http = await provider.http()
    told = (await http.get("/.well-known/oauth-authorization-server")).json()
    ways = {method.value: await application(provider, method) for method in (*PROVING, AuthMethod.NONE)}
    assert set(told["token_endpoint_auth_methods_supported"]) == ways.keys()
    for name, at in (("introspection", "introspect"), ("revocation", "revoke")):
        taken = {
            way for way, app in ways.items() if (await app.post(http, f"/oauth2/{at}", token="t")).status_code == 200
        }
        assert set(told[f"{name}_endpoint_auth_methods_supported"]) == taken
        assert told[f"{name}_endpoint"] == f"{provider.url}/oauth2/{at}"
    for kind in told["grant_types_supported"]:
        answer: httpx.Response = await ways["client_secret_basic"].post(http, "/oauth2/token", grant_type=kind)
        assert answer.json().get("error") != "unsupported_grant_type", kind
    password = await ways["client_secret_basic"].post(http, "/oauth2/token", grant_type="password")
    assert password.json()["error"] == "unsupported_grant_type"
    assert told["request_parameter_supported"] is told["request_uri_parameter_supported"] is False
    assert CALLBACK not in str(told)
