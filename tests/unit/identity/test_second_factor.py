"""The second factor's rules, and what a session's proofs are worth."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import SecondFactorAdded, SecondFactorKind, SecondFactorRemoved
from services.identity import codes
from services.identity.domain import second_factor as factors
from services.identity.domain import session as sessions
from services.identity.domain.account import account_id, myself
from services.identity.domain.record import digest
from services.identity.domain.second_factor import (
    CodeNotGood,
    SecondFactor,
    SecondFactorNeeded,
    SecondFactorNotFound,
    SecondFactorThere,
)
from services.identity.domain.session import Method, Proof, Session
from tests.unit.identity.examples import NOW

ID = account_id("account-1")
ME = myself(ID)
HASHES = tuple(digest(factors.plain(code)) for code in ("aaaa-bbbb", "cccc-dddd"))


def with_app() -> SecondFactor:
    offered = factors.offer_app(SecondFactor(id=ID), sealed=b"sealed", proved=False).state
    return factors.confirm_app(offered, step=7, recovery=HASHES, by=ME, at=NOW).state


def session(*proofs: Proof) -> Session:
    return sessions.begin("id", sid="sid", account_id=ID, proofs=proofs, at=NOW)


def test_an_app_is_demanded_only_after_it_showed_a_code():
    offered = factors.offer_app(SecondFactor(id=ID), sealed=b"sealed", proved=False)
    assert (offered.event, offered.state.is_there) == (None, False)
    with pytest.raises(CodeNotGood):
        factors.confirm_app(offered.state, step=None, recovery=HASHES, by=ME, at=NOW)
    confirmed = factors.confirm_app(offered.state, step=7, recovery=HASHES, by=ME, at=NOW)
    assert isinstance(confirmed.event, SecondFactorAdded)
    assert (confirmed.event.kinds, confirmed.state.offered) == ((SecondFactorKind.APP,), None)
    assert "sealed" not in confirmed.event.model_dump_json()


def test_nothing_is_confirmed_that_was_not_offered_and_nothing_offered_beside_an_app():
    with pytest.raises(SecondFactorNotFound):
        factors.confirm_app(SecondFactor(id=ID), step=7, recovery=HASHES, by=ME, at=NOW)
    with pytest.raises(SecondFactorThere):
        factors.offer_app(with_app(), sealed=b"other", proved=True)


@pytest.mark.parametrize(("step", "good"), [(None, False), (6, False), (7, False), (8, True)])
def test_a_code_is_good_once_and_never_after_a_later_one(step: int | None, good: bool):
    if not good:
        with pytest.raises(CodeNotGood):
            factors.use_code(with_app(), step=step)
        return
    used = factors.use_code(with_app(), step=step).state
    with pytest.raises(CodeNotGood):
        factors.use_code(used, step=step)


@pytest.mark.parametrize("typed", ["aaaa-bbbb", "AAAA BBBB", " aaaabbbb "])
def test_a_recovery_code_is_good_once(typed: str):
    used = factors.use_recovery_code(with_app(), code=typed).state
    assert used.recovery == HASHES[1:]
    with pytest.raises(CodeNotGood):
        factors.use_recovery_code(used, code=typed)


def test_it_is_removed_by_whoever_used_it_and_leaves_nothing():
    with pytest.raises(SecondFactorNeeded):
        factors.remove(with_app(), proved=False, by=ME, at=NOW)
    removed = factors.remove(with_app(), proved=True, by=ME, at=NOW)
    assert isinstance(removed.event, SecondFactorRemoved)
    assert (removed.state.app, removed.state.recovery, removed.event.kinds) == (None, (), ())
    with pytest.raises(SecondFactorNotFound):
        factors.remove(removed.state, proved=True, by=ME, at=NOW)


@given(st.binary(min_size=20, max_size=20), st.integers(-3, 3))
def test_only_codes_of_the_steps_around_now_are_recognized(secret: bytes, off: int):
    now = int(NOW.timestamp()) // codes.SECONDS
    known = {codes.code_at(secret, now + near) for near in codes.NEAR}
    shown = codes.code_at(secret, now + off)
    step = codes.step_of(secret, shown, NOW)
    assert (step is not None) == (shown in known)
    if abs(off) <= 1:
        assert step is not None
        assert codes.code_at(secret, step) == shown


@pytest.mark.parametrize("typed", ["", "é", "12 45", "12345", "1" * 4000])
def test_what_is_no_code_is_none(typed: str):
    assert codes.step_of(b"s" * 20, typed, NOW) is None


def test_the_codes_are_those_of_the_standard():
    assert codes.code_at(b"12345678901234567890", 59 // 30) == "287082"  # RFC 6238, appendix B, last six digits


def test_two_factors_are_two_and_as_old_as_the_older():
    password, code = Proof(method=Method.PASSWORD, at=NOW), Proof(method=Method.CODE, at=NOW + timedelta(minutes=5))
    assert (session(password).acr, session(password).amr) == ("pwd", ("pwd",))
    both = session(password, code)
    assert (both.acr, both.amr, both.signed_in_at) == ("mfa", ("pwd", "otp", "mfa"), NOW)


def test_the_same_factor_twice_is_one_and_as_old_as_the_later():
    later = NOW + timedelta(minutes=5)
    again = session(Proof(method=Method.PASSWORD, at=NOW), Proof(method=Method.PASSWORD, at=later))
    assert (again.acr, again.signed_in_at) == ("pwd", later)


def test_an_authenticator_that_checked_its_owner_counts_for_two():
    assert session(Proof(method=Method.PASSKEY, at=NOW, verified=True)).acr == "mfa"
    assert session(Proof(method=Method.PASSKEY, at=NOW)).acr == "pwd"
