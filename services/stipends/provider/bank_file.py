"""The bank by file: orders go as ISO 20022 pain.001, held against the schema."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from xmlschema.exceptions import XMLSchemaException

from contracts.money import Money
from contracts.time import Instant
from services.stipends.domain.batch import Batch, short
from services.stipends.domain.payee import Accepted, Details, Kind
from services.stipends.provider import Order
from services.stipends.provider.iso20022 import SPACE, FileNotValid, place, schema

ORDERS: Final = "pain.001.001.09"
ACCEPTED: Final = Accepted(
    kinds=frozenset({Kind.IBAN, Kind.US}),
    accounts=r"(?!)",
    words="Give an IBAN or, in the United States, a routing number and an account number.",
)


@dataclass(frozen=True)
class Debtor:
    """Who pays."""

    name: str
    iban: str
    bic: str


class BankFile:
    """A bank that is not called: somebody of finance carries the files."""

    accepted = ACCEPTED

    def __init__(self, debtor: Debtor) -> None:
        self._debtor = debtor

    def orders(self, batch: Batch, orders: Sequence[Order]) -> bytes:
        """Write a batch; the same batch is the same file. Raises `FileNotValid`."""
        document = _element("Document", _element("CstmrCdtTrfInitn", self._header(batch), self._payment(batch, orders)))
        document.set("xmlns", SPACE + ORDERS)
        written: bytes = ET.tostring(document, encoding="UTF-8", xml_declaration=True)
        try:
            schema(ORDERS).validate(written.decode())
        except XMLSchemaException as error:
            raise FileNotValid(f"The batch does not fit {ORDERS}: {place(error)}.") from None
        return written

    def _header(self, batch: Batch) -> ET.Element:
        return _element(
            "GrpHdr",
            _element("MsgId", batch.message_id),
            _element("CreDtTm", _instant(batch.exported_at)),
            *_control(batch),
            _element("InitgPty", _element("Nm", self._debtor.name)),
        )

    def _payment(self, batch: Batch, orders: Sequence[Order]) -> ET.Element:
        debtor = self._debtor
        return _element(
            "PmtInf",
            _element("PmtInfId", batch.message_id),
            _element("PmtMtd", "TRF"),
            *_control(batch),
            _element("ReqdExctnDt", _element("Dt", f"{batch.exported_at:%Y-%m-%d}")),
            _element("Dbtr", _element("Nm", debtor.name)),
            _element("DbtrAcct", _element("Id", _element("IBAN", debtor.iban))),
            _element("DbtrAgt", _element("FinInstnId", _element("BICFI", debtor.bic))),
            _element("ChrgBr", "SHAR"),
            *(_transfer(order) for order in orders),
        )


def _control(batch: Batch) -> tuple[ET.Element, ET.Element]:
    return _element("NbOfTxs", str(len(batch.payments))), _element("CtrlSum", _decimal(batch.total))


def _transfer(order: Order) -> ET.Element:
    amount = _element("InstdAmt", _decimal(order.amount))
    amount.set("Ccy", order.amount.currency)
    return _element(
        "CdtTrfTxInf",
        _element("PmtId", _element("EndToEndId", short(order.reference))),
        _element("Amt", amount),
        *_agent(order.payee),
        _element("Cdtr", _element("Nm", order.payee.holder_name[:140])),
        _element("CdtrAcct", _element("Id", _account(order.payee))),
        _element("RmtInf", _element("Ustrd", f"Mentorship stipend {order.reference}"[:140])),
    )


def _agent(payee: Details) -> Iterator[ET.Element]:
    if payee.kind is Kind.US:
        system = _element("ClrSysId", _element("Cd", "USABA"))
        member = _element("ClrSysMmbId", system, _element("MmbId", payee.routing or ""))
        yield _element("CdtrAgt", _element("FinInstnId", member))


def _account(payee: Details) -> ET.Element:
    if payee.kind is Kind.US:
        return _element("Othr", _element("Id", payee.account))
    return _element("IBAN", payee.account)


def _element(name: str, *content: ET.Element | str) -> ET.Element:
    element = ET.Element(name)
    for part in content:
        if isinstance(part, str):
            element.text = part
        else:
            element.append(part)
    return element


def _decimal(money: Money) -> str:
    return f"{money.amount_minor // 100}.{money.amount_minor % 100:02}"


def _instant(at: Instant) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
