"""Signing in at providers that others wrote: `oidc-provider-mock` in Python, `oidc-provider` on Node."""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx
import oidc_provider_mock
import pytest
from uuid6 import uuid7

from contracts.identity import SignInProviderKind
from services.chassis.domain import system
from tests.component.identity.abroad import known, leave, press
from tests.component.identity.browser import Browser, Form
from tests.component.identity.provider import Provider, address
from tests.support.waiting import eventually

FOLDER: Final = Path(__file__).parents[2] / "clients" / "provider"


@pytest.fixture
async def browser(provider: Provider) -> Browser:
    return await provider.browser()


@contextmanager
def mock(**claims: object) -> Iterator[str]:
    """Run the Python provider with one user, "ada"; gives its issuer."""
    users = [oidc_provider_mock.User(sub="ada", claims=claims)]
    with oidc_provider_mock.run_server_in_thread(user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


async def at_the_mock(browser: Browser, place: str, **typed: str) -> httpx.Response:
    """Press a button there; gives what the browser is shown when it is back."""
    async with httpx.AsyncClient(timeout=90) as anywhere:
        assert "<form" in (await anywhere.get(place)).text
        back = await anywhere.post(place, data=typed)
    assert back.status_code == 302, back.text
    return await browser.http.get(back.headers["location"])


async def test_one_signs_in_at_the_provider_in_python(provider: Provider, browser: Browser):
    email = address()
    with mock(email=email, email_verified=True, name="Ada Quill") as issuer:
        await known(provider, "mock", issuer)
        back = await at_the_mock(browser, await leave(browser, "mock"), sub="ada")
        assert back.headers["location"] == "/sign-in/new"
        page = await browser.http.get("/sign-in/new")
        done = await press(browser, page, "/sign-in/new", terms_accepted="yes")
        assert done.headers["location"] == "/account"

        again = await provider.browser()
        back = await at_the_mock(again, await leave(again, "mock"), sub="ada")
        assert back.headers["location"] == "/account"
        assert email in (await again.http.get("/account")).text


async def test_whoever_says_no_at_the_provider_in_python_is_not_signed_in(provider: Provider, browser: Browser):
    with mock() as issuer:
        await known(provider, "mock-2", issuer)
        back = await at_the_mock(browser, await leave(browser, "mock-2"), action="deny")
        assert back.status_code == 422, "it says no without our state"
        assert "session" not in browser.http.cookies


@contextmanager
def node(callback: str, secret: str) -> Iterator[str]:
    """Run the provider on Node; gives its issuer."""
    program = shutil.which("node")
    assert program, "The tests of sign-in providers need Node 20 or newer (on Debian: nodejs and npm)."
    _install()
    command = [program, "provider.mjs", callback, secret]
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:  # noqa: S603
        try:
            assert running.stdout
            ready, _, issuer = running.stdout.readline().decode().strip().partition(" ")
            assert ready == "ready"
            yield issuer
        finally:
            running.terminate()


def _install() -> None:
    """Install the packages of the lock file beside it, once for each state of it."""
    lock, npm = FOLDER / "package-lock.json", shutil.which("npm")
    packages = FOLDER / "node_modules"
    packages.mkdir(exist_ok=True)
    mark, state = packages / ".of-lock", hashlib.sha256(lock.read_bytes()).hexdigest()
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != state:
            assert npm, "The tests of sign-in providers need npm (on Debian: npm)."
            subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, timeout=600)  # noqa: S603
            mark.write_text(state)


@pytest.fixture(scope="module")
async def elsewhere(provider: Provider) -> AsyncIterator[str]:
    secret = uuid7().hex
    with node(f"{provider.url}/sign-in/node/callback", secret) as issuer:
        said = {"client_id": "mentorship", "secret": secret, "issuer": issuer}
        take = provider.identity.providers.take
        await take("node", kind=SignInProviderKind.OPENID, **said, by=system("identity"), at=provider.clock())
        yield issuer


async def walk(browser: Browser, place: str, callback: str, login: str) -> httpx.Response:
    """Walk through the provider's pages, as a person does: sign in, consent; gives what is shown here in the end."""
    async with httpx.AsyncClient(timeout=90) as anywhere:
        for _ in range(12):
            if place.startswith(callback):
                return await browser.http.get(place)
            answer = await anywhere.get(place)
            if not answer.is_redirect:
                form = Form(answer.text)
                typed = form.fields | {name: login for name in ("login", "password") if name in form.fields}
                answer = await anywhere.post(urljoin(place, form.action), data=typed)
            assert answer.is_redirect, answer.text
            place = urljoin(place, answer.headers["location"])
    raise AssertionError(place)


async def test_one_signs_in_at_the_provider_on_node(provider: Provider, browser: Browser, elsewhere: str):
    login, callback = f"ada{uuid7().hex}", f"{provider.url}/sign-in/node/callback"
    place = await leave(browser, "node")
    assert place.startswith(elsewhere)

    back = await walk(browser, place, callback, login)
    assert back.headers["location"] == "/sign-in/new", back.text
    page = await browser.http.get("/sign-in/new")
    assert (f"{login}@example.org" in page.text, "Ada Quill" in page.text) == (True, True), "told by userinfo"
    await press(browser, page, "/sign-in/new", terms_accepted="yes")

    again = await provider.browser()
    assert (await walk(again, await leave(again, "node"), callback, login)).headers["location"] == "/account"
    await eventually(lambda: _is_there(provider, login), what="the account")


async def _is_there(provider: Provider, login: str) -> bool:
    return await provider.identity.people.with_address(f"{login}@example.org") is not None


async def test_the_provider_on_node_refuses_another_secret_and_so_do_we(
    provider: Provider, browser: Browser, elsewhere: str
):
    at, by = provider.clock(), system("identity")
    right = provider.identity.providers.secret_of(await provider.identity.providers.get("node"))
    await provider.identity.providers.replace_secret("node", "wrong", by=by, at=at)
    try:
        callback = f"{provider.url}/sign-in/node/callback"
        back = await walk(browser, await leave(browser, "node"), callback, "mallory")
        assert (back.status_code, "does not prove who you are" in back.text) == (422, True)
    finally:
        await provider.identity.providers.replace_secret("node", right, by=by, at=at)
