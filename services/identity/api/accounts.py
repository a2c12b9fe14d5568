"""Accounts: create, verify, find, and who is staff or finance."""

from typing import Annotated, Final

from fastapi import Depends, Query
from pydantic import Field

from contracts.identity import AccountStatus, PlatformRole
from contracts.ids import AccountId
from services.chassis.http import Body, FreshFactor, NewId, Now, View, anyone, having, limited, router
from services.chassis.paging import Page, Paging
from services.chassis.said import YesOrNo
from services.chassis.text import Prose
from services.identity.dependencies import Data, Passwords
from services.identity.domain.account import Account, account_id
from services.identity.domain.person import Person
from services.identity.email import Address, normalized
from services.identity.registration import CreateAccount, NewPassword, accepted, accepted_by_link
from services.identity.store import Identity, Receipt

accounts = router("/v1/accounts", "accounts")
MAILING: Final = (Depends(anyone), limited("mail"))
TRYING: Final = (Depends(anyone), limited("sign_in"))
MailedToken = Annotated[str, Field(min_length=1, max_length=100, description="From the mailed link")]


class VerifyEmail(Body):
    token: MailedToken


class ResendVerification(Body):
    email: Address


class ForgotPassword(Body):
    email: Address


class ResetPassword(Body):
    token: MailedToken
    password: NewPassword


class ChangeRole(Body):
    role: PlatformRole
    granted: YesOrNo


class SuspendAccount(Body):
    reason: Prose
    """For staff; the person is not shown it."""


class ReceiptView(View):
    detail: str


class StatusView(View):
    status: AccountStatus


class RolesView(View):
    id: AccountId
    version: int
    status: AccountStatus
    roles: tuple[PlatformRole, ...]


class AccountView(RolesView):
    name: str
    emails: tuple[str, ...]


@accounts.post("", status_code=202, response_model=ReceiptView, dependencies=[Depends(anyone), limited("sign_up")])
async def create_account(
    command: CreateAccount, identity: Data, passwords: Passwords, new_id: NewId, now: Now
) -> Receipt:
    """Create an account; the answer is the same whether or not the address is taken."""
    return await identity.registering.register(account_id(new_id), **await accepted(command, passwords), at=now)


@accounts.post("/verify-email", response_model=StatusView, dependencies=TRYING)
async def verify_email(command: VerifyEmail, identity: Data, now: Now) -> Account:
    return await identity.registering.verify_email(command.token, at=now)


@accounts.post("/resend-verification", status_code=202, response_model=ReceiptView, dependencies=MAILING)
async def resend_verification(command: ResendVerification, identity: Data, now: Now) -> Receipt:
    """Mail the link once more; the answer is the same whether or not there is one to mail."""
    return await identity.registering.resend_verification(command.email, at=now)


@accounts.post("/forgot-password", status_code=202, response_model=ReceiptView, dependencies=MAILING)
async def forgot_password(command: ForgotPassword, identity: Data, now: Now) -> Receipt:
    """Mail a link to take a new password; the answer is the same whether or not the address is known."""
    return await identity.forgot_password(command.email, at=now)


@accounts.post("/reset-password", response_model=StatusView, dependencies=TRYING)
async def reset_password(command: ResetPassword, identity: Data, now: Now) -> Account:
    """Take a new password, and end everything that was signed in under the old one."""
    hashed = await accepted_by_link(command.token, command.password, identity, now)
    return await identity.reset_password(command.token, hashed, at=now)


@accounts.post("/{id}/roles", response_model=RolesView, dependencies=[Depends(having("staff"))])
async def change_role(id: AccountId, command: ChangeRole, by: FreshFactor, identity: Data, now: Now) -> Account:
    """Grant or take a platform role. Nobody changes their own, and the last staff member stays."""
    return await identity.change_role(id, command.role, granted=command.granted, by=by, at=now)


@accounts.post("/{id}/suspend", response_model=RolesView, dependencies=[Depends(having("staff"))])
async def suspend_account(id: AccountId, command: SuspendAccount, by: FreshFactor, identity: Data, now: Now) -> Account:
    """Close an account and end everything that is signed in to it."""
    return await identity.suspend(id, reason=command.reason, by=by, at=now)


@accounts.post("/{id}/unsuspend", response_model=RolesView, dependencies=[Depends(having("staff"))])
async def unsuspend_account(id: AccountId, by: FreshFactor, identity: Data, now: Now) -> Account:
    return await identity.unsuspend(id, by=by, at=now)


@accounts.get("", response_model=Page[AccountView], dependencies=[Depends(having("staff"))])
async def find_accounts(
    identity: Data,
    paging: Paging,
    email: Annotated[str | None, Query(max_length=254, description="A proved address")] = None,
) -> Page[AccountView]:
    """Find accounts of people, newest first."""
    where = {} if email is None else {"emails": normalized(email)}
    found = await identity.people.page(where, paging)
    return Page(items=await _with_accounts(identity, list(found.items)), next_cursor=found.next_cursor)


async def _with_accounts(identity: Identity, people: list[Person]) -> list[AccountView]:
    theirs = {account.id: account for account in await identity.accounts.find({"_id": {"$in": [p.id for p in people]}})}
    return [_view(theirs[person.id], person) for person in people if person.id in theirs]


def _view(account: Account, person: Person) -> AccountView:
    roles = RolesView.model_validate(account)
    return AccountView(**roles.model_dump(), name=person.name, emails=person.emails)
