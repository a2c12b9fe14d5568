"""Whom an authorization request is about, how old the sign-in may be, and requests by form from other sites."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.identity.domain import grant as grants
from services.identity.store.consents import ConsentGone
from tests.component.identity.browser import CLIENT, Browser, Pkce, answered, asking
from tests.component.identity.clients import follow, signed_in, waits_at
from tests.component.identity.provider import Clock, Person, Provider, providing


@pytest.fixture(scope="module")
async def wanda(provider: Provider) -> Person:
    return await provider.person()


@pytest.fixture
async def browser(provider: Provider, wanda: Person) -> Browser:
    return await signed_in(provider, wanda)


@pytest.fixture
async def later(platform: Platform) -> AsyncIterator[tuple[Provider, Clock]]:
    """A provider whose clock this test alone moves."""
    clock = Clock()
    async with providing(platform, clock) as provider:
        yield provider, clock


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


async def hint_of(provider: Provider, person: Person) -> str:
    tokens = await (await provider.browser()).tokens_for(person.email, person.password)
    return str(tokens["id_token"])


@pytest.mark.parametrize("prompt", ["none", None])
async def test_a_hint_about_whoever_is_signed_in_changes_nothing(
    provider: Provider, browser: Browser, wanda: Person, prompt: str | None
):
    hint = await hint_of(provider, wanda)
    assert "code" in answered(await browser.authorize(Pkce.new(), id_token_hint=hint, prompt=prompt))


async def test_a_hint_about_another_needs_their_sign_in(provider: Provider, browser: Browser, wanda: Person):
    other = await provider.person()
    hint = await hint_of(provider, other)
    silent = answered(await browser.authorize(Pkce.new(), id_token_hint=hint, prompt="none"))
    assert (silent["error"], silent["iss"]) == ("login_required", provider.url)

    to_sign_in = await browser.authorize(Pkce.new(), id_token_hint=hint)
    assert waits_at(to_sign_in) == "/sign-in"
    page = await follow(browser, to_sign_in)
    wrong = await follow(browser, await browser.sign_in(wanda.email, wanda.password, page))
    assert answered(wrong)["error"] == "login_required"

    page = await follow(browser, await browser.authorize(Pkce.new(), id_token_hint=hint))
    right = await follow(browser, await browser.sign_in(other.email, other.password, page))
    assert "code" in answered(right)


async def test_a_hint_that_is_no_id_token_of_ours_is_refused(provider: Provider, browser: Browser, wanda: Person):
    tokens = await (await provider.browser()).tokens_for(wanda.email, wanda.password)
    head, body, signature = tokens["id_token"].split(".")
    forged = f"{head}.{body}.{signature[:-8]}AAAAAAAA"
    for hint in ("x", "a.b.c", forged, tokens["access_token"]):
        said = answered(await browser.authorize(Pkce.new(), id_token_hint=hint))
        assert (said["error"], said["state"], said["iss"]) == ("invalid_request", "s-1", provider.url)


async def test_max_age_asks_whoever_signed_in_too_long_ago_and_auth_time_says_when(later: tuple[Provider, Clock]):
    provider, clock = later
    wanda = await provider.person()
    first = int(clock().timestamp())
    browser, pkce = await signed_in(provider, wanda), Pkce.new()
    last = int(clock().timestamp())
    clock.ahead += timedelta(minutes=10)

    code = answered(await browser.authorize(pkce, max_age="900"))["code"]
    old = claims((await browser.redeem(code, pkce)).json()["id_token"])
    assert first <= old["auth_time"] <= last

    assert answered(await browser.authorize(pkce, max_age="300", prompt="none"))["error"] == "login_required"
    page = await follow(browser, await browser.authorize(pkce, max_age="300"))
    back = await follow(browser, await browser.sign_in(wanda.email, wanda.password, page))
    new = claims((await browser.redeem(answered(back)["code"], pkce)).json()["id_token"])
    assert new["auth_time"] >= last + 600


async def test_a_hint_holds_after_it_ran_out(later: tuple[Provider, Clock]):
    provider, clock = later
    wanda = await provider.person()
    browser, hint = await signed_in(provider, wanda), await hint_of(provider, wanda)
    clock.ahead += timedelta(hours=2)
    assert "code" in answered(await browser.authorize(Pkce.new(), id_token_hint=hint, prompt="none"))


async def test_a_form_from_another_site_comes_without_cookie_and_is_answered_by_link(
    provider: Provider, browser: Browser
):
    form = asking(Pkce.new(), prompt="none")
    stranger = await provider.http()

    bounced = await stranger.post("/oauth2/authorize", data=form, headers={"Origin": "https://app.example"})

    assert waits_at(bounced) == "/oauth2/authorize"
    assert "code" in answered(await browser.http.get(bounced.headers["location"]))
    assert answered(await stranger.get(bounced.headers["location"]))["error"] == "login_required"


async def test_a_wrong_form_from_another_site_is_refused_at_once(provider: Provider):
    stranger = await provider.http()
    wrong = await stranger.post("/oauth2/authorize", data=asking(Pkce.new(), scope="admin"))
    assert answered(wrong)["error"] == "invalid_scope"
    unknown = await stranger.post("/oauth2/authorize", data=asking(Pkce.new(), client_id="unknown"))
    assert (unknown.status_code, "location" in unknown.headers) == (400, False)


async def test_a_session_that_ended_since_it_was_looked_at_begins_no_grant(provider: Provider, wanda: Person):
    browser, at = await signed_in(provider, wanda), provider.clock()
    identity, secret = provider.identity, browser.http.cookies["session"]
    session = await identity.sessions.alive(secret, at=at)
    assert session is not None
    said = {"client_id": CLIENT, "scope": "openid", "resource": provider.url}
    grant = grants.begin(str(uuid7()), session=session, **said, nonce=None, at=at)
    await identity.sign_out(secret, at=at)
    with pytest.raises(ConsentGone):
        await identity.begin_grant(grant, session, asked=False, keep=lambda: identity.grants.add(grant), at=at)
    assert await identity.grants.get(grant.id) is None
