"""Signing in on the page: who gets in, what the browser keeps, and what keeps others out."""

import asyncio
import re
from datetime import timedelta

import pytest

from services.identity.pages.rendering import TEMPLATES
from tests.component.identity.browser import Browser, Form, Pkce, ended
from tests.component.identity.provider import Clock, Person, Provider, address


@pytest.fixture(scope="module")
async def wanda(provider: Provider) -> Person:
    return await provider.person()


@pytest.fixture
async def browser(provider: Provider) -> Browser:
    return await provider.browser()


async def test_the_account_page_says_who_one_is_and_the_way_out(browser: Browser, wanda: Person):
    assert (await browser.http.get("/account")).headers["location"] == "/sign-in"
    assert (await browser.sign_in(wanda.email.upper(), wanda.password)).headers["location"] == "/account"

    page = await browser.http.get("/account")
    assert wanda.name in page.text
    assert wanda.email in page.text
    assert "signed out" in (await browser.submit(page)).text
    assert (await browser.http.get("/account")).status_code == 303


async def test_known_and_unknown_addresses_are_refused_alike(browser: Browser, wanda: Person):
    answers = [await browser.sign_in(email, "wrong wrong wrong") for email in (wanda.email, address())]
    assert [answer.status_code for answer in answers] == [422, 422]
    first, second = (re.sub(r'value="[^"]*"', "", answer.text) for answer in answers)
    assert first == second
    assert "session" not in browser.http.cookies


async def test_an_address_that_is_not_confirmed_does_not_sign_in(provider: Provider, browser: Browser):
    email = address()
    account = {"name": "Wanda", "email": email, "password": "wren lantern gravel sofa", "terms_accepted": True}
    assert (await browser.http.post("/v1/accounts", json=account)).status_code == 202
    assert (await browser.sign_in(email, "wren lantern gravel sofa")).status_code == 422


async def test_the_session_is_new_at_each_sign_in_and_the_old_one_is_over(browser: Browser, wanda: Person):
    await browser.sign_in(wanda.email, wanda.password)
    before = browser.http.cookies["session"]
    await browser.sign_in(wanda.email, wanda.password)
    after = browser.http.cookies["session"]
    assert before != after
    browser.http.cookies.set("session", before, domain="127.0.0.1", path="/")
    browser.http.cookies.jar.clear()
    browser.http.cookies.set("session", before)
    assert (await browser.http.get("/account")).status_code == 303


async def test_a_session_that_the_browser_made_up_is_none(browser: Browser, wanda: Person):
    made_up = "a" * 32
    browser.http.cookies.set("session", made_up)
    assert (await browser.http.get("/account")).status_code == 303
    await browser.sign_in(wanda.email, wanda.password)
    assert made_up not in [cookie.value for cookie in browser.http.cookies.jar if cookie.domain == "127.0.0.1"]


async def test_cookies_are_for_http_and_this_site_alone(browser: Browser, wanda: Person):
    answer = await browser.sign_in(wanda.email, wanda.password)
    for cookie in answer.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert len(answer.headers.get_list("set-cookie")) == 2


FORGERIES = {
    "no token": ({"csrf": ""}, {}),
    "another token": ({"csrf": "b" * 32}, {}),
    "another origin": ({}, {"Origin": "https://evil.example"}),
    "our host under another scheme": ({}, {"Origin": "https://127.0.0.1"}),
    "a hidden origin from elsewhere": ({}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}),
    "a hidden origin": ({}, {"Origin": "null"}),
    "no origin": ({}, {"Origin": ""}),
}


@pytest.mark.parametrize("case", FORGERIES, ids=FORGERIES)
async def test_a_forged_form_signs_nobody_in(browser: Browser, wanda: Person, case: str):
    changes, headers = FORGERIES[case]
    form = Form((await browser.http.get("/sign-in")).text).fields
    typed = {**form, "email": wanda.email, "password": wanda.password, **changes}
    sent = {name: value for name, value in (browser.origin | headers).items() if value}
    answer = await browser.http.post("/sign-in", data=typed, headers=sent)
    assert answer.status_code == 403
    assert "session" not in browser.http.cookies


