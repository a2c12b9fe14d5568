"""Calls to a provider: to its own hosts alone, not for long, and no more of an answer than anybody needs."""

import asyncio
import json
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import structlog

from services.chassis.domain import Away, RuleBroken
from services.identity.domain.provider import Provider, is_safe

log = structlog.get_logger()

PATIENCE: Final = 5.0
"""Seconds for one step of a call."""
AT_MOST: Final = 10.0
"""Seconds for a whole call."""
LARGEST: Final = 256 * 1024
"""Bytes of an answer."""
HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Mentorship"}


class ProviderAway(Away):
    """It does not answer, or with a fault of its own."""


class ProviderWrong(RuleBroken):
    """What came from the provider proves nothing; the log says what was wrong with it."""


def wrong(provider: Provider, why: str) -> ProviderWrong:
    """Note what is wrong, for operators; the person is told no more than that it is."""
    log.warning("sign-in provider not believed", provider=provider.id, why=why)
    return ProviderWrong(f"What {provider.label} sent does not prove who you are. Try again, or sign in another way.")


def require_own(provider: Provider, url: object) -> str:
    """Give the address if it is one of the provider's. Raises `ProviderWrong`."""
    text = url if isinstance(url, str) else ""
    host = urlsplit(text).netloc.lower()
    if host not in provider.hosts or not is_safe(text):
        raise wrong(provider, f"an address at {host[:100]!r}, which is not among its hosts")
    return text


async def ask(provider: Provider, method: str, url: object, **more: Any) -> Any:
    """Give the JSON of an answer. Raises `ProviderAway`, `ProviderWrong`."""
    headers = {**HEADERS, **more.pop("headers", {})}
    try:
        async with asyncio.timeout(AT_MOST), httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False) as http:
            sent = http.stream(method, require_own(provider, url), headers=headers, **more)
            async with sent as answer:
                body = await _read(provider, answer)
    except (httpx.HTTPError, TimeoutError) as error:
        log.warning("sign-in provider away", provider=provider.id, error=type(error).__name__)
        raise ProviderAway(f"{provider.label} does not answer right now. Try again in a moment.") from None
    if answer.is_server_error:
        raise ProviderAway(f"{provider.label} has trouble right now. Try again in a moment.")
    if answer.status_code != httpx.codes.OK:
        raise wrong(provider, f"status {answer.status_code}")
    return _parsed(provider, body)


async def ask_for_object(provider: Provider, method: str, url: object, **more: Any) -> dict[str, Any]:
    said = await ask(provider, method, url, **more)
    if not isinstance(said, dict):
        raise wrong(provider, "no JSON object")
    return said


async def _read(provider: Provider, answer: httpx.Response) -> bytes:
    body = b""
    async for piece in answer.aiter_raw():
        body += piece
        if len(body) > LARGEST:
            raise wrong(provider, f"more than {LARGEST} bytes")
    return body


def _parsed(provider: Provider, body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise wrong(provider, "no JSON") from None
