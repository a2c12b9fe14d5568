"""Many projects from a file: the operator's command, beside a running service."""

import asyncio
import csv
import json
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from contracts.projects import ProjectDrafted
from deploy.local.layout import CHECKOUT
from deploy.local.platform import Platform
from services.chassis.service import now
from services.projects import app as rooms
from services.projects import importing
from services.projects.importing import FileRefused, Outcome
from tests.component.projects.scene import Somebody, somebody
from tests.component.projects.test_described import NOTHING, WHOLE
from tests.support.issuer import Issuer
from tests.support.served import Served, serving

Ended = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


@pytest.fixture
async def olga(projects: Served) -> Somebody:
    return await somebody(projects, "Olga")


def row(olga: Somebody, **changes: object) -> dict[str, Any]:
    return {"name": f"Kernel {uuid7()}", "administrator": olga.address, **changes}


def run(served: Served, file: Path, *words: str, terminal: int = subprocess.PIPE) -> Ended:
    settings = served.service.settings
    environment = {
        "PROJECTS_MONGODB_URI": settings.mongodb_uri.get_secret_value(),
        "PROJECTS_MONGODB_DATABASE": settings.mongodb_database,
        "PROJECTS_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "PROJECTS_HTTP_PORT": "1",
        "PROJECTS_PUBLIC_URL": settings.public_url,
    }
    return subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "services", "projects", "import", str(file), *words],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        check=False,
        timeout=120,
    )


async def imported(served: Served, file: Path, *, apply: bool = True) -> tuple[bool, list[dict[str, Any]]]:
    """Import as the command does; gives whether every row was good, and the report."""
    rows = importing.read(file.name, await asyncio.to_thread(file.read_bytes))
    report = await importing.enroll(rows, served.service.data, apply=apply, at=now())
    good = all(done.outcome is not Outcome.REFUSED for done in report)
    return good, [done.model_dump(mode="json") for done in report]


def written(folder: Path, rows: list[dict[str, Any]], name: str = "projects.json") -> Path:
    place = folder / name
    if name.endswith(".json"):
        place.write_text(json.dumps(rows))
        return place
    with place.open("w", newline="", encoding="utf-8-sig") as file:
        lines = csv.DictWriter(file, sorted({column for cells in rows for column in cells}))
        lines.writeheader()
        lines.writerows(rows)
    return place


async def count(served: Served) -> tuple[int, int]:
    """Count projects and events about them."""
    database = served.service.store.database
    return await database["projects"].count({}), await database["outbox"].count({"key": {"$regex": "^project/"}})


async def test_without_apply_all_is_checked_and_nothing_changed(projects: Served, olga: Somebody, tmp_path: Path):
    before = await count(projects)
    good, report = await imported(projects, written(tmp_path, [row(olga), row(olga)]), apply=False)
    assert (good, [done["outcome"] for done in report]) == (True, ["would be created"] * 2)
    assert await count(projects) == before


async def test_a_row_becomes_a_draft_of_its_administrator(projects: Served, olga: Somebody, tmp_path: Path):
    wanted = row(olga, **WHOLE, administrator=olga.address.upper())
    good, [done] = await imported(projects, written(tmp_path, [wanted]))

    shown = (await olga.client.get(f"/v1/projects/{done['id']}")).json()
    assert (good, done["outcome"], shown["status"], shown["name"]) == (True, "created", "draft", wanted["name"])
    assert {field: shown[field] for field in WHOLE} == WHOLE
    [event] = await projects.told(done["id"])
    assert isinstance(event, ProjectDrafted)
    assert (event.by, event.administrators) == ("system:operator", (olga.id,))


async def test_a_spreadsheet_says_the_same_in_cells(projects: Served, olga: Somebody, tmp_path: Path):
    cells = {field: json.dumps(value) if isinstance(value, list) else str(value) for field, value in WHOLE.items()}
    cells |= {"technologies": "Git; make", "skills": "C", "desirable_skills": "Rust;", "description": "Two\nlines."}
    rows = [row(olga, **cells), row(olga), row(olga, best_practices_id="many", accent_color="red")]
    good, report = await imported(projects, written(tmp_path, rows, "projects.csv"))

    whole, plain = [(await olga.client.get(f"/v1/projects/{done['id']}")).json() for done in report[:2]]
    assert {field: whole[field] for field in WHOLE} == WHOLE
    assert {field: plain[field] for field in NOTHING} == NOTHING
    assert (good, [done["number"] for done in report]) == (False, [2, 3, 4])
    assert {fault["field"] for fault in report[2]["faults"]} == {"best_practices_id", "accent_color"}


async def test_the_same_file_again_makes_nothing_twice(projects: Served, olga: Somebody, tmp_path: Path):
    file = written(tmp_path, [row(olga) for _ in range(5)])
    _, first = await imported(projects, file)
    before = await count(projects)
    good, second = await imported(projects, file)

    assert (good, {done["outcome"] for done in second}) == (True, {"exists already"})
    assert [done["id"] for done in second] == [done["id"] for done in first]
    assert await count(projects) == before


