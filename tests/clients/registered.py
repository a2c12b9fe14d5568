"""Clients that an operator registers by the command, and the one that is there from the start."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from deploy.local.layout import CHECKOUT
from services.identity.domain.client import WEB
from tests.component.identity.provider import Provider

NATIVE = "http://127.0.0.1:7777/callback"
METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt")


@dataclass(frozen=True)
class Registered:
    """A client as its own configuration has it."""

    client_id: str
    auth: str = "none"
    secret: str = ""
    key: dict[str, Any] | None = None
    redirect_uri: str = NATIVE

    def told(self, provider: Provider) -> dict[str, Any]:
        """What a script is told about where it is."""
        places = {"issuer": provider.url, "audience": provider.url}
        return {**asdict(self), **places, "post_logout_redirect_uri": f"{provider.url}/"}


OURS = Registered(WEB)


async def register(provider: Provider, auth: str, folder: Path, *more: str, redirect_uri: str = NATIVE) -> Registered:
    """Make a first-party client by the command, as an operator does."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    words = ["--name", "Otto's tools", "--redirect-uri", redirect_uri, "--no-consent", "--json", *more]
    words += ["--post-logout-redirect-uri", f"{provider.url}/", "--resource", provider.url]
    if auth == "none":
        words.append("--public")
    else:
        words += ["--auth", auth]
    if auth == "private_key_jwt":
        jwks = folder / "jwks.json"
        jwks.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
        words += ["--jwks", str(jwks)]
    made = json.loads(await command(provider, "client", "create", *words))
    private = key.as_dict(private=True) if auth == "private_key_jwt" else None
    return Registered(made["id"], auth, made.get("client_secret", ""), private, redirect_uri)


async def command(provider: Provider, *words: str) -> str:
    """Run `mentorship` with the settings of this provider; gives what it printed."""
    done = await asyncio.to_thread(_run, provider, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(provider: Provider, *words: str) -> "subprocess.CompletedProcess[str]":
    said = provider.service.settings
    environment = {
        "IDENTITY_MONGODB_URI": said.mongodb_uri.get_secret_value(),
        "IDENTITY_MONGODB_DATABASE": said.mongodb_database,
        "IDENTITY_KAFKA_BOOTSTRAP_SERVERS": said.kafka_bootstrap_servers,
        "IDENTITY_HTTP_PORT": "1",
        "IDENTITY_PUBLIC_URL": said.public_url,
        "IDENTITY_KEY_SECRET": base64.b64encode(provider.key_secret).decode(),
    }
    return subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "services", *words],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
