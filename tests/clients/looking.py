"""A browser window that is watched: nothing from elsewhere, nothing that the page's own policy forbids."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request

from tests.support import others

PATIENCE = 120_000.0
"""Milliseconds for which a page is waited for: the machine may be busy with other tests."""

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""Every rule of WCAG 2.2, levels A and AA, that a program can check."""


@dataclass
class Window:
    page: Page
    origin: str
    seen: list[str] = field(default_factory=list)
    """What should not have happened."""

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.origin}{path}")

    async def faults(self) -> list[str]:
        """Tell what is wrong with the page as it stands."""
        return [*self.seen, *await self._inaccessible(), *await self._too_wide()]

    async def _inaccessible(self) -> list[str]:
        axe = await asyncio.to_thread(others.packages) / "axe-core" / "axe.min.js"
        await self.page.evaluate(axe.read_text())
        rules = json.dumps({"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]})
        found: dict[str, Any] = await self.page.evaluate(f"axe.run(document, {rules})")
        nodes = [(rule["id"], node) for rule in found["violations"] for node in rule["nodes"]]
        return [f"{id}: {node['html']} {node['failureSummary']}" for id, node in nodes]

    async def _too_wide(self) -> list[str]:
        """WCAG 1.4.10: nobody has to scroll sideways."""
        wide = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return [f"{wide} pixels too wide"] if wide > 0 else []

    async def click(self, button: Locator) -> None:
        """Press a button with the mouse, and wait for the page it leads to."""
        async with self.page.expect_navigation():
            await button.click()

    async def tab_to(self, name: str) -> None:
        """Go on with the Tab key to what is called so; of a form's field that is its label."""
        for _ in range(40):
            await self.page.keyboard.press("Tab")
            if name in await self._focused():
                return
        raise AssertionError(f"Nothing called {name!r} is reached by Tab on {self.page.url}")

    async def type_into(self, name: str, text: str) -> None:
        await self.tab_to(name)
        await self.page.keyboard.type(text)

    async def press(self, name: str) -> None:
        """Press a button, or follow a link, with the Enter key, and wait for the page it leads to."""
        await self.tab_to(name)
        async with self.page.expect_navigation():
            await self.page.keyboard.press("Enter")

    async def _focused(self) -> str:
        told: str = await self.page.evaluate(
            "(a => a.getAttribute('aria-label') || a.labels?.[0]?.innerText || a.innerText || '')"
            "(document.activeElement)"
        )
        return told

    def note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.seen.append(f"asked for {request.url}")

    def note_words(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or (message.type == "error" and "status of 4" not in message.text):
            self.seen.append(f"{message.type}: {message.text}")


@asynccontextmanager
async def window(
    chromium: Browser,
    origin: str,
    *,
    size: dict[str, int] | None = None,
    scheme: Literal["light", "dark"] = "light",
    script: bool = True,
    language: str = "en",
) -> AsyncIterator[Window]:
    """Open one, with nothing kept from others."""
    look: Any = {"viewport": size or DESKTOP, "color_scheme": scheme, "java_script_enabled": script, "locale": language}
    async with await chromium.new_context(**look) as context:
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        opened = Window(page, origin)
        page.on("request", opened.note_request)
        page.on("console", opened.note_words)
        yield opened
