"""What of a third party's word is believed: nothing that is not signed, meant for us, and an answer to our request."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.identity.relying import outgoing
from tests.component.identity.abroad import (
    CLIENT,
    SECRET,
    GitHub,
    Issuer,
    User,
    abroad,
    asked_in,
    at_github,
    come_back,
    known,
    leave,
    sign_in_at,
)
from tests.component.identity.browser import Browser
from tests.component.identity.provider import Clock, Provider, address

VERIFIED = {"name": "Ada Quill", "email_verified": True}


@pytest.fixture(scope="module")
async def issuer(provider: Provider) -> AsyncIterator[Issuer]:
    async with abroad(Issuer()) as issuer:
        await known(provider, "acme", issuer.url)
        yield issuer


@pytest.fixture
async def browser(provider: Provider) -> Browser:
    return await provider.browser()


def believed(answer: httpx.Response) -> bool:
    if answer.status_code == 303:
        assert answer.headers["location"] in {"/sign-in/new", "/account"}
        return True
    assert answer.status_code == 422, answer.text
    return False


async def test_a_right_word_is_believed(browser: Browser, issuer: Issuer):
    assert believed(await sign_in_at(browser, issuer, "acme", "ada", claims=VERIFIED))


async def test_the_request_names_us_and_hides_what_only_we_know(browser: Browser, issuer: Issuer):
    place = await leave(browser, "acme")
    asked = asked_in(place)
    assert place.startswith(f"{issuer.url}/authorize?")
    assert asked["redirect_uri"] == f"{browser.origin['Origin']}/sign-in/acme/callback"
    assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
    assert (asked["scope"], asked["code_challenge_method"]) == ("openid profile email", "S256")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43


NOW = int(time.time())
STRANGER = RSAKey.generate_key(2048)
CRIMES: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "no issuer": {"claims": {"iss": None}},
    "another audience": {"claims": {"aud": "somebody else"}},
    "no audience": {"claims": {"aud": None}},
    "several audiences and no authorized party": {"claims": {"aud": [CLIENT, "somebody else"]}},
    "another authorized party": {"claims": {"azp": "somebody else"}},
    "expired": {"claims": {"exp": NOW - 60}},
    "no expiry": {"claims": {"exp": None}},
    "issued tomorrow": {"claims": {"iat": NOW + 86400}},
    "no time of issue": {"claims": {"iat": None}},
    "another nonce": {"claims": {"nonce": "of another sign-in"}},
    "no nonce": {"claims": {"nonce": None}},
    "no subject": {"claims": {"sub": None}},
    "an empty subject": {"claims": {"sub": ""}},
    "a subject that is no text": {"claims": {"sub": 7}},
    "an endless subject": {"claims": {"sub": "x" * 300}},
    "the hash of another access token": {"claims": {"at_hash": "x" * 22}},
    "not signed": {"algorithm": "none"},
    "signed with our secret": {"algorithm": "HS256", "key": OctKey.import_key(SECRET * 2)},
    "signed by a stranger": {"key": STRANGER},
    "told of somebody else": {"told": {"sub": "mallory", "email": "mallory@example.org"}},
    "no tokens": {"answer": JSONResponse({"ok": True})},
    "a token that is none": {"answer": JSONResponse({"id_token": 7, "access_token": "x"})},
    "a list": {"answer": JSONResponse([])},
    "no JSON": {"answer": Response("<html>", media_type="text/html")},
    "a redirection": {"answer": RedirectResponse("http://127.0.0.1:9/")},
    "a megabyte": {"answer": JSONResponse({"x": "x" * 1024 * 1024})},
}


@pytest.mark.parametrize("crime", CRIMES, ids=CRIMES)
async def test_a_wrong_word_is_not_believed(browser: Browser, issuer: Issuer, crime: str):
    answer = await sign_in_at(browser, issuer, "acme", "ada", **CRIMES[crime])
    assert not believed(answer)
    assert "does not prove who you are" in answer.text
    assert "session" not in browser.http.cookies


DETOURS: dict[str, dict[str, Any]] = {
    "it calls itself another": {"issuer": "https://evil.example"},
    "it has no name": {"issuer": None},
    "the sign-in is elsewhere": {"authorization_endpoint": "https://evil.example/authorize"},
    "the sign-in is nowhere": {"authorization_endpoint": None},
}


@pytest.mark.parametrize("detour", DETOURS, ids=DETOURS)
async def test_nobody_is_sent_where_the_issuer_is_not(provider: Provider, browser: Browser, detour: str):
    async with abroad(Issuer()) as other:
        id = await known(provider, f"d-{list(DETOURS).index(detour)}", other.url)
        other.said = DETOURS[detour]
        page = await browser.http.get("/sign-in")
        sent = await browser.http.post(f"/sign-in/{id}", data={"csrf": csrf(page)}, headers=browser.origin)
        assert (sent.status_code, "location" in sent.headers) == (422, False)


def csrf(page: httpx.Response) -> str:
    return page.text.partition('name="csrf" value="')[2][:32]


@pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
async def test_only_the_hosts_of_a_provider_are_asked(provider: Provider, browser: Browser, endpoint: str):
    async with abroad(Issuer()) as other, abroad(Issuer()) as ours:
        ours.said = {endpoint: f"{other.url}/{endpoint}"}
        id = await known(provider, endpoint.replace("_", "-"), ours.url)
        assert not believed(await sign_in_at(browser, ours, id, "ada"))
        assert other.asked == 0


async def test_an_answer_counts_once(browser: Browser, issuer: Issuer):
    asked = asked_in(await leave(browser, "acme"))
    answers = await asyncio.gather(
        *(come_back(browser, "acme", state=asked["state"], code=issuer.code(asked, "ada")) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422, 422, 422]


async def test_an_answer_counts_in_the_browser_that_began_alone(provider: Provider, browser: Browser, issuer: Issuer):
    asked = asked_in(await leave(browser, "acme"))
    stranger = await provider.browser()
    await stranger.http.get("/sign-in")
    answer = {"state": asked["state"], "code": issuer.code(asked, "mallory")}
    assert not believed(await come_back(stranger, "acme", **answer))
    assert not believed(await come_back(await provider.browser(), "acme", **answer))
    assert believed(await come_back(browser, "acme", **answer))


async def test_the_answer_of_another_provider_is_not_taken_for_its_own(
    provider: Provider, browser: Browser, issuer: Issuer
):
    async with abroad(Issuer()) as evil:
        await known(provider, "evil", evil.url)
        asked = asked_in(await leave(browser, "acme"))
        mixed_up = await come_back(browser, "evil", state=asked["state"], code=issuer.code(asked, "ada"))
        assert not believed(mixed_up)
        assert evil.redeemed == [], "the code stays with us"
        assert believed(await come_back(browser, "acme", state=asked["state"], code=issuer.code(asked, "ada")))


async def test_an_answer_that_names_another_issuer_is_refused(browser: Browser, issuer: Issuer):
    for iss, right in ((issuer.url, True), ("https://evil.example", False)):
        asked = asked_in(await leave(browser, "acme"))
        answer = await come_back(browser, "acme", state=asked["state"], code=issuer.code(asked, "ada"), iss=iss)
        assert believed(answer) is right


async def test_an_issuer_that_says_it_names_itself_must_do_so(provider: Provider, browser: Browser):
    async with abroad(Issuer()) as other:
        other.said = {"authorization_response_iss_parameter_supported": True}
        await known(provider, "naming", other.url)
        assert not believed(await sign_in_at(browser, other, "naming", "ada"))


async def test_an_answer_is_awaited_for_ten_minutes(provider: Provider, clock: Clock, browser: Browser, issuer: Issuer):
    try:
        early, late = asked_in(await leave(browser, "acme")), asked_in(await leave(browser, "acme"))
        clock.ahead = timedelta(minutes=9)
        recent = {"claims": {"exp": int(time.time()) + 7200, "iat": int(time.time())}}
        word = issuer.code(early, "ada", **recent)
        assert believed(await come_back(browser, "acme", state=early["state"], code=word))
        clock.ahead = timedelta(minutes=11)
        word = issuer.code(late, "ada", **recent)
        assert not believed(await come_back(browser, "acme", state=late["state"], code=word))
    finally:
        clock.ahead = timedelta()


@pytest.mark.parametrize(
    "answer",
    [{}, {"state": "x"}, {"state": "x", "code": "y"}, {"code": "y"}, {"state": "a\x00b", "code": "y"}, {"state": "é"}],
)
async def test_an_answer_to_nothing_is_refused(browser: Browser, issuer: Issuer, answer: dict[str, str]):
    await browser.http.get("/sign-in")
    assert (await come_back(browser, "acme", **answer)).status_code == 422


async def test_a_state_with_neither_code_nor_error_is_refused(browser: Browser, issuer: Issuer):
    asked = asked_in(await leave(browser, "acme"))
    assert not believed(await come_back(browser, "acme", state=asked["state"]))


async def test_who_says_no_at_the_provider_is_told_so_here(browser: Browser, issuer: Issuer):
    asked = asked_in(await leave(browser, "acme"))
    answer = await come_back(browser, "acme", state=asked["state"], error="access_denied")
    assert (answer.status_code, "did not say who you are" in answer.text) == (422, True)
    assert "access_denied" not in answer.text


async def test_a_forged_form_sends_nobody_away(browser: Browser, issuer: Issuer):
    await browser.http.get("/sign-in")
    for sent in ({"csrf": "b" * 32}, {"continue": "x"}):
        answer = await browser.http.post("/sign-in/acme", data=sent, headers=browser.origin)
        assert (answer.status_code, "location" in answer.headers) == (403, False)


async def test_an_unknown_provider_is_nobody(browser: Browser):
    page = await browser.http.get("/sign-in")
    for id in ("nobody", "$ne", "x" * 300):
        answer = await browser.http.post(f"/sign-in/{id}", data={"csrf": csrf(page)}, headers=browser.origin)
        assert answer.status_code == 422, id


async def test_a_provider_without_nonce_or_pkce_is_asked_without_and_believed_without(
    provider: Provider, browser: Browser
):
    async with abroad(Issuer()) as linked:
        await known(provider, "linkedin", linked.url, "linkedin")
        asked = asked_in(await leave(browser, "linkedin"))
        assert not {"nonce", "code_challenge"} & asked.keys()
        told = {"name": "Ada", "email": address(), "email_verified": "true"}
        code = linked.code(asked, "ada", told=told)
        assert believed(await come_back(browser, "linkedin", state=asked["state"], code=code))
        assert "code_verifier" not in linked.redeemed[-1]
        assert told["email"] in (await browser.http.get("/sign-in/new")).text
        surprising = await sign_in_at(browser, linked, "linkedin", "ada", claims={"nonce": "of somebody else"})
        assert not believed(surprising)


async def test_a_provider_that_is_away_is_said_to_be(provider: Provider, browser: Browser, issuer: Issuer):
    await known(provider, "away", "http://127.0.0.1:9")
    page = await browser.http.get("/sign-in")
    sent = await browser.http.post("/sign-in/away", data={"csrf": csrf(page)}, headers=browser.origin)
    assert (sent.status_code, "does not answer" in sent.text) == (503, True)
    troubled = await sign_in_at(browser, issuer, "acme", "ada", answer=JSONResponse({}, 500))
    assert (troubled.status_code, "trouble" in troubled.text) == (503, True)


async def test_a_provider_that_dawdles_is_not_waited_for(
    browser: Browser, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
):
    class Slow(Response):
        async def __call__(self, _: Any, __: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(400):
                await send({"type": "http.response.body", "body": b" ", "more_body": True})
                await asyncio.sleep(0.05)

    asked = asked_in(await leave(browser, "acme"))
    monkeypatch.setattr(outgoing, "AT_MOST", 0.2)
    began = time.monotonic()
    answer = await come_back(browser, "acme", state=asked["state"], code=issuer.code(asked, "ada", answer=Slow()))
    assert (answer.status_code, time.monotonic() - began < 15) == (503, True)


async def test_github_is_believed_by_number_and_verified_address(provider: Provider, browser: Browser):
    email = address()
    listed = [
        {"email": "other@users.noreply.github.com", "primary": False, "verified": True, "visibility": None},
        {"email": email, "primary": True, "verified": True, "visibility": "public"},
    ]
    async with abroad(GitHub()) as github:
        await known(provider, "github", github.url, "github")
        place = await leave(browser, "github")
        assert asked_in(place)["scope"] == "read:user user:email"
        back = await at_github(browser, github, User(583231, "octocat", listed), place)
        assert back.headers["location"] == "/sign-in/new"
        first = (await browser.http.get("/sign-in/new")).text
        assert f"E-mail address: {email}" in first
        assert 'value="octocat"' in first

        renamed = User(583231, "octodog", [{"email": email, "primary": True, "verified": False}], name="Octo Dog")
        await at_github(browser, github, renamed, await leave(browser, "github"))
        first = (await browser.http.get("/sign-in/new")).text
        assert email not in first, "what is not verified is not taken"
        assert 'value="Octo Dog"' in first

        declined = await at_github(browser, github, None, await leave(browser, "github"))
        assert "did not say who you are" in declined.text


@pytest.mark.parametrize(("id", "login", "emails"), [(True, "x", []), (None, "x", []), (1, "", [])])
async def test_github_without_a_user_is_not_believed(
    provider: Provider, browser: Browser, id: Any, login: str, emails: Any
):
    async with abroad(GitHub()) as github:
        name = await known(provider, f"g-{time.monotonic_ns() % 10**12}", github.url, "github")
        back = await at_github(browser, github, User(id, login, emails), await leave(browser, name))
        assert not believed(back)


async def test_a_code_that_github_refuses_with_200_proves_nothing(provider: Provider, browser: Browser):
    async with abroad(GitHub()) as github:
        name = await known(provider, "github-2", github.url, "github")
        asked = asked_in(await leave(browser, name))
        assert not believed(await come_back(browser, name, state=asked["state"], code="made up"))
