"""What the pretend bank remembers, in a file: payments, the keys they were asked with, and how often it was asked."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel

Status = Literal["processing", "paid", "failed", "returned"]

TABLES: Final = """
create table if not exists payments (
    id text primary key, reference text not null, payee text not null, amount_minor integer not null,
    currency text not null, callback_url text not null, status text not null, reason text,
    key text not null unique, body text not null, told integer not null default 0,
    at text not null default ''
);
create index if not exists payments_of on payments (reference);
create table if not exists requests (name text primary key, times integer not null);
"""


class Payment(BaseModel):
    id: str
    reference: str
    payee: str
    amount_minor: int
    currency: str
    callback_url: str
    status: Status = "processing"
    reason: str | None = None

    def settled(self, status: Status, reason: str | None) -> Self:
        return self.model_copy(update={"status": status, "reason": reason})


class Payments:
    def __init__(self, file: Path) -> None:
        self.rows = sqlite3.connect(file, isolation_level=None)
        self.rows.row_factory = sqlite3.Row
        self.rows.executescript(TABLES)
        if "at" not in {column["name"] for column in self.rows.execute("pragma table_info(payments)")}:
            self.rows.execute("alter table payments add column at text not null default ''")

    def add(self, payment: Payment, key: str, body: str) -> None:
        values = {**payment.model_dump(), "key": key, "body": body, "at": written(datetime.now(UTC))}
        names = ", ".join(values)
        holes = ", ".join(f":{name}" for name in values)
        self.rows.execute(f"insert into payments ({names}) values ({holes})", values)  # noqa: S608  our field names

    def asked_with(self, key: str) -> tuple[Payment, str] | None:
        """The payment first asked for with this key, and the body it was asked with."""
        found = self.rows.execute("select * from payments where key = ?", (key,)).fetchone()
        return (payment(found), found["body"]) if found else None

    def get(self, id: str) -> Payment | None:
        found = self.rows.execute("select * from payments where id = ?", (id,)).fetchone()
        return payment(found) if found else None

    def of(self, reference: str) -> list[Payment]:
        found = self.rows.execute("select * from payments where reference = ? order by rowid", (reference,))
        return [payment(row) for row in found]

    def since(self, at: datetime) -> list[Payment]:
        """Those that were asked for at this instant or later."""
        found = self.rows.execute("select * from payments where at >= ? order by rowid", (written(at),))
        return [payment(row) for row in found]

    def settle(self, settled: Payment) -> None:
        values = (settled.status, settled.reason, settled.id)
        self.rows.execute("update payments set status = ?, reason = ? where id = ?", values)

    def untold(self) -> list[Payment]:
        """Those whose outcome nobody has acknowledged yet."""
        return [payment(row) for row in self.rows.execute("select * from payments where told = 0 order by rowid")]

    def mark_told(self, id: str) -> None:
        self.rows.execute("update payments set told = 1 where id = ?", (id,))

    def count(self, name: str) -> None:
        self.rows.execute(
            "insert into requests values (?, 1) on conflict (name) do update set times = times + 1", (name,)
        )

    def counts(self) -> dict[str, int]:
        return {row["name"]: row["times"] for row in self.rows.execute("select name, times from requests")}


def written(at: datetime) -> str:
    """Write an instant so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def payment(row: sqlite3.Row) -> Payment:
    return Payment.model_validate({name: row[name] for name in Payment.model_fields})
