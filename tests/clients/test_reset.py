"""What a new password ends for a client that introspects: Authlib's, with a secret."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from tests.clients.registered import register
from tests.clients.test_authlib import client_of, described
from tests.clients.test_node import signed_in
from tests.component.identity.provider import Person, Provider

NEW, VERIFIER = "copper thistle marmot rain", "v" * 64


async def active(client: AsyncOAuth2Client, place: str, token: str) -> bool:
    return bool((await client.introspect_token(place, token)).json()["active"])


async def test_a_reset_ends_the_refresh_token_and_introspection_at_once(
    provider: Provider, wanda: Person, tmp_path: Path
):
    registered, metadata = await register(provider, "client_secret_basic", tmp_path), await described(provider)
    async with client_of(registered, metadata) as client:
        url, _ = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=VERIFIER)
        ended = await signed_in(await provider.browser(), url, wanda, registered.redirect_uri)
        code = parse_qs(urlsplit(ended).query)["code"][0]
        token = await client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=VERIFIER)
        place, had = metadata["introspection_endpoint"], (token["access_token"], token["refresh_token"])
        assert [await active(client, place, each) for each in had] == [True, True]

        http = await provider.http()
        await http.post("/v1/accounts/forgot-password", json={"email": wanda.email})
        link = await provider.mailed_token(wanda.email, "reset-password")
        done = await http.post("/v1/accounts/reset-password", json={"token": link, "password": NEW})
        assert done.status_code == 200

        assert [await active(client, place, each) for each in had] == [False, False]
        with pytest.raises(OAuthError, match="invalid_grant"):
            await client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
