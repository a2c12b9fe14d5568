"""Consent: applications of somebody else ask, the person says yes or no, and can take it back."""

import asyncio
from contextlib import nullcontext

import pytest
from uuid6 import uuid7

from contracts.identity import ConsentGiven, ConsentWithdrawn
from services.identity.domain import grant as grants
from services.identity.domain.account import account_id
from services.identity.domain.consent import consent_id
from services.identity.store.consents import ConsentGone
from tests.component.identity.browser import CLIENT, Browser, Pkce, answered
from tests.component.identity.clients import (
    allowed,
    follow,
    hidden,
    press,
    query_of,
    signed_in,
    third_party,
    tokens_of,
    waits_at,
)
from tests.component.identity.provider import Person, Provider

OFFLINE = "openid profile email offline_access"


@pytest.fixture
async def wanda(provider: Provider) -> Person:
    return await provider.person()


@pytest.fixture
async def browser(provider: Provider, wanda: Person) -> Browser:
    return await signed_in(provider, wanda)


async def test_an_application_of_somebody_else_asks_and_a_part_of_the_platform_does_not(
    provider: Provider, browser: Browser, wanda: Person
):
    client = await third_party(provider)
    assert "code" in answered(await browser.authorize(Pkce.new()))

    question = await follow(browser, await browser.authorize(Pkce.new(), client_id=client.id, scope="openid email"))

    assert question.status_code == 200
    assert client.name in question.text
    assert wanda.email in question.text
    assert "see your e-mail address" in question.text
    assert "see your name" not in question.text
    assert "form-action" not in question.headers["content-security-policy"]


async def test_a_yes_goes_back_with_a_code_and_is_told(provider: Provider, browser: Browser, wanda: Person):
    client, pkce = await third_party(provider), Pkce.new()
    said = await allowed(browser, client, pkce, scope="openid email")
    assert said.keys() == {"code", "state", "iss"}
    assert said["iss"] == provider.url
    assert (await browser.redeem(said["code"], pkce, client_id=client.id)).json()["scope"] == "openid email"
    (told,) = await provider.told(consent_id(account_id(wanda.id), client.id))
    assert isinstance(told, ConsentGiven)
    assert (told.by, told.account_id, told.client_id, told.scopes) == (
        wanda.id,
        wanda.id,
        client.id,
        ("openid", "email"),
    )


async def test_a_no_goes_back_as_denied_and_is_asked_again(provider: Provider, browser: Browser):
    client = await third_party(provider)
    question = await follow(browser, await browser.authorize(Pkce.new(), client_id=client.id))

    said = answered(await press(browser, question, "Do not allow"))

    assert (said["error"], said["state"], said["iss"]) == ("access_denied", "s-1", provider.url)
    assert "code" not in said
    assert waits_at(await browser.authorize(Pkce.new(), client_id=client.id)) == "/consent"


async def test_a_yes_is_remembered_for_what_was_asked_and_less_but_not_for_more(provider: Provider, browser: Browser):
    client = await third_party(provider)
    await allowed(browser, client, Pkce.new(), scope="openid email")
    for scope in ("openid email", "email openid", "openid"):
        assert "code" in answered(await browser.authorize(Pkce.new(), client_id=client.id, scope=scope))
    assert waits_at(await browser.authorize(Pkce.new(), client_id=client.id, scope="openid profile")) == "/consent"

    await allowed(browser, client, Pkce.new(), scope="openid profile")

    assert "code" in answered(await browser.authorize(Pkce.new(), client_id=client.id, scope="openid profile email"))


async def test_a_yes_is_for_one_application_and_one_person(provider: Provider, browser: Browser):
    client, other = await third_party(provider), await third_party(provider)
    await allowed(browser, client, Pkce.new())
    somebody = await signed_in(provider, await provider.person())
    assert waits_at(await browser.authorize(Pkce.new(), client_id=other.id)) == "/consent"
    assert waits_at(await somebody.authorize(Pkce.new(), client_id=client.id)) == "/consent"


async def test_prompt_consent_asks_always_and_once_also_for_a_part_of_the_platform(
    provider: Provider, browser: Browser
):
    client = await third_party(provider)
    await allowed(browser, client, Pkce.new())
    for id in (client.id, CLIENT):
        question = await follow(browser, await browser.authorize(Pkce.new(), client_id=id, prompt="consent"))
        assert question.status_code == 200
        assert "code" in answered(await follow(browser, await press(browser, question, "Allow")))


