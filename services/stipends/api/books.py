"""Files for finance: postings and stipends as CSV for spreadsheets, a journal for plain-text accounting."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

from fastapi.responses import StreamingResponse

from contracts.money import Money
from contracts.time import written
from services.chassis.mongo import Document
from services.chassis.spreadsheet import harmless, row_of
from services.stipends.domain.ledger import Account, Posting
from services.stipends.domain.stipend import Stipend

COLUMNS: Final = ("number", "at", "cause", "reference", "account", "amount", "currency", "posting", "by")

INSTALLMENTS: Final = (
    "stipend",
    "project",
    "term",
    "mentee",
    "stipend_status",
    "installment",
    "milestone",
    "amount",
    "currency",
    "status",
    "since",
)

NAMES: Final = {
    Account.EXTERNAL_FUNDING: "Equity:ExternalFunding",
    Account.AVAILABLE: "Assets:Available",
    Account.RESERVED: "Assets:Reserved",
    Account.IN_TRANSIT: "Assets:InTransit",
    Account.PAID: "Expenses:Paid",
}
"""Our accounts under the roots that beancount demands."""


async def csv_of(rows: AsyncIterator[Document]) -> AsyncIterator[str]:
    """One line an entry."""
    yield row_of(COLUMNS)
    async for row in rows:
        posting = Posting.model_validate(row)
        yield "".join(map(row_of, _entries(posting, row["number"])))


async def installments_of(stipends: AsyncIterator[Stipend]) -> AsyncIterator[str]:
    """One line an installment; a stipend that has none yet has one line too."""
    yield row_of(INSTALLMENTS)
    async for stipend in stipends:
        yield "".join(map(row_of, _installments(stipend)))


def _installments(stipend: Stipend) -> Iterator[tuple[str, ...]]:
    term = stipend.mentorship.term_id if stipend.mentorship else None
    who = (stipend.id, stipend.project_id or "", term or "", stipend.mentee_id or "", stipend.status)
    for part in stipend.installments:
        since = written(part.steps[-1].at) if part.steps else ""
        amount = (decimal(part.amount), part.amount.currency)
        yield (*who, str(part.number), part.milestone, *amount, part.status, since)
    if not stipend.installments:
        yield (*who, *[""] * 6)


async def journal_of(rows: AsyncIterator[Document]) -> AsyncIterator[str]:
    """Beancount's syntax; every account is open from the beginning of time."""
    yield "".join(f"1970-01-01 open {name} USD\n" for name in NAMES.values())
    async for row in rows:
        yield _transaction(Posting.model_validate(row), row["number"])


def decimal(money: Money) -> str:
    units, cents = divmod(abs(money.amount_minor), 100)
    return f"{'-' * (money.amount_minor < 0)}{units}.{cents:02}"


def _entries(posting: Posting, number: int) -> Iterator[tuple[str, ...]]:
    what = (str(number), written(posting.at), posting.cause, harmless(posting.reference))
    who = (harmless(posting.id), harmless(posting.by))
    for entry in posting.entries:
        yield (*what, entry.account, decimal(entry.amount), entry.amount.currency, *who)


def _transaction(posting: Posting, number: int) -> str:
    lines = [f'\n{posting.at:%Y-%m-%d} * "{posting.cause}" "{_quoted(posting.reference)}"']
    lines.append(f"  ; posting {number}, {_on_one_line(posting.id)}, by {_on_one_line(posting.by)}")
    lines += [
        f"  {NAMES[entry.account]:<24}{decimal(entry.amount):>16} {entry.amount.currency}" for entry in posting.entries
    ]
    return "\n".join(lines) + "\n"


def streamed(lines: AsyncIterator[str], media: str, name: str) -> StreamingResponse:
    kept = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type=f"{media}; charset=utf-8", headers=kept)


def _quoted(text: str) -> str:
    return _on_one_line(text).replace("\\", "\\\\").replace('"', '\\"')


def _on_one_line(text: str) -> str:
    """No text may begin a line of its own."""
    return " ".join(text.split())
