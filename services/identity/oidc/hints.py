"""The id_token_hint: whom a client believes to be signed in."""

from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from joserfc import jwt
from joserfc.errors import JoseError

from services.identity.domain.key import Algorithm
from services.identity.oidc.tokens import Mint


def hinted(asked: Mapping[str, str], mint: Mint, redirect_uri: str) -> str | None:
    """Say whom the hint is about, also after it ran out (OpenID Connect Core, 3.1.2.1); None without a hint.

    Raises `InvalidRequestError` where it is no id_token of ours.
    """
    if "id_token_hint" not in asked:
        return None
    claims = _claims(asked["id_token_hint"], mint)
    if claims.get("iss") != mint.issuer or "events" in claims:
        said = "The id_token_hint is not an id_token of ours, or its key is retired."
        raise InvalidRequestError(said, redirect_uri=redirect_uri)
    return str(claims.get("sub"))


def _claims(hint: str, mint: Mint) -> dict[str, Any]:
    try:
        return jwt.decode(hint, mint.ring.public, algorithms=[Algorithm.RS256.value]).claims
    except (JoseError, ValueError):
        return {}
