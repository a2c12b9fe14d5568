"""State, event and answer stand or fall together, however many write at once."""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Sequence

import pytest

from services.chassis import commands, mongo
from services.chassis.commands import Answer, Command, IdempotencyKeyReused, Replayed, StaleVersion
from services.chassis.domain import Change
from services.chassis.mongo import transaction
from services.chassis.store import Repository, Store
from tests.component.chassis.tally import Tally, TallyFull, TallyUnknown, new, raised, tallies


async def test_twenty_writers_of_one_tally_lose_nothing_and_leave_no_gap(store: Store):
    repository, tally = await tallies(store), new()
    await repository.add(raised(tally))

    await asyncio.gather(*(repository.change(tally.id, raised) for _ in range(20)))

    rows = await store.database["outbox"].find({"key": f"tally/{tally.id}"}, sort=[("pos", 1)])
    assert (await repository.get(tally.id)).count == 21
    assert [row["sequence"] for row in rows] == list(range(1, 22))


async def test_a_refusal_leaves_state_and_outbox_as_they_were(store: Store):
    repository, tally = await tallies(store), new()
    await repository.add(Change(tally.evolve(count=100)))

    with pytest.raises(TallyFull):
        await repository.change(tally.id, raised)

    assert (await repository.get(tally.id)).count == 100
    assert await store.database["outbox"].count({}) == 0


async def test_two_changes_in_one_transaction_fall_together(store: Store):
    repository, one, other = await tallies(store), new(), new()
    await repository.add(Change(one))
    await repository.add(Change(other.evolve(count=100)))

    async def both() -> None:
        await repository.change(one.id, raised)
        await repository.change(other.id, raised)

    with pytest.raises(TallyFull):
        await store.transaction(both)
    assert (await repository.get(one.id)).count == 0


async def test_in_a_transaction_what_it_wrote_is_read_anew_and_what_it_read_stays(store: Store):
    repository, one, other = await tallies(store), new(), new()
    await repository.add(Change(one))
    await repository.add(Change(other))
    counts = []

    async def work() -> None:
        counts.append((await repository.get(one.id)).count)
        await repository.change(one.id, raised)
        counts.append((await repository.get(one.id)).count)
        await repository.documents.update({"_id": one.id}, {"$inc": {"count": 5}})
        counts.append((await repository.get(one.id)).count)
        before = await repository.get(other.id)
        await asyncio.create_task(elsewhere(), context=contextvars.Context())
        assert await repository.get(other.id) == before

    async def elsewhere() -> None:
        await repository.change(other.id, raised)

    await store.transaction(work)
    assert counts == [0, 1, 6]
    assert (await repository.get(other.id)).count == 1


async def test_what_is_inserted_last_is_there_with_the_rest_or_not_at_all(store: Store):
    repository, one, notes = await tallies(store), new(), store.database["notes"]
    await repository.add(Change(one))

    async def work(*ids: str) -> None:
        for id in ids:
            await notes.insert_last({"_id": id})
        await repository.change(one.id, raised)

    await store.transaction(lambda: work("1", "2"))
    with pytest.raises(mongo.PyMongoError):
        await store.transaction(lambda: work("3", "2"))
    with pytest.raises(TallyFull):
        await store.transaction(lambda: _and_then(work("4"), TallyFull("Full.")))
    await notes.insert_last({"_id": "5"})

    assert [note["_id"] for note in await notes.find({})] == ["1", "2", "5"]
    assert (await repository.get(one.id)).count == 1


async def _and_then(work: Awaitable[None], refusal: Exception) -> None:
    await work
    raise refusal


async def test_many_added_at_once_are_told_one_by_one(store: Store):
    repository, some = await tallies(store), [new() for _ in range(3)]
    await repository.add_all([raised(tally) for tally in some])
    await repository.add_all([])

    rows = await store.database["outbox"].find({})
    assert sorted(row["key"] for row in rows) == sorted(f"tally/{tally.id}" for tally in some)
    assert [(await repository.get(tally.id)).count for tally in some] == [1, 1, 1]


async def test_what_is_not_there_is_refused_by_its_kind(store: Store):
    with pytest.raises(TallyUnknown, match="There is no tally 'nowhere'"):
        await (await tallies(store)).change("nowhere", raised)


