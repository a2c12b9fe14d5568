"""Somebody's application in the browser: its files, served on an origin that is not the provider's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Route

from tests.support import others
from tests.support.served import listening

PAGES = ("/", "/callback")


@asynccontextmanager
async def application(host: str) -> AsyncIterator[str]:
    """Serve it; gives its origin under this name."""
    packages = await asyncio.to_thread(others.packages)
    library = packages / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.min.js"
    home = others.CLIENTS / "app"
    files = {"/app.js": home / "app.js", "/oidc-client-ts.min.js": library, **dict.fromkeys(PAGES, home / "index.html")}
    routes = [Route(path, lambda _, file=file: FileResponse(file)) for path, file in files.items()]
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off")
    async with listening(config) as url:
        yield url.replace("127.0.0.1", host)
