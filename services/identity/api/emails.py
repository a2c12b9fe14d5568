"""One's e-mail addresses over the JSON interface."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import AccountId
from services.chassis.http import Body, By, Now, View, limited, router
from services.chassis.paging import Page
from services.identity.api.accounts import MailedToken, ReceiptView
from services.identity.api.mfa import ProveOwner, Token
from services.identity.dependencies import Data
from services.identity.domain.person import Person
from services.identity.email import Address, normalized
from services.identity.oidc.tokens import Presented
from services.identity.proving import require_owner
from services.identity.store import Identity, Receipt

emails = router("/v1/me/emails", "me")


class AddEmail(ProveOwner):
    email: Address


class ProveEmail(Body):
    token: MailedToken


class EmailView(View):
    email: str
    verified: bool
    """Proved by a mailed link."""
    primary: bool
    """The one for mail."""


class AddressesView(View):
    id: AccountId
    version: int
    emails: Annotated[tuple[str, ...], Field(description="The proved ones, the one for mail first")]


@emails.get("", response_model=Page[EmailView])
async def list_emails(by: By, identity: Data, now: Now) -> Page[EmailView]:
    """List one's addresses, the one for mail first, then those that wait to be proved; all on one page."""
    id = AccountId(by.id)
    proved, waiting = (await identity.people.get(id)).emails, await identity.addresses.waiting(id, at=now)
    items = [EmailView(email=email, verified=True, primary=email == proved[0]) for email in proved]
    items += [EmailView(email=email, verified=False, primary=False) for email in waiting]
    return Page(items=items, next_cursor=None)


@emails.post("", status_code=202, response_model=ReceiptView, dependencies=[limited("mail")])
async def add_email(command: AddEmail, by: By, token: Token, identity: Data, now: Now) -> Receipt:
    """Mail a link that proves the address; the answer is the same whether or not it is another account's."""
    id = await _owner(identity, AccountId(by.id), command, token, now)
    return await identity.addresses.add(id, command.email, at=now)


@emails.post("/verify", response_model=AddressesView)
async def prove_email(command: ProveEmail, by: By, identity: Data, now: Now) -> Person:
    """Add the address that the link was mailed to; only for the account that asked for it."""
    return await identity.addresses.verify(AccountId(by.id), command.token, at=now)


@emails.post("/{email}/make-primary", response_model=AddressesView)
async def make_primary(
    email: str, by: By, token: Token, identity: Data, now: Now, command: ProveOwner | None = None
) -> Person:
    """Have mail sent there from now on; the address until now is told."""
    id = await _owner(identity, AccountId(by.id), command, token, now)
    return await identity.addresses.make_primary(id, normalized(email), at=now)


@emails.delete("/{email}", response_model=AddressesView)
async def remove_email(
    email: str, by: By, token: Token, identity: Data, now: Now, command: ProveOwner | None = None
) -> Person:
    """Remove an address, proved or not; the one for mail stays."""
    id = await _owner(identity, AccountId(by.id), command, token, now)
    return await identity.addresses.remove(id, normalized(email), at=now)


async def _owner(
    identity: Identity, id: AccountId, command: ProveOwner | None, token: Presented, now: datetime
) -> AccountId:
    """Give the account whose owner this is for sure. Raises `PasswordNeeded`, `PasswordWrong`."""
    password = command.password if command else None
    await require_owner(identity, id, password=password, signed_in_at=token.signed_in_at, at=now)
    return id
