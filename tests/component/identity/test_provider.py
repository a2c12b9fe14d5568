"""The provider as a client meets it: redirections, tokens, refresh, userinfo, revocation, sign-out."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.component.identity.browser import CALLBACK, CLIENT, Browser, Pkce, answered, asking
from tests.component.identity.provider import Person, Provider

OFFLINE = "openid profile email offline_access"


@pytest.fixture(scope="module")
async def wanda(provider: Provider) -> Person:
    return await provider.person()


@pytest.fixture
async def signed_in(provider: Provider, wanda: Person) -> Browser:
    browser = await provider.browser()
    assert (await browser.sign_in(wanda.email, wanda.password)).status_code == 303
    return browser


async def userinfo(provider: Provider, tokens: dict[str, Any]) -> httpx.Response:
    http = await provider.http()
    return await http.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})


async def test_both_descriptions_name_the_issuer_and_endpoints_that_exist(provider: Provider):
    http = await provider.http()
    documents = [
        (await http.get(f"/.well-known/{name}")).json()
        for name in ("openid-configuration", "oauth-authorization-server")
    ]
    assert documents[0] == documents[1]
    assert documents[0]["issuer"] == provider.url
    for name, url in documents[0].items():
        if name.endswith(("_endpoint", "_uri")):
            assert url.startswith(provider.url)
            assert (await http.get(url)).status_code != 404, name


async def test_the_published_keys_are_public_alone(provider: Provider):
    keys = (await (await provider.http()).get("/oauth2/jwks")).json()["keys"]
    assert {(key["alg"], key["kty"], key["use"]) for key in keys} == {("RS256", "RSA", "sig"), ("ES256", "EC", "sig")}
    assert not any({"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys() for key in keys)


async def test_somebody_signed_in_goes_straight_back_with_a_code(signed_in: Browser):
    said = answered(await signed_in.authorize(Pkce.new()))
    assert said.keys() == {"code", "state", "iss"}
    assert (said["state"], said["iss"]) == ("s-1", signed_in.origin["Origin"])


async def test_a_request_by_form_is_answered_as_one_by_link(signed_in: Browser):
    answer = await signed_in.http.post("/oauth2/authorize", data=asking(Pkce.new()))
    assert (answer.status_code, set(answered(answer))) == (303, {"code", "state", "iss"})


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none", "scope": "email"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
    ],
)
async def test_a_refusal_goes_back_to_the_client_with_state_and_issuer(
    provider: Provider, more: dict[str, str], error: str
):
    said = answered(await (await provider.browser()).authorize(Pkce.new(), **more))
    assert (said["error"], said["state"], said["iss"]) == (error, "s-1", provider.url)
    assert "code" not in said


@pytest.mark.parametrize(
    "more",
    [{"client_id": "unknown"}, {"client_id": None}, {"redirect_uri": "https://evil.example/"}, {"redirect_uri": None}],
)
async def test_nobody_is_sent_to_an_address_that_is_not_known(signed_in: Browser, more: dict[str, str | None]):
    answer = await signed_in.authorize(Pkce.new(), **more)
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert "cannot go on" in answer.text


async def test_prompt_login_and_max_age_0_ask_for_the_password_again_and_once(signed_in: Browser, wanda: Person):
    for more in ({"prompt": "login"}, {"max_age": "0"}, {"prompt": "select_account"}):
        to_sign_in = await signed_in.authorize(Pkce.new(), **more)
        page = await signed_in.http.get(to_sign_in.headers["location"])
        back = await signed_in.sign_in(wanda.email, wanda.password, page)
        assert "code" in answered(await signed_in.http.get(back.headers["location"]))


async def test_a_hint_fills_in_the_address(provider: Provider):
    browser = await provider.browser()
    page = await browser.http.get((await browser.authorize(Pkce.new(), login_hint="w@example.org")).headers["location"])
    assert 'value="w@example.org"' in page.text


async def test_the_scope_decides_what_userinfo_tells(provider: Provider, wanda: Person):
    browser = await provider.browser()
    only_sub = await browser.tokens_for(wanda.email, wanda.password, scope="openid unknown")
    with_name = await browser.tokens_for(wanda.email, wanda.password, scope="openid profile", prompt="login")
    assert only_sub["scope"] == "openid"
    assert (await userinfo(provider, only_sub)).json() == {"sub": wanda.id}
    assert (await userinfo(provider, with_name)).json() == {"sub": wanda.id, "name": wanda.name}


async def test_userinfo_needs_a_token_of_ours(provider: Provider, wanda: Person):
    http = await provider.http()
    assert (await http.get("/oauth2/userinfo")).headers["www-authenticate"] == "Bearer"
    for token in ("x", "a.b.c", ". .", "%00"):
        answer = await http.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"})
        assert "invalid_token" in answer.headers["www-authenticate"]


async def test_of_12_that_redeem_a_code_at_once_one_has_tokens_and_then_nobody(provider: Provider, wanda: Person):
    browser, pkce = await provider.browser(), Pkce.new()
    code = await browser.code_for(wanda.email, wanda.password, pkce, scope=OFFLINE)

    answers = await asyncio.gather(*(browser.redeem(code, pkce) for _ in range(12)))

    won = [answer.json() for answer in answers if answer.status_code == 200]
    lost = [answer.json()["error"] for answer in answers if answer.status_code == 400]
    assert (len(won), lost) == (1, ["invalid_grant"] * 11)
    assert (await userinfo(provider, won[0])).status_code == 401
    assert (await browser.refresh(won[0]["refresh_token"])).json()["error"] == "invalid_grant"


async def test_of_12_that_refresh_at_once_one_has_tokens_and_then_nobody(provider: Provider, wanda: Person):
    browser = await provider.browser()
    first = await browser.tokens_for(wanda.email, wanda.password, scope=OFFLINE)

    answers = await asyncio.gather(*(browser.refresh(first["refresh_token"]) for _ in range(12)))

    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert (len(won), sorted(answer.status_code for answer in answers)) == (1, [200] + [400] * 11)
    assert (await userinfo(provider, won[0])).status_code == 401
    assert (await browser.refresh(won[0]["refresh_token"])).json()["error"] == "invalid_grant"


async def test_refresh_tokens_rotate_and_an_old_one_kills_the_family(provider: Provider, wanda: Person):
    browser = await provider.browser()
    first = await browser.tokens_for(wanda.email, wanda.password, scope=OFFLINE)
    second = (await browser.refresh(first["refresh_token"])).json()
    third = (await browser.refresh(second["refresh_token"], scope="openid")).json()
    assert (second["scope"], third["scope"]) == (OFFLINE, "openid")
    assert len({tokens["refresh_token"] for tokens in (first, second, third)}) == 3
    assert (await userinfo(provider, third)).json() == {"sub": wanda.id}

    assert (await browser.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"

    assert (await browser.refresh(third["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await userinfo(provider, third)).status_code == 401


async def test_the_secrets_of_a_grant_are_stored_as_hashes_alone(provider: Provider, wanda: Person):
    browser, pkce = await provider.browser(), Pkce.new()
    code = await browser.code_for(wanda.email, wanda.password, pkce, scope=OFFLINE)
    tokens = (await browser.redeem(code, pkce)).json()
    database = provider.service.store.database
    kept = [await database[name].find({}) for name in ("codes", "refresh_tokens", "grants", "sessions", "links")]
    for secret in (code, tokens["refresh_token"], browser.http.cookies["session"]):
        assert secret not in repr(kept)


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
async def test_a_revoked_token_ends_the_grant(provider: Provider, wanda: Person, kind: str):
    browser = await provider.browser()
    tokens = await browser.tokens_for(wanda.email, wanda.password, scope=OFFLINE)
    form = {"token": tokens[kind], "token_type_hint": "whatever", "client_id": CLIENT}
    assert (await browser.http.post("/oauth2/revoke", data=form)).status_code == 200
    assert (await browser.http.post("/oauth2/revoke", data={**form, "token": "unknown"})).status_code == 200
    assert (await userinfo(provider, tokens)).status_code == 401
    assert (await browser.refresh(tokens["refresh_token"])).status_code == 400


async def test_a_client_with_the_id_token_signs_out_at_once(provider: Provider, wanda: Person):
    browser = await provider.browser()
    tokens = await browser.tokens_for(wanda.email, wanda.password)
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": f"{provider.url}/", "state": "z"}

    answer = await browser.http.get("/oauth2/logout", params=asked)

    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/")
    assert parse_qs(urlsplit(answer.headers["location"]).query) == {"state": ["z"]}
    assert answer.headers["clear-site-data"] == '"cache"'
    assert (await userinfo(provider, tokens)).status_code == 401
    assert answered(await browser.authorize(Pkce.new(), prompt="none"))["error"] == "login_required"


async def test_without_a_hint_the_person_is_asked_and_nobody_is_redirected(signed_in: Browser, provider: Provider):
    asked = {"client_id": CLIENT, "post_logout_redirect_uri": f"{provider.url}/", "state": '"><b>'}
    question = await signed_in.http.get("/oauth2/logout", params=asked)
    assert "Sign out?" in question.text
    assert "<b>" not in question.text
    assert (await signed_in.http.get("/account")).status_code == 200

    done = await signed_in.submit(question)

    assert (done.status_code, "signed out" in done.text) == (200, True)
    assert (await signed_in.http.get("/account")).headers["location"] == "/sign-in"


async def test_anothers_hint_or_a_forged_yes_signs_nobody_out(provider: Provider, signed_in: Browser, wanda: Person):
    other = await (await provider.browser()).tokens_for(wanda.email, wanda.password)
    await signed_in.http.get("/oauth2/logout", params={"id_token_hint": other["id_token"]})
    await signed_in.http.get("/oauth2/logout", params={"id_token_hint": other["access_token"]})
    await signed_in.http.post("/oauth2/logout", data={"csrf": "b" * 32}, headers=signed_in.origin)
    assert (await signed_in.http.get("/account")).status_code == 200


async def test_a_client_may_not_redirect_a_sign_out_elsewhere(signed_in: Browser, provider: Provider, wanda: Person):
    browser = await provider.browser()
    tokens = await browser.tokens_for(wanda.email, wanda.password)
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://evil.example/"}
    answer = await browser.http.get("/oauth2/logout", params=asked)
    assert (answer.status_code, "signed out" in answer.text) == (200, True)


async def test_answers_with_tokens_are_not_cached(provider: Provider, wanda: Person):
    browser, pkce = await provider.browser(), Pkce.new()
    answer = await browser.redeem(await browser.code_for(wanda.email, wanda.password, pkce), pkce)
    assert answer.headers["cache-control"] == "no-store"
    assert CALLBACK not in answer.text
