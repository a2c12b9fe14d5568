"""Somebody at a browser and a terminal: signs up, opens mailed links, signs in, and calls the interface."""

import asyncio
import base64
import hashlib
import re
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final, Self, TypeVar
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from uuid6 import uuid7

from services.identity import codes

CLIENT_ID: Final = "mentorship-web"
CALLBACK: Final = "http://127.0.0.1:9/callback"
"""A native client's loopback address; nobody listens there, the code is taken off the redirect."""
PATIENCE: Final = 60.0
"""Seconds for which something is tried again or waited for."""
PAUSE: Final = 0.05
LATELY: Final = 480.0
"""Seconds for which a sign-in serves: less than an access token lives, and than a second factor counts as fresh."""

BEGUN: Final = 20.0
"""Seconds of a step in which the code before it still has a while to be good."""
NOT_TAKEN: Final = frozenset({httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.SERVICE_UNAVAILABLE})
"""How it is answered that a code was no good, or that nobody was there to take it."""

SOON: Final = frozenset({"/problems/not-yet-known", "/problems/request-in-hand"})
"""Problems of a moment."""

T = TypeVar("T")
_sent: Final[dict[str, int]] = {}
"""The step of the last code that was sent, by the key it was made from."""
_one_at_a_time: Final[dict[str, asyncio.Lock]] = defaultdict(asyncio.Lock)
"""Who has the same key waits: a code is good no more after a later one."""


class WentWrong(Exception):
    """The platform did not answer as the journey needs; the text is what it said."""


class Away(WentWrong):
    """A service is away for a moment; the same may be tried again."""


class ShownOnce(WentWrong):
    """It was done, but what it showed was lost on the way, and is shown to nobody twice."""


