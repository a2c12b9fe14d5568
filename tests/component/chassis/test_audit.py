"""The audit trail: a note falls or stands with its change, and whoever lays hands on the store is found."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import pytest

from services.chassis import commands, hands
from services.chassis.audit import Outcome
from services.chassis.auditing import Auditor, Finding
from services.chassis.commands import Answer, Command, Replayed
from services.chassis.domain import Actor, Change
from services.chassis.hands import Hand
from services.chassis.mongo import Document
from services.chassis.store import Repository, Store
from tests.component.chassis.tally import Tally, TallyFull, TallyUnknown, new, raised, tallies
from tests.support.explained import explained

MIRA = Hand("mira", frozenset({"staff"}), "web", "192.0.2.0/24", "request-1")


class Owned(Tally):
    concerns: ClassVar = ("owner", "others")
    owner: str = "olga"
    others: tuple[str, ...] = ("otto",)


async def notes(store: Store) -> list[Document]:
    return await store.audit.notes.find({})


async def sealed(store: Store) -> None:
    while await store.audit.work():
        pass


async def verified(store: Store, **told: Any) -> Finding:
    return await Auditor(store.database, store.audit, **told).verify()


async def test_a_change_leaves_a_note_of_who_did_what_to_what_and_from_where(store: Store):
    repository = Repository(store, "owned", Owned, TallyUnknown)
    with hands.acting(MIRA):
        tally = await repository.add(Change(Owned(id="one")))
        await repository.change(tally.id, raised, by=Actor("mira"))  # type: ignore[arg-type]

    added, changed = await notes(store)
    assert (added["action"], changed["action"]) == ("add", "raised")
    assert (
        changed.items()
        >= {
            "subject": "owned/one",
            "actor": "mira",
            "roles": ["staff"],
            "client": "web",
            "request_id": "request-1",
            "outcome": "done",
            "concerns": ["mira", "olga", "otto"],
        }.items()
    )
    assert changed["said"]["address"]["text"] == "192.0.2.0/24"


async def test_what_happens_by_itself_in_a_persons_request_is_not_theirs(store: Store):
    repository, tally = await tallies(store), new()
    with hands.acting(MIRA):
        await repository.add(raised(tally))  # by the system

    (note,) = await notes(store)
    assert (note["actor"], note["roles"], note["said"], note["concerns"]) == ("system:test", [], {}, [])
    assert note["request_id"] == "request-1"


async def test_a_refused_change_leaves_no_note_and_several_stand_together(store: Store):
    repository, some = await tallies(store), [new() for _ in range(3)]
    await repository.add_all([Change(tally) for tally in some])
    await repository.add(Change(new().evolve(count=100)))
    full = (await repository.find({"count": 100}))[0]

    async def both() -> None:
        await repository.change(some[0].id, raised)
        await repository.change(full.id, raised)

    with pytest.raises(TallyFull):
        await store.transaction(both)
    assert [note["action"] for note in await notes(store)] == ["add"] * 4


async def test_a_repeated_request_is_noted_once(store: Store):
    repository, tally = await tallies(store), new()
    await repository.add(raised(tally))

    async def ask() -> None:
        with commands.carrying_out(Command("same", lambda _: Answer(200, b"{}"), "key-1")):
            try:
                await repository.change(tally.id, raised)
            except Replayed:
                return

    await asyncio.gather(*(ask() for _ in range(6)))
    assert [note["action"] for note in await notes(store)] == ["add", "raised"]


async def test_every_writer_is_in_one_sound_chain_however_many_seal(store: Store):
    repository, tally = await tallies(store), new()
    await repository.add(raised(tally))

    async def write() -> None:
        for _ in range(5):
            await repository.change(tally.id, raised)

    await asyncio.gather(*(write() for _ in range(4)), *(store.audit.work() for _ in range(4)))
    await sealed(store)

    found = await verified(store)
    assert (found.notes, found.unsealed, found.fault) == (21, 0, None)
    assert found.head == (await store.audit.head()).hash != ""


async def test_more_than_are_sealed_at_once_are_sealed_in_turns(store: Store):
    repository = await tallies(store)
    await repository.add_all([Change(new()) for _ in range(1203)])
    assert (await verified(store)).unsealed == 1203
    await sealed(store)
    assert (await verified(store)).notes == 1203


async def test_a_trail_that_is_added_to_is_sound_at_every_moment(store: Store):
    repository, tally = await tallies(store), new()
    await repository.add(raised(tally))

    async def write() -> None:
        for _ in range(10):
            await repository.change(tally.id, raised)
            await store.audit.work()

    writing = asyncio.create_task(write())
    found = await asyncio.gather(*(verified(store) for _ in range(15)))
    await writing
    assert {one.fault for one in found} == {None}


async def test_nothing_noted_is_sound(store: Store):
    assert await verified(store) == Finding(0, 0, 0, "")


Lay = Callable[[Store], Awaitable[Any]]


def at(number: int, change: Document) -> Lay:
    return lambda store: store.audit.notes.update({"number": number}, change)


async def take_a_note_away(store: Store) -> None:
    await store.audit.notes.delete({"number": 2})


async def take_the_last_away(store: Store) -> None:
    await store.audit.notes.delete({"number": 4})


async def take_all_away(store: Store) -> None:
    await store.audit.notes.delete({})


async def take_all_away_and_the_head(store: Store) -> None:
    await take_all_away(store)
    await store.audit.heads.delete({})


async def take_the_head_away(store: Store) -> None:
    await store.audit.heads.delete({})


async def exchange_two(store: Store) -> None:
    await at(2, {"$set": {"number": 9}})(store)
    await at(3, {"$set": {"number": 2}})(store)
    await at(9, {"$set": {"number": 3}})(store)


async def add_one(store: Store, **more: Any) -> None:
    (last,) = await store.audit.notes.find({"number": 4})
    await store.audit.notes.insert(last | {"_id": "added"} | more)


async def add_the_next(store: Store) -> None:
    await add_one(store, number=5)


async def add_without_a_place(store: Store) -> None:
    await add_one(store, number=None)


async def write_a_tail_anew(store: Store) -> None:
    """As somebody would who knows how notes are sealed."""
    await at(3, {"$set": {"actor": "another"}})(store)
    await store.audit.notes.update_many({"number": {"$gte": 3}}, {"$set": {"number": 0}, "$unset": {"hash": ""}})
    (two,) = await store.audit.notes.find({"number": 2})
    await store.audit.heads.update({}, {"$set": {"number": 2, "hash": two["hash"]}})
    await sealed(store)


@pytest.mark.parametrize(
    ("lay", "said"),
    [
        (at(2, {"$set": {"actor": "another"}}), r"^Note 2 \(\S+\) was changed"),
        (at(2, {"$set": {"outcome": "done"}}), r"^Note 2 \(\S+\) was changed"),
        (at(2, {"$set": {"said.reason.text": "another"}}), r"^Note 2 \(\S+\) was changed: its reason"),
        (at(2, {"$unset": {"said": ""}}), r"^Note 2 \(\S+\) was emptied, and nobody in it was erased"),
        (take_a_note_away, r"^Note 2 is missing: the next is 3"),
        (take_the_last_away, r"^Note 4 is missing: 4 were sealed"),
        (take_all_away, r"^Note 1 is missing: 4 were sealed"),
        (take_all_away_and_the_head, r"^Note 4 is missing: it was told once"),
        (take_the_head_away, r"^Note 4 was added: 0 were sealed"),
        (exchange_two, r"^Note 2 \(\S+\) was changed"),
        (add_one, r"^Note 4 \(\S+\) was added"),
        (add_the_next, r"^Note 5 was added: 4 were sealed"),
        (add_without_a_place, r"^The note added was changed or added"),
        (write_a_tail_anew, r"^Note 4 is not the one that was told"),
    ],
)
async def test_whatever_is_done_to_the_store_by_hand_is_found(store: Store, lay: Lay, said: str):
    with hands.acting(MIRA):
        for number in range(4):
            await store.audit.note("refuse", f"/v1/things/{number}", outcome=Outcome.REFUSED, reason="It may not be.")
    await sealed(store)
    head = await store.audit.head()
    assert (await verified(store, told={head.number: head.hash})).fault is None

    await lay(store)

    found = await verified(store, told={head.number: head.hash})
    assert found.fault is not None
    assert re.search(said, found.fault), found.fault


async def test_who_is_erased_takes_words_and_addresses_along_and_the_chain_holds(store: Store):
    late = "She was late."
    with hands.acting(MIRA):
        await store.audit.note("decline", "things/1", concerns=["olga"], reason=late)
        await store.audit.note("decline", "things/2", concerns=["otto"], reason="He was late.")
    with hands.acting(Hand("olga", address="198.51.100.0/24")):
        await store.audit.note("withdraw", "things/1")
    with hands.acting(Hand(hands.ANONYMOUS, address="203.0.113.0/24")):
        await store.audit.note("sign_in", "accounts/olga", concerns=["olga"], reason=late, outcome=Outcome.REFUSED)
    await store.audit.work()

    await store.audit.forget("olga")
    await sealed(store)

    declined, other, own, failed, forgot = await notes(store)
    assert declined["said"] == {"address": declined["said"]["address"]}, "The address is Mira's."
    assert other["said"].keys() == {"address", "reason"}
    assert "said" not in own
    assert "said" not in failed
    assert (forgot["action"], forgot["concerns"], "forgets" in forgot) == ("forget", ["olga"], False)
    found = await verified(store)
    assert (found.notes, found.forgotten, found.fault) == (5, 3, None)
    assert "late" not in str([declined, own, failed])


async def test_every_question_about_the_trail_uses_an_index(store: Store):
    with hands.acting(MIRA):
        for number in range(80):
            await store.audit.note("read", f"/v1/things/{number}", concerns=["olga"], reason="why")
    async with explained(store.database):
        await store.audit.forget("olga")
        await sealed(store)
        assert (await verified(store)).fault is None
        assert len([note async for note in store.audit.each(about="olga")]) == 81
