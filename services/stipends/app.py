"""Stipends put together."""

from services.chassis.jobs import Job
from services.chassis.mongo import Database
from services.chassis.own_notes import own_notes
from services.chassis.service import Clock, Service, now
from services.chassis.store import Store
from services.stipends.api import ROUTERS
from services.stipends.cashier import Cashier
from services.stipends.consumers import listen
from services.stipends.figures import Audit, figures
from services.stipends.provider.bank_file import BankFile
from services.stipends.provider.chosen import Current, provider_of
from services.stipends.schedules import shipped
from services.stipends.settings import Settings
from services.stipends.store import StipendsStore

__all__ = ["Settings", "build"]


def build(settings: Settings, clock: Clock = now) -> Service[StipendsStore]:
    store = Store(Database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database))
    provider = provider_of(settings)
    data = StipendsStore(store, settings, shipped(), provider.accepted, clock)
    cashiers = [] if isinstance(provider, BankFile) else [_payments(Cashier(data, Current(settings), clock))]
    return Service(
        settings,
        description="Stipend policies and schedules, project budgets, installments and their payment.",
        store=store,
        data=data,
        prepare=data.prepare,
        routers=(own_notes("/v1/stipends", "audit", data.privacy.untold_since), *ROUTERS),
        listener=listen,
        jobs=(
            *cashiers,
            Job("announcements", data.stipends.announce_due),
            Job("mail", data.letters.mail.work),
            figures(data, clock).job,
            Audit(data, clock).job,
        ),
        clock=clock,
        audience_of=data.audience_of,
    )


def _payments(cashier: Cashier) -> Job:
    return Job("payments", cashier.work, watches="payments")
