"""Applications that others run: registered here, and proving themselves in each way there is."""

import time
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey
from uuid6 import uuid7

from services.chassis.domain import system
from services.identity.client_registration import CreateClient, Registered, register
from services.identity.domain.client import AuthMethod
from services.identity.settings import Settings
from tests.component.identity.browser import CALLBACK, Browser, Pkce
from tests.component.identity.provider import Person, Provider

ASSERTED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Application:
    made: Registered
    issuer: str

    @property
    def id(self) -> str:
        return self.made.client.id

    def proving(self, **claims: object) -> dict[str, Any]:
        """What a request is sent so that the application proves itself in its way."""
        match self.made.client.auth_method:
            case AuthMethod.BASIC:
                return {"auth": httpx.BasicAuth(self.id, self.made.secret or "")}
            case AuthMethod.POST:
                return {"data": {"client_id": self.id, "client_secret": self.made.secret}}
            case AuthMethod.KEY:
                return {"data": {"client_assertion_type": ASSERTED, "client_assertion": self.assertion(**claims)}}
            case _:
                return {"data": {"client_id": self.id}}

    def assertion(self, **claims: object) -> str:
        now, key = int(time.time()), ECKey.import_key(self.made.private_key or {})
        said = {"iss": self.id, "sub": self.id, "aud": self.issuer, "exp": now + 60, "jti": uuid7().hex, **claims}
        return jwt.encode({"alg": "ES256", "kid": key.kid}, said, key)

    async def post(self, http: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
        proof = self.proving()
        return await http.post(path, **{**proof, "data": {**form, **proof.get("data", {})}})

    async def redeem(self, http: httpx.AsyncClient, code: str, pkce: Pkce, **more: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": pkce.verifier}
        return await self.post(http, "/oauth2/token", redirect_uri=CALLBACK, **form, **more)

    async def tokens_for(self, browser: Browser, person: Person, **more: str) -> dict[str, Any]:
        pkce = Pkce.new()
        code = await browser.code_for(person.email, person.password, pkce, client_id=self.id, **more)
        answer = await self.redeem(browser.http, code, pkce)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens


async def application(provider: Provider, method: AuthMethod = AuthMethod.BASIC, **more: Any) -> Application:
    """One of our own, so that nobody is asked for consent, that may also act by itself if it can prove itself."""
    said = {
        "name": "An app",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "auth_method": method,
        "first_party": True,
        "by_itself": method is not AuthMethod.NONE,
        "scopes": ["openid", "profile", "email", "offline_access", "reports:read"],
        **more,
    }
    settings = provider.service.settings
    assert isinstance(settings, Settings)
    command = CreateClient.model_validate(said)
    made = await register(provider.identity, settings, command, by=system("identity"), at=provider.clock())
    return Application(made, settings.public_url)


async def machine(provider: Provider) -> httpx.AsyncClient:
    """Give a client with a token that an application got for itself, by its credentials."""
    client = await application(provider, AuthMethod.BASIC, resources=[provider.url])
    asked = {"grant_type": "client_credentials", "resource": provider.url}
    token = (await client.post(await provider.http(), "/oauth2/token", **asked)).json()["access_token"]
    return await provider.http(headers={"Authorization": f"Bearer {token}"})
