"""Authlib's core with its traps closed: every override of it stands here, each with its reason, and each has a test."""

# ruff: noqa: ARG002 - the core decides what an override is given

import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError, InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc6749.errors import UnsupportedGrantTypeError, UnsupportedResponseTypeError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from authlib.oidc.core.grants.util import validate_request_prompt
from authlib.oidc.rpinitiated import EndSessionEndpoint

from services.identity.domain.client import AuthMethod
from services.identity.domain.grant import ACCESS_LIFE
from services.identity.domain.key import Algorithm
from services.identity.oidc.clients import ANY_CLIENT, ByAssertion, ClientGrant, Introspection, require_one_way
from services.identity.oidc.errors import UNSUPPORTED, InvalidTarget
from services.identity.oidc.hand import CodeInHand, Hand, KnownClient, RefreshTokenInHand
from services.identity.oidc.tokens import Mint

NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)

# At DEBUG the core writes tokens and codes into its log.
logging.getLogger("authlib").setLevel(logging.INFO)


@dataclass
class Answer:
    """What the core answers, before it becomes HTTP."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class PureRequest(OAuth2Request):  # type: ignore[misc]
    """A request made of parameters that were read already.

    The core refuses plain http by its URL, so the URL is built from the issuer, never from the Host header.
    """

    def __init__(self, issuer: str, path: str, parameters: dict[str, str], authorization: str | None = None) -> None:
        method = "GET" if path == "/oauth2/authorize" else "POST"
        super().__init__(method, issuer + path, headers={"Authorization": authorization} if authorization else {})
        self.payload = BasicOAuth2Payload(parameters)

    @property
    def args(self) -> dict[str, str]:
        return self.form

    @property
    def form(self) -> dict[str, str]:
        parameters: dict[str, str] = self.payload.data
        return parameters


class Server(AuthorizationServer):  # type: ignore[misc]
    """One per request; it reads and writes nothing but the hand it is given."""

    def __init__(self, hand: Hand, mint: Mint) -> None:
        super().__init__()
        self.hand, self.mint = hand, mint
        # The default lifetime of what a code gives is 10 days.
        lifetime = int(ACCESS_LIFE.total_seconds())
        generator = BearerTokenGenerator(self._access_token, _refresh_token, lambda *_: lifetime)
        self.register_token_generator("default", generator)
        self.register_grant(CodeGrant, [S256Only(), IdToken(), Limits()])
        self.register_grant(RefreshGrant, [IdToken()])
        self.register_grant(ClientGrant)
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)
        self.register_endpoint(EndSession)
        self.register_client_auth_method(AuthMethod.KEY, ByAssertion(self))

    def query_client(self, client_id: str) -> KnownClient | None:
        client = self.hand.client
        return KnownClient(client, self.mint.at) if client and client.id == client_id else None

    def authenticate_client(self, request: OAuth2Request, methods: list[str], endpoint: str = "token") -> KnownClient:
        """Let a client prove itself in one way, as itself; the core takes the first way that goes."""
        require_one_way(request)
        client: KnownClient = super().authenticate_client(request, methods, endpoint)
        if request.form.get("client_id", client.client_id) != client.client_id:
            raise InvalidClientError("The client_id is not the one that was proved.")
        return client

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        self.hand.new_refresh_token = token.get("refresh_token")

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Answer:
        """Name the issuer in every answer by redirection: the core does so on success only (RFC 9207)."""
        answer = Answer(status, body, dict(headers))
        if location := answer.headers.get("Location"):
            answer.headers["Location"] = add_params_to_uri(location, [("iss", self.mint.issuer)])
        return answer

    def get_authorization_grant(self, request: OAuth2Request) -> Any:
        """Refuse in our own words: the core's repeat the value, and raise where it is not plain ASCII."""
        if request.payload.response_type == "code":
            return super().get_authorization_grant(request)
        redirect = request.payload.redirect_uri
        client = self.query_client(request.payload.client_id)
        known = redirect if client and redirect and client.check_redirect_uri(redirect) else None
        if request.payload.response_type is None:
            raise InvalidRequestError("Missing 'response_type' in request.", redirect_uri=known)
        raise UnsupportedResponseTypeError("other than code", redirect_uri=known)

    def create_token_response(self, request: OAuth2Request) -> Answer:
        """Answer a missing grant_type as what it is; the core calls it unsupported."""
        if not request.payload.grant_type:
            return self.refuse(InvalidRequestError("Missing 'grant_type' in request."))
        try:
            answer: Answer = super().create_token_response(request)
        except UnsupportedGrantTypeError as error:
            return self.refuse(error)
        return answer

    def refuse(self, error: OAuth2Error) -> Answer:
        answer: Answer = self.handle_error_response(None, error)
        return answer

    def _access_token(self, client: Any, grant_type: str, user: Any, scope: str) -> str:
        """Sign with the active key alone and name it: of a set of keys the core takes one at random."""
        assert self.hand.grant  # noqa: S101 - no user without a grant
        audience = self.hand.grant.audience(self.hand.resource)
        if audience is None:
            raise InvalidTarget("The grant is not for this resource.")
        return self.mint.access_token(self.hand.grant, user, scope, audience, ended_at=self.hand.ended_at)


