"""What clients and services read first: the provider's description and its public keys."""

from typing import Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from services.chassis.http import Now, anyone
from services.identity.dependencies import Data, OurSettings
from services.identity.domain.client import SCOPES
from services.identity.domain.session import ONE_FACTOR, TWO_FACTORS

OPEN: Final = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
"""Public, and of use to a client in any page."""

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)])


@router.get("/.well-known/openid-configuration")
@router.get("/.well-known/oauth-authorization-server")
async def describe_provider(settings: OurSettings) -> Response:
    """Describe the provider (OpenID Connect Discovery, RFC 8414)."""
    return JSONResponse(description(settings.public_url), headers=OPEN)


@router.get("/oauth2/jwks")
async def publish_keys(identity: Data, now: Now) -> Response:
    """Publish the keys that tokens are signed with, and those that will be next."""
    ring = await identity.keys.ring(now)
    return JSONResponse(ring.public.as_dict(private=False), headers=OPEN)


def description(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/authorize",
        "token_endpoint": f"{issuer}/oauth2/token",
        "userinfo_endpoint": f"{issuer}/oauth2/userinfo",
        "jwks_uri": f"{issuer}/oauth2/jwks",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "end_session_endpoint": f"{issuer}/oauth2/logout",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "acr_values_supported": [ONE_FACTOR, TWO_FACTORS],
        "claims_supported": ["sub", "name", "email", "email_verified", "auth_time", "acr", "amr", "sid", "nonce"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }
