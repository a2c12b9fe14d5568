"""A new catalog changes the pages and the mails, by what the browser prefers or the application asks for."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.local.platform import Platform
from tests.component.identity.browser import Browser, Pkce
from tests.component.identity.provider import Clock, Provider, address, providing

CATALOG = """
msgid "Sign in"
msgstr "Anmelden"

msgid "Address and password do not belong together, or the address is not confirmed yet."
msgstr "Adresse und Passwort gehören nicht zusammen."

msgid "If {email} has an account, a mail with a link is on its way there."
msgstr "An {email} ist eine Nachricht unterwegs, wenn es dort ein Konto gibt."

msgid "Take a new password"
msgstr "Ein neues Passwort"
"""
GERMAN = {"Accept-Language": "de-AT, en;q=0.5"}


@pytest.fixture(scope="module")
async def provider(
    platform: Platform, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Provider]:
    folder: Path = tmp_path_factory.mktemp("locales")
    (folder / "de.po").write_text(CATALOG)
    async with providing(platform, clock, locales=folder) as provider:
        yield provider


async def test_a_page_is_in_the_language_that_the_browser_prefers(provider: Provider):
    german = await (await provider.http(headers=GERMAN)).get("/sign-in")
    english = await (await provider.http(headers={"Accept-Language": "fr"})).get("/sign-in")
    assert ('<html lang="de" dir="ltr">' in german.text, "<h1>Anmelden</h1>" in german.text) == (True, True)
    assert ('<html lang="en" dir="ltr">' in english.text, "<h1>Sign in</h1>" in english.text) == (True, True)


async def test_a_refusal_and_words_with_an_address_in_them_are_too(provider: Provider):
    browser = Browser(await provider.http(headers=GERMAN))
    assert "gehören nicht zusammen" in (await browser.sign_in(address(), "wrong wrong wrong")).text
    email = address()
    asked = await browser.submit(await browser.http.get("/forgot-password"), email=email)
    assert f"An {email} ist eine Nachricht unterwegs" in asked.text


async def test_what_an_application_asks_for_goes_before_that_until_the_browser_is_closed(provider: Provider):
    browser = await provider.browser()
    asked = await browser.authorize(Pkce.new(), ui_locales="fr de")
    assert "Anmelden" in (await browser.http.get(asked.headers["location"])).text
    assert "Anmelden" in (await browser.http.get("/sign-in")).text
    assert "Max-Age" not in asked.headers["set-cookie"]


@pytest.mark.parametrize("tags", ["fr", "de;q=x <script>", "é", "a" * 5000])
async def test_a_language_that_there_is_not_is_passed_over(provider: Provider, tags: str):
    browser = await provider.browser()
    asked = await browser.authorize(Pkce.new(), ui_locales=tags)
    assert (asked.status_code, "language" in browser.http.cookies) == (303, False)
    odd = await httpx.AsyncClient(base_url=provider.url, timeout=90).get(
        "/sign-in", headers={b"Accept-Language": tags.encode()}
    )
    assert '<html lang="en"' in odd.text


async def test_a_mail_is_in_the_language_of_whoever_caused_it(provider: Provider):
    person = await provider.person()
    http = await provider.http(headers=GERMAN)
    await http.post("/v1/accounts/forgot-password", json={"email": person.email})
    assert (await provider.mail_to(person.email))["subject"] == "Ein neues Passwort"
