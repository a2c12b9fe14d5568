"""A project enrolled, published and applied for, and the applicant accepted, by the generated Python client.

Read by mypy against what `make clients` makes, so that a client without types fails.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final, TypeVar

from httpx import Timeout
from mentorship_client import applications, identity, projects
from mentorship_client.applications.api.applications import (
    accept_application,
    apply_to_term,
    read_application,
    read_eligibility,
)
from mentorship_client.applications.models import (
    AcceptApplication,
    ApplicationView,
    ApplyToTerm,
    Attendance,
    EligibilityView,
    NamedApplicationView,
)
from mentorship_client.identity.api.me import save_mentee_profile
from mentorship_client.identity.models import MenteeProfileView, SaveMenteeProfile
from mentorship_client.projects.api.catalog import read_project
from mentorship_client.projects.api.projects import draft_project, list_conditions, publish_project, submit_project
from mentorship_client.projects.api.terms import plan_term
from mentorship_client.projects.models import (
    ConditionsPage,
    DraftProject,
    EnrollmentView,
    PlanTerm,
    ProjectDetailView,
    SubmitProject,
    TermView,
)
from uuid6 import uuid7

from tests.support.waiting import eventually

T = TypeVar("T")
DAY: Final = timedelta(days=1)
TIMEOUT: Final = Timeout(90)


def granted(kind: type[T], answer: object) -> T:
    """Give the answer, which is of this kind unless a problem came in its place."""
    assert isinstance(answer, kind), answer
    return answer


@dataclass(frozen=True)
class People:
    """Who takes part, by access token."""

    origin: str
    administrator: str
    staff: str
    mentee: str

    def projects(self, token: str) -> projects.AuthenticatedClient:
        return projects.AuthenticatedClient(self.origin, token=token, timeout=TIMEOUT)

    def applications(self, token: str) -> applications.AuthenticatedClient:
        return applications.AuthenticatedClient(self.origin, token=token, timeout=TIMEOUT)

    def identity(self, token: str) -> identity.AuthenticatedClient:
        return identity.AuthenticatedClient(self.origin, token=token, timeout=TIMEOUT)


async def enrolled(people: People) -> TermView:
    """Draft a project with a term, and have it published; the project says so, and again only under another ETag."""
    ada, staff = people.projects(people.administrator), people.projects(people.staff)
    body = DraftProject(
        name=f"Typed {uuid7()}",
        description="By client.",
        repository_url="https://example.org/typed",
        website_url="https://example.org",
        skills=["C"],
    )
    drafted = granted(EnrollmentView, await draft_project.asyncio(client=ada, body=body, idempotency_key=str(uuid7())))
    now = datetime.now(UTC)
    term = PlanTerm("Spring", now - DAY, now + 10 * DAY, now + 20 * DAY, now + 110 * DAY, capacity=1)
    planned = granted(TermView, await plan_term.asyncio(drafted.id, client=ada, body=term))
    versions = granted(ConditionsPage, await list_conditions.asyncio(client=ada)).items
    in_force = next(version.version for version in versions if version.in_force)
    wish = SubmitProject(in_force)
    granted(EnrollmentView, await submit_project.asyncio(drafted.id, client=ada, body=wish))
    granted(EnrollmentView, await publish_project.asyncio(drafted.id, client=staff))

    async def known_already() -> bool:
        """Unless the term passes the instant at which its window opened, in between."""
        seen = await read_project.asyncio_detailed(drafted.id, client=ada)
        assert granted(ProjectDetailView, seen.parsed).status == "published"
        again = await read_project.asyncio_detailed(drafted.id, client=ada, if_none_match=seen.headers["ETag"])
        return bool(again.status_code == HTTPStatus.NOT_MODIFIED)

    await eventually(known_already, what="the same answer, not sent again")
    return planned


async def accepted(people: People, term: TermView) -> NamedApplicationView:
    """Let the mentee apply, and the administrator accept; gives it as the mentee sees it."""
    mei, ada = people.applications(people.mentee), people.applications(people.administrator)
    profile = SaveMenteeProfile("I mend things.", skills=["C"], country="DE", of_age=True, may_work=True)
    saved = await save_mentee_profile.asyncio(client=people.identity(people.mentee), body=profile)
    granted(MenteeProfileView, saved)

    async def eligible() -> bool:
        verdict = await read_eligibility.asyncio(client=mei, term_id=term.id)
        return isinstance(verdict, EligibilityView) and verdict.eligible

    await eventually(eligible, what="the word that the mentee is eligible")
    wish = ApplyToTerm(term.id, "I want to learn.")
    applied = granted(ApplicationView, await apply_to_term.asyncio(client=mei, body=wish))
    body = AcceptApplication(Attendance.FULL_TIME)
    granted(ApplicationView, await accept_application.asyncio(applied.id, client=ada, body=body))
    return granted(NamedApplicationView, await read_application.asyncio(applied.id, client=mei))
