"""What clients and services read first: the provider's description and its public keys."""

from typing import Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from services.chassis.http import Now, anyone
from services.identity.dependencies import Data, OurSettings
from services.identity.domain.client import SCOPES, GrantType
from services.identity.domain.session import ONE_FACTOR, TWO_FACTORS
from services.identity.oidc.clients import ANY_CLIENT, ASSERTION_ALGORITHMS, PROVED
from services.identity.oidc.sharing import Shared

OPEN: Final = {"Cache-Control": "public, max-age=300"}

router = APIRouter(tags=["openid"], dependencies=[Depends(anyone)], route_class=Shared)


@router.get("/.well-known/openid-configuration")
@router.get("/.well-known/oauth-authorization-server", name="describe_authorization_server")
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
        "introspection_endpoint": f"{issuer}/oauth2/introspect",
        "end_session_endpoint": f"{issuer}/oauth2/logout",
        "device_authorization_endpoint": f"{issuer}/oauth2/device",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [kind.value for kind in GrantType],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ANY_CLIENT,
        "token_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": ANY_CLIENT,
        "revocation_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": PROVED,
        "introspection_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "acr_values_supported": [ONE_FACTOR, TWO_FACTORS],
        "claims_supported": ["sub", "name", "email", "email_verified", "auth_time", "acr", "amr", "sid", "nonce"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }
