"""Clients from npm, as they are: `openid-client` and `oauth4webapi`, over the real sign-in page."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from tests.clients.registered import METHODS, OURS, Registered, register
from tests.component.identity.browser import Browser
from tests.component.identity.provider import Person, Provider
from tests.support import others

SCRIPTS = ("openid-client.mjs", "oauth4webapi.mjs")


async def played(script: str, provider: Provider, client: Registered, person: Person) -> dict[str, Any]:
    """Run a script, sign in where it says, and give what it found."""
    await asyncio.to_thread(others.packages)
    pipe = asyncio.subprocess.PIPE
    node = await asyncio.create_subprocess_exec(
        others.node(), script, cwd=others.CLIENTS, stdin=pipe, stdout=pipe, stderr=pipe
    )
    assert node.stdin
    assert node.stdout
    assert node.stderr
    try:
        async with asyncio.timeout(180):
            node.stdin.write(json.dumps(client.told(provider)).encode() + b"\n")
            asked = await node.stdout.readline()
            assert asked, (await node.stderr.read()).decode()
            ended = await signed_in(await provider.browser(), json.loads(asked)["open"], person, client.redirect_uri)
            node.stdin.write(json.dumps({"ended": ended}).encode() + b"\n")
            said = await node.stdout.readline()
            assert said, (await node.stderr.read()).decode()
    finally:
        if node.returncode is None:
            node.kill()
        await node.wait()
    found: dict[str, Any] = json.loads(said)
    return found


async def signed_in(browser: Browser, url: str, person: Person, redirect_uri: str) -> str:
    """Go where the client sends somebody, sign in there, and say where the browser ends."""
    page = await browser.http.get(url, follow_redirects=True)
    answer = await browser.sign_in(person.email, person.password, page)
    while answer.is_redirect:
        place = urljoin(str(answer.url), answer.headers["location"])
        if place.startswith(redirect_uri):
            return place
        answer = await browser.http.get(place)
    raise AssertionError(answer.text)


@pytest.mark.parametrize("script", SCRIPTS)
async def test_our_public_client_signs_somebody_in(provider: Provider, wanda: Person, script: str):
    found = await played(script, provider, OURS, wanda)
    _is_about(found, wanda)


@pytest.mark.parametrize("auth", METHODS)
@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_client_that_proves_itself_signs_somebody_in_acts_by_itself_and_introspects(
    provider: Provider, wanda: Person, tmp_path: Path, script: str, auth: str
):
    client = await register(provider, auth, tmp_path, "--by-itself")
    found = await played(script, provider, client, wanda)
    _is_about(found, wanda)
    assert found["active"] is True, "its own token"


def _is_about(found: dict[str, Any], person: Person) -> None:
    """Hold what a script found against the person; what it does not look for it leaves out."""
    assert found["sub"] == person.id
    assert found["person"] == {"sub": person.id, "name": person.name, "email": person.email, "email_verified": True}
    assert found.get("renewed", person.id) == person.id
    assert found.get("reused", "invalid_grant") == "invalid_grant", "a refresh token that was used"
    assert found.get("accessed", person.id) == person.id, "the access token to a resource server"
    assert found.get("gone", 401) == 401, "userinfo after the revocation"
    if "ending" in found:
        assert parse_qs(urlsplit(found["ending"]).query)["state"] == ["bye"]
