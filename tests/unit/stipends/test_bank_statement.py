"""Statements of the bank as camt.053, read as what it paid and what came back."""

import re

import pytest

from contracts.money import Money
from services.stipends.domain.reconciliation import Statement
from services.stipends.provider.bank_statements import statements
from services.stipends.provider.iso20022 import FileNotValid
from tests.unit.stipends.examples import dollars

DUE = dollars(2700)
SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."


def booked(details: str = "", *, amount: str = "2700.00", way: str = "DBIT", status: str = "BOOK", old: bool = False):
    said = status if old else f"<Cd>{status}</Cd>"
    return f"""<Ntry><Amt Ccy="USD">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts>{said}</Sts>
        <AcctSvcrRef>bank-1</AcctSvcrRef><BkTxCd><Prtry><Cd>x</Cd></Prtry></BkTxCd>
        {f"<NtryDtls>{details}</NtryDtls>" if details else ""}</Ntry>"""


def named(name: str, rest: str = "") -> str:
    return f"<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs>{rest}</TxDtls>"


def file(*entries: str, version: str = "08") -> bytes:
    balance = """<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="USD">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
        <Dt><Dt>2026-03-01</Dt></Dt></Bal>"""
    account = "<Id>s</Id><CreDtTm>2026-03-01T00:00:00</CreDtTm><Acct><Id><Othr><Id>7</Id></Othr></Id></Acct>"
    return f"""<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{SPACE}{version}"><BkToCstmrStmt>
        <GrpHdr><MsgId>x</MsgId><CreDtTm>2026-03-01T00:00:00</CreDtTm></GrpHdr>
        <Stmt>{account}{balance}{"".join(entries)}</Stmt></BkToCstmrStmt></Document>""".encode()


def paid(name: str, amount: Money = DUE, status: str = "paid") -> Statement:
    return Statement.model_validate({"reference": name, "provider_id": "bank-1", "amount": amount, "status": status})


@pytest.mark.parametrize("version", ["02", "08"])
def test_what_went_out_is_paid_once_it_is_booked(version: str):
    old = version == "02"
    entries = [booked(named("e1"), old=old), booked(named("e2"), status="PDNG", old=old)]
    assert statements(file(*entries, version=version)) == (paid("e1"), paid("e2", status="processing"))


def test_of_a_batch_each_payment_has_its_own_amount_as_it_was_ordered():
    def ordered(amount: str) -> str:
        return f'<AmtDtls><InstdAmt><Amt Ccy="USD">{amount}</Amt></InstdAmt></AmtDtls>'

    entry = booked(named("e1", ordered("2700.00")) + named("e2", ordered("0.01")), amount="2500.11")
    assert statements(file(entry)) == (paid("e1"), paid("e2", dollars(0.01)))


def test_what_came_in_under_the_name_of_a_payment_is_that_payment_returned_and_anything_else_is_no_payment():
    came_in = [booked(named(name), way="CRDT") for name in ("e1", "e9")] + [booked(way="CRDT")]
    found = statements(file(*came_in, booked(named("e1")), booked(named("e2"))))
    assert found == (paid("e1", status="returned"), paid("e2"))


def test_what_went_out_twice_is_there_twice_and_without_a_name_each_is_its_own():
    entries = [booked(named("e1")), booked(named("e1")), booked(), booked(named("NOTPROVIDED") * 2)]
    names = [one.reference for one in statements(file(*entries))]
    assert names == ["e1", "e1", "bank-1/1", "bank-1/1", "bank-1/2"]


def test_a_bank_may_name_the_space_as_it_likes():
    text = file(booked(named("e1"))).decode()
    for tag in ("<", "</"):
        text = re.sub(rf"{tag}([A-Z])", rf"{tag}n:\1", text)
    assert statements(text.replace("xmlns=", "xmlns:n=").encode()) == (paid("e1"),)


@pytest.mark.parametrize(
    "content", [b"", file(booked(), version="99"), file(booked(status="GONE"), version="02"), file(booked())[:-30]]
)
def test_what_is_no_statement_is_refused(content: bytes):
    with pytest.raises(FileNotValid):
        statements(content)
