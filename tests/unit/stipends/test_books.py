"""What is exported says what was booked, and nothing that people wrote is taken for anything else."""

import csv
import io
from collections.abc import AsyncIterator

import pytest

from contracts.ids import ProjectId
from contracts.money import Money
from services.chassis.mongo import Document
from services.chassis.spreadsheet import harmless
from services.stipends.api.books import NAMES, csv_of, decimal, journal_of
from services.stipends.domain.ledger import Account, Cause, deposit, moved
from tests.unit.stipends.examples import AT, DAY, FAY, dollars

PROJECT = ProjectId("p-1")


async def rows(reference: str = "Bank 7") -> AsyncIterator[Document]:
    way = (Account.AVAILABLE, Account.RESERVED)
    one = deposit("one", PROJECT, dollars(1000), reference=reference, by=FAY, at=AT)
    two = moved("two", PROJECT, dollars(0.05), way, cause=Cause.RESERVATION, reference="a-1", by=FAY, at=AT + DAY)
    for number, posting in enumerate((one, two), 1):
        yield {**posting.model_dump(), "number": number}


async def none() -> AsyncIterator[Document]:
    return
    yield {}


async def whole(pieces: AsyncIterator[str]) -> str:
    return "".join([piece async for piece in pieces])


async def test_a_line_for_each_entry():
    assert (await whole(csv_of(rows()))).split("\r\n") == [
        "number,at,cause,reference,account,amount,currency,posting,by",
        "1,2026-03-01T00:00:00.000Z,deposit,Bank 7,external_funding,-1000.00,USD,one,fay",
        "1,2026-03-01T00:00:00.000Z,deposit,Bank 7,available,1000.00,USD,one,fay",
        "2,2026-03-02T00:00:00.000Z,reservation,a-1,available,-0.05,USD,two,fay",
        "2,2026-03-02T00:00:00.000Z,reservation,a-1,reserved,0.05,USD,two,fay",
        "",
    ]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\uff1d", "\uff20"])
async def test_no_text_becomes_a_formula(first: str):
    text = f'{first}HYPERLINK("http://evil","x"),y'
    read = list(csv.DictReader(io.StringIO(await whole(csv_of(rows(text))), newline="")))
    assert [row["reference"] for row in read] == [f"'{text}", f"'{text}", "a-1", "a-1"]


def test_harmless_text_stays_as_it_is():
    assert harmless("Bank = 7") == "Bank = 7"
    assert harmless("") == ""


@pytest.mark.parametrize(
    ("minor", "said"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-100, "-1.00"), (10**14, "1000000000000.00")]
)
def test_an_amount_is_written_without_loss(minor: int, said: str):
    assert decimal(Money(amount_minor=minor)) == said


async def test_a_journal_opens_every_account_and_tells_every_posting():
    journal = await whole(journal_of(rows()))
    assert journal == (
        "1970-01-01 open Equity:ExternalFunding USD\n"
        "1970-01-01 open Assets:Available USD\n"
        "1970-01-01 open Assets:Reserved USD\n"
        "1970-01-01 open Assets:InTransit USD\n"
        "1970-01-01 open Expenses:Paid USD\n"
        "\n"
        '2026-03-01 * "deposit" "Bank 7"\n'
        "  ; posting 1, one, by fay\n"
        "  Equity:ExternalFunding          -1000.00 USD\n"
        "  Assets:Available                 1000.00 USD\n"
        "\n"
        '2026-03-02 * "reservation" "a-1"\n'
        "  ; posting 2, two, by fay\n"
        "  Assets:Available                   -0.05 USD\n"
        "  Assets:Reserved                     0.05 USD\n"
    )


async def test_what_people_wrote_cannot_leave_its_quotes_or_its_line():
    journal = await whole(journal_of(rows('a" \\ \u2028\n2026-01-01 close Assets:Available')))
    assert '"deposit" "a\\" \\\\ 2026-01-01 close Assets:Available"\n' in journal


async def test_a_project_without_postings_has_empty_accounts_and_a_bare_heading():
    assert (await whole(journal_of(none()))).count("\n") == len(Account)
    assert (await whole(csv_of(none()))).count("\r\n") == 1


def test_every_account_has_a_name():
    assert set(NAMES) == set(Account)
