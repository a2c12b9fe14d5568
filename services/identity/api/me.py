"""Oneself: name, addresses, roles."""

from contracts.identity import PlatformRole
from contracts.ids import AccountId
from services.chassis.http import Body, By, Now, View, router
from services.chassis.text import Line
from services.identity.dependencies import Data
from services.identity.domain.person import Person
from services.identity.store import Identity

me = router("/v1/me", "me")


class DescribeMe(Body):
    name: Line | None = None


class MeView(View):
    id: AccountId
    version: int
    name: str
    emails: tuple[str, ...]
    roles: tuple[PlatformRole, ...]


@me.get("", response_model=MeView)
async def read_me(by: By, identity: Data) -> MeView:
    return await _view(identity, await identity.people.get(by.id))


@me.patch("", response_model=MeView)
async def describe_me(command: DescribeMe, by: By, identity: Data, now: Now) -> MeView:
    if command.name is None:
        return await read_me(by, identity)
    return await _view(identity, await identity.profiles.rename(AccountId(by.id), name=command.name, by=by, at=now))


async def _view(identity: Identity, person: Person) -> MeView:
    account = await identity.accounts.get(person.id)
    return MeView(id=person.id, version=person.version, name=person.name, emails=person.emails, roles=account.roles)
