"""The provider that strangers talk to, their programs, and a browser that shows its pages."""

import os
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from deploy.local.platform import Platform
from tests.clients.looking import PATIENCE
from tests.component.identity.provider import Clock, Person, Provider, providing
from tests.support import others

QUIET = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update")
"""Chromium asks its maker nothing."""


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
async def provider(platform: Platform, clock: Clock) -> AsyncIterator[Provider]:
    """Give identity under a name: browsers know no passkeys on bare addresses."""
    async with providing(platform, clock, host="localhost") as provider:
        yield provider


@pytest.fixture
async def wanda(provider: Provider) -> Person:
    return await provider.person()


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as started:
        sandboxed = os.geteuid() != 0
        browser = await started.chromium.launch(
            executable_path=others.chromium(), args=list(QUIET), chromium_sandbox=sandboxed
        )
        yield browser
        await browser.close()
