"""Passkeys with a software authenticator: added, as second factor, to sign in; each answer once, for our site alone."""

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.component.identity.authenticator import Authenticator
from tests.component.identity.browser import Browser, Form, Pkce, answered, ended
from tests.component.identity.provider import Clock, Person, Provider
from tests.component.identity.test_second_factor import claims, half_way

ADD, SECOND, ALONE = "/account/second-factor/passkey", "/sign-in/second-factor/passkey", "/sign-in/passkey"


@pytest.fixture
async def wanda(provider: Provider) -> Person:
    return await provider.person()


async def options(browser: Browser, page: httpx.Response, place: str, **more: str) -> dict[str, Any]:
    sent = {**Form(page.text).fields, **more}
    answer = await browser.http.post(f"{place}/options", data=sent, headers=browser.origin)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def send(browser: Browser, page: httpx.Response, place: str, credential: str) -> httpx.Response:
    sent = {**Form(page.text).fields, "credential": credential}
    return await browser.http.post(place, data=sent, headers=browser.origin)


async def added(provider: Provider, person: Person, *, verifies: bool = True) -> tuple[Authenticator, list[str]]:
    """Add a passkey on the page; gives the authenticator and the recovery codes."""
    browser, authenticator = await provider.browser(), Authenticator(provider.url, verifies)
    await browser.sign_in(person.email, person.password)
    page = await browser.http.get(ADD)
    kept = await send(browser, page, ADD, authenticator.create(await options(browser, page, ADD)))
    assert kept.status_code == 200, kept.text
    return authenticator, re.findall(r"(?:[0-9a-f]{4}-){4}[0-9a-f]{4}", kept.text)


async def test_a_passkey_is_the_second_factor_after_the_password(provider: Provider, wanda: Person):
    authenticator, recovery = await added(provider, wanda, verifies=False)
    assert len(recovery) == 10
    told = (await provider.told(wanda.id))[-1]
    assert (told.type, told.model_dump()["kinds"]) == ("second-factor.added.v1", ("passkey",))

    browser, page = await half_way(provider, wanda)
    asked = await options(browser, page, SECOND)
    assert [known["id"] for known in asked["allowCredentials"]] == [json.loads(authenticator.get(asked))["id"]]
    assert (await send(browser, page, SECOND, authenticator.get(asked))).headers["location"] == "/account"

    other, page = await half_way(provider, wanda)
    assert (await other.submit(page, code=recovery[0])).status_code == 303


async def test_a_passkey_signs_in_alone_and_counts_for_two_factors(provider: Provider, wanda: Person):
    authenticator, _ = await added(provider, wanda)
    browser, pkce = await provider.browser(), Pkce.new()
    asked = await browser.authorize(pkce, acr_values="mfa", max_age="900")
    page = await browser.http.get(asked.headers["location"])
    back = await send(browser, page, ALONE, authenticator.get(await options(browser, page, ALONE)))
    tokens = (await browser.redeem(answered(await browser.http.get(back.headers["location"]))["code"], pkce)).json()
    said = claims(tokens["id_token"])
    assert (said["sub"], said["acr"], said["amr"]) == (wanda.id, "mfa", ["pop", "mfa"])


async def test_a_passkey_that_does_not_check_its_owner_does_not_sign_in_alone(provider: Provider, wanda: Person):
    authenticator, _ = await added(provider, wanda, verifies=False)
    browser = await provider.browser()
    page = await browser.http.get("/sign-in")
    asked = await options(browser, page, ALONE)
    assert asked["userVerification"] == "required"
    assert (await send(browser, page, ALONE, authenticator.get(asked))).status_code == 422
    assert "session" not in browser.http.cookies


async def test_an_answer_counts_once(provider: Provider, wanda: Person):
    authenticator, _ = await added(provider, wanda)
    browser, page = await half_way(provider, wanda)
    answer = authenticator.get(await options(browser, page, SECOND))
    assert (await send(browser, page, SECOND, answer)).status_code == 303
    browser.http.cookies.clear()
    again, page = await half_way(provider, wanda)
    assert (await send(again, page, SECOND, answer)).status_code == 422


