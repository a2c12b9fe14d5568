"""Accounts: every move, and who may change whose roles."""

import pytest

from contracts.identity import (
    AccountRegistered,
    AccountRolesChanged,
    AccountStatus,
    AccountSuspended,
    AccountUnsuspended,
    AccountVerified,
    PersonDescribed,
    PlatformRole,
)
from contracts.ids import ActorId
from services.chassis.domain import Actor, Change, NotInThisState
from services.identity.domain import account as accounts
from services.identity.domain import person as people
from services.identity.domain.account import (
    NEXT,
    LastStaffMember,
    LinkNotGood,
    OwnAccount,
    OwnRoles,
    Registration,
    TermsNotAccepted,
    account_id,
)
from tests.unit.identity.examples import NOW, STAFF, account, staff


def registration(**changes: object) -> dict[str, object]:
    return {"name": "Wanda Fry", "email": "wanda@example.org", "password": "hashed", "terms_accepted": True} | changes


def test_a_registration_waits_for_its_address_to_be_proved_and_tells_nobody_whose_it_is():
    change = accounts.register(account_id("account-1"), **registration(), at=NOW)  # type: ignore[arg-type]

    assert change.state.pending == Registration(name="Wanda Fry", email="wanda@example.org")
    assert change.event == AccountRegistered(
        id=account_id("account-1"),
        status=AccountStatus.UNVERIFIED,
        roles=(),
        sequence=1,
        at=NOW,
        by=ActorId("account-1"),
    )
    assert "wanda" not in change.event.model_dump_json()


def test_without_the_terms_there_is_no_account():
    with pytest.raises(TermsNotAccepted):
        accounts.register(account_id("account-1"), **registration(terms_accepted=False), at=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize("before", AccountStatus)
@pytest.mark.parametrize("after", AccountStatus)
def test_every_move_is_either_listed_or_refused(before: AccountStatus, after: AccountStatus):
    subject = account(status=before)
    if after in NEXT[before]:
        assert subject.move(after).status is after
    else:
        with pytest.raises(NotInThisState):
            subject.move(after)


def test_proving_the_address_makes_account_and_person_real():
    waiting = account(status=AccountStatus.UNVERIFIED)

    verified = accounts.verify(waiting, by=accounts.myself(waiting.id), at=NOW)
    described = people.describe(waiting, by=accounts.myself(waiting.id), at=NOW)

    assert (verified.state.status, verified.state.pending) == (AccountStatus.ACTIVE, None)
    assert isinstance(verified.event, AccountVerified)
    assert isinstance(described.event, PersonDescribed)
    assert (described.event.name, described.event.emails) == ("Wanda Fry", ("wanda@example.org",))


def test_a_person_is_described_out_of_a_registration_once():
    with pytest.raises(LinkNotGood):
        people.describe(account(), by=STAFF, at=NOW)


@pytest.mark.parametrize("role", PlatformRole)
def test_staff_grant_and_take_roles(role: PlatformRole):
    granted = accounts.grant(account(), role=role, by=STAFF, at=NOW)
    taken = accounts.withdraw(granted.state, role=role, other_staff=True, by=STAFF, at=NOW)

    assert (granted.state.roles, taken.state.roles) == ((role,), ())
    assert isinstance(granted.event, AccountRolesChanged)
    assert isinstance(taken.event, AccountRolesChanged)
    assert (granted.event.roles, taken.event.roles) == ((role,), ())


def test_what_is_so_already_is_no_change():
    assert accounts.grant(staff(), role=PlatformRole.STAFF, by=STAFF, at=NOW) == Change(staff())
    assert accounts.withdraw(staff(), role=PlatformRole.FINANCE, other_staff=False, by=STAFF, at=NOW) == Change(staff())


@pytest.mark.parametrize("role", PlatformRole)
def test_nobody_changes_their_own_roles(role: PlatformRole):
    oneself = Actor(account().id, frozenset({"staff"}))
    with pytest.raises(OwnRoles):
        accounts.grant(staff(), role=role, by=oneself, at=NOW)
    with pytest.raises(OwnRoles):
        accounts.withdraw(staff(), role=role, other_staff=True, by=oneself, at=NOW)


def test_the_last_staff_member_stays_staff():
    with pytest.raises(LastStaffMember):
        accounts.withdraw(staff(), role=PlatformRole.STAFF, other_staff=False, by=STAFF, at=NOW)
    kept = staff(roles=(PlatformRole.FINANCE, PlatformRole.STAFF))
    taken = accounts.withdraw(kept, role=PlatformRole.FINANCE, other_staff=False, by=STAFF, at=NOW)
    assert taken.state.roles == (PlatformRole.STAFF,)


def test_an_unverified_account_has_no_roles():
    with pytest.raises(NotInThisState):
        accounts.grant(account(status=AccountStatus.UNVERIFIED), role=PlatformRole.STAFF, by=STAFF, at=NOW)


def test_staff_suspend_and_unsuspend_and_the_reason_is_not_told():
    closed = accounts.suspend(account(), reason="Sold it.", other_staff=True, by=STAFF, at=NOW)
    assert isinstance(closed.event, AccountSuspended)
    assert "Sold" not in closed.event.model_dump_json()
    opened = accounts.unsuspend(closed.state, by=STAFF, at=NOW)
    assert isinstance(opened.event, AccountUnsuspended)
    assert (opened.state.is_active, opened.state.suspended_because) == (True, None)


def test_nobody_suspends_themself_or_the_last_staff_member():
    with pytest.raises(OwnAccount):
        accounts.suspend(account(), reason="x", other_staff=True, by=accounts.myself(account().id), at=NOW)
    with pytest.raises(LastStaffMember):
        accounts.suspend(staff(), reason="x", other_staff=False, by=STAFF, at=NOW)
    assert not accounts.suspend(account(), reason="x", other_staff=False, by=STAFF, at=NOW).state.is_active


def test_a_suspended_account_is_not_opened_by_a_mailed_link():
    closed = account(status=AccountStatus.SUSPENDED)
    with pytest.raises(NotInThisState):
        accounts.verify(closed, by=accounts.myself(closed.id), at=NOW)


def test_a_newer_hash_is_nobodys_business():
    change = accounts.rehash(account(), password="newer")
    assert (change.state.password, change.event) == ("newer", None)
