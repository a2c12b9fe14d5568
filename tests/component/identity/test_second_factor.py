"""The second factor: set up, asked at the sign-in, taken once, few tries, recovered, removed; and in the tokens."""

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jws

from services.identity import codes
from services.identity.domain.account import account_id
from tests.component.identity.browser import Browser, Form, Pkce, answered, ended
from tests.component.identity.provider import Clock, Person, Provider

OFFLINE = "openid offline_access"
STEP_UP = {"acr_values": "mfa", "max_age": "900"}


class App:
    """An authenticator app: knows the secret, looks at its clock."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self.secret, self.clock = base64.b32decode(secret), clock

    def code(self, off: int = 0) -> str:
        self.shown = codes.code_at(self.secret, int(self.clock().timestamp()) // codes.SECONDS + off)
        return self.shown

    def next_code(self) -> str:
        """Wait for a code that was not shown before."""
        self.clock.ahead += timedelta(seconds=codes.SECONDS)
        return self.code()


async def set_up(provider: Provider, person: Person, clock: Clock) -> tuple[App, list[str], httpx.AsyncClient]:
    """Set it up over the interface; gives the app, the recovery codes, and the caller."""
    http = await provider.caller(person)
    offered = await http.post("/v1/me/mfa", json={})
    assert offered.status_code == 201, offered.text
    app = App(offered.json()["secret"], clock)
    confirmed = await http.post("/v1/me/mfa/confirm", json={"code": app.code()})
    assert confirmed.status_code == 200, confirmed.text
    return app, confirmed.json()["recovery_codes"], http


@pytest.fixture(autouse=True)
def _on_time(clock: Clock) -> Iterator[None]:
    """Access tokens are checked by the real time, so whoever calls the interface does it before the clock moves."""
    clock.ahead = timedelta()
    yield
    clock.ahead = timedelta()


@pytest.fixture
async def wanda(provider: Provider) -> Person:
    return await provider.person()


async def half_way(provider: Provider, person: Person) -> tuple[Browser, httpx.Response]:
    """Give the right password; nobody is signed in yet."""
    browser = await provider.browser()
    page = await browser.sign_in(person.email, person.password)
    assert (page.status_code, "second factor" in page.text) == (200, True)
    assert "session" not in browser.http.cookies
    return browser, page


def claims(token: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(jws.extract_compact(token.encode()).payload or b"{}")
    return said


async def test_a_person_sets_up_an_app_on_the_pages_and_is_asked_for_its_code(
    provider: Provider, wanda: Person, clock: Clock
):
    browser = await provider.browser()
    await browser.sign_in(wanda.email, wanda.password)
    offered = await browser.submit(await browser.http.get("/account/second-factor"))
    assert "<svg" in offered.text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", offered.text)
    assert secret, offered.text
    app = App(secret[1], clock)

    wrong = await browser.submit(offered, code="000000")
    assert (wrong.status_code, "not the one of this moment" in wrong.text, secret[1] in wrong.text) == (422, True, True)
    before = browser.http.cookies["session"]
    kept = await browser.submit(wrong, code=app.code())
    assert len(set(re.findall(r"(?:[0-9a-f]{4}-){4}[0-9a-f]{4}", kept.text))) == 10
    assert browser.http.cookies["session"] != before, "more rights, another session"
    assert "recovery codes are left" in (await browser.http.get("/account/second-factor")).text

    other, page = await half_way(provider, wanda)
    done = await other.submit(page, code=app.next_code())
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert (await other.http.get("/account")).status_code == 200


async def test_the_secret_is_sealed_the_codes_are_hashed_and_no_event_holds_either(
    provider: Provider, wanda: Person, clock: Clock
):
    app, recovery, _ = await set_up(provider, wanda, clock)
    kept = await provider.service.store.database["second_factors"].find_one({"_id": wanda.id})
    told = [event for event in await provider.told(wanda.id) if event.type == "second-factor.added.v1"]
    assert len(recovery) == len(set(recovery)) == 10
    everything = repr(kept) + repr(told)
    for secret in (repr(app.secret)[2:-1], base64.b32encode(app.secret).decode(), *recovery):
        assert secret not in everything
    assert told[0].model_dump()["kinds"] == ("app",)


async def test_a_repeated_answer_does_not_tell_the_secret_again(provider: Provider, wanda: Person, clock: Clock):
    http = await provider.caller(wanda)
    http.headers["Idempotency-Key"] = "mfa-1"
    offered, again = [(await http.post("/v1/me/mfa", json={})).json() for _ in range(2)]
    assert (bool(offered["secret"]), again["type"]) == (True, "/problems/shown-once")
    code = App(offered["secret"], clock).code()
    http.headers["Idempotency-Key"] = "mfa-2"
    confirmed, replayed = [(await http.post("/v1/me/mfa/confirm", json={"code": code})).json() for _ in range(2)]
    assert (len(confirmed["recovery_codes"]), replayed["type"]) == (10, "/problems/shown-once")
    assert repr(confirmed["recovery_codes"][0]) not in repr(
        await provider.service.store.database["idempotency"].find({})
    )


async def test_a_code_counts_once_also_of_12_at_the_same_time(provider: Provider, wanda: Person, clock: Clock):
    app, _, _ = await set_up(provider, wanda, clock)
    browser, page = await half_way(provider, wanda)
    assert (await browser.submit(page, code=app.shown)).status_code == 422, "the one that set it up"

    code = app.next_code()
    tries = [await half_way(provider, wanda) for _ in range(4)]
    answers = await asyncio.gather(*(browser.submit(page, code=code) for browser, page in tries))
    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422]


@pytest.mark.parametrize(("off", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_clock_may_be_off_by_30_seconds(provider: Provider, wanda: Person, clock: Clock, off: int, good: bool):
    app, _, _ = await set_up(provider, wanda, clock)
    browser, page = await half_way(provider, wanda)
    left = codes.SECONDS - clock().timestamp() % codes.SECONDS
    clock.ahead += timedelta(minutes=2, seconds=left + 1)  # a code is shown for another 29 seconds
    assert (await browser.submit(page, code=app.code(off))).status_code == (303 if good else 422)


async def test_after_a_later_code_an_earlier_one_is_good_no_more(provider: Provider, wanda: Person, clock: Clock):
    app, _, _ = await set_up(provider, wanda, clock)
    clock.ahead += timedelta(minutes=2)
    for off, status in ((1, 303), (0, 422)):
        browser, page = await half_way(provider, wanda)
        assert (await browser.submit(page, code=app.code(off))).status_code == status


async def test_a_recovery_code_signs_in_once_however_it_is_typed(provider: Provider, wanda: Person, clock: Clock):
    _, recovery, http = await set_up(provider, wanda, clock)
    for typed, status in ((recovery[0].upper(), 303), (recovery[0], 422), (recovery[1].replace("-", " "), 303)):
        browser, page = await half_way(provider, wanda)
        assert (await browser.submit(page, code=typed)).status_code == status
    assert (await http.get("/v1/me/mfa")).json()["recovery_codes_left"] == 8


async def test_five_wrong_codes_close_the_second_step_for_a_while(provider: Provider, wanda: Person, clock: Clock):
    app, recovery, _ = await set_up(provider, wanda, clock)
    browser, page = await half_way(provider, wanda)
    before = [ended("wrong_second_factor"), ended("too_many")]
    tries = await asyncio.gather(*(browser.submit(page, code="000000") for _ in range(8)))
    assert [ended("wrong_second_factor"), ended("too_many")] == [before[0] + 5, before[1] + 3]
    assert sorted(answer.status_code for answer in tries) == [422] * 5 + [429] * 3
    refused = await browser.submit(page, code=recovery[0])
    assert (refused.status_code, 0 < int(refused.headers["retry-after"]) <= 900) == (429, True)
    clock.ahead += timedelta(minutes=15)
    browser, page = await half_way(provider, wanda)
    assert (await browser.submit(page, code=app.code())).status_code == 303


async def test_what_is_wrong_with_a_code_is_not_said(provider: Provider, wanda: Person, clock: Clock):
    app, recovery, _ = await set_up(provider, wanda, clock)
    browser, page = await half_way(provider, wanda)
    answers = [await browser.submit(page, code=code) for code in (app.shown, "123456", recovery[0] + "0", "é")]
    said = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert (len(said), {answer.status_code for answer in answers}) == (1, {422})


async def test_the_second_step_is_for_the_browser_that_gave_the_password_and_not_for_long(
    provider: Provider, wanda: Person, clock: Clock
):
    app, _, _ = await set_up(provider, wanda, clock)
    browser, page = await half_way(provider, wanda)
    other = await provider.browser()
    csrf = Form((await other.http.get("/sign-in")).text).fields["csrf"]
    stolen = {**Form(page.text).fields, "csrf": csrf, "code": app.next_code()}
    answer = await other.http.post("/sign-in/second-factor", data=stolen, headers=other.origin)
    assert (answer.status_code, "session" in other.http.cookies) == (400, False)
    changed = await browser.submit(page, code=app.code(), half_way=Form(page.text).fields["half_way"].swapcase())
    assert changed.status_code == 400
    clock.ahead += timedelta(minutes=10)
    assert (await browser.submit(page, code=app.code())).status_code == 400
    nobody = await provider.browser()
    assert (await nobody.http.get("/sign-in/second-factor")).headers["location"].startswith("/sign-in")


async def test_the_tokens_say_how_and_when_also_after_a_refresh(provider: Provider, wanda: Person, clock: Clock):
    plain = await (await provider.browser()).tokens_for(wanda.email, wanda.password)
    app, _, _ = await set_up(provider, wanda, clock)
    browser, pkce = await provider.browser(), Pkce.new()
    to_sign_in = await browser.authorize(pkce, scope=OFFLINE)
    began = int(clock().timestamp())
    page = await browser.sign_in(wanda.email, wanda.password, await browser.http.get(to_sign_in.headers["location"]))
    given = int(clock().timestamp())
    clock.ahead += timedelta(minutes=1)
    back = await browser.submit(page, code=app.code())
    tokens = (await browser.redeem(answered(await browser.http.get(back.headers["location"]))["code"], pkce)).json()
    clock.ahead += timedelta(minutes=5)
    refreshed = (await browser.refresh(tokens["refresh_token"])).json()

    assert (claims(plain["access_token"])["acr"], claims(plain["id_token"])["amr"]) == ("pwd", ["pwd"])
    for answer in (tokens, refreshed):
        assert claims(answer["access_token"])["acr"] == claims(answer["id_token"])["acr"] == "mfa"
        assert claims(answer["id_token"])["amr"] == ["pwd", "otp", "mfa"]
        for name in ("access_token", "id_token"):
            assert began <= claims(answer[name])["auth_time"] <= given, "the oldest of what was proved"


async def test_a_step_up_asks_for_what_is_missing_and_nothing_else(provider: Provider, wanda: Person, clock: Clock):
    browser, pkce = await provider.browser(), Pkce.new()
    await browser.sign_in(wanda.email, wanda.password)
    app, _, _ = await set_up(provider, wanda, clock)
    assert "code" in answered(await browser.authorize(pkce)), "without acr_values the session is enough"

    asked = await browser.authorize(pkce, **STEP_UP)
    assert asked.headers["location"].startswith("/sign-in/second-factor?")
    page = await browser.http.get(asked.headers["location"])
    around = await browser.http.get("/oauth2/authorize", params={"continue": continued(asked)})
    assert around.headers["location"].startswith("/sign-in/second-factor?"), "going back proves nothing"
    back = await browser.submit(page, code=app.next_code())
    tokens = (await browser.redeem(answered(await browser.http.get(back.headers["location"]))["code"], pkce)).json()
    assert claims(tokens["access_token"])["acr"] == "mfa"

    assert "code" in answered(await browser.authorize(pkce, **STEP_UP)), "proved a moment ago"
    clock.ahead += timedelta(seconds=901)
    again = await browser.authorize(pkce, **STEP_UP)
    assert again.headers["location"].startswith("/sign-in?"), "too long ago: everything anew"
    assert answered(await browser.authorize(pkce, **STEP_UP, prompt="none"))["error"] == "login_required"


async def test_a_step_up_leads_a_person_without_second_factor_to_set_one_up(
    provider: Provider, wanda: Person, clock: Clock
):
    browser, pkce = await provider.browser(), Pkce.new()
    await browser.sign_in(wanda.email, wanda.password)
    asked = await browser.authorize(pkce, **STEP_UP)
    assert asked.headers["location"].startswith("/account/second-factor?")
    offered = await browser.submit(await browser.http.get(asked.headers["location"]))
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", offered.text)
    assert secret
    kept = await browser.submit(offered, code=App(secret[1], clock).code())
    onward = re.search(r'href="(/oauth2/authorize[^"]*)"', kept.text)
    assert onward
    tokens = (await browser.redeem(answered(await browser.http.get(onward[1]))["code"], pkce)).json()
    assert (claims(tokens["access_token"])["acr"], claims(tokens["id_token"])["amr"]) == ("mfa", ["pwd", "otp", "mfa"])


@pytest.mark.parametrize("acr_values", ["pwd", "mfa pwd", "urn:mace:whatever", "é"])
async def test_acr_values_that_a_password_meets_ask_for_nothing(provider: Provider, wanda: Person, acr_values: str):
    browser = await provider.browser()
    await browser.sign_in(wanda.email, wanda.password)
    assert "code" in answered(await browser.authorize(Pkce.new(), acr_values=acr_values))


@pytest.mark.parametrize("more", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "select_account"}])
async def test_whoever_goes_back_without_signing_in_anew_is_asked_anew(
    provider: Provider, wanda: Person, more: dict[str, str]
):
    browser = await provider.browser()
    await browser.sign_in(wanda.email, wanda.password)
    asked = await browser.authorize(Pkce.new(), **more)
    for _ in range(2):
        back = await browser.http.get("/oauth2/authorize", params={"continue": continued(asked)})
        assert back.headers["location"].startswith("/sign-in?")
    page = await browser.http.get(asked.headers["location"])
    signed_in = await browser.sign_in(wanda.email, wanda.password, page)
    assert "code" in answered(await browser.http.get(signed_in.headers["location"]))


async def test_a_waiting_request_cannot_be_changed_and_waits_an_hour(provider: Provider, wanda: Person, clock: Clock):
    browser = await provider.browser()
    await browser.sign_in(wanda.email, wanda.password)
    sealed = continued(await browser.authorize(Pkce.new(), prompt="login"))
    for changed in (sealed.swapcase(), "x", "é", sealed + "==="):
        answer = await browser.http.get("/oauth2/authorize", params={"continue": changed})
        assert (answer.status_code, "location" in answer.headers) == (400, False)
    await browser.sign_in(wanda.email, wanda.password)
    clock.ahead += timedelta(hours=1)
    late = await browser.http.get("/oauth2/authorize", params={"continue": sealed})
    assert late.headers["location"].startswith("/sign-in?"), "the sign-in is as old as the request"


async def test_to_set_up_or_remove_takes_the_password_or_a_fresh_sign_in(
    provider: Provider, wanda: Person, clock: Clock
):
    browser = await provider.browser()
    clock.ahead = timedelta(minutes=-16)
    tokens = await browser.tokens_for(wanda.email, wanda.password, scope=OFFLINE)
    clock.ahead = timedelta()
    access = (await browser.refresh(tokens["refresh_token"])).json()["access_token"]
    http = await provider.http(headers={"Authorization": f"Bearer {access}"})
    for body, kind in (({}, "password-needed"), ({"password": "wrong wrong wrong"}, "password-wrong")):
        answer = await http.post("/v1/me/mfa", json=body)
        assert answer.json()["type"] == f"/problems/{kind}", answer.text
    assert (await http.post("/v1/me/mfa", json={"password": wanda.password})).status_code == 201
    page = await browser.http.get("/account/second-factor")
    assert 'type="password"' in page.text
    assert "15 minutes" in (await browser.submit(page)).text


async def test_the_second_factor_is_removed_by_whoever_used_it(provider: Provider, wanda: Person, clock: Clock):
    app, recovery, http = await set_up(provider, wanda, clock)
    refused = await http.request("DELETE", "/v1/me/mfa", json={"password": wanda.password})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-needed")

    browser, page = await half_way(provider, wanda)
    await browser.submit(page, code=app.next_code())
    done = await browser.submit(await browser.http.get("/account/second-factor/remove"))
    assert done.status_code == 303
    assert not (await provider.identity.second_factors.of(account_id(wanda.id))).is_there
    assert [event.type for event in await provider.told(wanda.id)][-1] == "second-factor.removed.v1"
    assert (await (await provider.browser()).sign_in(wanda.email, wanda.password)).status_code == 303

    clock.ahead = timedelta()
    app, recovery, http = await set_up(provider, wanda, clock)
    strong, pkce = await provider.browser(), Pkce.new()
    to_sign_in = await strong.authorize(pkce)
    page = await strong.sign_in(wanda.email, wanda.password, await strong.http.get(to_sign_in.headers["location"]))
    back = await strong.submit(page, code=recovery[0])
    tokens = (await strong.redeem(answered(await strong.http.get(back.headers["location"]))["code"], pkce)).json()
    http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    assert (await http.delete("/v1/me/mfa")).status_code == 200
    assert (await http.delete("/v1/me/mfa")).json()["type"] == "/problems/second-factor-not-found"


async def test_a_second_app_is_refused_and_what_was_not_offered_cannot_be_confirmed(
    provider: Provider, wanda: Person, clock: Clock
):
    http = await provider.caller(wanda)
    early = await http.post("/v1/me/mfa/confirm", json={"code": "123456"})
    assert early.json()["type"] == "/problems/second-factor-not-found"
    await set_up(provider, wanda, clock)
    assert (await http.post("/v1/me/mfa", json={})).json()["type"] == "/problems/second-factor-there"
    assert (await provider.identity.second_factors.of(account_id(wanda.id))).offered is None


def continued(answer: httpx.Response) -> str:
    return str(httpx.URL(answer.headers["location"]).params["continue"])