async def test_without_consent_prompt_none_is_refused_and_with_it_is_not(provider: Provider, browser: Browser):
    client = await third_party(provider)
    silent = {"client_id": client.id, "prompt": "none"}
    said = answered(await browser.authorize(Pkce.new(), **silent))
    assert (said["error"], said["state"], said["iss"]) == ("consent_required", "s-1", provider.url)

    await allowed(browser, client, Pkce.new())

    assert "code" in answered(await browser.authorize(Pkce.new(), **silent))
    more = answered(await browser.authorize(Pkce.new(), **silent, scope=OFFLINE))
    assert more["error"] == "consent_required"


@pytest.mark.parametrize("prompt", ["none consent", "none login", "login none"])
async def test_none_stands_alone(provider: Provider, browser: Browser, prompt: str):
    said = answered(await browser.authorize(Pkce.new(), prompt=prompt))
    assert (said["error"], said["iss"]) == ("invalid_request", provider.url)


async def test_prompt_login_and_consent_ask_for_both_in_turn(provider: Provider, browser: Browser, wanda: Person):
    client = await third_party(provider)
    await allowed(browser, client, Pkce.new())

    to_sign_in = await browser.authorize(Pkce.new(), client_id=client.id, prompt="login consent")
    assert waits_at(to_sign_in) == "/sign-in"
    page = await follow(browser, to_sign_in)
    question = await follow(browser, await browser.sign_in(wanda.email, wanda.password, page))

    assert "Allow" in question.text
    assert "code" in answered(await follow(browser, await press(browser, question, "Allow")))


async def test_whoever_is_signed_out_signs_in_first_and_is_asked_then(provider: Provider, wanda: Person):
    client, browser = await third_party(provider), await provider.browser()
    page = await follow(browser, await browser.authorize(Pkce.new(), client_id=client.id))
    question = await follow(browser, await browser.sign_in(wanda.email, wanda.password, page))
    assert client.name in question.text

    later = await (await provider.browser()).http.get(f"/consent?continue={hidden(question, 'continue')}")

    assert waits_at(later) == "/sign-in"


@pytest.mark.parametrize("answer", ["allow", "deny"])
async def test_a_forged_answer_is_none(provider: Provider, browser: Browser, answer: str):
    client = await third_party(provider)
    question = await follow(browser, await browser.authorize(Pkce.new(), client_id=client.id))
    rest, csrf = hidden(question, "continue"), hidden(question, "csrf")
    for form, headers in (
        ({"continue": rest}, browser.origin),
        ({"continue": rest, "csrf": "b" * 32}, browser.origin),
        ({"continue": rest, "csrf": csrf}, {"Origin": "https://evil.example"}),
        ({"csrf": csrf}, browser.origin),
        ({"continue": rest[:-3], "csrf": csrf}, browser.origin),
    ):
        refused = await browser.http.post(f"/consent/{answer}", data=form, headers=headers)
        assert (refused.status_code, "location" in refused.headers) == (400, False)
    assert waits_at(await browser.authorize(Pkce.new(), client_id=client.id)) == "/consent"


async def test_12_answers_at_once_are_one_yes_each_and_no_fault(provider: Provider, browser: Browser, wanda: Person):
    client = await third_party(provider)
    question = await follow(browser, await browser.authorize(Pkce.new(), client_id=client.id))

    answers = await asyncio.gather(*(press(browser, question, "Allow") for _ in range(12)))

    assert {waits_at(answer) for answer in answers} == {"/oauth2/authorize"}
    told = await provider.told(consent_id(account_id(wanda.id), client.id))
    assert [event.sequence for event in told] == list(range(1, 13))


async def test_the_page_shows_who_has_access_and_takes_it_back(provider: Provider, browser: Browser, wanda: Person):
    client, other = await third_party(provider), await third_party(provider)
    tokens = await tokens_of(browser, client, scope=OFFLINE)
    kept = await tokens_of(browser, other, scope=OFFLINE)
    page = await browser.http.get("/account/applications")
    assert client.name in page.text
    assert "see your e-mail address" in page.text
    assert "access while you are not signed in" in page.text

    form = {"csrf": hidden(page, "csrf"), "client_id": client.id}
    done = await browser.http.post("/account/applications", data=form, headers=browser.origin)

    assert (done.status_code, done.headers["location"]) == (303, "/account/applications")
    after = (await browser.http.get("/account/applications")).text
    assert client.name not in after
    assert other.name in after
    assert (await browser.refresh(tokens["refresh_token"], client_id=client.id)).json()["error"] == "invalid_grant"
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await browser.http.get("/oauth2/userinfo", headers=bearer)).status_code == 401
    assert (await browser.refresh(kept["refresh_token"], client_id=other.id)).status_code == 200
    assert waits_at(await browser.authorize(Pkce.new(), client_id=client.id)) == "/consent"
    given, withdrawn = await provider.told(consent_id(account_id(wanda.id), client.id))
    assert isinstance(withdrawn, ConsentWithdrawn)
    assert (given.sequence, withdrawn.sequence, withdrawn.by, withdrawn.scopes) == (1, 2, wanda.id, ())


