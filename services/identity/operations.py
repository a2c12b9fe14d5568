"""The operator's work itself: the same store and decisions as the service, with nobody asking over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import typer
from pydantic import BaseModel, ValidationError
from uuid6 import uuid7

from contracts.identity import AccountStatus, PlatformRole
from contracts.ids import AccountId
from services.chassis import hands
from services.chassis.domain import Refusal, system
from services.chassis.hands import Hand
from services.chassis.mongo import Database, StoreAway
from services.chassis.seals import Renewed
from services.chassis.service import now
from services.chassis.store import Store
from services.identity.client_registration import CreateClient, Registered, new_secret, register
from services.identity.domain import client as clients
from services.identity.domain.account import AccountNotFound, AddressTaken, account_id
from services.identity.domain.client import Client
from services.identity.domain.key import SigningKey
from services.identity.domain.record import digest
from services.identity.email import normalized
from services.identity.hashing import Hasher
from services.identity.registration import CreateAccount, accepted
from services.identity.settings import Settings
from services.identity.store import Identity

T = TypeVar("T")
OPERATOR: Final = system("identity")


class Made(BaseModel):
    id: AccountId
    email: str
    status: AccountStatus
    roles: tuple[PlatformRole, ...]


@asynccontextmanager
async def opened() -> AsyncIterator[Identity]:
    """Open the store as the environment says, prepared, beside whoever else has it open."""
    settings = Settings.from_environment()
    store = Store(Database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database))
    identity = Identity(store, settings, Hasher())
    try:
        await store.prepare()
        await identity.prepare()
        with hands.acting(Hand(OPERATOR.id)):
            yield identity
    finally:
        store.database.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it; a refusal ends the command with words and 1."""
    try:
        return asyncio.run(work)
    except ValidationError as error:
        wrong = error.errors()[0]
        why = f"{wrong['loc'][0]}: {wrong['msg']}"
    except Refusal as refusal:
        why = str(refusal)
    except StoreAway:
        why = "The store cannot be reached. Is MongoDB up, and IDENTITY_MONGODB_URI right?"
    typer.echo(why, err=True)
    raise typer.Exit(1)


async def create(email: str, name: str, password: str, *, verified: bool, roles: tuple[PlatformRole, ...]) -> Made:
    """Create an account. Raises `AddressTaken`, `PasswordNotGood`, `ValidationError`."""
    said = CreateAccount(name=name, email=email, password=password, terms_accepted=True)
    async with opened() as identity:
        return await _create(identity, said, roles, verified=verified)


async def on_the_store(work: Callable[[Identity, dict[str, Any]], Awaitable[T]]) -> T:
    """Do something with the store, as the operator and now."""
    async with opened() as identity:
        return await work(identity, {"by": OPERATOR, "at": now()})


async def _create(identity: Identity, said: CreateAccount, roles: tuple[PlatformRole, ...], *, verified: bool) -> Made:
    id, at = account_id(str(uuid7())), now()
    given = await accepted(said, identity.hasher)
    if verified:
        await identity.registering.create_verified(id, **given, roles=roles, by=OPERATOR, at=at)
        return Made(id=id, email=said.email, status=AccountStatus.ACTIVE, roles=roles)
    if await identity.people.with_address(said.email):
        raise AddressTaken(f"There is an account with the address {said.email} already.")
    await identity.registering.register(id, **given, at=at)
    return Made(id=id, email=said.email, status=AccountStatus.UNVERIFIED, roles=())


async def list_accounts(email: str | None, role: PlatformRole | None) -> list[Made]:
    """List the accounts of people, the oldest first."""
    async with opened() as identity:
        people = await identity.people.find({} if email is None else {"emails": normalized(email)})
        holding = {} if role is None else {"roles": role.value}
        theirs = {account.id: account for account in await identity.accounts.find(holding)}
    return [
        Made(id=person.id, email=person.emails[0], status=theirs[person.id].status, roles=theirs[person.id].roles)
        for person in people
        if person.id in theirs
    ]


async def change_roles(email: str, granted: list[PlatformRole], taken: list[PlatformRole]) -> Made:
    """Grant and take platform roles. Raises `AccountNotFound`, `LastStaffMember`, `NotInThisState`."""
    async with opened() as identity:
        person = await identity.people.with_address(normalized(email))
        if person is None:
            raise AccountNotFound(f"Nobody proved the address {email}.")
        for role in (*granted, *taken):
            await identity.change_role(person.id, role, granted=role in granted, by=OPERATOR, at=now())
        account = await identity.accounts.get(person.id)
    return Made(id=person.id, email=person.emails[0], status=account.status, roles=account.roles)


async def create_client(said: dict[str, Any]) -> Registered:
    """Make a client known. Raises `AddressNotGood`, `ClientNotGood`, `ValidationError`."""
    command = CreateClient.model_validate(said)
    async with opened() as identity:
        return await register(identity, Settings.from_environment(), command, by=OPERATOR, at=now())


async def list_clients() -> list[Client]:
    async with opened() as identity:
        return await identity.clients.find({})


async def rotate_secret(id: str, *, at_once: bool) -> Registered:
    """Give a client a new secret. Raises `ClientNotFound`, `WithoutSecret`."""
    secret = new_secret()
    async with opened() as identity:
        change = identity.clients.registered.change
        rotated = await change(id, clients.rotate, secret=digest(secret), at_once=at_once, by=OPERATOR, at=now())
    return Registered(rotated, secret)


async def delete_client(id: str) -> Client:
    """Forget a client. Raises `ClientNotFound`, `OurOwnClient`."""
    async with opened() as identity:
        return await identity.clients.delete(id, by=OPERATOR, at=now())


async def list_keys() -> list[SigningKey]:
    async with opened() as identity:
        return await identity.keys.find({})


async def rotate_keys(*, at_once: bool) -> list[SigningKey]:
    """Make new signing keys and list them all. Raises `RotationInHand`."""
    async with opened() as identity:
        await identity.keys.rotate(at_once=at_once, by=OPERATOR, at=now())
        return await identity.keys.find({})


async def renew_seals() -> Renewed:
    """Seal anew whatever the other key sealed."""
    async with opened() as identity:
        return await identity.renew_seals()
