"""Applications of somebody else, and pages on which one chooses between buttons."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from uuid6 import uuid7

from services.identity.domain.client import Client
from tests.component.identity.browser import CALLBACK, Browser, Pkce, answered
from tests.component.identity.provider import Person, Provider


async def third_party(provider: Provider, **changes: Any) -> Client:
    """An application that is known to the provider and not a part of the platform."""
    id = f"client-{uuid7().hex}"
    said = {"name": f"Orchard {id[-6:]}", "redirect_uris": (CALLBACK,), "resources": (provider.url,)}
    client = Client(id=id, **said | changes)
    await provider.identity.clients.add(client)
    return client


async def signed_in(provider: Provider, person: Person) -> Browser:
    browser = await provider.browser()
    assert (await browser.sign_in(person.email, person.password)).status_code == 303
    return browser


async def follow(browser: Browser, answer: httpx.Response) -> httpx.Response:
    """Go where it leads, for as long as that is with us."""
    while answer.is_redirect and not answer.headers["location"].startswith(CALLBACK):
        answer = await browser.http.get(answer.headers["location"])
    return answer


async def press(browser: Browser, page: httpx.Response, button: str, **typed: str) -> httpx.Response:
    """Press the button with these words, which sends the form it is in."""
    chosen = [form for form in Forms(page.text).all if form["button"] == button]
    assert len(chosen) == 1, page.text
    return await browser.http.post(chosen[0]["action"], data=chosen[0]["fields"] | typed, headers=browser.origin)


async def allowed(browser: Browser, client: Client, pkce: Pkce, **more: str | None) -> dict[str, str]:
    """Let an application sign one in, and say yes to what it asks."""
    question = await follow(browser, await browser.authorize(pkce, client_id=client.id, **more))
    return answered(await follow(browser, await press(browser, question, "Allow")))


async def tokens_of(browser: Browser, client: Client, **more: str | None) -> dict[str, Any]:
    """Let an application have tokens."""
    pkce = Pkce.new()
    code = (await allowed(browser, client, pkce, **more))["code"]
    answer = await browser.redeem(code, pkce, client_id=client.id)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def waits_at(answer: httpx.Response) -> str:
    """The page of ours that a redirection leads to."""
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.headers["location"]).path


def query_of(answer: httpx.Response) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


class Forms(HTMLParser):
    """Every form of a page, with its fields and the words on its button."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[dict[str, Any]] = []
        self._on_button = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.all.append({"action": given["action"], "fields": {}, "button": ""})
        if tag == "input":
            self.all[-1]["fields"][given["name"]] = given.get("value", "")
        self._on_button = tag == "button"

    def handle_data(self, data: str) -> None:
        if self._on_button:
            self.all[-1]["button"] += data.strip()
            self._on_button = False
