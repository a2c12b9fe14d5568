"""Contents in the real store: in and out in pieces, held by who refers to them, swept away otherwise."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from contracts.ids import ActorId
from services.chassis.domain import Actor, Refusal
from services.chassis.files import MOST_LOOSE, FileEmpty, FileGone, Files, TooManyFiles
from services.chassis.kinds import File, FileKind, KindRefused
from services.chassis.mongo import Database
from services.chassis.store import Store

AT = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SWEPT = timedelta(minutes=70)
PDF = b"%PDF-1.7\n"
MIRA, NOAH = Actor(ActorId("mira")), Actor(ActorId("noah"))
TAKEN = frozenset({FileKind.PDF, FileKind.TXT})


@pytest.fixture
async def files(store: Store) -> Files:
    files = Files(store.database)
    await files.prepare()
    return files


async def stream(content: bytes, piece: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), piece):
        yield content[start : start + piece]


async def receive(files: Files, content: bytes = PDF, name: str = "work.pdf", by: Actor = MIRA) -> File:
    return await files.receive(stream(content), name, TAKEN, by=by, at=AT)


async def content_of(files: Files, file: File) -> bytes:
    return b"".join([bytes(piece) async for piece in files.download(file).body_iterator])  # type: ignore[arg-type]


async def kept(database: Database) -> tuple[int, int, int]:
    """Count the files, their contents, and the pieces of these."""
    names = ("files", "contents.files", "contents.chunks")
    first, second, third = [await database[name].count({}) for name in names]
    return first, second, third


@pytest.mark.parametrize("size", [9, 255 * 1024, 5_000_000])
async def test_a_content_comes_out_as_it_went_in(files: Files, size: int):
    content = PDF + bytes(size - len(PDF))
    file = await receive(files, content)
    assert (file.name, file.kind, file.size, file.at) == ("work.pdf", FileKind.PDF, size, AT)
    assert await content_of(files, file) == content


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../etc/work.pdf", "work.pdf"),
        ("C:\\work.pdf", "work.pdf"),
        (".pdf", "pdf.pdf"),
        ("..", "file.pdf"),
        ('a"<b>?.pdf', "ab.pdf"),
        ("x" * 500 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
async def test_a_name_leads_nowhere(files: Files, sent: str, name: str):
    assert (await receive(files, name=sent)).name == name


async def test_a_download_is_saved_and_never_shown(files: Files):
    answer = files.download(await receive(files))
    assert answer.headers["content-disposition"].startswith('attachment; filename="work.pdf"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-length"] == "9"
    assert answer.media_type == "application/pdf"


async def test_what_is_empty_or_of_another_kind_leaves_nothing_behind(files: Files, store: Store):
    with pytest.raises(FileEmpty):
        await receive(files, b"", "work.txt")
    with pytest.raises(KindRefused):
        await receive(files, b"\x89PNG\r\n\x1a\n")
    assert await kept(store.database) == (0, 0, 0)


async def test_what_nobody_refers_to_is_swept_away_after_an_hour(files: Files, store: Store):
    loose, held, left = [await receive(files) for _ in range(3)]
    for file in (held, left):
        await files.hold(file, at=AT)
    await files.let_go(left, at=AT + HOUR)

    early = [await files.sweep(AT + HOUR)]
    first = [await files.sweep(AT + SWEPT) for _ in range(2)]
    assert (early, first, await kept(store.database)) == ([False], [True, False], (2, 2, 2))
    with pytest.raises(FileGone):
        await files.hold(loose, at=AT)

    second = [await files.sweep(AT + HOUR + SWEPT) for _ in range(2)]
    assert (second, await kept(store.database)) == ([True, False], (1, 1, 1))
    assert await content_of(files, held) == PDF


async def test_a_file_is_held_only_if_the_change_that_refers_to_it_stands(files: Files, store: Store):
    file = await receive(files)

    async def refused() -> None:
        await files.hold(file, at=AT)
        raise Refusal("No.")

    with pytest.raises(Refusal):
        await store.transaction(refused)
    assert await files.sweep(AT + SWEPT) is True


async def test_an_upload_that_breaks_off_in_the_store_is_swept_away(files: Files, store: Store):
    file = await receive(files, PDF + bytes(600_000))
    await store.database["contents.files"].delete({"_id": file.id})
    assert (await kept(store.database))[2] == 3

    assert await files.sweep(AT + SWEPT) is True
    assert await kept(store.database) == (0, 0, 0)


async def test_a_sweep_that_died_half_way_is_finished_by_the_next(files: Files, store: Store):
    file = await receive(files)
    await store.database.bucket("contents").delete(file.id)
    assert [await files.sweep(AT + SWEPT) for _ in range(2)] == [True, False]


async def test_holding_and_sweeping_at_once_agree(files: Files):
    for _ in range(10):
        file = await receive(files)
        held, swept = await asyncio.gather(files.hold(file, at=AT), files.sweep(AT + SWEPT), return_exceptions=True)
        assert isinstance(held, FileGone) is (swept is True)
        if held is None:
            assert await content_of(files, file) == PDF


async def test_who_sends_one_file_after_the_other_and_uses_none_has_to_wait(files: Files):
    used = await receive(files)
    await files.hold(used, at=AT)
    for _ in range(MOST_LOOSE):
        await receive(files)
    with pytest.raises(TooManyFiles):
        await receive(files)
    assert (await receive(files, by=NOAH)).size == len(PDF)

    while await files.sweep(AT + SWEPT):
        pass
    assert (await receive(files)).size == len(PDF)
