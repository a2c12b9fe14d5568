"""Back-channel logout: every client that a session knew is told that it is over, also one that was away."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet

from deploy.local.platform import Platform
from services.identity.domain.client import Client
from services.identity.oidc.backchannel import EVENT
from tests.component.identity.browser import CALLBACK, Browser
from tests.component.identity.clients import follow, press, query_of, signed_in, third_party, tokens_of, waits_at
from tests.component.identity.provider import Clock, Person, Provider, providing
from tests.support.served import listening
from tests.support.waiting import eventually

OFFLINE = "openid offline_access"


@dataclass
class Listener:
    """A client's back channel: it keeps what it is told, and answers as it is made to."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.asked.append((scope["method"], scope["path"]))
        self.tokens += parse_qs(body.decode()).get("logout_token", [])
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def hears(self, number: int = 1) -> list[str]:
        await eventually(lambda: self._heard(number), what=f"{number} logout tokens")
        return self.tokens

    async def _heard(self, number: int) -> bool:
        return len(self.tokens) >= number


@asynccontextmanager
async def hearing(status: int = 200, **headers: str) -> AsyncIterator[Listener]:
    listener = Listener(status=status, headers=headers)
    async with listening(uvicorn.Config(listener, log_config=None, access_log=False, lifespan="off")) as url:
        listener.url = f"{url}/backchannel"
        yield listener


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with hearing() as listener:
        yield listener


@pytest.fixture
async def wanda(provider: Provider) -> Person:
    return await provider.person()


@pytest.fixture
async def browser(provider: Provider, wanda: Person) -> Browser:
    return await signed_in(provider, wanda)


async def left(provider: Provider, client: Client) -> int:
    return await provider.service.store.database["farewells"].count({"client_id": client.id})


async def settled(provider: Provider, client: Client) -> None:
    async def work() -> bool:
        return await left(provider, client) == 0

    await eventually(work, what="no farewell on its way")


def sid_of(tokens: dict[str, Any]) -> str:
    part = tokens["id_token"].split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["sid"])


async def sign_out(browser: Browser) -> None:
    await press(browser, await browser.http.get("/account"), "Sign out")


async def test_the_description_says_so(provider: Provider):
    said = (await (await provider.http()).get("/.well-known/openid-configuration")).json()
    assert (said["backchannel_logout_supported"], said["backchannel_logout_session_supported"]) == (True, True)


async def test_a_client_is_told_by_a_signed_token_which_session_is_over(
    provider: Provider, browser: Browser, wanda: Person, listener: Listener
):
    client = await third_party(provider, backchannel_logout_uri=listener.url)
    silent = await third_party(provider)
    tokens = await tokens_of(browser, client)
    await tokens_of(browser, silent)

    await sign_out(browser)

    (sent,) = await listener.hears()
    keys = KeySet.import_key_set((await browser.http.get("/oauth2/jwks")).json())
    token = jwt.decode(sent, keys, algorithms=["RS256"])
    assert token.header["typ"] == "logout+jwt"
    said = token.claims
    assert said.keys() == {"iss", "sub", "aud", "iat", "exp", "jti", "sid", "events"}
    assert (said["iss"], said["sub"], said["aud"]) == (provider.url, wanda.id, client.id)
    assert (said["sid"], said["events"], said["exp"] - said["iat"]) == (sid_of(tokens), {EVENT: {}}, 120)
    assert listener.asked == [("POST", "/backchannel")]
    await settled(provider, client)
    assert len(listener.tokens) == 1


async def test_a_logout_token_is_no_hint_of_an_id_token(provider: Provider, browser: Browser, listener: Listener):
    client = await third_party(provider, backchannel_logout_uri=listener.url)
    await tokens_of(browser, client)
    await sign_out(browser)
    (sent,) = await listener.hears()
    again = await signed_in(provider, await provider.person())
    await again.http.get("/oauth2/logout", params={"id_token_hint": sent})
    assert (await again.http.get("/account")).status_code == 200


@pytest.mark.parametrize("how", ["ended", "reset", "another"])
async def test_whatever_ends_a_session_tells(
    provider: Provider, browser: Browser, wanda: Person, listener: Listener, how: str
):
    client = await third_party(provider, backchannel_logout_uri=listener.url)
    tokens = await tokens_of(browser, client)
    at = provider.clock()
    match how:
        case "ended":
            await provider.identity.end_session(wanda.id, sid_of(tokens), at=at)  # type: ignore[arg-type]
        case "reset":
            hashed = await provider.identity.hasher.accept("wren lantern gravel divan", ())
            await provider.identity.change_password(wanda.id, hashed, but=None, at=at)  # type: ignore[arg-type]
        case _:
            other = await provider.person()
            assert (await browser.sign_in(other.email, other.password)).status_code == 303
    assert len(await listener.hears()) == 1


async def test_signing_in_anew_as_the_same_person_is_no_logout(
    provider: Provider, browser: Browser, wanda: Person, listener: Listener
):
    client = await third_party(provider, backchannel_logout_uri=listener.url)
    await tokens_of(browser, client)
    await browser.sign_in(wanda.email, wanda.password)
    assert await left(provider, client) == 0
    await sign_out(browser)
    assert len(await listener.hears()) == 1


