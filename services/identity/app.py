"""Identity put together."""

from services.chassis.jobs import Job
from services.chassis.mongo import Database
from services.chassis.service import Clock, Service, now
from services.chassis.store import Store
from services.identity.api.accounts import accounts
from services.identity.api.me import me
from services.identity.api.mfa import mfa as my_second_factor
from services.identity.api.password import password as my_password
from services.identity.api.sessions import sessions as my_sessions
from services.identity.consumers import listen
from services.identity.hashing import Hasher
from services.identity.oidc import authorize, discovery, logout, token, userinfo
from services.identity.pages import account, mfa, passkey, password, second_factor, sign_in, sign_up
from services.identity.settings import Settings
from services.identity.store import Identity

__all__ = ["Settings", "build"]


def build(settings: Settings, clock: Clock = now) -> Service[Identity]:
    store = Store(Database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database))
    identity = Identity(store, settings, Hasher())
    protocol = [module.router for module in (discovery, authorize, token, userinfo, logout)]
    pages = [module.router for module in (sign_in, second_factor, sign_up, account, mfa, passkey, password)]

    async def prepare() -> None:
        await identity.prepare()
        await identity.keys.ring(clock())

    return Service(
        settings=settings,
        description="Who somebody is: accounts, sign-in, tokens, profiles.",
        store=store,
        data=identity,
        prepare=prepare,
        routers=[accounts, me, my_second_factor, my_password, my_sessions, *protocol, *pages],
        listener=listen,
        jobs=[
            Job("mail", identity.post_office.work, watches="mails"),
            # It looks by itself: woken by the commit, it would work beside the answer to the very request it is about.
            Job("errands", identity.errands.work, pause=0.25),
        ],
        clock=clock,
    )
