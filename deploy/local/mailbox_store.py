"""Keeps the newest mails in a file: one row for each recipient, as in real mailboxes."""

import sqlite3
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from pydantic import BaseModel

KEPT: Final = 5_000
SHOWN: Final = 200
TABLE: Final = """
create table if not exists mails (
    id integer primary key autoincrement, recipient text not null, sender text not null, subject text not null,
    text text not null, html text not null, at text not null
);
create index if not exists mails_of on mails (recipient, id);
"""
# The service that sends has said "sent" already when the machine loses power; a mailbox for trying out may forget then.
FAST: Final = "pragma journal_mode=wal; pragma synchronous=normal;"


class Mail(BaseModel):
    id: int
    to: str
    sender: str
    subject: str
    text: str
    html: str
    at: str


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    return str(found.get_content()) if found else ""


class Mails:
    def __init__(self, file: Path) -> None:
        self.rows = sqlite3.connect(file, isolation_level=None)
        self.rows.executescript(FAST + TABLE)

    def keep(self, content: bytes, recipients: list[str]) -> None:
        message = message_from_bytes(content, policy=policy.default)
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        known = (str(message["from"] or ""), str(message["subject"] or "").strip())
        parts = (part(message, "plain"), part(message, "html"), at)
        with self.rows:
            self.rows.executemany(
                "insert into mails (recipient, sender, subject, text, html, at) values (?, ?, ?, ?, ?, ?)",
                [(recipient.lower(), *known, *parts) for recipient in recipients],
            )
            self.rows.execute("delete from mails where id <= (select max(id) from mails) - ?", (KEPT,))

    def list(self, to: str | None = None, after: int = 0, limit: int = SHOWN) -> list[Mail]:
        """Newest first; with `after` only those that came later than that id."""
        found = self.rows.execute(
            "select id, recipient, sender, subject, text, html, at from mails"
            " where id > ? and (? is null or recipient = ?) order by id desc limit ?",
            (after, to, to, limit),
        )
        return [mail(row) for row in found]

    def get(self, id: int) -> Mail | None:
        found = self.rows.execute(
            "select id, recipient, sender, subject, text, html, at from mails where id = ?", (id,)
        ).fetchone()
        return mail(found) if found else None


def mail(row: tuple[int, str, str, str, str, str, str]) -> Mail:
    return Mail.model_validate(dict(zip(Mail.model_fields, row, strict=True)))
