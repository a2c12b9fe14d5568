"""The gateway as it is, in front of whatever a test puts behind it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from deploy.local import binaries
from deploy.local.layout import CHECKOUT
from deploy.local.parts import SERVICES
from deploy.local.ports import HOST, choose, somewhere
from tests.support.waiting import eventually

NOBODY = f"{HOST}:9"


@asynccontextmanager
async def gateway(folder: Path, *, replicas: str = "several", **upstreams: str) -> AsyncIterator[str]:
    """Run it with these services behind it, by name; the others are away. Gives its origin."""
    home, at = CHECKOUT / "deploy" / "gateway", choose(somewhere())["gateway"]
    places = {"GATEWAY_ADDRESS": f"http://{HOST}:{at}", "GATEWAY_SITE": str(home / "site"), "GATEWAY_BIND": HOST}
    behind = {f"{name.upper()}_UPSTREAM": upstreams.get(name, NOBODY) for name in SERVICES}
    more = {"MAILBOX_URL": NOBODY, "GATEWAY_REPLICAS": replicas}
    state = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    words = ("run", "--config", str(home / "Caddyfile"), "--adapter", "caddyfile")
    with (folder / "log").open("w") as log:
        caddy = await asyncio.create_subprocess_exec(
            binaries.gateway(), *words, env=os.environ | places | behind | more | state, stdout=log, stderr=log
        )
    try:
        async with httpx.AsyncClient(base_url=places["GATEWAY_ADDRESS"], timeout=10) as http:
            await eventually(lambda: is_there(http, "/"), what="the gateway")
        yield places["GATEWAY_ADDRESS"]
    finally:
        caddy.terminate()
        await caddy.wait()


async def is_there(http: httpx.AsyncClient, path: str) -> bool:
    try:
        return (await http.get(path)).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
