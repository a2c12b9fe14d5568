"""The mailbox of the embedded platform: an SMTP server that keeps what it gets, a page for people, an API for tests.

`GET /api/mails?to=ADDRESS&after=ID&wait=SECONDS` answers at once when there is something, else as soon as there is.
"""

import argparse
import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from deploy.local.mailbox_store import Mail, Mails
from deploy.local.ports import HOST

LINK: Final = re.compile(r"https?://[^\s<>\"']+")
LARGEST: Final = 25 * 1024 * 1024
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def linked(text: str) -> Markup:
    """The text, escaped, its addresses made links: a mailed link is meant to be followed."""
    pieces, end = [], 0
    for found in LINK.finditer(text):
        link = escape(found[0])
        pieces += [escape(text[end : found.start()]), Markup('<a href="{0}">{0}</a>').format(link)]
        end = found.end()
    return Markup("").join([*pieces, escape(text[end:])])


PAGES: Final = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True)
PAGES.filters["linked"] = linked


class Mailbox:
    """What came, and a bell for those who wait."""

    def __init__(self, file: Path) -> None:
        self.mails = Mails(file)
        self.came = asyncio.Condition()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        content = envelope.content or b""
        self.mails.keep(content if isinstance(content, bytes) else content.encode(), envelope.rcpt_tos)
        async with self.came:
            self.came.notify_all()
        return "250 Kept"

    async def wait_for(self, to: str | None, after: int, seconds: float) -> list[Mail]:
        """Empty when nothing came in that time."""
        try:
            async with asyncio.timeout(seconds), self.came:
                while not (found := self.mails.list(to, after)):
                    await self.came.wait()
                return found
        except TimeoutError:
            return self.mails.list(to, after)


def as_json(mail: Mail) -> dict[str, Any]:
    return {"id": mail.id, "to": mail.to, "from": mail.sender, **mail.model_dump(exclude={"id", "to", "sender"})}


def page(name: str, **values: object) -> HTMLResponse:
    return HTMLResponse(PAGES.get_template(name).render(values), headers=HEADERS)


def web(mailbox: Mailbox, smtp_port: int, host: str = HOST) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(mailbox, data_size_limit=LARGEST, loop=loop), host, smtp_port)
        yield
        server.close()

    app = FastAPI(title="Mailbox", openapi_url=None, lifespan=lifespan)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/")
    async def list_mails() -> HTMLResponse:
        return page("mails.html", mails=mailbox.mails.list())

    @app.get("/mails/{id}")
    async def read_mail(id: int) -> HTMLResponse:
        if (found := mailbox.mails.get(id)) is None:
            raise HTTPException(404)
        return page("mail.html", mail=found)

    @app.get("/api/mails")
    async def find_mails(
        to: str | None = None, after: int = 0, wait: Annotated[float, Query(ge=0, le=60)] = 0
    ) -> dict[str, Any]:
        return {"items": [as_json(mail) for mail in await mailbox.wait_for(to and to.lower(), after, wait)]}

    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--host", default=HOST)
    options = parser.parse_args()
    app = web(Mailbox(options.file), options.smtp_port, options.host)
    uvicorn.run(
        app,
        host=options.host,
        port=options.http_port,
        access_log=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,  # longer than whoever asks keeps a connection that nobody uses
    )


if __name__ == "__main__":
    main()
