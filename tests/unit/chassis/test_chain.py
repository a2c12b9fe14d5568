"""The chain of notes: whatever is changed, taken away, added or put elsewhere is found."""

import copy
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis import chain
from services.chassis.chain import Broken, Head, Note
from services.chassis.hands import truncated

TEXTS = st.text(max_size=20)
NOTES = st.builds(
    lambda number, action, reason, address: {
        "_id": number,
        "at": datetime(2026, 3, 1, tzinfo=UTC),
        "action": action,
        "concerns": ["mira"],
        "number": 0,
        **chain.forgettable(reason=reason, address=address),
    },
    st.uuids().map(str),
    TEXTS,
    TEXTS,
    TEXTS,
)
SOME = st.lists(NOTES, min_size=2, max_size=8, unique_by=lambda note: note["_id"])


def walked(notes: list[Note], kept: Head) -> None:
    head = Head()
    for note in notes:
        head = chain.follow(head, note)
    chain.compare(head, kept)


def head_of(notes: list[Note]) -> Head:
    return Head(notes[-1]["number"], notes[-1]["hash"])


@given(SOME)
def test_what_was_sealed_is_sound(notes: list[Note]):
    sealed = chain.sealed(notes)
    walked(sealed, head_of(sealed))
    assert [note["number"] for note in sealed] == list(range(1, len(notes) + 1))


@given(SOME, st.data())
def test_sealed_in_two_turns_it_is_the_same_chain(notes: list[Note], data: st.DataObject):
    cut = data.draw(st.integers(1, len(notes) - 1))
    first = chain.sealed(notes[:cut])
    assert first + chain.sealed(notes[cut:], head_of(first)) == chain.sealed(notes)


@given(SOME, st.data())
def test_any_change_of_any_note_is_found(notes: list[Note], data: st.DataObject):
    sealed = chain.sealed(notes)
    changed = copy.deepcopy(sealed)
    note = changed[data.draw(st.integers(0, len(notes) - 1))]
    match data.draw(st.sampled_from(["action", "at", "concerns", "more", "less", "digests", "said", "salt"])):
        case "action":
            note["action"] += "x"
        case "at":
            note["at"] = datetime(2026, 3, 2, tzinfo=UTC)
        case "concerns":
            note["concerns"] = ["another"]
        case "more":
            note["more"] = 1
        case "less":
            del note["concerns"]
        case "digests":
            note["digests"] = {**note["digests"], "reason": "00"}
        case "said":
            note["said"] = {**note["said"], "reason": {"text": "another reason, longer than any", "salt": "1"}}
        case _:
            note["said"] = {**note["said"], "address": {"text": "a", "salt": "0"}}
    with pytest.raises(Broken):
        walked(changed, head_of(sealed))


@given(SOME, st.data())
def test_a_note_taken_away_is_named(notes: list[Note], data: st.DataObject):
    sealed = chain.sealed(notes)
    gone = data.draw(st.integers(0, len(notes) - 1))
    with pytest.raises(Broken, match=rf"^Note {gone + 1} is missing"):
        walked(sealed[:gone] + sealed[gone + 1 :], head_of(sealed))


@given(SOME, st.data())
def test_another_order_is_found(notes: list[Note], data: st.DataObject):
    sealed = chain.sealed(notes)
    other = data.draw(st.permutations(sealed).filter(lambda order: order != sealed))
    renumbered = [note | {"number": place} for place, note in enumerate(other, start=1)]
    for order in (list(other), renumbered):
        with pytest.raises(Broken):
            walked(order, head_of(sealed))


@given(SOME, NOTES, st.data())
def test_a_note_put_between_is_found_whatever_number_it_has(notes: list[Note], added: Note, data: st.DataObject):
    sealed = chain.sealed(notes)
    place = data.draw(st.integers(0, len(notes)))
    number = data.draw(st.integers(0, len(notes) + 1))
    _, well_made = chain.seal(head_of(sealed[:place]) if place else Head(), added)
    for stranger in (added | {"number": number, "hash": "0" * 64}, well_made):
        with pytest.raises(Broken):
            walked([*sealed[:place], stranger, *sealed[place:]], head_of(sealed))


@given(SOME)
def test_what_is_forgotten_leaves_the_chain_sound_and_can_be_told(notes: list[Note]):
    sealed = chain.sealed(notes)
    emptied = [{name: value for name, value in note.items() if name != "said"} for note in sealed]
    walked(emptied, head_of(sealed))
    assert [chain.forgotten(note) for note in emptied] == [set(note["digests"]) for note in sealed]
    assert not any(chain.forgotten(note) for note in sealed)


def test_the_same_words_have_another_digest_in_every_note():
    one, other = chain.forgettable(reason="late"), chain.forgettable(reason="late")
    assert one["digests"] != other["digests"]


@pytest.mark.parametrize(
    ("host", "kept"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("a unix socket", ""),
        ("", ""),
    ],
)
def test_of_an_address_the_network_is_kept(host: str, kept: str):
    assert truncated(host) == kept
