"""What finance takes away is what was booked."""

import csv
import io

import pytest

from tests.component.stipends.scene import Scene, dollars, key, somebody


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


async def test_the_journal_has_every_posting(scene: Scene):
    project = await scene.project(deposit=6000)
    await scene.requested(project)
    answer = await scene.fay.get(f"/v1/budgets/{project.id}/entries.journal")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.text.count(" open ") == 5
    assert '* "deposit" "Bank 7"\n' in answer.text
    assert "Assets:Reserved                  5400.00 USD\n" in answer.text


@pytest.mark.parametrize("kind", ["csv", "journal"])
async def test_only_finance_takes_the_books_away(scene: Scene, kind: str):
    project, staff = await scene.project(deposit=1), await scene.served.caller(somebody(), "staff")
    callers = [project.ada, project.mo, staff, scene.fay, await scene.served.caller()]
    path = f"/v1/budgets/{project.id}/entries.{kind}"
    assert [(await caller.get(path)).status_code for caller in callers] == [403, 403, 403, 200, 401]
    assert (await scene.fay.get(f"/v1/budgets/{somebody()}/entries.{kind}")).status_code == 404
    assert (await scene.fay.get(f"{path}?more=1")).status_code == 400
