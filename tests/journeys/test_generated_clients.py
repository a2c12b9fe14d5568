"""The clients that are generated from the documents: they hold their types, and play a part of a mentorship.

They are made once for each state of the documents (10 s); reading one by mypy or tsc takes 3 s.
"""

import asyncio
import importlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local import seed
from deploy.local.journey.play import Journey
from deploy.local.layout import CHECKOUT
from deploy.local.platform import Platform
from tests.clients.generating import PYTHON, generated
from tests.support import others

BUILT = others.PACKAGES / ".built"
"""Where a script finds the packages that it names."""
SCRIPT = Path("tests/journeys/python_client.py")


@pytest.fixture(scope="module")
async def people(whole: Platform) -> AsyncIterator[Journey]:
    await asyncio.to_thread(generated)  # may take longer than a token lives
    async with httpx.AsyncClient(timeout=90) as http:
        journey = seed.journey(whole, http)
        for person in (journey.administrator, journey.mentee):
            await person.sign_up()
            await person.sign_in()
        await journey.staff.be_signed_in()
        yield journey


async def run(*words: str | Path, **environment: str) -> tuple[int | None, str]:
    """Run a program of this checkout; gives its return code and what it said."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *words, cwd=CHECKOUT, env=os.environ | environment, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_a_mentee_is_accepted_by_the_python_client(
    whole: Platform, people: Journey, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(PYTHON)
    played: Any = importlib.import_module("tests.journeys.python_client")
    taking_part = played.People(
        whole.addresses.gateway, people.administrator.token, people.staff.token, people.mentee.token
    )
    application = await played.accepted(taking_part, await played.enrolled(taking_part))
    assert (application.status, application.mentee_id) == ("accepted", people.mentee.id)
    assert application.accepted_at.tzinfo is not None


@pytest.mark.parametrize(("said", "meant"), [("body=term)", "body=drafted)"), ("", "")])
async def test_the_python_client_is_typed(tmp_path: Path, said: str, meant: str):
    """What is written wrongly is found before it runs; what is written rightly is not."""
    await asyncio.to_thread(generated)
    script = tmp_path / "python_client.py"
    script.write_text((CHECKOUT / SCRIPT).read_text().replace(said, meant))
    words = ("-m", "mypy", "--strict", "--config-file=", "--cache-dir", tmp_path / "cache", script)
    code, found = await run(sys.executable, *words, MYPYPATH=f"{PYTHON}:{CHECKOUT}")
    assert (code, "error:" in found) == ((1, True) if said else (0, False)), found


async def test_the_typescript_client_is_typed_and_drafts_a_project(whole: Platform, people: Journey):
    compiler = others.packages() / "typescript" / "bin" / "tsc"
    code, found = await run(others.node(), compiler, "-p", "tests/clients/typescript", "--outDir", BUILT)
    assert (code, found) == (0, "")
    origin, token = whole.addresses.gateway, people.administrator.token
    code, said = await run(others.node(), BUILT / "journey.mjs", ORIGIN=origin, TOKEN=token)
    assert code == 0, said
    assert json.loads(said) == {
        "same": True,
        "known": 304,
        "description": "Typed.",
        "late": "/problems/stale-version",
        "refused": "/description",
    }
