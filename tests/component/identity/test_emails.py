"""Several addresses of one person: proved by a mailed link, one for mail, and nobody learns whose they are."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from contracts.identity import PersonDescribed
from services.identity.domain.address import MOST
from tests.component.identity.browser import Browser, Form
from tests.component.identity.provider import PASSWORD, Clock, Person, Provider, address
from tests.support.waiting import eventually

LINK = "account/emails/verify"


@pytest.fixture
async def wanda(provider: Provider) -> Person:
    return await provider.person()


async def added(provider: Provider, http: httpx.AsyncClient) -> str:
    """Add an address that is proved; gives it."""
    email = address()
    assert (await http.post("/v1/me/emails", json={"email": email})).status_code == 202
    token = await provider.mailed_token(email, LINK)
    answer = await http.post("/v1/me/emails/verify", json={"token": token})
    assert answer.status_code == 200, answer.text
    assert answer.json()["emails"][-1] == email
    return email


async def listed(http: httpx.AsyncClient) -> list[tuple[str, bool, bool]]:
    items = (await http.get("/v1/me/emails")).json()["items"]
    return [(item["email"], item["verified"], item["primary"]) for item in items]


async def described(provider: Provider, person: Person) -> list[tuple[str, ...]]:
    return [event.emails for event in await provider.told(person.id) if isinstance(event, PersonDescribed)]


async def subjects(provider: Provider, email: str) -> list[str]:
    mails = (await provider.mails.get("/api/mails", params={"to": email})).json()["items"]
    return [mail["subject"] for mail in mails]


async def test_an_address_counts_once_its_owner_opened_the_link(provider: Provider, wanda: Person):
    http, email = await provider.caller(wanda), address()

    assert (await http.post("/v1/me/emails", json={"email": email.upper()})).status_code == 202
    assert await listed(http) == [(wanda.email, True, True), (email, False, False)]
    assert await described(provider, wanda) == [(wanda.email,)]

    token = await provider.mailed_token(email, LINK)
    await http.post("/v1/me/emails/verify", json={"token": token})
    assert await listed(http) == [(wanda.email, True, True), (email, True, False)]
    assert await described(provider, wanda) == [(wanda.email,), (wanda.email, email)]
    assert "changed" in (await provider.mail_to(wanda.email))["subject"]
    signed_in = await (await provider.browser()).sign_in(email, PASSWORD)
    assert signed_in.status_code == 303


async def test_a_link_works_once_for_its_account_alone_and_for_a_day(provider: Provider, clock: Clock, wanda: Person):
    http, other, email = await provider.caller(wanda), await provider.caller(await provider.person()), address()
    await http.post("/v1/me/emails", json={"email": email})
    body = {"token": await provider.mailed_token(email, LINK)}

    assert (await other.post("/v1/me/emails/verify", json=body)).json()["type"] == "/problems/link-not-good"
    answers = await asyncio.gather(*(http.post("/v1/me/emails/verify", json=body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422, 422, 422]

    late = address()
    await http.post("/v1/me/emails", json={"email": late})
    token = await provider.mailed_token(late, LINK)
    browser = await provider.browser()
    try:
        clock.ahead = timedelta(hours=24, minutes=1)
        await browser.sign_in(wanda.email, PASSWORD)
        page = await browser.http.get(f"/{LINK}", params={"token": token})
        assert (await browser.submit(page)).status_code == 422
    finally:
        clock.ahead = timedelta()


async def test_nobody_learns_from_adding_whether_an_address_is_anothers(provider: Provider, wanda: Person):
    http = await provider.caller(wanda)
    taken, free = (await provider.person()).email, address()

    answers = [await http.post("/v1/me/emails", json={"email": email}) for email in (taken, free)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert list(answers[0].headers) == list(answers[1].headers)
    waiting = [(email, verified) for email, verified, _ in await listed(http) if email != wanda.email]
    assert sorted(waiting) == sorted([(taken, False), (free, False)])
    assert "another account" in (await provider.mail_to(taken))["subject"]
    assert "Add this address" in (await provider.mail_to(free))["subject"]


async def test_an_address_that_another_account_proved_meanwhile_is_taken(provider: Provider, wanda: Person):
    http, email = await provider.caller(wanda), address()
    await http.post("/v1/me/emails", json={"email": email})
    token = await provider.mailed_token(email, LINK)
    await provider.person(email=email)

    late = await http.post("/v1/me/emails/verify", json={"token": token})

    assert (late.status_code, late.json()["type"]) == (409, "/problems/address-taken")
    assert await described(provider, wanda) == [(wanda.email,)]


async def test_mail_goes_where_it_is_wished_and_the_address_until_now_is_told(provider: Provider, wanda: Person):
    http = await provider.caller(wanda)
    email = await added(provider, http)
    first = (await provider.mail_to(wanda.email))["id"]

    answer = await http.post(f"/v1/me/emails/{email}/make-primary")

    assert answer.json()["emails"] == [email, wanda.email]
    assert f"goes to {email}" in (await provider.mail_to(wanda.email, after=first))["text"]
    assert (await described(provider, wanda))[-1] == (email, wanda.email)


async def test_a_removed_address_is_free_again_and_the_one_for_mail_stays(provider: Provider, wanda: Person):
    http = await provider.caller(wanda)
    email = await added(provider, http)

    stays = await http.delete(f"/v1/me/emails/{wanda.email}")
    assert (stays.status_code, stays.json()["type"]) == (409, "/problems/primary-address")
    gone = await http.delete(f"/v1/me/emails/{email}")
    assert (gone.status_code, gone.json()["emails"]) == (200, [wanda.email])
    assert (await http.delete(f"/v1/me/emails/{email}")).status_code == 404
    assert (await described(provider, wanda))[-1] == (wanda.email,)
    await eventually(lambda: _told_of_removal(provider, email), what="the mail to the removed address")
    assert (await provider.person(email=email)).email == email


async def _told_of_removal(provider: Provider, email: str) -> bool:
    return any("changed" in subject for subject in await subjects(provider, email))


async def test_a_removed_address_takes_its_links_to_a_new_password_along(provider: Provider, wanda: Person):
    http = await provider.caller(wanda)
    email = await added(provider, http)
    last = (await provider.mail_to(email))["id"]
    await http.post("/v1/accounts/forgot-password", json={"email": email})
    mail = await provider.mail_to(email, after=last)
    found = re.search(r"token=([\w-]+)", mail["text"])
    assert found, mail

    await http.delete(f"/v1/me/emails/{email}")

    said = {"token": found[1], "password": "harbor violin cactus moss"}
    assert (await http.post("/v1/accounts/reset-password", json=said)).status_code == 422


async def test_an_address_that_waits_is_removed_and_its_link_with_it(provider: Provider, wanda: Person):
    http, email = await provider.caller(wanda), address()
    await http.post("/v1/me/emails", json={"email": email})
    token = await provider.mailed_token(email, LINK)

    assert (await http.delete(f"/v1/me/emails/{email}")).status_code == 200

    assert await listed(http) == [(wanda.email, True, True)]
    assert (await http.post("/v1/me/emails/verify", json={"token": token})).status_code == 422


async def test_there_is_room_for_ten_addresses(provider: Provider, wanda: Person):
    http = await provider.caller(wanda)
    answers = [await http.post("/v1/me/emails", json={"email": address()}) for _ in range(MOST)]
    assert [answer.status_code for answer in answers] == [202] * (MOST - 1) + [409]
    assert answers[-1].json()["type"] == "/problems/too-many-addresses"


async def test_an_account_cannot_have_the_world_mailed(provider: Provider, wanda: Person):
    http = await provider.caller(wanda)
    for _ in range(20):
        email = address()
        assert (await http.post("/v1/me/emails", json={"email": email})).status_code == 202
        await http.delete(f"/v1/me/emails/{email}")
    assert (await http.post("/v1/me/emails", json={"email": address()})).status_code == 429


async def test_addresses_change_after_a_sign_in_of_late_or_with_the_password(
    provider: Provider, clock: Clock, wanda: Person
):
    browser, email = await provider.browser(), address()
    await browser.sign_in(wanda.email, PASSWORD)
    try:
        clock.ahead = timedelta(minutes=16)
        page = await browser.http.get("/account/emails")
        assert 'autocomplete="current-password"' in page.text
        refused = await browser.submit(page, email=email)
        assert (refused.status_code, "15 minutes" in refused.text) == (422, True)
        wrong = await browser.submit(page, email=email, password="wrong wrong wrong")
        assert (wrong.status_code, "not your password" in wrong.text) == (422, True)
        assert (await browser.submit(page, email=email, password=PASSWORD)).status_code == 202
    finally:
        clock.ahead = timedelta()


async def press(browser: Browser, html: str, action: str, **typed: str) -> httpx.Response:
    """Send the one form of the page that goes there."""
    forms = [Form(f"<form{part}") for part in html.split("<form")[1:]]
    form = next(form for form in forms if form.action == action and typed.items() <= form.fields.items())
    return await browser.http.post(action, data=form.fields, headers=browser.origin)


async def test_the_pages_add_prove_prefer_and_remove(provider: Provider, wanda: Person):
    browser, email = await provider.browser(), address()
    assert (await browser.http.get("/account/emails")).headers["location"] == "/sign-in"
    await browser.sign_in(wanda.email, PASSWORD)
    assert 'href="/account/emails"' in (await browser.http.get("/account")).text

    page = await browser.http.get("/account/emails")
    assert (await browser.submit(page, email=email)).status_code == 202
    token = await provider.mailed_token(email, LINK)
    assert "Not confirmed yet" in (await browser.http.get("/account/emails")).text
    for _ in range(2):
        button = await browser.http.get(f"/{LINK}", params={"token": token})
    assert (await browser.submit(button)).headers["location"] == "/account/emails"

    page = await browser.http.get("/account/emails")
    assert (await press(browser, page.text, "/account/emails/primary", email=email)).status_code == 303
    page = await browser.http.get("/account/emails")
    assert page.text.index(email) < page.text.index(wanda.email)
    assert (await press(browser, page.text, "/account/emails/remove", email=wanda.email)).status_code == 303
    assert wanda.email not in (await browser.http.get("/account/emails")).text
    assert await described(provider, wanda) == [(wanda.email,), (wanda.email, email), (email, wanda.email), (email,)]


async def test_whoever_is_not_signed_in_sees_no_button(provider: Provider):
    page = await (await provider.browser()).http.get(f"/{LINK}", params={"token": "x"})
    assert (page.status_code, "<button" in page.text) == (403, False)


async def test_a_forged_form_changes_no_address(provider: Provider, wanda: Person):
    browser = await provider.browser()
    await browser.sign_in(wanda.email, PASSWORD)
    for action in ("", "/primary", "/remove", "/verify"):
        sent = {"email": address(), "csrf": "b" * 32, "token": "x"}
        answer = await browser.http.post(f"/account/emails{action}", data=sent, headers=browser.origin)
        assert answer.status_code == 403, action


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "x" * 300 + "@example.org", "a\x00@example.org"])
async def test_what_is_no_address_is_refused(provider: Provider, wanda: Person, email: str):
    http = await provider.caller(wanda)
    assert (await http.post("/v1/me/emails", json={"email": email})).status_code == 422
