"""The page on which anybody checks a certificate. No script, nothing from elsewhere."""

import base64
import hashlib
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.applications.dependencies import CodePath, Data
from services.applications.domain.certificate import CertificateUnknown
from services.chassis.http import anyone

FOLDER: Final = Path(__file__).parent
STYLE: Final = (FOLDER / "style.css").read_text()
_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_PAGES: Final = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
SAFE: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""A letter is shown to whom its owner likes, so search engines stay out."""

routes: Final = APIRouter(include_in_schema=False, dependencies=[Depends(anyone)])


@routes.get("/certificates/{code}")
async def show_certificate(code: CodePath, data: Data) -> HTMLResponse:
    try:
        return _page("certificate", 200, certificate=await data.certificate_with(code))
    except CertificateUnknown:
        return _page("unknown", 404)


def _page(name: str, status: int, **words: Any) -> HTMLResponse:
    html = _PAGES.get_template(f"{name}.html").render(style=STYLE, **words)
    return HTMLResponse(html, status, SAFE)
