"""Signing in by a third party: the first time, again, linked and unlinked, and never into somebody else's account."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from contracts.identity import AccountRegistered, AccountVerified, PersonDescribed, SignInLinkAdded, SignInLinkRemoved
from services.chassis.domain import system
from services.identity.domain import provider as providers
from services.identity.domain.sign_in_link import ExternalIdentity
from tests.component.identity.abroad import Issuer, abroad, asked_in, come_back, known, leave, press, sign_in_at
from tests.component.identity.browser import Browser, Pkce, answered
from tests.component.identity.provider import PASSWORD, Clock, Person, Provider, address

ACME = "/sign-in/acme"


@pytest.fixture(scope="module")
async def acme(provider: Provider) -> AsyncIterator[Issuer]:
    async with abroad(Issuer()) as issuer:
        await known(provider, "acme", issuer.url, label="Acme")
        yield issuer


@pytest.fixture(scope="module")
async def other(provider: Provider) -> AsyncIterator[Issuer]:
    async with abroad(Issuer()) as issuer:
        await known(provider, "other", issuer.url, label="Other")
        yield issuer


@pytest.fixture
async def browser(provider: Provider) -> Browser:
    return await provider.browser()


@pytest.fixture
async def wanda(provider: Provider) -> Person:
    return await provider.person()


def verified(email: str, name: str = "Ada Quill") -> dict[str, object]:
    return {"email": email, "email_verified": True, "name": name}


async def signed_in_as(browser: Browser) -> str:
    """Say whose account page the browser shows; nothing where it shows none."""
    page = await browser.http.get("/account")
    found = re.search(r"<dt>E-mail</dt><dd>([^<]*)</dd>", page.text)
    return found[1] if found else ""


async def begun(browser: Browser, issuer: Issuer, sub: str, email: str, id: str = "acme") -> None:
    """Sign in for the first time, with an address that the provider proves."""
    assert (await sign_in_at(browser, issuer, id, sub, claims=verified(email))).status_code == 303
    page = await browser.http.get("/sign-in/new")
    done = await press(browser, page, "/sign-in/new", terms_accepted="yes")
    assert (done.status_code, done.headers.get("location")) == (303, "/account"), done.text


async def linked(browser: Browser, issuer: Issuer, sub: str, id: str = "acme") -> httpx.Response:
    """Link an identity, as somebody who is signed in."""
    page = await browser.http.get("/account/links")
    sent = await press(browser, page, f"/account/links/{id}")
    asked = asked_in(sent.headers["location"])
    return await come_back(browser, id, state=asked["state"], code=issuer.code(asked, sub))


async def test_whoever_comes_for_the_first_time_tells_the_rest_and_has_an_account(
    provider: Provider, browser: Browser, acme: Issuer
):
    email = address()
    back = await sign_in_at(browser, acme, "acme", "first", claims=verified(email))
    assert back.headers["location"] == "/sign-in/new"
    page = await browser.http.get("/sign-in/new")
    assert 'value="Ada Quill"' in page.text
    assert 'name="email"' not in page.text, "the provider proved it"
    assert await signed_in_as(browser) == ""

    refused = await press(browser, page, "/sign-in/new")
    assert (refused.status_code, "terms" in refused.text) == (422, True)
    nameless = await press(browser, page, "/sign-in/new", name=" ", terms_accepted="yes")
    assert nameless.status_code == 422
    done = await press(browser, page, "/sign-in/new", name="Ada Q.", terms_accepted="yes")

    assert done.headers["location"] == "/account"
    assert await signed_in_as(browser) == email
    person = await provider.identity.people.with_address(email)
    assert person
    told = await provider.told(person.id)
    assert {type(event) for event in told} == {AccountRegistered, AccountVerified, PersonDescribed, SignInLinkAdded}
    added = next(event for event in told if isinstance(event, SignInLinkAdded))
    assert (added.providers, added.by) == (("acme",), person.id)
    assert "first" not in added.model_dump_json()

    again = await provider.browser()
    assert (await sign_in_at(again, acme, "acme", "first", claims=verified(address()))).headers[
        "location"
    ] == "/account"
    assert await signed_in_as(again) == email, "the subject counts, whatever the address is by now"


async def test_a_first_sign_in_counts_once(provider: Provider, browser: Browser, acme: Issuer):
    email = address()
    await sign_in_at(browser, acme, "acme", "parallel", claims=verified(email))
    page = await browser.http.get("/sign-in/new")
    tries = [press(browser, page, "/sign-in/new", terms_accepted="yes") for _ in range(6)]
    answers = await asyncio.gather(*tries)
    assert [answer.status_code for answer in answers].count(303) == 1
    assert await provider.identity.people.documents.count({"emails": email}) == 1
    assert await provider.identity.sign_in_links.documents.count({"identities.subject": "parallel"}) == 1


async def test_who_has_no_proved_address_is_asked_for_one_and_proves_it(
    provider: Provider, browser: Browser, acme: Issuer
):
    email = address()
    await sign_in_at(browser, acme, "acme", "mailless", claims={"name": "Ada"})
    page = await browser.http.get("/sign-in/new")
    for wrong in ("", "nobody"):
        assert (await press(browser, page, "/sign-in/new", email=wrong, terms_accepted="yes")).status_code == 422
    sent = await press(browser, page, "/sign-in/new", email=email, terms_accepted="yes")
    assert sent.status_code == 202
    assert (await sign_in_at(browser, acme, "acme", "mailless")).headers["location"] == "/sign-in/new", "not yet"

    mail = await provider.mail_to(email)
    assert "at acme" in mail["text"]
    button = await browser.http.get("/verify-email", params={"token": await provider.mailed_token(email)})
    assert (await browser.submit(button)).status_code == 200
    assert (await sign_in_at(browser, acme, "acme", "mailless")).headers["location"] == "/account"
    assert await signed_in_as(browser) == email


async def test_an_address_that_is_known_is_not_told_to_whoever_types_it(
    provider: Provider, browser: Browser, acme: Issuer, wanda: Person
):
    answers = []
    for email in (wanda.email, address()):
        await sign_in_at(browser, acme, "acme", f"typing {email}", claims=verified(email) | {"email_verified": False})
        page = await browser.http.get("/sign-in/new")
        sent = await press(browser, page, "/sign-in/new", email=email, terms_accepted="yes")
        answers.append((sent.status_code, sent.text.replace(email, "")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 202
    assert "already" in (await provider.mail_to(wanda.email))["subject"]


async def test_an_equal_address_never_links_silently_and_the_account_is_proved_first(
    provider: Provider, browser: Browser, acme: Issuer, wanda: Person
):
    await sign_in_at(browser, acme, "acme", "equal", claims=verified(wanda.email))
    page = await browser.http.get("/sign-in/new")
    assert "There is an account with the address" in page.text
    assert "<button" not in page.text
    assert await signed_in_as(browser) == ""
    said = {"csrf": csrf(browser), "name": "Ada", "terms_accepted": "yes"}
    forced = await browser.http.post("/sign-in/new", data=said, headers=browser.origin)
    assert (forced.status_code, "already" in forced.text) == (422, True)
    assert (await browser.http.get("/account/links/confirm")).headers["location"] == "/sign-in?continue=link"

    page = await browser.http.get("/sign-in", params={"continue": "link"})
    assert (await browser.sign_in(wanda.email, "wrong wrong wrong", page)).status_code == 422
    back = await browser.sign_in(wanda.email, PASSWORD, page)
    assert back.headers["location"] == "/account/links/confirm"
    confirm = await browser.http.get("/account/links/confirm")
    assert wanda.name in confirm.text
    assert await provider.identity.sign_in_links.opening(acme.url, "equal") is None, "only the button links"
    assert (await browser.submit(confirm)).headers["location"] == "/account/links"

    elsewhere = await provider.browser()
    await sign_in_at(elsewhere, acme, "acme", "equal")
    assert await signed_in_as(elsewhere) == wanda.email
    assert "opened was changed" in (await provider.mail_to(wanda.email))["subject"]


def csrf(browser: Browser) -> str:
    return browser.http.cookies["csrf"]


async def test_a_session_from_before_is_no_proof_that_the_account_is_theirs(
    browser: Browser, acme: Issuer, wanda: Person
):
    await browser.sign_in(wanda.email, PASSWORD)
    await sign_in_at(browser, acme, "acme", "before", claims=verified(wanda.email))
    assert (await browser.http.get("/account/links/confirm")).headers["location"] == "/sign-in?continue=link"
    sent = await browser.http.post("/account/links/confirm", data={"csrf": csrf(browser)}, headers=browser.origin)
    assert sent.headers["location"] == "/sign-in?continue=link"


async def test_nobody_is_led_to_link_what_another_browser_brought(provider: Provider, acme: Issuer, wanda: Person):
    mallory, victim = await provider.browser(), await provider.browser()
    await sign_in_at(mallory, acme, "acme", "mallory", claims=verified(wanda.email))
    page = await victim.http.get("/sign-in", params={"continue": "link"})
    await victim.sign_in(wanda.email, PASSWORD, page)
    assert (await victim.http.get("/account/links/confirm")).status_code == 422


async def test_the_second_factor_is_asked_for_before_an_account_is_proved_or_opened(
    provider: Provider, browser: Browser, acme: Issuer, wanda: Person
):
    await provider.strong_caller(wanda)
    await sign_in_at(browser, acme, "acme", "strong", claims=verified(wanda.email))
    page = await browser.http.get("/sign-in", params={"continue": "link"})
    step = await browser.sign_in(wanda.email, PASSWORD, page)
    assert "Your second factor" in step.text
    assert (await browser.http.get("/account/links/confirm")).status_code == 303, "half way is not there"

    account = await provider.identity.people.with_address(wanda.email)
    assert account
    elsewhere = await provider.browser()
    await provider.identity.sign_in_links.link(account.id, identity_of(provider, acme, "strong"), at=provider.clock())
    opened = await sign_in_at(elsewhere, acme, "acme", "strong")
    assert (opened.status_code, "Your second factor" in opened.text) == (200, True)
    assert await signed_in_as(elsewhere) == ""


def identity_of(provider: Provider, issuer: Issuer, sub: str) -> ExternalIdentity:
    return ExternalIdentity(provider="acme", issuer=issuer.url, subject=sub, name=sub, linked_at=provider.clock())


async def test_an_unverified_account_loses_to_a_provider_that_proves_the_address(
    provider: Provider, browser: Browser, acme: Issuer
):
    email, http = address(), await provider.http()
    impostor = {"name": "Impostor", "email": email, "password": PASSWORD, "terms_accepted": True}
    await http.post("/v1/accounts", json=impostor)
    token = await provider.mailed_token(email)

    await begun(browser, acme, "owner", email)

    late = await http.post("/v1/accounts/verify-email", json={"token": token})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/address-taken")
    assert (await (await provider.browser()).sign_in(email, PASSWORD)).status_code == 422
    assert await signed_in_as(browser) == email


async def test_a_word_on_addresses_that_is_not_taken_makes_a_mail_necessary(provider: Provider, browser: Browser):
    async with abroad(Issuer()) as careless:
        await known(provider, "careless", careless.url, proves_addresses=False)
        await sign_in_at(browser, careless, "careless", "x", claims=verified(address()))
        assert 'name="email"' in (await browser.http.get("/sign-in/new")).text


async def test_a_sign_in_goes_on_with_what_it_was_for(provider: Provider, browser: Browser, acme: Issuer):
    pkce, email = Pkce.new(), address()
    page = await browser.http.get((await browser.authorize(pkce)).headers["location"])
    asked = asked_in(await leave(browser, "acme", page))
    back = await come_back(browser, "acme", state=asked["state"], code=acme.code(asked, "app", claims=verified(email)))
    assert back.headers["location"] == "/sign-in/new"
    first = await browser.http.get("/sign-in/new")
    done = await press(browser, first, "/sign-in/new", terms_accepted="yes")
    code = answered(await browser.http.get(done.headers["location"]))["code"]
    assert (await browser.redeem(code, pkce)).json()["access_token"]


async def test_whoever_is_signed_in_links_and_unlinks(
    provider: Provider, browser: Browser, acme: Issuer, wanda: Person
):
    assert (await browser.http.get("/account/links")).headers["location"] == "/sign-in"
    await browser.sign_in(wanda.email, PASSWORD)
    assert 'href="/account/links"' in (await browser.http.get("/account")).text

    assert (await linked(browser, acme, "linking")).headers["location"] == "/account/links"
    http = await provider.caller(wanda)
    (link,) = (await http.get("/v1/me/links")).json()["items"]
    assert (link["provider"], link["label"], link["name"]) == ("acme", "Acme", "linking")
    assert link.keys() == {"provider", "label", "name", "linked_at"}
    elsewhere = await provider.browser()
    await sign_in_at(elsewhere, acme, "acme", "linking")
    assert await signed_in_as(elsewhere) == wanda.email

    page = await browser.http.get("/account/links")
    assert (await press(browser, page, "/account/links/acme/remove")).status_code == 303
    assert (await http.get("/v1/me/links")).json()["items"] == []
    gone = await http.delete("/v1/me/links/acme")
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/link-not-found")
    told = [type(event) for event in await provider.told(wanda.id)][-2:]
    assert told == [SignInLinkAdded, SignInLinkRemoved]
    stranger = await provider.browser()
    assert (await sign_in_at(stranger, acme, "acme", "linking")).headers["location"] == "/sign-in/new"


async def test_a_link_is_taken_back_over_the_interface_too(
    provider: Provider, browser: Browser, acme: Issuer, wanda: Person
):
    await browser.sign_in(wanda.email, PASSWORD)
    await linked(browser, acme, "by-interface")
    http = await provider.caller(wanda)
    unlinked = await http.request("DELETE", "/v1/me/links/acme", json={"password": PASSWORD})
    assert (unlinked.status_code, unlinked.json()["providers"]) == (200, []), unlinked.text
    assert (await http.get("/v1/me/links")).json()["items"] == []


async def test_an_identity_opens_one_account(provider: Provider, acme: Issuer, wanda: Person):
    first, second = await provider.browser(), await provider.browser()
    await first.sign_in(wanda.email, PASSWORD)
    await second.sign_in((await provider.person()).email, PASSWORD)
    await linked(first, acme, "contested")
    refused = await linked(second, acme, "contested")
    assert (refused.status_code, "another account" in refused.text) == (422, True)
    another = await press(first, await first.http.get("/account/links"), "/account/links/acme/remove")
    assert another.status_code == 303
    assert (await linked(second, acme, "contested")).status_code == 303


async def test_of_two_who_link_one_identity_at_once_one_has_it(provider: Provider, acme: Issuer):
    browsers = [await provider.browser() for _ in range(6)]
    for browser in browsers:
        await browser.sign_in((await provider.person()).email, PASSWORD)
    answers = await asyncio.gather(*(linked(browser, acme, "raced") for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [303] + [422] * 5


async def test_linking_ends_with_the_session_that_began_it(provider: Provider, acme: Issuer, wanda: Person):
    browser = await provider.browser()
    await browser.sign_in(wanda.email, PASSWORD)
    page = await browser.http.get("/account/links")
    asked = asked_in((await press(browser, page, "/account/links/acme")).headers["location"])
    http = await provider.caller(wanda)
    for session in (await http.get("/v1/me/sessions")).json()["items"]:
        await http.delete(f"/v1/me/sessions/{session['id']}")
    back = await come_back(browser, "acme", state=asked["state"], code=acme.code(asked, "too late"))
    assert (back.status_code, "not signed in any more" in back.text) == (422, True)
    assert await provider.identity.sign_in_links.opening(acme.url, "too late") is None


async def test_the_last_way_in_stays(provider: Provider, browser: Browser, acme: Issuer, other: Issuer):
    email = address()
    await begun(browser, acme, "only", email)
    page = await browser.http.get("/account/links")
    refused = await press(browser, page, "/account/links/acme/remove")
    assert (refused.status_code, "Nothing else opens your account" in refused.text) == (422, True)

    await linked(browser, other, "only", "other")
    page = await browser.http.get("/account/links")
    answers = await asyncio.gather(
        *(press(browser, page, f"/account/links/{id}/remove") for id in ("acme", "other", "acme", "other"))
    )
    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422], "one of them stays"
    person = await provider.identity.people.with_address(email)
    assert person
    assert len((await provider.identity.sign_in_links.of(person.id)).identities) == 1


async def test_a_provider_that_is_disabled_is_no_way_in(provider: Provider, browser: Browser, acme: Issuer):
    async with abroad(Issuer()) as passing:
        await known(provider, "passing", passing.url)
        await begun(browser, acme, "disabling", address())
        await linked(browser, passing, "disabling", "passing")
        change = provider.identity.providers.change
        await change("passing", providers.disable, by=system("identity"), at=provider.clock())

        page = await browser.http.get("/account/links")
        assert "not in use at present" in page.text
        assert (await press(browser, page, "/account/links/acme/remove")).status_code == 422
        assert "/sign-in/passing" not in (await (await provider.browser()).http.get("/sign-in")).text
        assert (await press(browser, page, "/account/links/passing/remove")).status_code == 303


async def test_an_account_without_a_password_takes_one_by_mail(provider: Provider, browser: Browser, acme: Issuer):
    email = address()
    await begun(browser, acme, "passwordless", email)
    assert (await (await provider.browser()).sign_in(email, "")).status_code == 422
    assert (await (await provider.browser()).sign_in(email, PASSWORD)).status_code == 422
    await (await provider.http()).post("/v1/accounts/forgot-password", json={"email": email})
    token = await provider.mailed_token(email, "reset-password")
    said = {"token": token, "password": PASSWORD}
    assert (await (await provider.http()).post("/v1/accounts/reset-password", json=said)).status_code == 200

    again = await provider.browser()
    assert (await again.sign_in(email, PASSWORD)).status_code == 303
    page = await again.http.get("/account/links")
    assert (await press(again, page, "/account/links/acme/remove")).status_code == 303


async def test_links_change_after_a_sign_in_of_late(provider: Provider, clock: Clock, browser: Browser, acme: Issuer):
    await begun(browser, acme, "late", address())
    try:
        clock.ahead = timedelta(minutes=16)
        page = await browser.http.get("/account/links")
        refused = await press(browser, page, "/account/links/acme/remove")
        assert (refused.status_code, "15 minutes" in refused.text) == (422, True)
        without = await press(browser, page, "/account/links/acme/remove", password="")
        assert "15 minutes" in without.text
        wrong = await press(browser, page, "/account/links/acme/remove", password=PASSWORD)
        assert "has no password" in wrong.text
    finally:
        clock.ahead = timedelta()


async def test_a_suspended_account_stays_closed(provider: Provider, browser: Browser, acme: Issuer):
    email = address()
    await begun(browser, acme, "suspended", email)
    person = await provider.identity.people.with_address(email)
    assert person
    staff = await provider.strong_caller(await provider.person("staff"))
    assert (await staff.post(f"/v1/accounts/{person.id}/suspend", json={"reason": "x"})).status_code == 200
    refused = await sign_in_at(browser, acme, "acme", "suspended")
    assert (refused.status_code, "cannot be used" in refused.text) == (422, True)


async def test_a_sign_in_by_a_third_party_is_one_factor(provider: Provider, browser: Browser, acme: Issuer):
    email = address()
    await begun(browser, acme, "factors", email)
    person = await provider.identity.people.with_address(email)
    assert person
    (session,) = await provider.identity.sessions.of(person.id, at=provider.clock())
    assert (session.acr, session.amr) == ("pwd", ("fed",))


async def test_a_page_for_nobody_says_so(browser: Browser):
    await browser.http.get("/sign-in")
    for path in ("/sign-in/new", "/account/links/confirm"):
        assert (await browser.http.get(path)).status_code == 422
        assert (await browser.http.post(path, data={"csrf": csrf(browser)}, headers=browser.origin)).status_code == 422
        assert (await browser.http.post(path, data={"csrf": "b" * 32}, headers=browser.origin)).status_code == 403


async def test_no_secret_of_a_sign_in_lies_open_in_the_store(provider: Provider, browser: Browser, acme: Issuer):
    asked = asked_in(await leave(browser, "acme"))
    stored = str(await provider.service.store.database["pending_sign_ins"].find({}))
    assert asked["state"] not in stored
    assert asked["nonce"] not in stored
    await come_back(browser, "acme", state=asked["state"], code=acme.code(asked, "stored"))
    arrived = str(await provider.service.store.database["arrivals"].find({}))
    assert browser.http.cookies["arrival"] not in arrived
