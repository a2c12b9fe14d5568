"""A browser that reads forms and keeps cookies, and the client that sent it."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from prometheus_client import REGISTRY

CLIENT = "mentorship-web"
CALLBACK = "http://127.0.0.1:7777/callback"


class Form(HTMLParser):
    """The fields of a page's first form; the others need a script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.buttons = 0
        self.over = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.over, self.action = bool(self.action), self.action or given["action"]
        if tag == "input" and not self.over and given.get("type") != "checkbox":
            self.fields[given["name"]] = given.get("value", "")
        self.buttons += tag == "button" and not self.over


@dataclass(frozen=True)
class Pkce:
    verifier: str
    challenge: str

    @classmethod
    def new(cls) -> "Pkce":
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        return cls(verifier, base64.urlsafe_b64encode(digest).decode().rstrip("="))


def asking(pkce: Pkce, **more: str | None) -> dict[str, str]:
    """An authorization request; None leaves a parameter out."""
    asked: dict[str, str | None] = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        "state": "s-1",
        "code_challenge": pkce.challenge,
        "code_challenge_method": "S256",
        **more,
    }
    return {name: value for name, value in asked.items() if value is not None}


def answered(response: httpx.Response) -> dict[str, str]:
    """What the redirection tells the client."""
    assert response.status_code in {302, 303}, response.text
    location = response.headers["location"]
    assert location.startswith(CALLBACK + "?"), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


class Browser:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    @property
    def origin(self) -> dict[str, str]:
        return {"Origin": str(self.http.base_url).rstrip("/")}

    async def submit(self, page: httpx.Response, **typed: str) -> httpx.Response:
        """Fill in the form of a page and press its button."""
        form = Form(page.text)
        assert form.buttons == 1, "one submit button"
        return await self.http.post(form.action, data={**form.fields, **typed}, headers=self.origin)

    async def authorize(self, pkce: Pkce, **more: str | None) -> httpx.Response:
        return await self.http.get("/oauth2/authorize", params=asking(pkce, **more))

    async def sign_in(self, email: str, password: str, page: httpx.Response | None = None) -> httpx.Response:
        page = page or await self.http.get("/sign-in")
        return await self.submit(page, email=email, password=password)

    async def code_for(self, email: str, password: str, pkce: Pkce, code: str = "", **more: str | None) -> str:
        """Walk from the client's link over the sign-in page to the code."""
        to_sign_in = await self.authorize(pkce, **more)
        page = await self.http.get(to_sign_in.headers["location"])
        back = await self.sign_in(email, password, page)
        if code:
            back = await self.submit(back, code=code)
        assert back.status_code == 303, back.text
        return answered(await self.http.get(back.headers["location"]))["code"]

    async def redeem(self, code: str, pkce: Pkce, **more: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": pkce.verifier}
        form |= {"client_id": CLIENT, "redirect_uri": CALLBACK, **more}
        return await self.http.post("/oauth2/token", data=form)

    async def refresh(self, token: str, **more: str) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": CLIENT, **more}
        return await self.http.post("/oauth2/token", data=form)

    async def tokens_for(self, email: str, password: str, code: str = "", **more: str | None) -> dict[str, Any]:
        pkce = Pkce.new()
        answer = await self.redeem(await self.code_for(email, password, pkce, code, **more), pkce)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens


def ended(outcome: str) -> float:
    """Say how many sign-ins ended so, as Prometheus is told."""
    return REGISTRY.get_sample_value("mentorship_sign_ins_total", {"outcome": outcome}) or 0
