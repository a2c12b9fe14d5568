"""Authlib's core for clients as themselves, its traps closed: proofs by key, tokens of their own, introspection.

A client's assertion is checked here and taken once by the shell, which has the store.
"""

# ruff: noqa: ARG002 - the core decides what an override is given

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from uuid6 import uuid7

from services.identity.domain import machine
from services.identity.domain.assertion import Assertion, assertion_id
from services.identity.domain.client import CONFIDENTIAL, AuthMethod
from services.identity.domain.grant import ACCESS_LIFE
from services.identity.oidc.errors import InvalidTarget
from services.identity.oidc.hand import KnownClient, Shown

PROVED: Final = [method.value for method in CONFIDENTIAL]
ANY_CLIENT: Final = [*PROVED, AuthMethod.NONE.value]
ASSERTION_ALGORITHMS: Final = ("ES256", "RS256", "PS256", "Ed25519", "EdDSA")
LEEWAY: Final = 30
"""Seconds that a client's clock may differ."""
LONGEST: Final = timedelta(hours=1)
"""For so long an assertion may hold, since until then it must be known again."""


def require_one_way(request: OAuth2Request) -> None:
    """Refuse a client that proves itself in several ways at once (RFC 6749, 2.3)."""
    basic = (request.headers.get("Authorization") or "").lower().startswith("basic ")
    if sum((basic, "client_secret" in request.form, "client_assertion" in request.form)) > 1:
        raise InvalidRequestError("Prove the client in one way, not in several.")


class ByAssertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """The core asks for a `jti` but not that it is text, lets an assertion hold for ever, and repeats what it says."""

    CLIENT_AUTH_METHOD = AuthMethod.KEY.value

    def __init__(self, server: Any) -> None:
        super().__init__(leeway=LEEWAY)
        self._server = server

    def get_audiences(self) -> list[str]:
        issuer = self._server.mint.issuer
        return [issuer, f"{issuer}/oauth2/token"]

    def resolve_client_public_key(self, client: KnownClient) -> KeySet:
        if client.client.jwks is None:
            raise InvalidClientError("The client has no keys.")
        return KeySet.import_key_set(client.client.jwks)  # type: ignore[arg-type]

    def extract_assertion(self, assertion: str) -> Any:
        try:
            return super().extract_assertion(assertion)
        except (ValueError, RecursionError):
            raise InvalidClientError("The client_assertion cannot be read.") from None

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> dict[str, Any]:
        """Check it against the client's keys; the core would take any algorithm that fits one of them."""
        try:
            claims = jwt.decode(assertion, resolve_key, algorithms=ASSERTION_ALGORITHMS).claims
            self._registry().validate(claims)
        except (JoseError, ValueError):
            raise InvalidClientError("The client_assertion does not hold.") from None
        self._take(claims)
        return claims

    def _registry(self) -> jwt.JWTClaimsRegistry:
        now = int(self._server.mint.at.timestamp())
        return jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY,
            iss={"essential": True},
            sub={"essential": True},
            aud={"essential": True, "values": self.get_audiences()},
            exp={"essential": True},
            jti={"essential": True},
        )

    def _take(self, claims: Mapping[str, Any]) -> None:
        """Leave it for the shell to take once. Whom else it is for could show it here, so it is for us alone."""
        latest = (self._server.mint.at + LONGEST).timestamp() + LEEWAY
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        ours = set(audiences) <= set(self.get_audiences())
        if claims["iss"] != claims["sub"] or not ours or not isinstance(claims["jti"], str) or claims["exp"] > latest:
            raise InvalidClientError(
                "A client_assertion has its client as iss and sub, us as aud, a jti, and an hour at the most."
            )
        forget_at = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=2 * LEEWAY)
        self._server.hand.assertion = Assertion(id=assertion_id(claims["sub"], claims["jti"]), forget_at=forget_at)


class ClientGrant(ClientCredentialsGrant):  # type: ignore[misc]
    """The core would give every scope that is asked for a default, and 10 days."""

    TOKEN_ENDPOINT_AUTH_METHODS = PROVED

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        hand, mint, client = self.server.hand, self.server.mint, self.client.client
        resource = hand.resource or client.resources[0]
        if resource not in client.resources:
            raise InvalidTarget("This resource is not one the client may ask for.")
        scope = self._scope()
        hand.new_machine = machine.begin(str(uuid7()), client=client, scope=scope, resource=resource, at=mint.at)
        lasting = {"token_type": "Bearer", "expires_in": int(ACCESS_LIFE.total_seconds()), "scope": scope}
        return 200, {"access_token": mint.machine_token(hand.new_machine), **lasting}, self.TOKEN_RESPONSE_HEADER

    def _scope(self) -> str:
        """What it asks for, else all it may do by itself; never what only a person can allow."""
        own = self.client.client.own_scopes
        asked = (self.request.payload.scope or " ".join(own)).split()
        if not set(asked) <= set(own):
            raise InvalidScopeError("A client by itself has the scopes alone that staff gave it.")
        return " ".join(dict.fromkeys(asked))


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """The core knows client_secret_basic alone, and refuses hints that RFC 7662 lets it ignore."""

    CLIENT_AUTH_METHODS = PROVED

    def check_params(self, request: OAuth2Request, client: KnownClient) -> None:
        if "token" not in request.form:
            raise InvalidRequestError("Missing 'token' in request.")

    def query_token(self, token_string: str, token_type_hint: str | None) -> Shown | None:
        shown: Shown | None = self.server.hand.shown
        return shown

    def check_permission(self, token: Shown, client: KnownClient, request: OAuth2Request) -> bool:
        """What a client may not look at is to it as if it did not exist."""
        return client.client.may_introspect(client_id=token.client_id, audience=token.audience)

    def create_introspection_payload(self, token: Shown | None) -> dict[str, Any]:
        return {"active": True, **token.facts} if token else {"active": False}
