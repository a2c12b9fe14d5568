"""Third parties that people sign in at: real HTTP servers, one that says what a test wants, and one like GitHub."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from contracts.identity import SignInProviderKind
from services.chassis.domain import system
from services.identity.relying.party import _OPENID
from tests.component.identity.browser import Browser, Form
from tests.component.identity.provider import Provider
from tests.support.served import listening

SECRET = "shared:with us/only+"
CLIENT = "mentorship at the provider"


@dataclass
class Word:
    """What an issuer says when a code is redeemed, wrong where a test wants it wrong."""

    sub: str
    claims: dict[str, Any] = field(default_factory=dict)
    """None leaves one out."""
    asked: dict[str, str] = field(default_factory=dict)
    """The authorization request that the code answers."""
    algorithm: str = "RS256"
    key: Any = None
    answer: Response | None = None
    """Instead of tokens."""
    told: dict[str, Any] = field(default_factory=dict)
    """By userinfo; the subject unless said."""


class Issuer:
    """An OpenID provider that checks the code, the secret and the code verifier, and signs what it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        self.words: dict[str, Word] = {}
        self.said: dict[str, Any] = {}
        """What discovery says differently."""
        self.redeemed: list[dict[str, str]] = []
        self.asked = 0
        """How often anything was."""

    def code(self, asked: Mapping[str, str], sub: str, **word: Any) -> str:
        """Give a code that answers a request."""
        code = secrets.token_hex(8)
        self.words[code] = Word(sub, asked=dict(asked), **word)
        return code

    def app(self) -> Starlette:
        routes = {"/.well-known/openid-configuration": self._discovery, "/keys": self._keys, "/me": self._userinfo}
        token = Route("/token", self._token, methods=["POST"])
        elsewhere = Route("/{anything}", self._discovery, methods=["GET", "POST"])
        return Starlette(routes=[*(Route(path, do) for path, do in routes.items()), token, elsewhere])

    async def _discovery(self, _: Request) -> Response:
        self.asked += 1
        said = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/me",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        return JSONResponse(said | self.said)

    async def _keys(self, _: Request) -> Response:
        unknown = {"kty": "of-the-future", "kid": "x"}
        return JSONResponse({"keys": [unknown, self.key.as_dict(private=False)]})

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        shown = base64.b64decode(request.headers.get("authorization", "Basic ").split()[1]).decode()
        self.redeemed.append({**form, "shown": shown})
        word = self.words.pop(form.get("code", ""), None)
        known = [unquote(part) for part in shown.split(":")] == [CLIENT, SECRET]
        if word is None or not known or not _fits(word.asked, form):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = secrets.token_hex(8)
        self.words[f"access/{token}"] = word
        return word.answer or JSONResponse(
            {"access_token": token, "token_type": "Bearer", "id_token": self._sign(word)}
        )

    def _sign(self, word: Word) -> str:
        now = int(time.time())
        said = {"iss": self.url, "sub": word.sub, "aud": CLIENT, "iat": now, "exp": now + 300}
        said |= {"nonce": word.asked.get("nonce")} | word.claims
        claims = {name: value for name, value in said.items() if value is not None}
        if word.algorithm == "none":
            parts = ({"alg": "none"}, claims)
            return ".".join(_b64(part) for part in parts) + "."
        header = {"alg": word.algorithm, "kid": self.key.kid}
        return jwt.encode(header, claims, word.key or self.key, algorithms=[word.algorithm])

    async def _userinfo(self, request: Request) -> Response:
        word = self.words[f"access/{request.headers['authorization'].removeprefix('Bearer ')}"]
        return JSONResponse({"sub": word.sub, **word.told})


def _fits(asked: Mapping[str, str], form: Mapping[str, str]) -> bool:
    verifier = form.get("code_verifier", "").encode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
    if asked.get("code_challenge", challenge) != challenge:
        return False
    return asked["redirect_uri"] == form.get("redirect_uri") and form.get("grant_type") == "authorization_code"


def _b64(part: object) -> str:

    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


@dataclass
class User:
    """Of GitHub."""

    id: int
    login: str
    emails: list[dict[str, Any]]
    name: str | None = None


