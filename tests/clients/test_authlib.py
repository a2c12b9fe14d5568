"""Authlib's own client, as its documents say: metadata, code with PKCE, id_token, userinfo, refresh, revocation."""

import secrets
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.clients.registered import METHODS, OURS, Registered, register
from tests.clients.test_node import signed_in
from tests.component.identity.provider import Person, Provider

SCOPE = "openid profile email offline_access"


async def described(provider: Provider) -> dict[str, Any]:
    http = await provider.http()
    metadata: dict[str, Any] = (await http.get("/.well-known/openid-configuration")).json()
    return metadata


def client_of(registered: Registered, metadata: dict[str, Any]) -> AsyncOAuth2Client:
    client = AsyncOAuth2Client(
        registered.client_id,
        registered.secret or None,
        token_endpoint_auth_method=registered.auth,
        revocation_endpoint_auth_method=registered.auth,
        scope=SCOPE,
        redirect_uri=registered.redirect_uri,
        code_challenge_method="S256",
        timeout=90,
        limits=httpx.Limits(keepalive_expiry=2),  # less than the service keeps a connection that nobody uses
    )
    if registered.key:
        key = ECKey.import_key(registered.key)
        client.client_secret = key
        client.register_client_auth_method(PrivateKeyJWT(metadata["token_endpoint"], alg="ES256"))
    return client


async def signs_in(provider: Provider, registered: Registered, person: Person) -> None:
    metadata = await described(provider)
    async with client_of(registered, metadata) as client:
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(12)
        url, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        ended = await signed_in(await provider.browser(), url, person, registered.redirect_uri)
        token = await client.fetch_token(
            metadata["token_endpoint"], authorization_response=ended, code_verifier=verifier, state=state
        )
        claims = await _claims(client, metadata, token["id_token"])
        assert (claims["sub"], claims["nonce"], claims["aud"]) == (person.id, nonce, registered.client_id)
        me = (await client.get(metadata["userinfo_endpoint"])).json()
        assert me == {"sub": person.id, "name": person.name, "email": person.email, "email_verified": True}
        again = await client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
        assert again["access_token"] != token["access_token"]
        gone = await client.revoke_token(metadata["revocation_endpoint"], again["refresh_token"], "refresh_token")
        assert gone.status_code == 200
        assert (await client.get(metadata["userinfo_endpoint"])).status_code == 401


async def _claims(client: AsyncOAuth2Client, metadata: dict[str, Any], id_token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await client.get(metadata["jwks_uri"])).json())
    decoded = jwt.decode(id_token, keys, algorithms=metadata["id_token_signing_alg_values_supported"])
    jwt.JWTClaimsRegistry(now=int(time.time()), iss={"essential": True, "value": metadata["issuer"]}).validate(
        decoded.claims
    )
    return dict(decoded.claims)


async def test_our_public_client_signs_somebody_in(provider: Provider, wanda: Person):
    await signs_in(provider, OURS, wanda)


@pytest.mark.parametrize("auth", METHODS)
async def test_a_client_that_proves_itself_signs_somebody_in(
    provider: Provider, wanda: Person, tmp_path: Path, auth: str
):
    await signs_in(provider, await register(provider, auth, tmp_path), wanda)


@pytest.mark.parametrize("auth", METHODS)
async def test_a_client_acts_by_itself_and_introspects(provider: Provider, tmp_path: Path, auth: str):
    registered = await register(provider, auth, tmp_path, "--by-itself")
    metadata = await described(provider)
    async with client_of(registered, metadata) as client:
        token = await client.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope=None)
        seen = (await client.introspect_token(metadata["introspection_endpoint"], token["access_token"])).json()
        assert (seen["active"], seen["client_id"]) == (True, registered.client_id)