class _Form(HTMLParser):
    """The first form of a page: where it goes and what it holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._over = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = said.get("action") or ""
        elif tag in {"input", "button"} and self.action is not None and not self._over and said.get("name"):
            self.fields[str(said["name"])] = said.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._over = self._over or tag == "form"


@dataclass
class Person:
    name: str
    email: str
    password: str
    gateway: str
    mailbox: str
    http: httpx.AsyncClient = field(repr=False)
    token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    id: str = ""
    key: str = field(default="", repr=False)
    """Of their authenticator app, in base32; none: the password is enough."""
    signed_in_at: float = float("-inf")

    @classmethod
    def new(cls, name: str, gateway: str, mailbox: str, http: httpx.AsyncClient) -> Self:
        """Invent somebody who has no account yet."""
        email = f"{name.split(maxsplit=1)[0].lower()}.{secrets.token_hex(4)}@example.org"
        return cls(name, email, secrets.token_urlsafe(16), gateway, mailbox, http)

    async def sign_up(self) -> None:
        """Ask for an account and prove the address by the mailed link."""
        wanted = {"name": self.name, "email": self.email, "password": self.password, "terms_accepted": True}
        await self.post("/v1/accounts", **wanted)
        token = await self.mailed_token("verify-email")
        await self.post("/v1/accounts/verify-email", token=token)

    async def sign_in(self) -> None:
        """Authorization code with PKCE, over the sign-in page, as a browser does it; begun anew if it is cut off."""
        answer = await until(self._tokens, "the sign-in")
        self.token, self.refresh_token = answer["access_token"], answer["refresh_token"]
        self.signed_in_at = time.monotonic()
        self.id = (await self.get("/v1/me"))["id"]

    async def be_signed_in(self) -> None:
        """Sign in, unless that was lately: a code counts once, and the next one is half a minute off."""
        if time.monotonic() - self.signed_in_at > LATELY:
            await self.sign_in()

    async def set_up_second_factor(self) -> str:
        """Let an authenticator app have a key, and show its first code; gives the key."""
        self.key = await until(self._offered, "a key for an authenticator app")
        await until(self._confirmed, "a code that confirms it")
        self.signed_in_at = float("-inf")
        return self.key

    async def _offered(self) -> str | None:
        try:
            return str((await self.post("/v1/me/mfa"))["secret"])
        except ShownOnce:
            return None

    async def _confirmed(self) -> bool:
        begun = time.time() % codes.SECONDS < BEGUN
        _sent[self.key] = _step() - 1 if begun else _step()
        try:
            await self.post("/v1/me/mfa/confirm", code=self._shown(_sent[self.key]))
        except WentWrong as error:
            if isinstance(error, ShownOnce):  # then it is confirmed, and the recovery codes are lost
                return True
            if "/problems/code-not-good" in str(error):  # identity was away for longer than it is good
                return False
            raise
        return True

    def _shown(self, step: int) -> str:
        return codes.code_at(base64.b32decode(self.key), step)

    async def _tokens(self) -> dict[str, str] | None:
        try:
            return await self._sign_in()
        except (Away, httpx.TransportError):
            return None

    async def _sign_in(self) -> dict[str, str]:
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(12)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        wanted = {"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": CALLBACK, "state": state}
        wanted |= {"scope": "openid profile email offline_access", "nonce": secrets.token_urlsafe(12)}
        wanted |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        async with httpx.AsyncClient(base_url=self.gateway, timeout=20) as browser:
            code = await self._code(browser, f"/oauth2/authorize?{httpx.QueryParams(wanted)}", state)
            told = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
            told |= {"client_id": CLIENT_ID, "code_verifier": verifier}
            tokens: dict[str, str] = _accepted(await browser.post("/oauth2/token", data=told)).json()
        return tokens

    async def _code(self, browser: httpx.AsyncClient, start: str, state: str) -> str:
        answer = await browser.get(start)
        for _ in range(10):
            if answer.is_redirect:
                place = urljoin(str(answer.url), answer.headers["location"])
                if place.startswith(CALLBACK):
                    said = parse_qs(urlsplit(place).query)
                    if said.get("state") != [state] or "code" not in said:
                        raise WentWrong(f"The sign-in came back with {sorted(said)}.")
                    return said["code"][0]
                answer = await browser.get(place)
            else:
                answer = await self._fill_in(browser, _accepted(answer))
        raise WentWrong("The sign-in did not come to an end.")

    async def _fill_in(self, browser: httpx.AsyncClient, page: httpx.Response) -> httpx.Response:
        form = _Form(page.text)
        if form.action is None:
            raise WentWrong(f"{page.url.path} has no form.")
        known = {"email": self.email, "password": self.password}
        filled = {name: known.get(name, value) for name, value in form.fields.items()}
        place = urljoin(str(page.url), form.action)
        headers = {"Origin": self.gateway, "Referer": str(page.url)}
        if "code" not in filled:
            return await browser.post(place, data=filled, headers=headers)

        async def with_code() -> httpx.Response | None:
            async with _one_at_a_time[self.key]:
                return await send_next()

        async def send_next() -> httpx.Response | None:
            """A code counts once, so each is sent until it is answered; the next may be half a minute off."""
            step = max(_step() - 1, _sent.get(self.key, 0) + 1)
            if step > _step() + 1:
                return None
            _sent[self.key] = step
            try:
                answer = await browser.post(place, data=filled | {"code": self._shown(step)}, headers=headers)
            except httpx.TransportError:
                answer = httpx.Response(httpx.codes.SERVICE_UNAVAILABLE)
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                _sent[self.key] = step - 1
            return None if answer.status_code in NOT_TAKEN else answer

        return await until(with_code, "a code that is good")

    async def mailed_token(self, link: str) -> str:
        """Wait for the newest mail to this person with such a link, and take the token off it."""

        async def look() -> str | None:
            try:
                answer = await self.http.get(f"{self.mailbox}/api/mails", params={"to": self.email, "wait": 5})
            except httpx.TransportError:
                return None
            found = (re.search(rf"{link}\?token=([\w-]+)", mail["text"]) for mail in answer.json()["items"])
            return next((token.group(1) for token in found if token), None)

        return await until(look, f"a mail to {self.name} with a {link} link")

    async def get(self, path: str, **params: str) -> Any:
        return (await self._send("GET", path, params=params)).json()

    async def post(self, path: str, **body: Any) -> Any:
        return (await self._send("POST", path, json=body, headers={"Idempotency-Key": str(uuid7())})).json()

    async def put(self, path: str, **body: Any) -> Any:
        return (await self._send("PUT", path, json=body)).json()

    async def send_file(self, path: str, name: str, content: bytes) -> Any:
        return (await self._send("PUT", path, params={"name": name}, content=content)).json()

    async def fetch(self, path: str) -> bytes:
        return (await self._send("GET", path)).content

    async def put_file(self, path: str, content: bytes, media_type: str) -> Any:
        return (await self._send("PUT", path, content=content, headers={"Content-Type": media_type})).json()

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **what: Any
    ) -> httpx.Response:
        """Call, and call again while a service is away or has not yet heard of something; nothing is done twice."""
        if self.token and time.monotonic() - self.signed_in_at > LATELY:
            await self.sign_in()
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent = {**bearer, **(headers or {})}

        async def call() -> httpx.Response | None:
            try:
                answer = await self.http.request(method, self.gateway + path, headers=sent, **what)
            except httpx.TransportError:
                return None
            return None if _may_pass(answer) else answer

        return _accepted(await until(call, f"an answer to {method} {path}"))


def _step() -> int:
    return int(time.time()) // codes.SECONDS


def _may_pass(answer: httpx.Response) -> bool:
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return True
    return answer.status_code == httpx.codes.CONFLICT and answer.json()["type"] in SOON


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        away, lost = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, "/problems/shown-once" in answer.text
        kind = Away if away else ShownOnce if lost else WentWrong
        raise kind(f"{answer.request.method} {answer.url.path}: {answer.status_code} {answer.text[:500]}")
    return answer


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Give what `look` finds as soon as it does. Raises `WentWrong` after a minute."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := await look():
            return found
        await asyncio.sleep(PAUSE)
    raise WentWrong(f"Waited {PATIENCE:.0f} s in vain for {what}.")
