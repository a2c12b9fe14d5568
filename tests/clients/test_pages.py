"""Every page in Chromium: at phone and desktop size, light and dark, by keyboard alone, with and without JavaScript."""

import base64
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from playwright.async_api import Browser, expect

from services.identity import codes
from tests.clients.looking import DESKTOP, PHONE, Window, window
from tests.component.identity.provider import PASSWORD, Person, Provider, address

SIZES = {"phone": PHONE, "desktop": DESKTOP}
ROOM = "services.identity.pages"


def pages_of(provider: Provider) -> list[str]:
    """Name every page there is, those of tomorrow too: those of their room that can be opened as they are."""
    routes = [context.original_route for context in iter_route_contexts(provider.service.app().routes)]
    got = [route for route in routes if isinstance(route, APIRoute) and "GET" in (route.methods or ())]
    paths = {route.path for route in got if route.endpoint.__module__.startswith(ROOM)}
    return sorted(path for path in paths | {"/oauth2/logout"} if "{" not in path and not path.startswith("/static/"))


async def sign_in(open: Window, person: Person) -> None:
    await open.open("/sign-in")
    await open.page.get_by_label("E-mail address").fill(person.email)
    await open.page.get_by_label("Password").fill(person.password)
    await open.page.get_by_role("button", name="Sign in", exact=True).click()
    await open.page.wait_for_url(f"{open.origin}/account")


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    return SIZES[request.param]


@pytest.fixture(params=["light", "dark"])
async def shown(
    chromium: Browser, provider: Provider, size: dict[str, int], request: pytest.FixtureRequest
) -> AsyncIterator[Window]:
    scheme: Literal["light", "dark"] = request.param
    async with window(chromium, provider.url, size=size, scheme=scheme) as opened:
        yield opened


async def look(open: Window, what: str, faults: dict[str, list[str]]) -> None:
    """Note what is wrong with a page; `PICTURES` in the environment names a folder to keep a picture of it."""
    faults[what] = await open.faults()
    if place := os.environ.get("PICTURES"):
        size = (open.page.viewport_size or DESKTOP)["width"]
        dark = await open.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        name = f"{what.strip('/').replace('/', '-')}-{size}-{'dark' if dark else 'light'}.png"
        await open.page.screenshot(path=Path(place) / name, full_page=True)


async def test_what_anybody_sees_is_accessible_and_keeps_to_itself(provider: Provider, shown: Window):
    faults: dict[str, list[str]] = {}
    for path in pages_of(provider):
        if not path.startswith("/account"):
            await shown.open(path)
            await look(shown, path, faults)
    await shown.open("/sign-in")
    await shown.page.get_by_label("E-mail address").fill(address())
    await shown.page.get_by_label("Password").fill("not the password")
    await shown.click(shown.page.get_by_role("button", name="Sign in", exact=True))
    await expect(shown.page.get_by_role("alert")).to_be_visible()
    await look(shown, "sign-in refused", faults)
    await shown.open("/forgot-password")
    await shown.page.get_by_label("E-mail address").fill(address())
    await shown.click(shown.page.get_by_role("button"))
    await look(shown, "message", faults)
    await shown.open("/oauth2/authorize?client_id=nobody")
    await look(shown, "refused request", faults)
    assert {what: wrong for what, wrong in faults.items() if wrong} == {}


async def test_the_pages_of_an_account_are_accessible_and_keep_to_themselves(
    provider: Provider, wanda: Person, shown: Window
):
    faults: dict[str, list[str]] = {}
    await sign_in(shown, wanda)
    for path in pages_of(provider):
        if path.startswith("/account"):
            await shown.open(path)
            await look(shown, path, faults)
    await shown.open("/account/second-factor")
    await shown.click(shown.page.get_by_role("button", name="Set up"))
    await look(shown, "app shown", faults)
    secret = await shown.page.locator("main code").inner_text()
    await shown.page.get_by_role("textbox", name="Code").fill(code_of(secret))
    await shown.click(shown.page.get_by_role("button", name="Confirm"))
    await look(shown, "recovery codes", faults)
    await shown.open("/account/second-factor")
    await look(shown, "second factor there", faults)
    await shown.page.context.clear_cookies()
    await shown.open("/sign-in")
    await shown.page.get_by_label("E-mail address").fill(wanda.email)
    await shown.page.get_by_label("Password").fill(wanda.password)
    await shown.click(shown.page.get_by_role("button", name="Sign in", exact=True))
    await look(shown, "second step", faults)
    assert {what: wrong for what, wrong in faults.items() if wrong} == {}


def code_of(secret: str, ahead: int = 0) -> str:
    step = int(time.time()) // codes.SECONDS + ahead
    return codes.code_at(base64.b32decode(secret), step)


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_by_keyboard_alone_from_signing_up_to_signing_out(chromium: Browser, provider: Provider, script: bool):
    email = address()
    async with window(chromium, provider.url, script=script) as opened:
        page = opened.page
        await opened.open("/sign-in")
        await opened.press("Sign up")
        await opened.type_into("Name", "Otto Brook")
        await opened.type_into("E-mail address", email)
        await opened.type_into("Password", PASSWORD)
        await opened.tab_to("I accept the terms")
        await page.keyboard.press("Space")
        await opened.press("Sign up")
        await opened.open(f"/verify-email?token={await provider.mailed_token(email)}")
        await opened.press("Confirm")
        await opened.press("Sign in")
        await opened.type_into("E-mail address", email)
        await opened.type_into("Password", PASSWORD)
        await opened.press("Sign in")
        await opened.press("Second factor")
        await opened.press("Set up an authenticator app")
        secret = await page.locator("main code").inner_text()
        await opened.type_into("Code", code_of(secret))
        await opened.press("Confirm")
        await opened.press("I have kept them")
        await opened.press("Your account")
        await opened.press("Sign out")
        await opened.press("Sign in again")
        await opened.type_into("E-mail address", email)
        await opened.type_into("Password", PASSWORD)
        await opened.press("Sign in")
        await expect(page.get_by_label("Code")).to_be_focused()
        await page.keyboard.type(code_of(secret, 1))
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{provider.url}/account")
        await opened.press("Sign out")
        await expect(page.get_by_role("heading")).to_have_text("You are signed out")
        assert opened.seen == []


async def test_the_script_adds_a_passkey_and_signs_in_with_it(chromium: Browser, provider: Provider, wanda: Person):
    async with window(chromium, provider.url) as opened:
        page = opened.page
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("WebAuthn.enable")
        wanted = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        wanted |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        made = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": wanted})
        await sign_in(opened, wanda)
        await opened.open("/account/second-factor/passkey")
        await page.get_by_role("button", name="Add a passkey").click()
        await expect(page.get_by_role("heading")).to_have_text("Keep these codes")
        kept = await devtools.send("WebAuthn.getCredentials", {"authenticatorId": made["authenticatorId"]})
        assert len(kept["credentials"]) == 1

        await page.context.clear_cookies()
        await opened.open("/sign-in")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.wait_for_url(f"{provider.url}/account")

        await devtools.send(
            "WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
        )
        await page.context.clear_cookies()
        await opened.open("/sign-in")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.get_by_role("status")).to_contain_text("That did not work")
        assert opened.seen == []
