"""Stipends put together."""

from services.chassis.jobs import Job
from services.chassis.mongo import Database
from services.chassis.service import Clock, Service, now
from services.chassis.store import Store
from services.chassis.vault import Vault
from services.stipends.api import ROUTERS
from services.stipends.cashier import Cashier
from services.stipends.consumers import listen
from services.stipends.provider import SandboxProvider
from services.stipends.schedules import shipped
from services.stipends.settings import Settings
from services.stipends.store import StipendsStore

__all__ = ["Settings", "build"]


def build(settings: Settings, clock: Clock = now) -> Service[StipendsStore]:
    store = Store(Database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database))
    data = StipendsStore(store, Vault(settings.payee_secret), shipped(), clock)
    provider = SandboxProvider(
        settings.sandbox_url,
        api_key=settings.sandbox_api_key.get_secret_value(),
        callback_url=f"{settings.public_url}/v1/payments/callbacks/sandbox",
    )
    return Service(
        settings,
        description="Stipend policies and schedules, project budgets, installments and their payment.",
        store=store,
        data=data,
        prepare=data.prepare,
        routers=ROUTERS,
        listener=listen,
        jobs=(Job("payments", Cashier(data, provider, clock).work, watches="payments"),),
        clock=clock,
    )
