"""Mail: posted in the transaction of the change that causes it, sent afterwards, forgotten once sent."""

import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate
from gettext import NullTranslations
from pathlib import Path
from typing import Any, Final

import aiosmtplib
import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from uuid6 import uuid7

from services.chassis import metrics
from services.chassis.mongo import Document, IndexModel
from services.chassis.settings import Settings
from services.chassis.store import Store

log = structlog.get_logger()

GIVE_UP_AFTER: Final = timedelta(days=2)


@dataclass(frozen=True)
class Letter:
    """A mail, ready but for its sender."""

    to: str
    subject: str
    text: str


class Letters:
    """Mail texts: Jinja templates whose first line is the subject and whose rest is the text."""

    def __init__(self, folder: Path, translate: Callable[[str], str] = str, **always: Any) -> None:
        """`translate` gives a marked text in the language of whoever is to read it."""
        self._templates = Environment(
            extensions=["jinja2.ext.i18n"],
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 - plain text
            keep_trailing_newline=True,
        )
        several = NullTranslations().ngettext
        self._templates.install_gettext_callables(translate, several, newstyle=True)  # type: ignore[attr-defined]
        self._templates.globals.update(always)

    def write(self, name: str, to: str, **words: Any) -> Letter:
        subject, _, text = self._templates.get_template(f"{name}.txt").render(**words).partition("\n")
        return Letter(to, " ".join(subject.split()), text.strip() + "\n")


class PostOffice:
    """Letters on their way. One may arrive twice when the process dies between sending and noting it; none is lost."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._mails = store.database["mails"]
        self._settings = settings

    async def prepare(self) -> None:
        await self._mails.ensure(
            IndexModel([("due_at", 1)], sparse=True), IndexModel([("to", 1)], sparse=True), IndexModel([("subject", 1)])
        )

    async def post(self, letter: Letter) -> None:
        """Put it on its way, if the surrounding transaction stands."""
        now = datetime.now(UTC)
        document = {"_id": str(uuid7()), "to": letter.to, "subject": letter.subject, "text": letter.text}
        await self._mails.insert_last({**document, "due_at": now, "posted_at": now, "attempts": 0})

    async def work(self) -> bool:
        """Send one letter that is due; says whether there was one."""
        due = await self._mails.find({"due_at": {"$lte": datetime.now(UTC)}}, sort=[("due_at", 1)], limit=1)
        for document in due:
            await self._deliver(document)
        return bool(due)

    async def _deliver(self, document: Document) -> None:
        try:
            await self._send(document)
        except (aiosmtplib.SMTPException, OSError) as error:
            await self._later(document, error)
            return
        metrics.MAILS.labels("sent").inc()
        await self._close(document, "sent")

    async def _send(self, document: Document) -> None:
        message = EmailMessage()
        message["From"], message["To"] = self._settings.mail_from, document["to"]
        message["Subject"], message["Date"] = document["subject"], formatdate(time.time())
        message["Message-ID"] = f"<{document['_id']}@mentorship>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(document["text"])
        await aiosmtplib.send(message, **self._server())

    def _server(self) -> Mapping[str, Any]:
        settings = self._settings.latest()
        server: dict[str, Any] = {"hostname": settings.smtp_host, "port": settings.smtp_port, "timeout": 15}
        if settings.smtp_username:
            server |= {"username": settings.smtp_username, "password": settings.smtp_password.get_secret_value()}
        return server | {"use_tls": settings.smtp_tls == "tls", "start_tls": settings.smtp_tls == "starttls"}

    async def _later(self, document: Document, error: Exception) -> None:
        now = datetime.now(UTC)
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused) or now - document["posted_at"] > GIVE_UP_AFTER:
            log.error("mail given up", mail=document["_id"], error=type(error).__name__)
            metrics.MAILS.labels("given_up").inc()
            await self._close(document, "given_up")
            return
        metrics.MAILS.labels("postponed").inc()
        pause = timedelta(seconds=min(600, 2 ** document["attempts"]))
        change = {"$set": {"due_at": now + pause}, "$inc": {"attempts": 1}}
        await self._mails.update({"_id": document["_id"]}, change)

    async def _close(self, document: Document, outcome: str) -> None:
        """Keep that it went, not what it said: it may hold a link that signs somebody in."""
        change = {"$set": {"closed_at": datetime.now(UTC), "outcome": outcome}}
        await self._mails.update({"_id": document["_id"]}, {**change, "$unset": {"due_at": 1, "text": 1, "to": 1}})

    async def recall(self, name: str, addresses: Collection[str]) -> None:
        """Send nothing more to somebody who is gone, and leave no subject that names them."""
        await self._mails.delete({"to": {"$in": list(addresses)}})
        named = {"subject": {"$regex": re.escape(name)}, "due_at": {"$exists": False}}
        await self._mails.update_many(named if name else {"_id": None}, {"$set": {"subject": ""}})
