"""The bank by file: orders go as ISO 20022 pain.001, its answers come as pain.002, both held against the schemas."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from xmlschema import XMLSchema
from xmlschema.exceptions import XMLSchemaException

from contracts.money import Money
from contracts.time import Instant
from services.chassis.domain import RuleBroken
from services.stipends.domain.batch import Answer, Batch, short
from services.stipends.domain.payee import Accepted, Details, Kind
from services.stipends.provider import Order

ORDERS: Final = "pain.001.001.09"
ANSWERS: Final = ("pain.002.001.03", "pain.002.001.12")
ACCEPTED: Final = Accepted(
    kinds=frozenset({Kind.IBAN, Kind.US}),
    accounts=r"(?!)",
    words="Give an IBAN or, in the United States, a routing number and an account number.",
)
_SPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"
_STATES: Final[Mapping[str, Literal["paid", "failed"]]] = {
    "ACSC": "paid",
    "ACCC": "paid",
    "RJCT": "failed",
    "CANC": "failed",
}
"""What ends a payment; all other codes say that it is on its way."""


class FileNotValid(RuleBroken):
    """The file is not what ISO 20022 says."""


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
        document.set("xmlns", _SPACE + ORDERS)
        written: bytes = ET.tostring(document, encoding="UTF-8", xml_declaration=True)
        try:
            _schema(ORDERS).validate(written.decode())
        except XMLSchemaException as error:
            raise FileNotValid(f"The batch does not fit {ORDERS}: {_place(error)}.") from None
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


def answers(content: bytes) -> tuple[Answer, ...]:
    """Read the bank's answers, the most particular of each payment alone. Raises `FileNotValid`."""
    report = _read(content)
    group = report["OrgnlGrpInfAndSts"]
    parts = _many(report.get("OrgnlPmtInfAndSts"))
    transfers = [(one, part) for part in parts for one in _many(part.get("TxInfAndSts"))]
    found = [
        _answer(one["OrgnlEndToEndId"], "TxSts", one, part, group)
        for one, part in transfers
        if "OrgnlEndToEndId" in one
    ]
    if found:
        return tuple(found)
    of_part: Mapping[str, Any] = next((part for part in parts if "PmtInfSts" in part), {})
    return (_answer(group["OrgnlMsgId"], "PmtInfSts", of_part, {}, group),)


def _answer(name: str, field: str, *said: Mapping[str, Any]) -> Answer:
    codes = (one.get(key) for one, key in zip(said, (field, "PmtInfSts", "GrpSts"), strict=True))
    code = next((code for code in codes if code), "")
    reasons = [reason for one in said for reason in _reasons(one)]
    status = _STATES.get(code, "processing")
    return Answer(name=name, status=status, reason=reasons[0] if reasons and status == "failed" else None)


def _reasons(said: Mapping[str, Any]) -> Iterator[str]:
    for one in _many(said.get("StsRsnInf")):
        code = (one.get("Rsn") or {}).get("Cd") or (one.get("Rsn") or {}).get("Prtry") or ""
        words = " ".join([code, *_many(one.get("AddtlInf"))]).strip()
        if words:
            yield f"The bank says {words[:300]}."


def _read(content: bytes) -> Mapping[str, Any]:
    name = next((name for name in ANSWERS if (_SPACE + name).encode() in content[:2000]), None)
    if name is None:
        raise FileNotValid(f"Send the bank's answer as {' or '.join(ANSWERS)}.")
    try:
        document: Any = _schema(name).to_dict(content.decode())
    except (XMLSchemaException, ET.ParseError, UnicodeDecodeError) as error:
        raise FileNotValid(f"The answer does not fit {name}: {_place(error)}.") from None
    report: Mapping[str, Any] = document["CstmrPmtStsRpt"]
    return report


@cache
def _schema(name: str) -> XMLSchema:
    """Read a schema once; no entity, no address outside is followed."""
    return XMLSchema(files(__package__).joinpath("schemas", f"{name}.xsd").read_text(), defuse="always", allow="none")


def _place(error: Exception) -> str:
    """Say where, never what: it may be an account."""
    return str(getattr(error, "path", None) or type(error).__name__)


def _element(name: str, *content: ET.Element | str) -> ET.Element:
    element = ET.Element(name)
    for part in content:
        if isinstance(part, str):
            element.text = part
        else:
            element.append(part)
    return element


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _decimal(money: Money) -> str:
    return f"{money.amount_minor // 100}.{money.amount_minor % 100:02}"


def _instant(at: Instant) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
