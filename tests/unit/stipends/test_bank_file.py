"""Orders as pain.001 and answers as pain.002, both as the schemas demand."""

from typing import Any

import pytest

from services.stipends.domain.batch import Answer, Batch, NothingToExport, export, short
from services.stipends.domain.payee import Details, iban, routed
from services.stipends.domain.payment import AlreadySent, put_into, send
from services.stipends.provider import Order
from services.stipends.provider.bank_answers import answers
from services.stipends.provider.bank_file import ORDERS, BankFile, Debtor
from services.stipends.provider.iso20022 import FileNotValid, schema
from tests.unit.stipends.examples import AT, FAY, dollars
from tests.unit.stipends.test_payment import payment

BANK = BankFile(Debtor("Mentorship Fund", "DE89370400440532013000", "COBADEFFXXX"))
GERMAN = iban("GB29NWBK60161331926819", holder_name='Mira "M" <Maker> & Söhne', country="GB")
AMERICAN = routed("021000021", "000123456789", holder_name="Max Maker", country="US")
BATCH = Batch(id="b", payments=("a-1.1.1", "a-2.1.1"), total=dollars(5400), exported_by=FAY.id, exported_at=AT)
SPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001."


def written(*payees: Details) -> dict[str, Any]:
    orders = [Order(f"a-{number}.1.1", dollars(2700), payee) for number, payee in enumerate(payees, 1)]
    document: Any = schema(ORDERS).to_dict(BANK.orders(BATCH, orders).decode())
    return dict(document["CstmrCdtTrfInitn"])


def test_a_batch_names_who_pays_whom_how_much_and_why():
    said = written(GERMAN, AMERICAN)
    header, (part,) = said["GrpHdr"], said["PmtInf"]
    assert (header["MsgId"], header["NbOfTxs"], str(header["CtrlSum"])) == (short("b"), "2", "5400.00")
    assert part["DbtrAcct"]["Id"]["IBAN"] == "DE89370400440532013000"
    first, second = part["CdtTrfTxInf"]
    assert first["PmtId"]["EndToEndId"] == short("a-1.1.1")
    assert (first["Amt"]["InstdAmt"]["@Ccy"], str(first["Amt"]["InstdAmt"]["$"])) == ("USD", "2700.00")
    assert first["CdtrAcct"]["Id"]["IBAN"] == "GB29NWBK60161331926819"
    assert first["Cdtr"]["Nm"] == 'Mira "M" <Maker> & Söhne'
    assert second["CdtrAcct"]["Id"]["Othr"]["Id"] == "000123456789"
    assert second["CdtrAgt"]["FinInstnId"]["ClrSysMmbId"] == {"ClrSysId": {"Cd": "USABA"}, "MmbId": "021000021"}


def test_the_same_batch_is_the_same_file():
    orders = [Order("a-1.1.1", dollars(2700), GERMAN)]
    assert BANK.orders(BATCH, orders) == BANK.orders(BATCH, orders)


def test_what_does_not_fit_the_schema_is_not_written_and_not_repeated():
    wrong = BankFile(Debtor("Mentorship Fund", "DE89370400440532013000", "no bank"))
    with pytest.raises(FileNotValid, match="BICFI") as refused:
        wrong.orders(BATCH, [Order("a-1.1.1", dollars(2700), GERMAN)])
    assert "no bank" not in str(refused.value)


def test_an_order_is_in_one_batch_and_not_in_one_that_was_sent_otherwise():
    one = put_into(payment(), "b").state
    assert (one.batch, one.sending) == ("b", True)
    with pytest.raises(AlreadySent):
        put_into(one, "c")
    assert send(payment()).state.batch is None


def test_a_batch_of_nothing_is_none():
    with pytest.raises(NothingToExport):
        export("b", [], by=FAY, at=AT)
    assert export("b", [payment()], by=FAY, at=AT).state.total == dollars(2700)


def answer(group: str = "", part: str = "", transfers: str = "", version: str = "03") -> bytes:
    body = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>m</OrgnlPmtInfId>{part}{transfers}</OrgnlPmtInfAndSts>"
    return f"""<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{SPACE}{version}"><CstmrPmtStsRpt>
        <GrpHdr><MsgId>x</MsgId><CreDtTm>2026-03-01T00:00:00</CreDtTm></GrpHdr>
        <OrgnlGrpInfAndSts><OrgnlMsgId>m</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}
        </OrgnlGrpInfAndSts>{body if part or transfers else ""}</CstmrPmtStsRpt></Document>""".encode()


def transfer(name: str, status: str = "", reason: str = "") -> str:
    told = f"<TxSts>{status}</TxSts>" if status else ""
    return f"<TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId>{told}{reason}</TxInfAndSts>"


REASON = "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Closed account</AddtlInf></StsRsnInf>"
SAID = "The bank says AC04 Closed account."


@pytest.mark.parametrize("version", ["03", "10", "12"])
def test_each_payment_is_answered_by_the_most_particular_status(version: str):
    file = answer(
        "<GrpSts>PART</GrpSts>",
        transfers=transfer("e1", "ACSC") + transfer("e2", "RJCT", REASON) + transfer("e3", "PDNG") + transfer("e4"),
        version=version,
    )
    assert answers(file) == (
        Answer(name="e1", status="paid"),
        Answer(name="e2", status="failed", reason=SAID),
        Answer(name="e3", status="processing"),
        Answer(name="e4", status="processing"),
    )


def test_an_answer_to_the_whole_batch_is_about_each_of_it():
    assert answers(answer("<GrpSts>ACSC</GrpSts>")) == (Answer(name="m", status="paid"),)
    assert answers(answer(f"<GrpSts>RJCT</GrpSts>{REASON}")) == (Answer(name="m", status="failed", reason=SAID),)
    assert answers(answer("<GrpSts>ACTC</GrpSts>")) == (Answer(name="m", status="processing"),)
    assert answers(answer(part="<PmtInfSts>ACSC</PmtInfSts>")) == (Answer(name="m", status="paid"),)
    rejected = answer(part=f"<PmtInfSts>RJCT</PmtInfSts>{REASON}", transfers=transfer("e1"))
    assert answers(rejected) == (Answer(name="e1", status="failed", reason=SAID),)


def test_of_version_ten_the_original_transaction_is_passed_over():
    original = "<OrgnlTxRef><OfAnotherVersion>1</OfAnotherVersion></OrgnlTxRef>"
    said = transfer("e1", "ACSC").replace("</TxInfAndSts>", f"{original}</TxInfAndSts>")
    assert answers(answer(transfers=said, version="10")) == (Answer(name="e1", status="paid"),)
    with pytest.raises(FileNotValid):
        answers(answer(transfers=said, version="12"))
    with pytest.raises(FileNotValid):
        answers(answer(transfers=transfer("e1", "TOO LONG"), version="10"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        answer("<GrpSts>ACSC</GrpSts>", version="10").replace(
            b"<Document", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document'
        ),
        b"\xff\xfe",
        b"<x/>",
        answer("<GrpSts>PAID</GrpSts>"),
        answer("<GrpSts>ACSC</GrpSts>")[:-30],
        answer("<GrpSts>ACSC</GrpSts>", version="99"),
        answer("<GrpSts>ACSC</GrpSts>").replace(
            b"<Document", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document'
        ),
        answer("<GrpSts>ACSC</GrpSts>").replace(b"OrgnlMsgId>m", b"OrgnlMsgId>\xff"),
    ],
)
def test_what_is_no_answer_of_a_bank_is_refused(content: bytes):
    with pytest.raises(FileNotValid):
        answers(content)