async def test_two_imports_of_one_file_at_once_make_each_project_once(projects: Served, olga: Somebody, tmp_path: Path):
    rows = [(number, row(olga)) for number in range(30)]
    before = await count(projects)

    reports = await asyncio.gather(
        *(importing.enroll(rows, projects.service.data, apply=True, at=now()) for _ in range(2))
    )

    outcomes = [{first.outcome, second.outcome} for first, second in zip(*reports, strict=True)]
    assert outcomes == [{Outcome.CREATED, Outcome.EXISTS}] * 30
    assert await count(projects) == (before[0] + 30, before[1] + 30)


async def test_what_is_wrong_is_said_by_row_and_field_and_the_rest_is_done(
    projects: Served, olga: Somebody, tmp_path: Path
):
    fine = row(olga)
    rows = [
        fine,
        row(olga, name=fine["name"].upper()),
        row(olga, administrator="nobody@example.org"),
        row(olga, administrator="nobody"),
        row(olga, nobody_knows_this=1),
        row(olga, website_url="javascript:alert(1)", skills=["C", ""]),
        row(olga, name=""),
        {"administrator": olga.address},
        row(olga, administrators=["x"], status="published"),
    ]
    good, report = await imported(projects, written(tmp_path, rows))

    assert (good, [done["outcome"] for done in report]) == (False, ["created", *["refused"] * 8])
    assert [sorted(fault["field"] for fault in done["faults"]) for done in report] == [
        [],
        ["name"],
        ["administrator"],
        ["administrator"],
        ["nobody_knows_this"],
        ["skills/1", "website_url"],
        ["name"],
        ["name"],
        ["administrators", "status"],
    ]
    assert "Row 1" in report[1]["faults"][0]["message"]
    assert "nobody@example.org" in report[2]["faults"][0]["message"]


BAD = {
    "no JSON": ("projects.json", b"[{", "no JSON"),
    "no list": ("projects.json", b'{"name": "x"}', "list of projects"),
    "another encoding": ("projects.csv", "näme".encode("latin-1"), "UTF-8"),
    "an unknown column": ("projects.csv", b"name,leader\nx,y\n", "leader"),
    "nothing": ("projects.csv", b"", "first row"),
    "an open quote": ("projects.csv", b'name,administrator\n"x,y\n', "line"),
}


@pytest.mark.parametrize("case", BAD, ids=BAD)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(case: str):
    name, content, said = BAD[case]
    with pytest.raises(FileRefused, match=said):
        importing.read(name, content)


async def test_the_command_reports_to_people_and_to_programs(projects: Served, olga: Somebody, tmp_path: Path):
    wanted, before = row(olga), await count(projects)
    file = written(tmp_path, [wanted, row(olga, accent_color="red")])

    dry = await asyncio.to_thread(run, projects, file)
    unchanged = await count(projects)
    applied = await asyncio.to_thread(run, projects, file, "--apply", "--json")

    assert (dry.returncode, unchanged) == (1, before), dry.stderr
    assert f"row 1: would be created: {wanted['name']}" in dry.stdout
    assert "    accent_color: " in dry.stdout
    assert "1 would be created, 1 refused. Nothing was changed; add --apply to draft them." in dry.stdout
    assert [done["outcome"] for done in json.loads(applied.stdout)] == ["created", "refused"]
    assert await count(projects) == (before[0] + 1, before[1] + 1)


def all_of(shown: int) -> str:
    """Read while it is written, for a terminal holds 4 KiB; it ends with an error once nobody has the other side."""
    read = b""
    with suppress(OSError):
        while piece := os.read(shown, 65_536):
            read += piece
    os.close(shown)
    return read.decode()


async def test_on_a_terminal_a_bar_shows_how_far_it_is(projects: Served, olga: Somebody, tmp_path: Path):
    shown, terminal = pty.openpty()
    reading = asyncio.create_task(asyncio.to_thread(all_of, shown))
    file = written(tmp_path, [row(olga) for _ in range(3)])
    try:
        ended = await asyncio.to_thread(run, projects, file, "--json", terminal=terminal)
    finally:
        os.close(terminal)
    bar = await reading
    assert ("Checking" in bar, "3/3" in bar, len(json.loads(ended.stdout))) == (True, True, 3)


async def test_the_command_says_what_is_wrong_with_a_file(projects: Served, tmp_path: Path):
    (tmp_path / "projects.csv").write_text("name,leader\nx,y\n")
    ended = await asyncio.to_thread(run, projects, tmp_path / "projects.csv", "--apply")
    assert (ended.returncode, "leader" in ended.stderr, "Traceback" in ended.stderr) == (2, True, False)


async def test_a_cell_beyond_the_last_column_is_refused(projects: Served, olga: Somebody, tmp_path: Path):
    place = tmp_path / "projects.csv"
    place.write_text(f"name,administrator\nKernel {uuid7()},{olga.address},more\n")
    good, [done] = await imported(projects, place, apply=False)
    assert (good, done["outcome"], done["faults"][0]["field"]) == (False, "refused", "a cell beyond the last column")


async def test_the_sample_files_of_the_documents_are_good(projects: Served, tmp_path: Path):
    for name in ("projects.csv", "projects.json"):
        sample = CHECKOUT / "docs" / "samples" / name
        rows = importing.read(name, sample.read_bytes())
        report = await importing.enroll(rows, projects.service.data, apply=False, at=now())
        assert [{fault.field for fault in done.faults} for done in report] == [{"administrator"}] * len(rows)
