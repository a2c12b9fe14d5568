"""Projects put together."""

from services.chassis.jobs import Job
from services.chassis.mongo import Database
from services.chassis.service import Clock, Service, now
from services.chassis.store import Store
from services.projects import api
from services.projects.consumers import listen
from services.projects.settings import Settings
from services.projects.store import ProjectsStore

__all__ = ["Settings", "build"]


def build(settings: Settings, clock: Clock = now) -> Service[ProjectsStore]:
    store = Store(Database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database))
    data = ProjectsStore(store, settings)
    return Service(
        settings,
        description="Enrollment, review, terms and the people of projects.",
        store=store,
        data=data,
        prepare=data.prepare,
        routers=api.ROUTERS,
        listener=listen,
        jobs=(
            Job("terms", lambda: data.cross_due_instant(clock())),
            Job("invitations", lambda: data.expire_due_invitation(clock())),
            Job("mail", data.mail.work),
        ),
        clock=clock,
        audience_of=data.audience_of,
    )