async def test_of_12_sign_outs_at_once_a_client_is_told_one(provider: Provider, browser: Browser, listener: Listener):
    client = await third_party(provider, backchannel_logout_uri=listener.url)
    await tokens_of(browser, client)
    page = await browser.http.get("/account")
    secret = browser.http.cookies["session"]

    await asyncio.gather(*(provider.identity.sign_out(secret, at=provider.clock()) for _ in range(12)))

    assert page.status_code == 200
    await listener.hears()
    await settled(provider, client)
    assert len(listener.tokens) == 1


async def test_a_client_that_is_away_is_told_later_and_keeps_nobody_waiting(platform: Platform, listener: Listener):
    clock = Clock()
    async with providing(platform, clock) as provider, hearing(503) as away:
        browser = await signed_in(provider, await provider.person())
        client = await third_party(provider, backchannel_logout_uri=away.url)
        well = await third_party(provider, backchannel_logout_uri=listener.url)
        for one in (client, well):
            await tokens_of(browser, one)
        await sign_out(browser)
        assert len(await listener.hears()) == 1
        await away.hears()
        assert await left(provider, client) == 1

        away.status = 204
        clock.ahead += timedelta(minutes=10)

        heard = await away.hears(2)
        assert len(set(heard)) == len(heard), "a client may refuse an id it has seen"
        await settled(provider, client)


async def test_after_a_day_it_is_given_up(platform: Platform):
    clock = Clock()
    async with providing(platform, clock) as provider, hearing(500) as away:
        browser = await signed_in(provider, await provider.person())
        client = await third_party(provider, backchannel_logout_uri=away.url)
        await tokens_of(browser, client)
        await sign_out(browser)
        await away.hears()
        clock.ahead += timedelta(hours=25)
        await settled(provider, client)


async def test_a_token_goes_to_the_registered_address_and_nowhere_else(
    provider: Provider, browser: Browser, listener: Listener
):
    async with hearing(307, location=listener.url) as redirecting:
        clients = [
            await third_party(provider, backchannel_logout_uri=uri)
            for uri in (redirecting.url, "http://10.0.0.1/logout", "ftp://127.0.0.1/logout", None)
        ]
        for client in clients:
            await tokens_of(browser, client)
        await sign_out(browser)
        await redirecting.hears()
        for client in clients[1:]:
            await settled(provider, client)
        assert await left(provider, clients[0]) == 1, "a redirection is no answer"
        assert listener.asked == []


async def test_the_address_is_the_one_registered_by_then(provider: Provider, browser: Browser, listener: Listener):
    client = await third_party(provider, backchannel_logout_uri=listener.url)
    await tokens_of(browser, client)
    await provider.identity.clients.documents.update(
        {"_id": client.id}, {"$set": {"backchannel_logout_uri": f"{listener.url}/new"}}
    )
    await sign_out(browser)
    await listener.hears()
    assert listener.asked == [("POST", "/backchannel/new")]


async def test_signing_out_leaves_what_was_promised_beyond_the_session(provider: Provider, browser: Browser):
    client = await third_party(provider)
    tokens = await tokens_of(browser, client, scope=OFFLINE)
    await sign_out(browser)
    assert (await browser.refresh(tokens["refresh_token"], client_id=client.id)).status_code == 200


async def test_a_sign_out_by_form_from_another_site_is_done_by_link(
    provider: Provider, browser: Browser, listener: Listener
):
    """A form from elsewhere brings no cookie: done at once it would sign nobody out and say it had."""
    goodbye = "http://127.0.0.1:7777/callback?bye"
    client = await third_party(provider, backchannel_logout_uri=listener.url, post_logout_redirect_uris=(goodbye,))
    tokens = await tokens_of(browser, client)
    form = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": goodbye, "state": "z"}
    stranger = await provider.http()

    bounced = await stranger.post("/oauth2/logout", data=form, headers={"Origin": "https://app.example"})

    assert waits_at(bounced) == "/oauth2/logout"
    done = await browser.http.get(bounced.headers["location"])
    assert done.headers["location"].startswith(CALLBACK)
    assert query_of(done)["state"] == "z"
    assert waits_at(await browser.http.get("/account")) == "/sign-in"
    assert len(await listener.hears()) == 1


@pytest.mark.parametrize("known", [True, False])
async def test_a_sign_out_with_a_client_but_no_hint_is_asked_and_stays_with_us(
    provider: Provider, browser: Browser, known: bool
):
    client = await third_party(provider, post_logout_redirect_uris=(CALLBACK,))
    asked = {"client_id": client.id if known else "unknown", "post_logout_redirect_uri": CALLBACK}
    question = await browser.http.get("/oauth2/logout", params=asked)
    assert "Sign out?" in question.text
    done = await follow(browser, await press(browser, question, "Sign out"))
    assert (done.status_code, "signed out" in done.text) == (200, True)


async def test_a_hint_for_another_client_signs_nobody_out(provider: Provider, browser: Browser):
    client, other = await third_party(provider), await third_party(provider)
    tokens = await tokens_of(browser, client)
    asked = {"id_token_hint": tokens["id_token"], "client_id": other.id}
    answer: httpx.Response = await browser.http.get("/oauth2/logout", params=asked)
    assert answer.status_code == 400
    assert (await browser.http.get("/account")).status_code == 200
