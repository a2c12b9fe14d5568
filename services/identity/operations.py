"""The operator's work itself: the same store and decisions as the service, with nobody asking over HTTP."""

from pydantic import BaseModel, ValidationError
from uuid6 import uuid7

from contracts.identity import AccountStatus, PlatformRole
from contracts.ids import AccountId
from services.chassis.domain import Refusal, system
from services.chassis.mongo import Database
from services.chassis.service import now
from services.chassis.store import Store
from services.identity.domain.account import account_id
from services.identity.hashing import Hasher
from services.identity.registration import CreateAccount, accepted
from services.identity.settings import Settings
from services.identity.store import Identity


class NotMade(Exception):
    """There is no new account; the text says why."""


class Made(BaseModel):
    id: AccountId
    email: str
    status: AccountStatus
    roles: tuple[PlatformRole, ...]


async def create(email: str, name: str, password: str, *, verified: bool, roles: tuple[PlatformRole, ...]) -> Made:
    """Create an account. Raises `NotMade`."""
    settings = Settings.from_environment()
    store = Store(Database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database))
    identity = Identity(store, settings, Hasher())
    try:
        said = CreateAccount(name=name, email=email, password=password, terms_accepted=True)
        await store.prepare()
        await identity.prepare()
        return await _create(identity, said, roles, verified=verified)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise NotMade(f"{wrong['loc'][0]}: {wrong['msg']}") from None
    except Refusal as refusal:
        raise NotMade(str(refusal)) from None
    finally:
        store.database.close()


async def _create(identity: Identity, said: CreateAccount, roles: tuple[PlatformRole, ...], *, verified: bool) -> Made:
    id, at = account_id(str(uuid7())), now()
    given = await accepted(said, identity.hasher)
    if verified:
        await identity.create_verified(id, **given, roles=roles, by=system("identity"), at=at)
        return Made(id=id, email=said.email, status=AccountStatus.ACTIVE, roles=roles)
    if await identity.people.with_address(said.email):
        raise NotMade(f"There is an account with the address {said.email} already.")
    await identity.register(id, **given, at=at)
    return Made(id=id, email=said.email, status=AccountStatus.UNVERIFIED, roles=())