async def test_a_request_repeated_at_once_is_carried_out_once_and_answered_alike(store: Store):
    repository, tally = await tallies(store), new()
    await repository.add(raised(tally))

    async def ask() -> Answer:
        with commands.carrying_out(command("key-1")):
            try:
                return count_of(await repository.change(tally.id, raised))
            except Replayed as replayed:
                return replayed.answer

    answers = await asyncio.gather(*(ask() for _ in range(8)))

    assert {answer.body for answer in answers} == {b"2"}
    assert (await repository.get(tally.id)).count == 2


async def test_a_key_is_good_for_one_request_and_one_person(store: Store):
    repository, tally = await tallies(store), new()
    await repository.add(raised(tally))
    with commands.carrying_out(command("key-1")):
        await repository.change(tally.id, raised)

    with commands.carrying_out(command("key-1", fingerprint="another")), pytest.raises(IdempotencyKeyReused):
        await repository.change(tally.id, raised)
    with commands.carrying_out(command("key-1", by="another")):
        assert (await repository.change(tally.id, raised)).count == 3


async def test_a_request_that_expects_another_version_changes_nothing(store: Store):
    repository, tally = await tallies(store), new()
    added = await repository.add(raised(tally))

    with commands.carrying_out(command(None, if_match=added.version + 1)), pytest.raises(StaleVersion):
        await repository.change(tally.id, raised)
    with commands.carrying_out(command(None, if_match=added.version)):
        assert (await repository.change(tally.id, raised)).count == 2


async def test_an_expected_version_is_that_of_the_first_thing_changed_also_where_another_kind_has_the_same_id(
    store: Store,
):
    """Things of one owner may go by the owner's id, each with a version of its own."""
    repository, tally = await tallies(store), new()
    other = Repository(store, "others", Tally, repository._missing)
    added = await repository.add(quietly(tally))
    await other.add(quietly(tally))
    await other.change(tally.id, quietly)

    async def work() -> tuple[int, int]:
        first = await repository.change(tally.id, quietly)
        return first.count, (await other.change(tally.id, quietly)).count

    with commands.carrying_out(command(None, if_match=added.version)):
        assert await store.transaction(work) == (2, 3)


def quietly(tally: Tally) -> Change[Tally]:
    return Change(tally.evolve(count=tally.count + 1))


def command(key: str | None, *, fingerprint: str = "same", by: str = "me", if_match: int | None = None) -> Command:
    return Command(fingerprint, count_of, key, if_match, by)


def count_of(tally: Tally) -> Answer:
    return Answer(200, str(tally.count).encode(), tally.version)


async def test_a_transaction_that_the_store_lost_before_its_commit_is_begun_anew(store: Store):
    notes, ran = store.database["notes"], 0

    async def work() -> None:
        nonlocal ran
        ran += 1
        await notes.insert({"_id": ran})
        if ran == 1:
            session = transaction.session.get()
            await store.database._client.admin.command("killSessions", [{"id": session.session_id["id"]}])

    await store.transaction(work)

    assert ran == 2
    assert [note["_id"] for note in await notes.find({})] == [2]


async def test_a_transaction_that_is_canceled_at_its_end_is_whole_or_not_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    first, second = store.database["first"], store.database["second"]
    halfway, go_on, over = threading.Event(), threading.Event(), threading.Event()
    insert_now, abort = mongo.Collection.insert_now, transaction._abort

    def insert_slowly(collection: mongo.Collection, documents: Sequence[mongo.Document], session: object) -> None:
        if collection.name == "second":
            halfway.set()
            go_on.wait(60)
        try:
            insert_now(collection, documents, session)
        finally:
            over.set()

    async def abort_slowly(session: object) -> None:
        await abort(session)
        go_on.set()
        await asyncio.to_thread(over.wait, 60)

    async def work() -> None:
        await first.insert_last({"_id": 1})
        await second.insert_last({"_id": 1})

    monkeypatch.setattr(mongo.Collection, "insert_now", insert_slowly)
    monkeypatch.setattr(transaction, "_abort", abort_slowly)
    running = asyncio.create_task(store.transaction(work))
    await asyncio.to_thread(halfway.wait, 60)
    over.clear()
    running.cancel()
    await asyncio.wait([running], timeout=0.5)  # time enough to abort what the thread is still at
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert await first.count({}) == await second.count({})
