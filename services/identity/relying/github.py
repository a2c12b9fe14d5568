"""GitHub, and GitHub Enterprise Server: OAuth 2.0, the user and their addresses by its REST interface."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from contracts.identity import SignInProviderKind
from services.identity.domain.provider import KNOWN, Provider
from services.identity.relying.going import Going, Proved, address, line
from services.identity.relying.outgoing import ask, ask_for_object, wrong

SCOPE: Final = "read:user user:email"


async def leave(provider: Provider, going: Going) -> str:
    """Say where the person is sent."""
    asked = {"client_id": provider.client_id, "redirect_uri": going.callback, "scope": SCOPE, "state": going.state}
    return f"{provider.issuer}/login/oauth/authorize?{urlencode(asked | going.challenge(provider))}"


async def come_back(
    provider: Provider,
    secret: str,
    going: Going,
    answer: Mapping[str, str],
    at: datetime,  # noqa: ARG001 - nothing here has a time
) -> Proved:
    """Redeem the code and ask who it is for. Raises `ProviderAway`, `ProviderWrong`."""
    form = going.redeeming(provider, answer["code"])
    form |= {"client_id": provider.client_id, "client_secret": secret}
    said = await ask_for_object(provider, "POST", f"{provider.issuer}/login/oauth/access_token", data=form)
    if "error" in said or not isinstance(said.get("access_token"), str):  # it answers 200 also to what it refuses
        raise wrong(provider, f"the code was refused: {line(said.get('error'))}")
    headers = {"Authorization": f"Bearer {said['access_token']}", "Accept": "application/vnd.github+json"}
    user = await ask_for_object(provider, "GET", f"{_rest(provider)}/user", headers=headers)
    emails = await ask(provider, "GET", f"{_rest(provider)}/user/emails", headers=headers)
    return _proved(provider, user, emails)


def _rest(provider: Provider) -> str:
    if provider.issuer == KNOWN[SignInProviderKind.GITHUB].issuer:
        return "https://api.github.com"
    return f"{provider.issuer}/api/v3"


def _proved(provider: Provider, user: dict[str, Any], emails: Any) -> Proved:
    """Take the number as subject: a user's name can be given to somebody else later."""
    number, called = user.get("id"), line(user.get("login"))
    if not isinstance(number, int) or isinstance(number, bool) or not called:
        raise wrong(provider, "no user")
    email = _verified(emails)
    return Proved(str(number), called, line(user.get("name")) or called, email, email_proved=email is not None)


def _verified(emails: Any) -> str | None:
    """Give the address for mail if it is verified, else another that is."""
    listed = [one for one in emails if isinstance(one, dict)] if isinstance(emails, list) else []
    verified = [one for one in listed if one.get("verified") is True]
    first = sorted(verified, key=lambda one: one.get("primary") is not True)
    return address(first[0].get("email")) if first else None
