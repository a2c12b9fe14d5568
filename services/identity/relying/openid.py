"""Any OpenID Connect issuer: found by discovery, its id token checked claim by claim.

Signatures are joserfc's work, claims Authlib's; what stays ours is which keys and algorithms count.
"""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.identity.domain.provider import Provider
from services.identity.relying.going import Going, Proved, address, line
from services.identity.relying.outgoing import ask_for_object, require_own, wrong

SCOPE: Final = "openid profile email"
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures by a key that the provider alone has."""
LEEWAY: Final = 30
"""Seconds that clocks may differ."""
HELD: Final = 300.0
"""Seconds for which what an issuer says of itself is not asked again."""
LONGEST_SUBJECT: Final = 255

Said = dict[str, Any]


class OpenId:
    """Holds what issuers said of themselves; their keys are read anew for every token."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[float, Said]] = {}

    async def leave(self, provider: Provider, going: Going) -> str:
        """Say where the person is sent. Raises `ProviderAway`, `ProviderWrong`."""
        endpoint = require_own(provider, (await self._discover(provider)).get("authorization_endpoint"))
        asked = {"response_type": "code", "client_id": provider.client_id, "redirect_uri": going.callback}
        asked |= {"scope": SCOPE, "state": going.state} | going.challenge(provider)
        if provider.sends_nonce:
            asked["nonce"] = going.nonce
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def come_back(
        self, provider: Provider, secret: str, going: Going, answer: Mapping[str, str], at: datetime
    ) -> Proved:
        """Redeem the code and read the id token. Raises `ProviderAway`, `ProviderWrong`."""
        said = await self._discover(provider)
        _require_issuer(provider, said, answer)
        form, how = _authenticated(provider, secret, said, going.redeeming(provider, answer["code"]))
        tokens = await ask_for_object(provider, "POST", said.get("token_endpoint"), data=form, **how)
        claims = await _claims(provider, said, tokens, going, at)
        return _proved(provider, claims | await _more(provider, said, tokens, claims))

    async def _discover(self, provider: Provider) -> Said:
        read_at, said = self._said.get(provider.issuer, (float("-inf"), {}))
        if time.monotonic() - read_at < HELD:
            return said
        said = await ask_for_object(provider, "GET", f"{provider.issuer}/.well-known/openid-configuration")
        if not isinstance(said.get("issuer"), str) or said["issuer"].rstrip("/") != provider.issuer:
            raise wrong(provider, "it calls itself another issuer")
        self._said[provider.issuer] = time.monotonic(), said
        return said


def _require_issuer(provider: Provider, said: Said, answer: Mapping[str, str]) -> None:
    """Refuse the answer of another issuer (RFC 9207)."""
    named = answer.get("iss")
    if named is None and said.get("authorization_response_iss_parameter_supported") is not True:
        return
    if named != said["issuer"]:
        raise wrong(provider, "the answer came from another issuer, or does not name it")


def _authenticated(
    provider: Provider, secret: str, said: Said, form: dict[str, str]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Show the secret the way the provider takes it: in the header unless it says that it does not."""
    methods = _listed(said, "token_endpoint_auth_methods_supported", "client_secret_basic")
    if "client_secret_basic" in methods or "client_secret_post" not in methods:
        return form, {"auth": httpx.BasicAuth(quote(provider.client_id, ""), quote(secret, ""))}  # RFC 6749, 2.3.1
    return form | {"client_id": provider.client_id, "client_secret": secret}, {}


async def _claims(provider: Provider, said: Said, tokens: Said, going: Going, at: datetime) -> Said:
    """Check signature, algorithm, issuer, audience, times, nonce and the access token's hash."""
    keys = await _keys(provider, said)
    try:
        token = jwt.decode(str(tokens["id_token"]), keys, algorithms=_algorithms(said))
        checked = CodeIDToken(
            token.claims,
            token.header,
            {"iss": {"value": said["issuer"]}, "aud": {"value": provider.client_id}},
            {
                "nonce": going.nonce if provider.sends_nonce or "nonce" in token.claims else None,
                "client_id": provider.client_id,
                "access_token": tokens.get("access_token"),
            },
        )
        checked.validate(now=int(at.timestamp()), leeway=LEEWAY)
    except (JoseError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise wrong(provider, f"the id token: {type(error).__name__} {line(str(error))}") from None
    return dict(checked)


async def _keys(provider: Provider, said: Said) -> KeySet:
    """Read the keys that sign; those of kinds we do not know are passed over."""
    listed = (await ask_for_object(provider, "GET", said.get("jwks_uri"))).get("keys")
    signing = [
        {name: value for name, value in key.items() if name not in {"x5c", "x5t", "x5u", "x5t#S256"}}
        for key in (listed if isinstance(listed, list) else [])
        if isinstance(key, dict) and key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"
    ]
    try:
        return KeySet.import_key_set({"keys": signing})
    except (JoseError, KeyError, ValueError, TypeError):
        raise wrong(provider, "its keys cannot be read") from None


def _algorithms(said: Said) -> list[str]:
    offered = _listed(said, "id_token_signing_alg_values_supported", "RS256")
    return [name for name in ALGORITHMS if name in offered]


def _listed(said: Said, name: str, otherwise: str) -> list[Any]:
    found = said.get(name)
    return found if isinstance(found, list) else [otherwise]


async def _more(provider: Provider, said: Said, tokens: Said, claims: Said) -> Said:
    """Ask for name and address where the token does not tell them; of its own subject, nobody else's."""
    if {"email", "name"} <= claims.keys() or "userinfo_endpoint" not in said:
        return {}
    headers = {"Authorization": f"Bearer {tokens.get('access_token')}"}
    told = await ask_for_object(provider, "GET", said["userinfo_endpoint"], headers=headers)
    if told.get("sub") != claims["sub"]:
        raise wrong(provider, "it told of somebody else")
    return {name: value for name, value in told.items() if name not in claims}


def _proved(provider: Provider, claims: Said) -> Proved:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise wrong(provider, "a subject of no good length")
    email = address(claims.get("email"))
    name = line(claims.get("name"))
    proved = provider.proves_addresses and str(claims.get("email_verified")).lower() == "true"  # LinkedIn sent a text
    called = email or line(claims.get("preferred_username")) or name or subject[:50]
    return Proved(subject, called, name, email, email_proved=proved and email is not None)
