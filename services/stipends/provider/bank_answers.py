"""What the bank says became of the orders: ISO 20022 pain.002."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from services.stipends.domain.batch import Answer
from services.stipends.provider.iso20022 import many, read

ANSWERS: Final = {
    "pain.002.001.03": "pain.002.001.03",
    "pain.002.001.10": "pain.002.001.12",
    "pain.002.001.12": "pain.002.001.12",
}
"""Which answers are read, and by which schema.

The schema of version 10 does not come with any library. What it says of a status, which is all that is read, is
written as in version 12; the original transaction, in which the two differ, is left out before it is checked.
"""
_STATES: Final[Mapping[str, Literal["paid", "failed"]]] = {
    "ACSC": "paid",
    "ACCC": "paid",
    "RJCT": "failed",
    "CANC": "failed",
}
"""What ends a payment; all other codes say that it is on its way."""


def answers(content: bytes) -> tuple[Answer, ...]:
    """Read the bank's answers, the most particular of each payment alone. Raises `FileNotValid`."""
    report = read(content, ANSWERS, "CstmrPmtStsRpt")
    group = report["OrgnlGrpInfAndSts"]
    parts = many(report.get("OrgnlPmtInfAndSts"))
    transfers = [(one, part) for part in parts for one in many(part.get("TxInfAndSts"))]
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
    for one in many(said.get("StsRsnInf")):
        code = (one.get("Rsn") or {}).get("Cd") or (one.get("Rsn") or {}).get("Prtry") or ""
        words = " ".join([code, *many(one.get("AddtlInf"))]).strip()
        if words:
            yield f"The bank says {words[:300]}."
