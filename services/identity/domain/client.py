"""Clients of the provider: who may ask for tokens, and where the answer may go."""

import re
from typing import Final

from services.identity.domain.record import Record

SCOPES: Final = ("openid", "profile", "email", "offline_access")
WEB: Final = "mentorship-web"
"""Our own public client: browser, command line, tests."""

_NATIVE: Final = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\])):[1-9][0-9]{0,4}(/[^\s#]*)?", re.ASCII)


class Client(Record):
    """One without an authentication method is public and proves itself by PKCE alone."""

    name: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = SCOPES
    resources: tuple[str, ...]
    """Audiences it may ask for; the first is the default."""
    auth_method: str = "none"
    first_party: bool = False
    """Needs no consent."""

    def knows_redirect(self, uri: str) -> bool:
        return uri in self.redirect_uris or without_port(uri) in self.redirect_uris

    def narrowed(self, scope: str) -> str:
        """Give what it may have of what it asks, in the order asked; unknown words are passed over."""
        return " ".join(dict.fromkeys(word for word in scope.split() if word in self.scopes))


def without_port(uri: str) -> str | None:
    """Give the address that a native client registered: on loopback any port may be asked for (RFC 8252, 7.3)."""
    matched = _NATIVE.fullmatch(uri)
    return matched[1] + (matched[2] or "") if matched else None


def web_client(public_url: str) -> Client:
    return Client(
        id=WEB,
        name="Mentorship",
        redirect_uris=(f"{public_url}/signed-in", "http://127.0.0.1/callback", "http://[::1]/callback"),
        post_logout_redirect_uris=(f"{public_url}/", f"{public_url}/sign-in"),
        resources=(public_url,),
        first_party=True,
    )
