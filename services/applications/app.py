"""Applications put together."""

from services.applications import metrics, pages
from services.applications.agreements import shipped as shipped_agreements
from services.applications.api import (
    agreements,
    applications,
    certificates,
    drafts,
    evaluations,
    export,
    history,
    referrals,
    reviews,
    tasks,
)
from services.applications.consumers import listen
from services.applications.policies import shipped
from services.applications.settings import Settings
from services.applications.store import ApplicationsStore
from services.chassis.figures import Figures
from services.chassis.jobs import Job
from services.chassis.metrics import tell
from services.chassis.mongo import Database
from services.chassis.own_notes import own_notes
from services.chassis.service import Clock, Service, now
from services.chassis.store import Store

__all__ = ["Settings", "build"]


def build(settings: Settings, clock: Clock = now) -> Service[ApplicationsStore]:
    store = Store(Database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database))
    data = ApplicationsStore(store, settings, shipped(), shipped_agreements())

    async def count() -> None:
        tell(metrics.APPLICATIONS, await data.applications.by_status())

    return Service(
        settings,
        description="Eligibility, applications, their tasks, decisions and evaluations.",
        store=store,
        data=data,
        prepare=data.prepare,
        routers=(
            own_notes("/v1/applications", "audit", lambda account: data.untold_since(account, clock())),
            drafts.routes,
            agreements.routes,
            export.routes,
            applications.routes,
            reviews.routes,
            tasks.routes,
            evaluations.routes,
            referrals.routes,
            certificates.routes,
            pages.routes,
            history.routes,
        ),
        listener=listen,
        jobs=(
            Job("offers", lambda: data.expire_due_offer(clock())),
            Job("wait list", lambda: data.offer_free_place(clock()), watches="places"),
            Job("alarms", lambda: data.ring(clock()), watches="alarms"),
            Job("task reminders", lambda: data.remind_of_task(clock())),
            Job("evaluation reminders", lambda: data.remind_of_evaluation(clock())),
            Job("files", lambda: data.files.sweep(clock()), pause=3),
            Job("mail", data.mail.work),
            Figures(count, metrics.APPLICATIONS).job,
        ),
        clock=clock,
    )
