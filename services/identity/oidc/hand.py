"""What a grant has in hand: all it may read was loaded before, all it wants kept is stored afterwards."""

# ruff: noqa: ARG002 - the core decides what it tells

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oidc.core import AuthorizationCodeMixin

from services.identity.domain.account import Account
from services.identity.domain.assertion import Assertion
from services.identity.domain.client import Client, GrantType
from services.identity.domain.grant import Code, Grant, RefreshToken
from services.identity.domain.machine import MachineGrant


@dataclass(frozen=True)
class Shown:
    """A token that is good right now, and what there is to say about it (RFC 7662, 2.2)."""

    client_id: str
    audience: str
    facts: dict[str, Any]


@dataclass
class Hand:
    client: Client | None = None
    account: Account | None = None
    ended_at: datetime | None = None
    """When the account's earlier sessions and tokens ended, if ever."""
    grant: Grant | None = None
    code: Code | None = None
    refresh_token: RefreshToken | None = None
    shown: Shown | None = None
    """What an introspection is about."""
    resource: str | None = None
    """The audience that a token is asked for."""
    assertion: Assertion | None = None
    """By which the client proved itself; the shell takes it once."""
    new_machine: MachineGrant | None = None
    new_code: str | None = None
    """Made by the core, to be stored hashed."""
    new_refresh_token: str | None = None

    @property
    def holder(self) -> Account | None:
        """Whose grant it is, while the account may be used."""
        return self.account if self.account and self.account.is_active else None


class KnownClient(ClientMixin):  # type: ignore[misc]
    """A client as the core asks about it."""

    def __init__(self, client: Client, at: datetime) -> None:
        self.client, self._at = client, at
        self.client_id = client.id
        self.client_metadata = {"post_logout_redirect_uris": list(client.post_logout_redirect_uris)}

    def get_client_id(self) -> str:
        return self.client.id

    def get_default_redirect_uri(self) -> None:
        """Every request names its own."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        return self.client.narrowed(scope or "openid") or None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return self.client.knows_redirect(redirect_uri)

    def check_client_secret(self, client_secret: str) -> bool:
        return self.client.has_secret(client_secret, self._at)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.client.auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and GrantType.CODE in self.client.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.client.grant_types


class CodeInHand(AuthorizationCodeMixin):  # type: ignore[misc]
    def __init__(self, code: Code, grant: Grant) -> None:
        self.code_challenge = code.challenge
        self._code, self._grant = code, grant

    def get_redirect_uri(self) -> str:
        return self._code.redirect_uri

    def get_scope(self) -> str:
        return self._code.scope

    def get_nonce(self) -> str | None:
        return self._grant.nonce

    def get_auth_time(self) -> int:
        return int(self._grant.signed_in_at.timestamp())

    def get_acr(self) -> str:
        return self._grant.acr

    def get_amr(self) -> list[str]:
        return list(self._grant.amr)


class RefreshTokenInHand(TokenMixin):  # type: ignore[misc]
    def __init__(self, token: RefreshToken) -> None:
        self._token = token

    def check_client(self, client: Any) -> bool:
        return bool(client.client_id == self._token.client_id)

    def get_scope(self) -> str:
        return self._token.scope
