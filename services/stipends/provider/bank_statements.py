"""What moved on the account at the bank: ISO 20022 camt.053, to be held against the ledger."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from contracts.money import Money
from services.stipends.domain.reconciliation import State, Statement
from services.stipends.provider.iso20022 import many, read

STATEMENTS: Final = {name: name for name in ("camt.053.001.02", "camt.053.001.08")}


class _Movement(NamedTuple):
    """Money that went out under a name, or that came in under it."""

    name: str
    id: str
    out: bool
    booked: bool
    amount: Money


def statements(content: bytes) -> tuple[Statement, ...]:
    """Read what the bank paid, under our short names where it has them; what came back, came back.

    Money that came in under a name nothing was paid under is none of a payment. Raises `FileNotValid`.
    """
    moved = [
        movement
        for account in many(read(content, STATEMENTS, "BkToCstmrStmt")["Stmt"])
        for entry in many(account.get("Ntry"))
        for movement in _movements(entry)
    ]
    came_back = [one.name for one in moved if not one.out]
    found: list[Statement] = []
    for one in (one for one in moved if one.out):
        state: State = "paid" if one.booked else "processing"
        if one.name in came_back:
            came_back.remove(one.name)
            state = "returned"
        found.append(Statement(reference=one.name, provider_id=one.id, amount=one.amount, status=state))
    return tuple(found)


def _movements(entry: Mapping[str, Any]) -> Iterator[_Movement]:
    """Give those of an entry, which may be booked as one for a whole batch."""
    status = entry["Sts"]
    booked = (status if isinstance(status, str) else status.get("Cd")) == "BOOK"
    details = [one for batch in many(entry.get("NtryDtls")) for one in many(batch.get("TxDtls"))] or [{}]
    for number, one in enumerate(details, 1):
        references = one.get("Refs") or {}
        id = references.get("AcctSvcrRef") or entry.get("AcctSvcrRef") or entry.get("NtryRef") or "unnamed"
        name = references.get("EndToEndId", "NOTPROVIDED")
        out = (one.get("CdtDbtInd") or entry["CdtDbtInd"]) == "DBIT"
        unnamed = f"{id}/{number}" if name == "NOTPROVIDED" else name
        yield _Movement(unnamed, id, out, booked, _amount(one, entry))


def _amount(one: Mapping[str, Any], entry: Mapping[str, Any]) -> Money:
    """Give what was ordered, in its currency, where the bank tells it, else what was booked."""
    told = one.get("AmtDtls") or {}
    ordered = (told.get("InstdAmt") or told.get("TxAmt") or {}).get("Amt")
    amount = ordered or one.get("Amt") or entry["Amt"]
    minor = (Decimal(amount["$"]) * 100).to_integral_value()
    return Money(amount_minor=int(minor), currency=amount["@Ccy"])