async def test_a_browser_that_hides_the_referrer_is_let_in_by_sec_fetch_site(browser: Browser, wanda: Person):
    form = Form((await browser.http.get("/sign-in")).text).fields
    typed = {**form, "email": wanda.email, "password": wanda.password}
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert (await browser.http.post("/sign-in", data=typed, headers=headers)).status_code == 303


async def test_a_sign_in_goes_on_with_a_request_of_ours_and_nowhere_else(browser: Browser, wanda: Person):
    for rest in ("https://evil.example", "//evil.example", "\\evil.example", "/account"):
        page = await browser.http.get("/sign-in", params={"continue": rest})
        answer = await browser.sign_in(wanda.email, wanda.password, page)
        assert answer.headers["location"].startswith("/oauth2/authorize?")


async def test_ten_failures_close_the_account_for_one_network_and_not_for_its_owner(
    provider: Provider, browser: Browser
):
    person = await provider.person()
    page = await browser.http.get("/sign-in")
    before = ended("too_many")
    tries = await asyncio.gather(*(browser.sign_in(person.email, "wrong wrong wrong", page) for _ in range(15)))
    assert ended("too_many") == before + 5
    assert sorted(answer.status_code for answer in tries) == [422] * 10 + [429] * 5

    refused = await browser.sign_in(person.email, person.password, page)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 900

    elsewhere = await provider.browser()
    elsewhere.http.headers["X-Forwarded-For"] = "198.51.100.7"
    assert (await elsewhere.sign_in(person.email, person.password)).status_code == 303


async def test_good_sign_ins_are_not_counted(provider: Provider, browser: Browser):
    person = await provider.person()
    answers = [(await browser.sign_in(person.email, person.password)).status_code for _ in range(12)]
    assert answers == [303] * 12


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/verify-email?token=x", "/oauth2/logout", "/account"])
async def test_every_page_has_the_headers_that_let_nothing_else_in(browser: Browser, path: str):
    headers = (await browser.http.get(path)).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers, "http"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy or "script-src 'self'; connect-src 'self'" in policy


async def test_a_page_whose_form_ends_at_a_client_has_no_form_action(browser: Browser):
    to_sign_in = await browser.authorize(Pkce.new())
    page = await browser.http.get(to_sign_in.headers["location"])
    assert "form-action" not in page.headers["content-security-policy"]
    assert "form-action 'self'" in (await browser.http.get("/sign-up")).headers["content-security-policy"]


SCRIPT = '<script src="/static/identity/passkey.js" defer></script>{% endblock %}'


def test_no_template_has_a_script_inside_or_anything_from_elsewhere():
    for template in TEMPLATES.iterdir():
        text = template.read_text()
        assert set(re.findall(r"<script.*", text)) <= {SCRIPT}, template.name
        assert not re.search(r"javascript:|\son\w+=|https?://|@import|url\(", text), template.name


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up"])
async def test_password_managers_find_their_fields(browser: Browser, path: str):
    html = (await browser.http.get(path)).text
    assert 'autocomplete="username"' in html
    assert re.search(r'autocomplete="(current|new)-password"', html)
    assert html.count("<button") == html.count('type="submit"') == 1


async def test_what_a_person_types_comes_back_as_text(browser: Browser):
    page = await browser.sign_in('"><script>alert(1)</script>', "x")
    assert "<script>" not in page.text


async def test_a_session_ends_by_itself(provider: Provider, clock: Clock, browser: Browser, wanda: Person):
    await browser.sign_in(wanda.email, wanda.password)
    try:
        for hours in (11, 22, 33):
            clock.ahead = timedelta(hours=hours)
            assert (await browser.http.get("/account")).status_code == 200, hours
        clock.ahead = timedelta(hours=33 + 12)
        assert (await browser.http.get("/account")).status_code == 303
    finally:
        clock.ahead = timedelta()


async def test_how_sign_ins_end_is_counted(browser: Browser, wanda: Person):
    right, wrong = ended("signed_in"), ended("wrong_password")
    await browser.sign_in(wanda.email, "wrong wrong wrong")
    await browser.sign_in(address(), wanda.password)
    assert (ended("signed_in"), ended("wrong_password")) == (right, wrong + 2)
    await browser.sign_in(wanda.email, wanda.password)
    assert (ended("signed_in"), ended("wrong_password")) == (right + 1, wrong + 2)