async def test_an_answer_counts_for_five_minutes_in_its_browser_for_its_purpose(
    provider: Provider, wanda: Person, clock: Clock
):
    authenticator, _ = await added(provider, wanda)
    browser, page = await half_way(provider, wanda)
    for_second = authenticator.get(await options(browser, page, SECOND))
    before = ended("wrong_passkey")
    assert (await send(browser, page, ALONE, for_second)).status_code == 422, "another purpose"
    assert ended("wrong_passkey") == before + 1
    elsewhere, other = await half_way(provider, wanda)
    assert (await send(elsewhere, other, SECOND, for_second)).status_code == 422, "another browser"
    asked = await options(browser, page, SECOND)
    try:
        clock.ahead = timedelta(minutes=5)
        assert (await send(browser, page, SECOND, authenticator.get(asked))).status_code == 422, "too late"
    finally:
        clock.ahead = timedelta()


async def test_what_was_not_signed_for_us_or_by_it_is_refused(provider: Provider, wanda: Person):
    authenticator, _ = await added(provider, wanda)
    strangers, _ = await added(provider, await provider.person())
    browser, page = await half_way(provider, wanda)

    async def tried(**changes: Any) -> int:
        asked = await options(browser, page, SECOND)
        before = {name: getattr(authenticator, name) for name in changes}
        for name, value in changes.items():
            setattr(authenticator, name, value)
        answer = authenticator.get(asked)
        for name, value in before.items():
            setattr(authenticator, name, value)
        return (await send(browser, page, SECOND, answer)).status_code

    assert await tried(origin="https://evil.example") == 422
    assert await tried(key=strangers.key) == 422
    assert await tried(id=strangers.id) == 422
    authenticator.count = 7
    assert await tried() == 303
    browser, page = await half_way(provider, wanda)
    assert await tried(count=3) == 422, "a copy that counted less"


@pytest.mark.parametrize("credential", ["", "x", "[]", "{}", '{"response": {"clientDataJSON": "e30"}}', '{"rawId": 1}'])
async def test_what_is_no_answer_is_refused(provider: Provider, wanda: Person, credential: str):
    browser = await provider.browser()
    page = await browser.http.get("/sign-in")
    assert (await send(browser, page, ALONE, credential)).status_code == 422
    await browser.sign_in(wanda.email, wanda.password)
    assert (await send(browser, await browser.http.get(ADD), ADD, credential)).status_code == 422


async def test_whoever_has_a_second_factor_adds_another_only_with_it(provider: Provider, wanda: Person):
    browser = await provider.browser()
    await browser.sign_in(wanda.email, wanda.password)
    await added(provider, wanda)
    page = await browser.http.get(ADD)
    asked = await browser.http.post(f"{ADD}/options", data=Form(page.text).fields, headers=browser.origin)
    assert (asked.status_code, "second factor" in asked.text) == (422, True)


async def test_one_passkey_belongs_to_one_account(provider: Provider, wanda: Person):
    authenticator, _ = await added(provider, wanda)
    other = await provider.person()
    browser = await provider.browser()
    await browser.sign_in(other.email, other.password)
    page = await browser.http.get(ADD)
    again = await send(browser, page, ADD, authenticator.create(await options(browser, page, ADD)))
    assert (again.status_code, "already" in again.text) == (422, True)


async def test_the_script_comes_from_us_and_pages_let_no_other_run(provider: Provider):
    browser = await provider.browser()
    script = await browser.http.get("/static/identity/passkey.js")
    assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    policy = (await browser.http.get("/sign-in")).headers["content-security-policy"]
    assert "script-src 'self'; connect-src 'self'" in policy
    assert "script-src" not in (await browser.http.get("/sign-up")).headers["content-security-policy"]
