"""What a browser brings along: the session, the CSRF token, where it comes from."""

import hmac
import re
from datetime import datetime
from typing import Final

from fastapi import Request, Response

from services.chassis import hands, rates
from services.identity.domain.session import AT_MOST, Session
from services.identity.languages import COOKIE, Language
from services.identity.settings import Settings
from services.identity.store import Identity
from services.identity.store.accounts import new_secret

_SECRET: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
FORM_FIELD: Final = "csrf"


class Forged(Exception):
    """The form was not sent from a page of ours, or the page is too old."""


def session_secret(request: Request) -> str | None:
    return _cookie(request, "session")


async def session(request: Request, identity: Identity, at: datetime) -> Session | None:
    """Give the session that goes on in this browser; from here on what is done is done by its person."""
    found = await identity.sessions.alive(session_secret(request), at=at)
    if found:
        hands.current().actor = found.account_id
    return found


def keep_session(request: Request, response: Response, secret: str) -> None:
    _keep(request, response, "session", secret, int(AT_MOST.total_seconds()))
    _keep(request, response, "csrf", new_secret(), None)


def forget_session(request: Request, response: Response) -> None:
    settings: Settings = request.app.state.settings
    name = _name(settings, "session")
    response.delete_cookie(name, path="/", secure=settings.is_https, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'  # whoever sits here next sees nothing that was shown before


def keep_language(request: Request, response: Response, language: Language) -> None:
    """Until the browser is closed; no secret."""
    response.set_cookie(COOKIE, language.tag, secure=request.app.state.settings.is_https, samesite="lax")


def arrival_secret(request: Request) -> str | None:
    return _cookie(request, "arrival")


def keep_arrival(request: Request, response: Response, secret: str) -> None:
    """Remember who came from a sign-in provider, for as long as the browser is open."""
    _keep(request, response, "arrival", secret, None)


def csrf_token(request: Request) -> str:
    return _cookie(request, "csrf") or new_secret()


def keep_csrf_token(request: Request, response: Response, token: str) -> None:
    if _cookie(request, "csrf") != token:
        _keep(request, response, "csrf", token, None)


def refuse_forged(request: Request, form: dict[str, str]) -> None:
    """Let a form pass that our page sent from our origin. Raises `Forged`."""
    token = _cookie(request, "csrf")
    sent = form.get(FORM_FIELD, "")
    if not token or not hmac.compare_digest(token.encode(), sent.encode()) or not _is_from_us(request):
        raise Forged


def network(request: Request) -> str:
    """Where a request comes from, as far as one household or office shares it."""
    return rates.network(request.scope)


def _is_from_us(request: Request) -> bool:
    """Under `no-referrer` a browser calls even our own origin `null`, and says in Sec-Fetch-Site that it is ours."""
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return request.headers.get("sec-fetch-site") == "same-origin"
    return bool(origin == request.app.state.settings.public_url)


def _cookie(request: Request, name: str) -> str | None:
    value = request.cookies.get(_name(request.app.state.settings, name), "")
    return value if _SECRET.fullmatch(value) else None


def _name(settings: Settings, name: str) -> str:
    """The prefix binds a cookie to host, path and TLS; without TLS browsers would drop it."""
    return f"__Host-{name}" if settings.is_https else name


def _keep(request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
    settings: Settings = request.app.state.settings
    response.set_cookie(
        _name(settings, name),
        value,
        max_age=seconds,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )
