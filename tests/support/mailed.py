"""The mails that arrived at an address, as its owner finds them."""

import httpx

from deploy.local.platform import Platform
from tests.support.waiting import eventually


async def mailed(platform: Platform, address: str, subject: str) -> list[dict[str, str]]:
    """Give those whose subject says this, of which there is at least one."""
    async with httpx.AsyncClient(base_url=platform.addresses.mailbox, timeout=90) as mailbox:

        async def look() -> list[dict[str, str]]:
            found = (await mailbox.get("/api/mails", params={"to": address})).json()["items"]
            return [mail for mail in found if subject in mail["subject"]]

        return await eventually(look, what=f"a mail to {address} about {subject!r}")
