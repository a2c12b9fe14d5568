"""A sign-in on its way to a provider and back, and who it proves somebody to be."""

import secrets
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from services.chassis.text import one_line, tidy
from services.identity.domain.provider import Provider
from services.identity.email import normalized

LONGEST = 200


@dataclass(frozen=True)
class Going:
    """What only we know of it until it is back."""

    state: str
    nonce: str
    verifier: str
    """Of PKCE (RFC 7636)."""
    callback: str
    """The provider's own, so that one provider's answer is never taken for another's."""

    @classmethod
    def to(cls, callback: str) -> "Going":
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32), callback)

    def challenge(self, provider: Provider) -> dict[str, str]:
        """Give the parameters of PKCE, for a provider that takes them."""
        if not provider.takes_pkce:
            return {}
        challenge: str = create_s256_code_challenge(self.verifier)
        return {"code_challenge": challenge, "code_challenge_method": "S256"}

    def redeeming(self, provider: Provider, code: str) -> dict[str, str]:
        """Give the parameters that redeem a code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback}
        return form | ({"code_verifier": self.verifier} if provider.takes_pkce else {})


@dataclass(frozen=True)
class Proved:
    """Who somebody is at a provider, by its word."""

    subject: str
    called: str
    """What the account is called there."""
    name: str
    email: str | None
    email_proved: bool


def line(said: Any) -> str:
    """Give what a provider says as one short line; what is none is nothing."""
    text = str(tidy(said))[:LONGEST] if isinstance(said, str) else ""
    try:
        return one_line(text)
    except ValueError:
        return ""


def address(said: Any) -> str | None:
    return normalized(said) or None if isinstance(said, str) else None
