"""The collections of projects, its copies of what others told, and its mail."""

from collections.abc import Collection

from contracts.applications import ApplicationEvent, EvaluationEvent
from contracts.identity import AccountEvent, MentorProfileSaved, PersonDescribed
from contracts.stipends import StipendPolicySet
from services.chassis.mail import PostOffice
from services.chassis.mongo import IndexModel
from services.chassis.settings import Settings
from services.chassis.store import Projection, Store
from services.projects.domain.invitation import InvitationUnknown, MentorInvitation
from services.projects.domain.project import Project, ProjectUnknown
from services.projects.domain.request import MentorRequest, RequestUnknown
from services.projects.domain.term import Term, TermUnknown
from services.projects.store import letters
from services.projects.store.catalog import Catalog
from services.projects.store.enrollments import Projects, Terms
from services.projects.store.invited import Invitations
from services.projects.store.known import (
    Account,
    Application,
    Applications,
    Evaluation,
    Evaluations,
    Mentor,
    Person,
    Policy,
)
from services.projects.store.logos import Logos
from services.projects.store.requested import Requests


class Kept:
    """Everything that is kept, and what every command needs of it."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._public_url = settings.public_url
        self.projects = Projects(store, "projects", Project, ProjectUnknown)
        self.terms = Terms(store, "terms", Term, TermUnknown)
        self.invitations = Invitations(store, "mentor_invitations", MentorInvitation, InvitationUnknown)
        self.requests = Requests(store, "mentor_requests", MentorRequest, RequestUnknown)
        self.people = Projection(store, "people", Person, remembers=PersonDescribed)
        self.accounts = Projection(store, "accounts", Account, remembers=AccountEvent)
        self.logos = Logos(store.database)
        self.mentors = Projection(store, "mentors", Mentor, remembers=MentorProfileSaved)
        self.applications = Applications(store, "applications", Application, remembers=ApplicationEvent)
        self.evaluations = Evaluations(store, "evaluations", Evaluation, remembers=EvaluationEvent)
        self.policies = Projection(store, "policies", Policy, remembers=StipendPolicySet)
        self.catalog = Catalog(store.database)
        self.mail = PostOffice(store, settings)

    async def prepare(self) -> None:
        await self.projects.prepare()
        await self.terms.prepare()
        await self.invitations.prepare()
        await self.requests.prepare()
        await self.people.prepare(IndexModel([("emails", 1)]))
        await self.accounts.prepare(IndexModel([("roles", 1)]))
        await self.mentors.prepare()
        await self.applications.prepare()
        await self.evaluations.prepare()
        await self.policies.prepare()
        await self.catalog.prepare()
        await self.mail.prepare()

    async def write_to(
        self, accounts: Collection[str], letter: str, project: Project, *, path: str = "", **words: object
    ) -> None:
        """Post a letter about a project to those whose address is known here, if the surrounding transaction stands."""
        for person in await self.people.find({"_id": {"$in": list(accounts)}}):
            if person.emails:
                await self.mail.post(
                    letters.about(project, letter, person.emails[0], public_url=self._public_url, path=path, **words)
                )

    async def name_of(self, account: str) -> str:
        person = await self.people.get(account)
        return "Somebody" if person is None else person.name
