"""The mailbox, over real SMTP and HTTP."""

import asyncio
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import httpx

from deploy.local.platform import Platform


async def send(platform: Platform, *recipients: str, subject: str = "Hello", html: str = "") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Mentorship <no-reply@m.example>", recipients[0], subject
    message.set_content("Follow http://127.0.0.1/verify-email?token=a&b=1 please: grüße <b>")
    if html:
        message.add_alternative(html, subtype="html")
    at = platform.addresses
    await aiosmtplib.send(message, recipients=list(recipients), hostname=at.smtp_host, port=at.smtp_port)


async def find(platform: Platform, **query: Any) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=platform.addresses.mailbox, timeout=30) as client:
        items: list[dict[str, Any]] = (await client.get("/api/mails", params=query)).json()["items"]
        return items


async def test_a_mail_is_found_by_each_of_its_recipients_newest_first(platform: Platform) -> None:
    await send(platform, "Ada@b.example", "bo@b.example", subject="First")
    await send(platform, "ada@b.example", subject="Zweite für dich")

    mails = await find(platform, to="ada@B.example")
    assert [mail["subject"] for mail in mails] == ["Zweite für dich", "First"]
    assert mails[0].keys() == {"id", "to", "from", "subject", "text", "html", "at"}
    assert "grüße <b>" in mails[0]["text"]
    assert [mail["subject"] for mail in await find(platform, to="bo@b.example")] == ["First"]


async def test_who_waits_is_answered_when_the_mail_comes(platform: Platform) -> None:
    await send(platform, "cy@b.example", subject="Old")
    (old,) = await find(platform, to="cy@b.example")

    waiting = asyncio.create_task(find(platform, to="cy@b.example", after=old["id"], wait=60))
    await send(platform, "else@b.example")
    await send(platform, "cy@b.example", subject="New")
    assert [mail["subject"] for mail in await waiting] == ["New"]
    assert await find(platform, to="nobody@b.example", wait=0.05) == []


async def test_a_person_reads_it_escaped_with_links_to_follow(platform: Platform) -> None:
    await send(platform, "di@b.example", subject="<script>1</script>", html="<p onclick='x'>Hi</p>")
    (mail,) = await find(platform, to="di@b.example")

    async with httpx.AsyncClient(base_url=platform.addresses.mailbox, timeout=90) as client:
        assert "&lt;script&gt;1" in (await client.get("/")).text
        page = await client.get(f"/mails/{mail['id']}")
        missing = await client.get("/mails/999999999")
    assert '<a href="http://127.0.0.1/verify-email?token=a&amp;b=1">' in page.text
    assert "<script>" not in page.text
    assert "<p onclick" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert missing.status_code == 404


async def test_mails_survive_a_restart(platform: Platform) -> None:
    await send(platform, "ed@b.example")
    platform.kill("mailbox")
    platform.start_process("mailbox")
    platform.wait_ready("mailbox")

    assert len(await find(platform, to="ed@b.example")) == 1
