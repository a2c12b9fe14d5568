"""An export from the request to its end, and the pieces it comes in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.errors import JoseError

from contracts.exports import PARTS, PartExported
from contracts.ids import AccountId, ActorId
from services.chassis.domain import NotInThisState, system
from services.chassis.exporting import PIECE, cut, new_key, seal, unseal
from services.chassis.outbox import LARGEST
from services.identity.domain import export as exports
from services.identity.domain.account import myself
from services.identity.domain.export import FRESH, KEPT, Export, ExportNotComplete, ExportStatus, ExportUnknown

AT = datetime(2026, 3, 1, tzinfo=UTC)
WANDA = AccountId(ActorId("wanda"))
BY_ITSELF = system("identity")


def requested() -> Export:
    return exports.request("e", WANDA, seal_key="{}", sealed_key=b"s", by=myself(WANDA), at=AT).state


def piece(kind: type[PartExported], number: int, of: int) -> PartExported:
    said = {"id": "e", "sequence": number, "of": of, "content": "", "at": AT, "by": "system:x"}
    return kind.model_validate(said)


def whole() -> Export:
    export = requested()
    for kind in PARTS:
        export = exports.receive(export, piece(kind, 1, 1)).state
    return export


def complete() -> Export:
    return exports.complete(whole(), size=9, by=BY_ITSELF, at=AT).state


@given(st.permutations([(kind, number) for kind in PARTS for number in (1, 2)]))
def test_it_is_whole_with_the_last_piece_and_not_before(order: list[tuple[type[PartExported], int]]):
    export, came = requested(), dict.fromkeys(PARTS, 0)
    for kind, _ in order:
        assert not export.is_whole
        came[kind] += 1  # each service's own come in their order
        export = exports.receive(export, piece(kind, came[kind], 2)).state
    assert export.is_whole


def test_with_the_document_the_key_is_gone():
    done = complete()
    assert (done.status, done.sealed_key, done.expires_at) == (ExportStatus.COMPLETE, b"", AT + KEPT)


def test_what_misses_a_piece_does_not_become_complete():
    with pytest.raises(NotInThisState):
        exports.complete(requested(), size=9, by=BY_ITSELF, at=AT)


def test_who_asks_again_within_a_day_gets_the_same():
    assert requested().serves(AT + 10 * KEPT)
    assert complete().serves(AT + FRESH - timedelta(seconds=1))
    assert not complete().serves(AT + FRESH)


def test_the_document_is_there_for_a_week():
    complete().must_be_complete(AT + KEPT - timedelta(seconds=1))
    with pytest.raises(ExportUnknown):
        complete().must_be_complete(AT + KEPT)
    with pytest.raises(ExportNotComplete):
        whole().must_be_complete(AT)


def test_it_expires_when_it_is_over_and_once():
    with pytest.raises(NotInThisState):
        exports.expire(complete(), by=BY_ITSELF, at=AT)
    expired = exports.expire(complete(), by=BY_ITSELF, at=AT + KEPT).state
    with pytest.raises(NotInThisState):
        exports.expire(expired, by=BY_ITSELF, at=AT + KEPT)


def test_what_is_cut_short_takes_no_more_and_never_becomes_complete():
    short = exports.cut_short(whole(), at=AT).state
    assert not short.collects
    with pytest.raises(NotInThisState):
        exports.complete(short, size=9, by=BY_ITSELF, at=AT)
    assert exports.expire(short, by=BY_ITSELF, at=AT).state.sealed_key == b""


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=40))
def test_what_is_cut_is_whole_again_when_put_together(content: bytes, size: int):
    pieces = list(cut(content, size))
    assert b"".join(pieces) == content
    assert pieces
    assert all(len(one) <= size for one in pieces)


def test_the_largest_piece_fits_an_event_and_opens():
    key, content = new_key(), b"\x00" * PIECE
    sealed = seal(content, key)
    assert len(sealed) < LARGEST
    assert unseal(sealed, key) == content


def test_a_piece_opens_for_nobody_else():
    with pytest.raises(JoseError):
        unseal(seal(b"hers", new_key()), new_key())
