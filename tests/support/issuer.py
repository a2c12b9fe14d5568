"""Identity, played by its contract: a real HTTP server with discovery and keys, and tokens signed by them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.served import listening


class Issuer:
    """Signs access tokens as identity does (RFC 9068)."""

    def __init__(self) -> None:
        self.url = ""
        self.key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)

    @property
    def discovery_url(self) -> str:
        return f"{self.url}/.well-known/openid-configuration"

    def token(self, account: str, *roles: str, **claims: object) -> str:
        """Sign a token; unless said otherwise the person gave a second factor just now."""
        now = int(time.time())
        said = {"iss": self.url, "aud": self.url, "sub": account, "iat": now, "exp": now + 6000, "roles": roles}
        said |= {"acr": "mfa", "auth_time": now}
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid}, said | claims, self.key)

    def app(self) -> Starlette:
        async def discovery(_: Request) -> Response:
            return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/keys"})

        async def keys(_: Request) -> Response:
            return JSONResponse({"keys": [self.key.as_dict(private=False)]})

        return Starlette(routes=[Route("/.well-known/openid-configuration", discovery), Route("/keys", keys)])


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    config = uvicorn.Config(issuer.app(), log_config=None, access_log=False, lifespan="off")
    async with listening(config) as url:
        issuer.url = url
        yield issuer
