"""Pages as they go out: one template each, one inline style, and headers that let nothing else in."""

import base64
import hashlib
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.identity.languages import say, speaking, translate, translate_number
from services.identity.pages import browser

TEMPLATES: Final = Path(__file__).parent / "templates"
STYLE: Final = (TEMPLATES / "style.css").read_text()
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_PAGES: Final = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"]
)
_PAGES.install_gettext_callables(translate, translate_number, newstyle=True)  # type: ignore[attr-defined]
_PAGES.globals |= {"style": STYLE, "say": say}

CONTENT: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
)
SCRIPTED: Final = "; script-src 'self'; connect-src 'self'"
SAFE: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
A_YEAR: Final = "max-age=31536000"


def safe_headers(request: Request, *, leaves: bool = False, scripted: bool = False) -> dict[str, str]:
    """Give the headers of a page.

    `leaves`: its form may end at a client's address. Chromium holds `form-action` against every redirect that follows,
    so such a page goes without it. `scripted`: it has a script, from our own origin, that asks us for something.
    """
    policy = f"{CONTENT}{SCRIPTED}" if scripted else CONTENT
    policy = policy if leaves else f"{policy}; form-action 'self'"
    transport = {"Strict-Transport-Security": A_YEAR} if request.app.state.settings.is_https else {}
    return {**SAFE, **transport, "Content-Security-Policy": policy}


def page(
    request: Request,
    template: str,
    status: int = 200,
    *,
    leaves: bool = False,
    scripted: bool = False,
    **words: Any,
) -> Response:
    """Render a page; the CSRF token that its forms carry is the one in the browser's cookie, new where it has none."""
    token = browser.csrf_token(request)
    language = request.app.state.data.languages.of(request)
    with speaking(language):
        html = _PAGES.get_template(f"{template}.html").render(csrf=token, language=language, **words)
    response = HTMLResponse(html, status, safe_headers(request, leaves=leaves, scripted=scripted))
    browser.keep_csrf_token(request, response, token)
    return response


def message(request: Request, status: int, title: str, *lines: str, link: tuple[str, str] | None = None) -> Response:
    """A page that only says something, and where to go from there."""
    return page(request, "message", status, title=title, lines=lines, link=link)