def _refresh_token(**_: Any) -> str:
    return secrets.token_urlsafe(36)


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ANY_CLIENT

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuth2Request, client: KnownClient) -> str:
        """Refuse in our own words: the core's repeat the address, and raise where it is not plain ASCII."""
        uri = request.payload.redirect_uri
        if uri is None or not client.check_redirect_uri(uri):
            raise InvalidRequestError("The redirect_uri is missing or not registered for this client.")
        return str(uri)

    def generate_token(self, user: Any = None, scope: str = "", **more: Any) -> dict[str, Any]:
        """Give a refresh token only where the person allowed access beyond their session."""
        offline = more.pop("include_refresh_token", True) and "offline_access" in scope.split()
        token: dict[str, Any] = super().generate_token(user, scope, include_refresh_token=offline, **more)
        return token

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        self.server.hand.new_code = code

    def query_authorization_code(self, code: str, client: KnownClient) -> CodeInHand | None:
        hand, at = self.server.hand, self.server.mint.at
        if not (hand.code and hand.grant and hand.code.is_good(at) and hand.grant.is_alive(at)):
            return None
        return CodeInHand(hand.code, hand.grant) if hand.code.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: CodeInHand) -> None:
        """Too late and not atomic here: the shell spends it with a compare-and-set before it answers."""

    def authenticate_user(self, authorization_code: CodeInHand) -> Any:
        return self.server.hand.holder


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ANY_CLIENT
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshTokenInHand | None:
        hand, at = self.server.hand, self.server.mint.at
        good = hand.refresh_token and hand.grant and hand.refresh_token.is_good(at) and hand.grant.is_alive(at)
        return RefreshTokenInHand(hand.refresh_token) if good and hand.refresh_token else None

    def authenticate_user(self, refresh_token: RefreshTokenInHand) -> Any:
        """An account that may not be used any more is the grant's end, not a malformed request."""
        if self.server.hand.holder is None:
            raise InvalidGrantError("The account cannot be used.")
        return self.server.hand.holder

    def revoke_old_credential(self, refresh_token: RefreshTokenInHand) -> None:
        """Too late and not atomic here: the shell spends it with a compare-and-set before it answers."""


class S256Only(CodeChallenge):  # type: ignore[misc]
    """The core takes `plain`, a missing method (as plain) and a missing challenge."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - the core's form

    def validate_code_challenge(self, grant: Any, redirect_uri: Any) -> None:
        """Only a confidential client that staff registered so may go without."""
        asked = grant.request.payload.data
        if not grant.request.client.client.pkce_required and not {"code_challenge", "code_challenge_method"} & {*asked}:
            return
        if not asked.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge': PKCE is required.")
        if asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The 'code_challenge_method' must be S256.")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge_method(self, authorization_code: CodeInHand) -> str:
        return "S256"


class Limits:
    """What the core lets pass in an authorization request and we do not."""

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_validate_authorization_request_payload", self.check)

    def check(self, grant: Any, _: Any) -> None:
        asked = grant.request.payload.data
        for name, error in UNSUPPORTED.items():
            if name in asked:
                raise error(f"The parameter '{name}' is not supported.")
        if asked.get("response_mode", "query") != "query":
            raise InvalidRequestError("The only response_mode is query.")
        if "max_age" in asked and not NUMBER.fullmatch(asked["max_age"]):
            raise InvalidRequestError("The max_age must be a number of seconds.")
        resources = grant.request.client.client.resources
        wanted = asked.get("resource", resources[0]).split()
        if not wanted or not {*wanted} <= {*resources}:
            raise InvalidTarget("This resource is not one the client may ask for.")


class IdToken(OpenIDCode):  # type: ignore[misc]
    """An id_token says who signed in, when and how, also after a refresh; names and addresses are userinfo's."""

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        """A code is single use, and the nonce is the client's to check."""
        return False

    def generate_user_info(self, user: Any, scope: str) -> dict[str, Any]:
        return {}

    def get_encode_header(self, client: KnownClient) -> dict[str, str]:
        header: dict[str, str] = self._mint.header(Algorithm.RS256)
        return header

    def resolve_client_private_key(self, client: KnownClient) -> Any:
        return self._mint.ring.active[Algorithm.RS256]

    def get_compatible_claims(self, request: OAuth2Request) -> dict[str, Any]:
        """From the grant: the core makes auth_time now on refresh, and the lifetime an hour."""
        claims: dict[str, Any] = self._mint.id_token_claims(self._hand.grant)
        return claims

    def process_token(self, grant: Any, response: Any) -> Any:
        self._mint, self._hand = grant.server.mint, grant.server.hand
        return super().process_token(grant, response)

    def __call__(self, grant: Any) -> None:
        super().__call__(grant)
        # Refused by the core for openid alone: none together with others, none without a session.
        grant.register_hook("after_validate_consent_request", validate_request_prompt)


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """The core knows client_secret_basic alone, and refuses hints that RFC 7009 lets it ignore."""

    CLIENT_AUTH_METHODS = ANY_CLIENT

    def check_params(self, request: OAuth2Request, client: KnownClient) -> None:
        if "token" not in request.form:
            raise InvalidRequestError("Missing 'token' in request.")

    def query_token(self, token_string: str, token_type_hint: str | None) -> RefreshTokenInHand | None:
        token = self.server.hand.refresh_token
        return RefreshTokenInHand(token) if token else None

    def revoke_token(self, token: RefreshTokenInHand, request: OAuth2Request) -> None:
        """The shell ends the grant."""


class EndSession(EndSessionEndpoint):  # type: ignore[misc]
    def get_server_jwks(self) -> Any:
        return self.server.mint.ring.public

    def get_algorithms(self) -> list[str]:
        """An id_token only; the core would take whatever our keys can sign, access tokens too."""
        return [Algorithm.RS256.value]

    def end_session(self, end_session_request: Any) -> None:
        """The shell ends it."""
