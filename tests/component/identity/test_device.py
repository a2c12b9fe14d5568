"""The device grant: a device shows a code, a person types it elsewhere and answers, the device fetches tokens."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from deploy.local.platform import Platform
from services.chassis.service import Role
from services.identity.domain.client import Client, GrantType
from tests.component.identity.browser import CLIENT, Browser, Pkce, answered
from tests.component.identity.clients import follow, press, signed_in, third_party, waits_at
from tests.component.identity.provider import Clock, Person, Provider, providing

OFFLINE = "openid profile offline_access"


@pytest.fixture(autouse=True)
async def forgetting_tries(provider: Provider) -> None:
    """All tests are one network: let each begin as if nobody had typed anything yet."""
    await provider.service.store.database["tries"].delete({})


@pytest.fixture
async def wanda(provider: Provider) -> Person:
    return await provider.person()


@pytest.fixture
async def browser(provider: Provider, wanda: Person) -> Browser:
    return await signed_in(provider, wanda)


async def begin(provider: Provider, client: Client, **more: str) -> dict[str, Any]:
    http = await provider.http()
    answer = await http.post("/oauth2/device", data={"client_id": client.id, "scope": OFFLINE, **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, Any] = answer.json()
    return told


async def poll(provider: Provider, client_id: str, device_code: str) -> httpx.Response:
    form = {"grant_type": GrantType.DEVICE, "device_code": device_code, "client_id": client_id}
    return await (await provider.http()).post("/oauth2/token", data=form)


async def error_of(provider: Provider, client: Client, told: dict[str, Any]) -> str:
    answer = await poll(provider, client.id, told["device_code"])
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


async def typed(browser: Browser, code: str) -> httpx.Response:
    return await browser.submit(await browser.http.get("/device"), user_code=code)


async def let_in(browser: Browser, code: str) -> httpx.Response:
    return await press(browser, await typed(browser, code), "Let it in")


async def test_a_device_is_told_how_to_ask(provider: Provider):
    told = await begin(provider, await third_party(provider))
    assert told.keys() == {
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "expires_in",
        "interval",
    }
    assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", told["user_code"])
    assert (told["verification_uri"], told["expires_in"], told["interval"]) == (f"{provider.url}/device", 600, 5)
    assert told["verification_uri_complete"].endswith(f"/device?user_code={told['user_code']}")
    discovery = (await (await provider.http()).get("/.well-known/openid-configuration")).json()
    assert discovery["device_authorization_endpoint"] == f"{provider.url}/oauth2/device"
    assert GrantType.DEVICE in discovery["grant_types_supported"]


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"client_id": "unknown"}, 400, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"scope": "admin"}, 400, "invalid_scope"),
        ({"resource": "https://elsewhere.example"}, 400, "invalid_target"),
    ],
)
async def test_a_device_that_asks_wrongly_is_told_so(provider: Provider, more: dict[str, str], status: int, error: str):
    form = {"client_id": CLIENT, "scope": "openid", **more}
    answer = await (await provider.http()).post("/oauth2/device", data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_person_lets_a_device_in_and_it_has_tokens_once(provider: Provider, browser: Browser, wanda: Person):
    client = await third_party(provider)
    told = await begin(provider, client)
    assert await error_of(provider, client, told) == "authorization_pending"

    question = await typed(browser, told["user_code"].lower().replace("-", " "))
    assert client.name in question.text
    assert told["user_code"] in question.text
    assert "see your name" in question.text
    assert "see your e-mail address" not in question.text
    done = await press(browser, question, "Let it in")
    assert (done.status_code, "signed in" in done.text) == (200, True)

    tokens = (await poll(provider, client.id, told["device_code"])).json()
    assert tokens.keys() == {"access_token", "refresh_token", "id_token", "expires_in", "scope", "token_type"}
    assert (tokens["scope"], tokens["expires_in"]) == (OFFLINE, 600)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await browser.http.get("/oauth2/userinfo", headers=bearer)).json() == {"sub": wanda.id, "name": wanda.name}
    assert client.name in (await browser.http.get("/account/applications")).text

    assert await error_of(provider, client, told) == "invalid_grant"
    assert (await browser.http.get("/oauth2/userinfo", headers=bearer)).status_code == 401
    assert (await browser.refresh(tokens["refresh_token"], client_id=client.id)).status_code == 400


async def test_a_person_keeps_a_device_out(provider: Provider, browser: Browser):
    client = await third_party(provider)
    told = await begin(provider, client)
    done = await press(browser, await typed(browser, told["user_code"]), "Do not let it in")
    assert "not let in" in done.text
    assert await error_of(provider, client, told) == "access_denied"
    assert (await typed(browser, told["user_code"])).status_code == 422
    assert client.name not in (await browser.http.get("/account/applications")).text


async def test_whoever_polls_too_fast_is_slowed_down_for_good(provider: Provider, clock: Clock):
    client = await third_party(provider)
    told = await begin(provider, client)
    assert await error_of(provider, client, told) == "authorization_pending"
    assert await error_of(provider, client, told) == "slow_down"
    clock.ahead += timedelta(seconds=6)
    assert await error_of(provider, client, told) == "slow_down"
    clock.ahead += timedelta(seconds=16)
    assert await error_of(provider, client, told) == "authorization_pending"
    clock.ahead += timedelta(seconds=11)
    assert await error_of(provider, client, told) == "slow_down"


async def test_of_12_polls_at_once_one_is_in_time(provider: Provider):
    client = await third_party(provider)
    told = await begin(provider, client)
    said = await asyncio.gather(*(error_of(provider, client, told) for _ in range(12)))
    assert sorted(said) == ["authorization_pending"] + ["slow_down"] * 11


async def test_a_code_ends_for_the_device_and_the_person(provider: Provider, browser: Browser, clock: Clock):
    client = await third_party(provider)
    told = await begin(provider, client)
    question = await typed(browser, told["user_code"])
    clock.ahead += timedelta(minutes=10, seconds=1)
    assert await error_of(provider, client, told) == "expired_token"
    assert (await press(browser, question, "Let it in")).status_code == 422
    assert await error_of(provider, client, told) == "expired_token"


async def test_the_code_of_one_client_is_none_of_anothers(provider: Provider, browser: Browser):
    client, other = await third_party(provider), await third_party(provider)
    told = await begin(provider, client)
    await let_in(browser, told["user_code"])
    assert await error_of(provider, other, told) == "invalid_grant"
    assert await error_of(provider, client, told | {"device_code": "x"}) == "invalid_grant"
    assert await error_of(provider, client, told | {"device_code": ""}) == "invalid_request"
    assert (await poll(provider, "unknown", told["device_code"])).json()["error"] == "invalid_client"
    assert (await poll(provider, client.id, told["device_code"])).status_code == 200


async def test_of_12_that_fetch_at_once_one_has_tokens_and_then_nobody(provider: Provider, browser: Browser):
    client = await third_party(provider)
    told = await begin(provider, client)
    await let_in(browser, told["user_code"])

    answers = await asyncio.gather(*(poll(provider, client.id, told["device_code"]) for _ in range(12)))

    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert (len(won), sorted(answer.status_code for answer in answers)) == (1, [200] + [400] * 11)
    bearer = {"Authorization": f"Bearer {won[0]['access_token']}"}
    assert (await browser.http.get("/oauth2/userinfo", headers=bearer)).status_code == 401
    assert (await browser.refresh(won[0]["refresh_token"], client_id=client.id)).status_code == 400


async def test_two_replicas_give_one_device_tokens_once(
    provider: Provider, browser: Browser, platform: Platform, clock: Clock
):
    client = await third_party(provider)
    told = await begin(provider, client)
    like = provider.service.settings.model_copy()
    async with providing(platform, clock, like=like, role=Role.API) as replica:  # type: ignore[arg-type]
        await let_in(browser, told["user_code"])
        both = [provider, replica] * 4
        answers = await asyncio.gather(*(poll(one, client.id, told["device_code"]) for one in both))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


async def test_of_yes_and_no_at_once_one_counts(provider: Provider, browser: Browser):
    client = await third_party(provider)
    told = await begin(provider, client)
    question = await typed(browser, told["user_code"])

    answers = await asyncio.gather(
        *(press(browser, question, button) for button in ("Let it in", "Do not let it in") * 4)
    )

    (counted,) = [answer for answer in answers if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 7
    polled = await poll(provider, client.id, told["device_code"])
    assert (polled.status_code == 200) == ("signed in" in counted.text)


async def test_what_was_taken_back_before_it_was_fetched_is_not_given(provider: Provider, browser: Browser):
    client = await third_party(provider)
    told = await begin(provider, client)
    await let_in(browser, told["user_code"])
    await press(browser, await browser.http.get("/account/applications"), "Take access back")
    assert await error_of(provider, client, told) == "invalid_grant"


async def test_a_yes_to_a_device_is_remembered_as_consent(provider: Provider, browser: Browser):
    client = await third_party(provider)
    told = await begin(provider, client)
    await let_in(browser, told["user_code"])
    assert "code" in answered(await browser.authorize(Pkce.new(), client_id=client.id, scope="openid profile"))
    assert waits_at(await browser.authorize(Pkce.new(), client_id=client.id, scope="openid email")) == "/consent"


async def test_a_link_with_the_code_leads_over_the_sign_in_to_the_code_and_answers_nothing(
    provider: Provider, wanda: Person
):
    client, browser = await third_party(provider), await provider.browser()
    told = await begin(provider, client)

    page = await follow(browser, await browser.http.get(told["verification_uri_complete"]))
    filled = await follow(browser, await browser.sign_in(wanda.email, wanda.password, page))

    assert f'value="{told["user_code"]}"' in filled.text
    assert await error_of(provider, client, told) == "authorization_pending"
    await press(browser, await browser.submit(filled), "Let it in")
    assert (await poll(provider, client.id, told["device_code"])).status_code == 200


async def test_nobody_answers_without_being_signed_in_or_from_elsewhere(provider: Provider, browser: Browser):
    client = await third_party(provider)
    told = await begin(provider, client)
    form = {"user_code": told["user_code"], "answer": "yes"}
    stranger = await provider.browser()
    assert waits_at(await stranger.http.post("/device", data=form, headers=stranger.origin)) == "/sign-in"
    forged = await browser.http.post("/device", data=form | {"csrf": "b" * 32}, headers=browser.origin)
    assert forged.status_code == 403
    assert await error_of(provider, client, told) == "authorization_pending"


async def test_few_guesses_are_taken_and_the_right_code_costs_none(provider: Provider, browser: Browser, clock: Clock):
    client = await third_party(provider)
    told = await begin(provider, client)
    for _ in range(3):
        assert (await typed(browser, told["user_code"])).status_code == 200

    guesses = await asyncio.gather(*(typed(browser, f"BCDF-GHJ{letter}") for letter in "BCDFGHJKLMNPQR"))

    assert sorted(answer.status_code for answer in guesses) == [422] * 10 + [429] * 4
    late = await typed(browser, told["user_code"])
    assert (late.status_code, int(late.headers["retry-after"]) > 0) == (429, True)
    other = await signed_in(provider, await provider.person())
    assert (await typed(other, told["user_code"])).status_code == 429, "the same network"
    clock.ahead += timedelta(minutes=16)
    told = await begin(provider, client)
    assert (await typed(browser, told["user_code"])).status_code == 200


@pytest.mark.parametrize("code", ["", "x" * 5000, "$ne", "\u00e9\u00e9", "<b>", "----"])
async def test_whatever_is_typed_is_a_wrong_code(provider: Provider, browser: Browser, code: str):
    answer = await typed(browser, code)
    assert (answer.status_code, "<b>" in answer.text) == (422, False)


async def test_a_network_may_not_begin_without_end(provider: Provider):
    http = await provider.http()
    form = {"client_id": CLIENT, "scope": "openid"}
    for _ in range(60):
        assert (await http.post("/oauth2/device", data=form)).status_code == 200
    refused = await http.post("/oauth2/device", data=form)
    assert (refused.status_code, refused.json()["error"]) == (429, "slow_down")
    assert int(refused.headers["retry-after"]) > 0


async def test_codes_are_stored_as_hashes_alone(provider: Provider, browser: Browser):
    client = await third_party(provider)
    told = await begin(provider, client)
    await let_in(browser, told["user_code"])
    kept = repr(await provider.service.store.database["devices"].find({}))
    assert told["device_code"] not in kept
    assert told["user_code"] not in kept
    assert told["user_code"].replace("-", "") not in kept