async def test_a_code_that_waits_gives_nothing_after_access_was_taken_back(provider: Provider, browser: Browser):
    client, pkce = await third_party(provider), Pkce.new()
    code = (await allowed(browser, client, pkce))["code"]
    page = await browser.http.get("/account/applications")
    await press(browser, page, "Take access back")
    refused = await browser.redeem(code, pkce, client_id=client.id)
    assert refused.json()["error"] == "invalid_grant"


async def test_a_part_of_the_platform_with_lasting_access_is_there_too(provider: Provider, wanda: Person):
    browser = await provider.browser()
    tokens = await browser.tokens_for(wanda.email, wanda.password, scope=OFFLINE)
    page = await browser.http.get("/account/applications")
    assert "Is part of Mentorship" in page.text
    assert waits_at(await press(browser, page, "Take access back")) == "/account/applications"
    assert (await browser.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert "No application has access" in (await browser.http.get("/account/applications")).text


async def test_nobody_takes_back_what_was_never_given_nor_forges_it(provider: Provider, browser: Browser):
    client = await third_party(provider)
    await allowed(browser, client, Pkce.new())
    page = await browser.http.get("/account/applications")
    csrf = hidden(page, "csrf")
    for form, status in (({"csrf": csrf, "client_id": "nobody"}, 422), ({"client_id": client.id}, 403)):
        answer = await browser.http.post("/account/applications", data=form, headers=browser.origin)
        assert answer.status_code == status
    somebody = await signed_in(provider, await provider.person())
    theirs = await somebody.http.get("/account/applications")
    assert client.name not in theirs.text
    form = {"csrf": hidden(await somebody.http.get("/account"), "csrf"), "client_id": client.id}
    stranger = await somebody.http.post("/account/applications", data=form, headers=somebody.origin)
    assert stranger.status_code == 422
    assert "code" in answered(await browser.authorize(Pkce.new(), client_id=client.id))
    assert waits_at(await (await provider.browser()).http.get("/account/applications")) == "/sign-in"


async def test_of_codes_and_taking_back_at_once_nothing_is_left_that_works(provider: Provider, browser: Browser):
    """A code that was given beside the taking back is over too, or was asked for anew."""
    client, pkce = await third_party(provider), Pkce.new()
    await allowed(browser, client, pkce)
    page = await browser.http.get("/account/applications")

    answers = await asyncio.gather(
        *(browser.authorize(pkce, client_id=client.id) for _ in range(6)),
        press(browser, page, "Take access back"),
        *(browser.authorize(pkce, client_id=client.id) for _ in range(6)),
    )

    codes = [query_of(answer)["code"] for answer in answers if "code=" in answer.headers["location"]]
    for code in codes:
        assert (await browser.redeem(code, pkce, client_id=client.id)).json()["error"] == "invalid_grant"
    assert waits_at(await browser.authorize(pkce, client_id=client.id)) == "/consent"


@pytest.mark.parametrize("given", [True, False])
async def test_a_grant_that_needs_a_yes_begins_with_one_alone(
    provider: Provider, browser: Browser, wanda: Person, *, given: bool
):
    """Whatever the request saw before: this is what holds when both happen at once."""
    client, identity, at = await third_party(provider), provider.identity, provider.clock()
    session = await identity.sessions.alive(browser.http.cookies["session"], at=at)
    assert session is not None
    said = {"client_id": client.id, "resource": provider.url}
    grant = grants.begin(str(uuid7()), session=session, scope="openid email", **said, nonce=None, at=at)
    await identity.consents.give(account_id(wanda.id), client.id, "openid email" if given else "openid", at=at)

    begun = identity.begin_grant(grant, session, asked=True, keep=lambda: identity.grants.add(grant), at=at)
    with nullcontext() if given else pytest.raises(ConsentGone):
        await begun

    assert (await identity.grants.get(grant.id) is not None) == given
