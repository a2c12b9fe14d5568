"""State, event and answer stand or fall together, however many write at once."""

import asyncio

import pytest

from services.chassis import commands, mongo
from services.chassis.commands import Answer, Command, IdempotencyKeyReused, Replayed, StaleVersion
from services.chassis.domain import Change
from services.chassis.store import Store
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
            session = mongo._session.get()
            await store.database._client.admin.command("killSessions", [{"id": session.session_id["id"]}])

    await store.transaction(work)

    assert ran == 2
    assert [note["_id"] for note in await notes.find({})] == [2]