class GitHub:
    """Speaks as GitHub Enterprise Server does: OAuth 2.0 with PKCE, and the REST interface under /api/v3."""

    def __init__(self) -> None:
        self.url = ""
        self.user: User | None = None
        """Who is signed in there; without one they decline."""
        self.codes: dict[str, tuple[dict[str, str], User]] = {}
        self.tokens: dict[str, User] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/login/oauth/authorize", self._authorize),
                Route("/login/oauth/access_token", self._token, methods=["POST"]),
                Route("/api/v3/user", self._user),
                Route("/api/v3/user/emails", self._emails),
            ]
        )

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        answer = {"error": "access_denied", "state": asked["state"]}
        if self.user:
            code = secrets.token_hex(10)
            self.codes[code] = asked, self.user
            answer = {"code": code, "state": asked["state"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    async def _token(self, request: Request) -> Response:
        """Answer 200 to everything, and in JSON only to whoever asks for it."""
        form = dict(parse_qsl((await request.body()).decode()))
        assert request.headers["accept"] == "application/json"
        asked, user = self.codes.pop(form.get("code", ""), ({}, None))
        known = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        if user is None or not known or not _fits(asked, form):
            return JSONResponse({"error": "bad_verification_code", "error_description": "The code is incorrect."})
        token = f"gho_{secrets.token_hex(18)}"
        self.tokens[token] = user
        return JSONResponse({"access_token": token, "scope": "read:user,user:email", "token_type": "bearer"})

    def _bearer(self, request: Request) -> User | None:
        assert request.headers["user-agent"], "GitHub answers 403 to whoever has no name"
        return self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    async def _user(self, request: Request) -> Response:
        user = self._bearer(request)
        if user is None:
            return JSONResponse({"message": "Bad credentials"}, 401)
        return JSONResponse({"login": user.login, "id": user.id, "type": "User", "name": user.name, "email": None})

    async def _emails(self, request: Request) -> Response:
        user = self._bearer(request)
        return JSONResponse(user.emails if user else {"message": "Bad credentials"}, 200 if user else 401)


@asynccontextmanager
async def abroad(party: Any) -> AsyncIterator[Any]:
    """Serve one of them."""
    config = uvicorn.Config(party.app(), log_config=None, access_log=False, lifespan="off")
    async with listening(config) as url:
        party.url = url
        _OPENID._said.pop(url, None)  # another may have had this port a moment ago
        yield party


async def known(provider: Provider, id: str, issuer: str, kind: str = "openid", **told: Any) -> str:
    """Let identity take a third party's word; gives its name."""
    said: dict[str, Any] = {"client_id": CLIENT, "secret": SECRET, "issuer": issuer, **told}
    kind_of = SignInProviderKind(kind)
    await provider.identity.providers.take(id, kind=kind_of, **said, by=system("identity"), at=provider.clock())
    return id


async def press(browser: Browser, page: httpx.Response, action: str, **typed: str) -> httpx.Response:
    """Fill in the form of a page that goes there, and press its button."""
    forms = [Form(f"<form{part}") for part in page.text.split("<form")[1:]]
    fields = next(form.fields for form in forms if form.action == action)
    return await browser.http.post(action, data={**fields, **typed}, headers=browser.origin)


async def leave(browser: Browser, id: str, page: httpx.Response | None = None) -> str:
    """Press a provider's button on the sign-in page; gives where the browser is sent."""
    page = page or await browser.http.get("/sign-in")
    sent = await press(browser, page, f"/sign-in/{id}")
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def asked_in(place: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(place).query))


async def come_back(browser: Browser, id: str, **answer: str) -> httpx.Response:
    return await browser.http.get(f"/sign-in/{id}/callback", params=answer)


async def sign_in_at(browser: Browser, issuer: Issuer, id: str, sub: str, **word: Any) -> httpx.Response:
    """Go there and back."""
    asked = asked_in(await leave(browser, id))
    return await come_back(browser, id, state=asked["state"], code=issuer.code(asked, sub, **word))


async def at_github(browser: Browser, github: GitHub, user: User | None, place: str) -> httpx.Response:
    """Follow the browser to GitHub and back."""
    github.user = user
    async with httpx.AsyncClient(timeout=90) as anywhere:
        back = await anywhere.get(place)
    return await browser.http.get(back.headers["location"])
