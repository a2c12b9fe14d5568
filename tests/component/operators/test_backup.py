"""A store goes into a file beside the running service and comes back from it, whole or not at all."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from uuid6 import uuid7

from deploy.local.platform import Platform
from services.chassis.backup import ANOTHER_CLUSTER
from services.chassis.mongo import Database, Document
from services.chassis.service import Role
from services.projects import app as rooms
from tests.component.operators.conftest import Operator, described, operating
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually

AWAY = {"leases", "clusters"}
"""Collections of the moment."""
LONG = bytes(range(256)) * 4000


@pytest.fixture
async def another(platform: Platform) -> AsyncIterator[Database]:
    """Give an empty store."""
    store = Database(platform.addresses.mongodb_uri, f"projects_{uuid7().hex}")
    yield store
    await store.drop()
    store.close()


def into(operator: Operator, store: Database) -> Operator:
    return Operator(operator.environment | {"PROJECTS_MONGODB_DATABASE": store.name})


async def drafted(projects: Served, owner: str) -> str:
    me = await projects.caller(owner)
    id: str = (await me.post("/v1/projects", json={"name": f"Kernel {uuid7()}"})).json()["id"]
    return id


def picture() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((600, 600), 90).save(file, "PNG")
    return file.getvalue()


async def in_pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


async def everything(store: Database) -> dict[str, list[Document]]:
    """Give every document by its collection; one that holds none is as good as not there."""
    kept = {name: await store[name].find({}, sort=[("_id", 1)]) for name in await store.collections()}
    return {name: rows for name, rows in kept.items() if rows and name not in AWAY}


@pytest.fixture
async def at_rest(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    """Give a service without a worker: nothing but its callers changes its store."""
    async with serving(rooms, platform, issuer, role=Role.API) as served:
        yield served


async def test_what_comes_back_is_what_was_there_and_serves(
    platform: Platform, issuer: Issuer, at_rest: Served, another: Database, tmp_path: Path
):
    owner, file, operator = str(uuid7()), str(tmp_path / "projects.backup"), operating(platform, at_rest)
    id = await drafted(at_rest, owner)
    me = await at_rest.caller(owner)
    assert (await me.put(f"/v1/projects/{id}/logo", content=picture())).status_code < 300
    logo = (await me.get(f"/v1/projects/{id}/logo")).content
    store = at_rest.service.store.database
    await store.bucket("contents").write("a-file", in_pieces(LONG))

    (made,) = await operator.sees("backup", "create", "projects", file)
    (restored,) = await into(operator, another).sees("backup", "restore", "projects", file, "--yes")

    assert made == restored
    assert (await operator.sees("backup", "check", file)) == [made]
    assert await everything(another) == await everything(store)
    assert b"".join([piece async for piece in another.bucket("contents").read("a-file")]) == LONG
    assert await another["projects"].indexes() == await store["projects"].indexes()
    alone = {"mongodb_database": another.name, "kafka_group": another.name}
    async with serving(rooms, platform, issuer, more=alone) as again:
        me = await again.caller(owner)
        assert (await me.get(f"/v1/projects/{id}")).status_code == 200
        assert (await me.get(f"/v1/projects/{id}/logo")).content == logo


async def test_a_backup_beside_writers_is_of_one_instant(
    projects: Served, operator: Operator, another: Database, tmp_path: Path
):
    over = asyncio.Event()

    async def write_on() -> None:
        while not over.is_set():
            await drafted(projects, str(uuid7()))

    writers = [asyncio.create_task(write_on()) for _ in range(4)]
    file = str(tmp_path / "projects.backup")
    before = await projects.service.store.database["projects"].count({})
    await operator.does("backup", "create", "projects", file)
    over.set()
    await asyncio.gather(*writers)
    await into(operator, another).does("backup", "restore", "projects", file, "--yes")

    ids = {f"project/{row['_id']}" for row in await another["projects"].find({})}
    told = {row["key"] for row in await another["outbox"].find({"sequence": 1, "key": {"$regex": "^project/"}})}
    assert ids == told
    assert before <= len(ids) < await projects.service.store.database["projects"].count({})


async def test_what_others_told_since_is_heard_again_and_what_it_told_is_told_again(
    platform: Platform, issuer: Issuer, another: Database, tmp_path: Path
):
    file, mira, own = str(tmp_path / "projects.backup"), described("Mira"), f"projects_{uuid7().hex}"
    shared = {"mongodb_database": own, "kafka_group": own}
    async with serving(rooms, platform, issuer, more=shared) as projects:
        operator = operating(platform, projects)
        id = await drafted(projects, str(uuid7()))
        await projects.hears(described("Nils"))
        await operator.does("backup", "create", "projects", file)
        await projects.hears(mira)  # and says to the bus that it was heard
    await into(operator, another).does("backup", "restore", "projects", file, "--yes")
    assert {row["cluster"] for row in await another["clusters"].find({})} == {ANOTHER_CLUSTER}

    async with serving(rooms, platform, issuer, more=shared | {"mongodb_database": another.name}) as restored:

        async def heard() -> bool:
            return await restored.service.data.people.get(mira.id) is not None

        await eventually(heard, what="what was told since the backup")

        async def told_again() -> bool:
            known = await another["clusters"].find({})
            return ANOTHER_CLUSTER not in {row["cluster"] for row in known}

        await eventually(told_again, what="the end of being restored")
        assert len(await restored.told(id)) == 1


@pytest.mark.parametrize("spoiled", ["cut off", "one byte", "no backup", "of another service"])
async def test_what_is_not_whole_is_refused_and_the_store_stays_empty(
    projects: Served, operator: Operator, another: Database, tmp_path: Path, spoiled: str
):
    file = tmp_path / "projects.backup"
    await operator.does("backup", "create", "projects", str(file))
    content = bytearray(file.read_bytes())
    if spoiled == "cut off":
        file.write_bytes(content[:-100])
    elif spoiled == "one byte":
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    elif spoiled == "no backup":
        file.write_text("a letter")
    service = "applications" if spoiled == "of another service" else "projects"
    environment = {name.replace("PROJECTS_", f"{service.upper()}_"): v for name, v in operator.environment.items()}
    environment[f"{service.upper()}_MONGODB_DATABASE"] = another.name

    tried = await Operator(environment).tries("backup", "restore", service, str(file), "--yes")

    assert tried.exit_code == 1
    assert ("not of applications" if service == "applications" else "no whole backup") in tried.output
    assert await another.collections() == []


async def test_a_store_that_holds_something_is_left_alone(projects: Served, operator: Operator, tmp_path: Path):
    file = str(tmp_path / "projects.backup")
    id = await drafted(projects, str(uuid7()))
    await operator.does("backup", "create", "projects", file)
    tried = await operator.tries("backup", "restore", "projects", file, "--yes")
    assert (tried.exit_code, "holds" in tried.output) == (1, True)
    assert await projects.service.store.database["projects"].count({"_id": id}) == 1
    assert (await operator.tries("backup", "create", "projects", file)).exit_code == 1


async def test_a_backup_is_for_nobody_elses_eyes(projects: Served, operator: Operator, tmp_path: Path):
    file = tmp_path / "projects.backup"
    await operator.does("backup", "create", "projects", str(file))
    assert file.stat().st_mode & 0o077 == 0
    assert not Path(f"{file}.part").exists()  # noqa: ASYNC240 - a look at the test's own folder
