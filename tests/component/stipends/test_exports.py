"""What finance takes away is what was booked."""

import csv
import io
from collections import Counter

import pytest
from beancount import loader
from beancount.core.data import Transaction

from services.stipends.api.books import NAMES
from services.stipends.domain.ledger import Account
from tests.component.stipends.scene import Mentee, Scene, dollars, key, somebody


async def test_the_csv_sums_to_the_balances(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")

    answer = await scene.fay.get(f"/v1/budgets/{project.id}/entries.csv")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["content-disposition"] == f'attachment; filename="{project.id}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["number"] for row in rows] == ["1", "1", "2", "2", "3", "3", "4", "4"]
    sums: dict[str, int] = {}
    for row in rows:
        sums[row["account"]] = sums.get(row["account"], 0) + round(float(row["amount"]))
    assert sums == await scene.budget(project.id)


async def test_a_reference_is_no_formula(scene: Scene):
    project = await scene.project()
    said = {"amount": dollars(1), "reference": "=1+1"}
    await scene.fay.post(f"/v1/budgets/{project.id}/deposits", json=said, headers=key())
    rows = list(csv.DictReader(io.StringIO((await scene.fay.get(f"/v1/budgets/{project.id}/entries.csv")).text)))
    assert {row["reference"] for row in rows} == {"'=1+1"}


async def test_plain_text_accounting_reads_the_journal_and_comes_to_the_same_balances(scene: Scene):
    project = await scene.project()
    said = {"amount": dollars(6000), "reference": 'A "quoted" \\ reference\\', "sponsor": "Olaf"}
    await scene.fay.post(f"/v1/budgets/{project.id}/deposits", json=said, headers=key())
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)
    await scene.becomes(mentee, "paid")
    said = {"amount": {"amount_minor": 1, "currency": "USD"}, "reference": "; no comment"}
    await scene.fay.post(f"/v1/budgets/{project.id}/refunds", json=said, headers=key())

    text = (await scene.fay.get(f"/v1/budgets/{project.id}/entries.journal")).text
    entries, errors, _ = loader.load_string(text)

    assert errors == []
    sums: Counter[str] = Counter(dict.fromkeys(NAMES.values(), 0))
    for posting in (posting for entry in entries if isinstance(entry, Transaction) for posting in entry.postings):
        assert posting.units
        assert posting.units.number is not None
        sums[posting.account] += int(posting.units.number * 100)
    assert sum(sums.values()) == 0
    balances = (await scene.fay.get(f"/v1/budgets/{project.id}")).json()["balances"]
    assert {NAMES[Account(name)]: money["amount_minor"] for name, money in balances.items()} == sums


async def test_the_journal_has_every_posting(scene: Scene):
    project = await scene.project(deposit=6000)
    await scene.requested(project)
    answer = await scene.fay.get(f"/v1/budgets/{project.id}/entries.journal")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.text.count(" open ") == 5
    assert '* "deposit" "Bank 7"\n' in answer.text
    assert "Assets:Reserved                  5400.00 USD\n" in answer.text


@pytest.mark.parametrize("kind", ["csv", "journal"])
async def test_the_books_of_a_project_that_is_not_there_are_not_there(scene: Scene, kind: str):
    assert (await scene.fay.get(f"/v1/budgets/{somebody()}/entries.{kind}")).status_code == 404
    project = await scene.project(deposit=1)
    assert (await scene.fay.get(f"/v1/budgets/{project.id}/entries.{kind}?more=1")).status_code == 400


async def test_every_installment_is_exported(scene: Scene):
    project = await scene.project(deposit=6000)
    mentee = await scene.requested(project)
    expected = Mentee(project.id)
    await scene.tell(expected.applied(), expected.prepared())

    answer = await scene.fay.get(f"/v1/stipends/export.csv?project_id={project.id}")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    told = [(row["stipend"], row["stipend_status"], row["amount"], row["status"]) for row in rows]
    assert sorted(told) == sorted(
        [
            (mentee.application, "reserved", "2700.00", "requested"),
            (mentee.application, "reserved", "2700.00", "scheduled"),
            (expected.application, "expected", "", ""),
        ]
    )
    assert {(row["project"], row["term"]) for row in rows} == {(project.id, "t")}
    everything = (await scene.fay.get("/v1/stipends/export.csv")).text
    assert set(answer.text.splitlines()) <= set(everything.splitlines())
