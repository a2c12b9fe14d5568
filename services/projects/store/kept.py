"""The collections of projects, its copies of what others told, and its mail."""

from services.chassis.mail import PostOffice
from services.chassis.settings import Settings
from services.chassis.store import Projection, Store
from services.projects.domain.invitation import InvitationUnknown, MentorInvitation
from services.projects.domain.project import Project, ProjectUnknown
from services.projects.domain.term import Term, TermUnknown
from services.projects.store.enrollments import Projects, Terms
from services.projects.store.invited import Invitations
from services.projects.store.known import Application, Applications, Person


class Kept:
    """Everything that is kept, and what every command needs of it."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._public_url = settings.public_url
        self.projects = Projects(store, "projects", Project, ProjectUnknown)
        self.terms = Terms(store, "terms", Term, TermUnknown)
        self.invitations = Invitations(store, "mentor_invitations", MentorInvitation, InvitationUnknown)
        self.people = Projection(store, "people", Person)
        self.applications = Applications(store, "applications", Application)
        self.mail = PostOffice(store, settings)

    async def prepare(self) -> None:
        await self.projects.prepare()
        await self.terms.prepare()
        await self.invitations.prepare()
        await self.people.prepare()
        await self.applications.prepare()
        await self.mail.prepare()
