"""Identity put together."""

from dataclasses import dataclass

from joserfc.jwk import KeySet

from services.chassis.jobs import Job
from services.chassis.mongo import Database
from services.chassis.own_notes import own_notes
from services.chassis.service import Clock, Service, now
from services.chassis.store import Store
from services.identity import metrics
from services.identity.api.accounts import accounts
from services.identity.api.cards import mentees, mentors
from services.identity.api.clients import clients
from services.identity.api.emails import emails as my_emails
from services.identity.api.links import links as my_links
from services.identity.api.me import me
from services.identity.api.mfa import mfa as my_second_factor
from services.identity.api.password import password as my_password
from services.identity.api.portfolios import portfolios
from services.identity.api.privacy import privacy as my_data
from services.identity.api.profiles import profiles
from services.identity.api.providers import providers
from services.identity.api.sessions import sessions as my_sessions
from services.identity.api.signing_keys import signing_keys
from services.identity.consumers import listen
from services.identity.hashing import Hasher
from services.identity.oidc import authorize, device, discovery, introspection, logout, sharing, token, userinfo
from services.identity.oidc.backchannel import Backchannel
from services.identity.pages import (
    account,
    applications,
    arrival,
    consent,
    demographics,
    emails,
    erase,
    export,
    links,
    mfa,
    passkey,
    password,
    portfolio,
    profile,
    second_factor,
    sign_in,
    sign_up,
    third_party,
)
from services.identity.pages import device as device_page
from services.identity.settings import Settings
from services.identity.store import Identity
from services.identity.store.keys import Keys

__all__ = ["Settings", "build"]


@dataclass(frozen=True)
class OwnKeys:
    """The ring that identity signs with, for the check of tokens at its own routes: after a leak none is good there."""

    keys: Keys
    clock: Clock

    async def holding(self, kid: str) -> KeySet:  # noqa: ARG002 - all there are
        return (await self.keys.ring(self.clock())).public


def build(settings: Settings, clock: Clock = now) -> Service[Identity]:
    store = Store(Database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database))
    identity = Identity(store, settings, Hasher())
    guarded = (discovery, authorize, token, introspection, userinfo, logout, device, sharing)
    protocol = [module.router for module in guarded]
    pages = [module.router for module in (sign_in, second_factor, sign_up, account, mfa, passkey, password)]
    pages += [module.router for module in (profile, portfolio, demographics, consent, device_page, applications)]
    pages += [module.router for module in (emails, arrival, links, third_party, export, erase)]

    async def prepare() -> None:
        await identity.prepare()
        await identity.keys.ring(clock())

    async def turn_keys() -> bool:
        await identity.keys.turn(clock())
        return False

    return Service(
        settings=settings,
        description="Who somebody is: accounts, sign-in, tokens, profiles.",
        store=store,
        data=identity,
        prepare=prepare,
        routers=[
            *(accounts, clients, signing_keys, providers),
            *(me, my_second_factor, my_password, my_sessions, my_emails, my_links, my_data, own_notes("/v1/me", "me")),
            *(profiles, portfolios, mentors, mentees),
            *protocol,
            *pages,
        ],
        listener=listen,
        jobs=[
            Job("mail", identity.post_office.work, watches="mails"),
            # It looks by itself: woken by the commit, it would work beside the answer to the very request it is about.
            Job("files", lambda: identity.profiles.files.sweep(clock()), pause=3),
            Job("exports", lambda: identity.exporting.assemble_one(clock()), watches="exports"),
            Job("old exports", lambda: identity.exporting.expire_one(clock())),
            Job("erasures", lambda: identity.erasing.carry_out_due(clock())),
            Job("errands", identity.errands.work, pause=0.25),
            Job("signing-keys", turn_keys, pause=3, lost=metrics.KEY_AGE.clear),
            Job("farewells", Backchannel(identity, settings.public_url, clock).work, watches="farewells"),
        ],
        clock=clock,
        reads=frozenset({introspection.INTROSPECT, userinfo.USERINFO}),
        keys=OwnKeys(identity.keys, clock),
        needs_bus=False,  # whoever signs in needs nothing that the others tell
    )
