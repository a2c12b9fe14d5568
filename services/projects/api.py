"""A route for each decision about projects, terms and mentor invitations."""

import hashlib
import secrets
from collections.abc import Sequence
from pathlib import Path as Folder
from typing import Annotated, Final, Self

from fastapi import Depends, Path, Query, Request
from pydantic import AwareDatetime, EmailStr, Field

from contracts.ids import AccountId, MentorInvitationId, ProjectId, TermId
from contracts.projects import InvitationStatus, PrerequisiteTemplate, ProjectStatus
from contracts.time import Instant
from services.chassis.http import Body, By, NewId, Now, Reader, View, router
from services.chassis.mail import Letters
from services.chassis.paging import Page, Paging
from services.chassis.text import Line, Prose, WebAddress
from services.projects.domain import project as domain
from services.projects.domain.invitation import MentorInvitation
from services.projects.domain.project import Project
from services.projects.domain.term import Label, Term
from services.projects.store import Detail, ProjectsStore

LETTERS: Final = Letters(Folder(__file__).parent / "mails")

projects = router("/v1/projects", "projects")
invitations = router("/v1/mentor-invitations", "mentor invitations")


def _data(request: Request) -> ProjectsStore:
    data: ProjectsStore = request.app.state.data
    return data


Data = Annotated[ProjectsStore, Depends(_data)]


async def _project_id(data: Data, id: Annotated[str, Path(description="Id or slug", max_length=200)]) -> ProjectId:
    return await data.projects.id_of(id)


Id = Annotated[ProjectId, Depends(_project_id)]
Skills = Annotated[tuple[Line, ...], Field(max_length=30)]


class Prerequisite(Body):
    """A task that every applicant does before the decision."""

    name: Line
    description: Prose
    due_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None


Prerequisites = Annotated[tuple[Prerequisite, ...], Field(max_length=10)]


class DraftProject(Body):
    name: Line
    description: Prose = ""
    repository_url: WebAddress | None = None
    website_url: WebAddress | None = None
    skills: Skills = ()
    prerequisites: Prerequisites = ()


class EditProject(Body):
    """A merge patch: what is left out stays."""

    name: Line = ""
    description: Prose = ""
    repository_url: WebAddress = ""
    website_url: WebAddress | None = None
    skills: Skills = ()
    prerequisites: Prerequisites = ()


class SubmitProject(Body):
    accepted_terms_version: Line


class RejectProject(Body):
    reason: Prose


class PlanTerm(Body):
    name: Annotated[Line, Field(max_length=50)]
    window_opens_at: AwareDatetime
    window_closes_at: AwareDatetime
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    time_zone: Line = "UTC"
    capacity: Annotated[int, Field(ge=1, le=1000)]


class InviteMentor(Body):
    email: EmailStr


class AcceptInvitation(Body):
    token: Line


class ProjectView(View):
    id: ProjectId
    slug: str
    name: str
    status: ProjectStatus
    description: str
    repository_url: str | None
    website_url: str | None
    skills: Sequence[str]
    prerequisites: Sequence[PrerequisiteTemplate]
    rejection: str | None
    version: int


class TermView(View):
    id: TermId
    project_id: ProjectId
    name: str
    window_opens_at: Instant
    window_closes_at: Instant
    starts_at: Instant
    ends_at: Instant
    time_zone: str
    capacity: int
    version: int


class LabeledTermView(TermView):
    label: Label

    @classmethod
    def of(cls, term: Term, label: Label) -> Self:
        return cls.model_validate({**term.model_dump(), "label": label})


class MentorView(View):
    id: AccountId
    name: str


class ProjectDetailView(ProjectView):
    terms: Sequence[LabeledTermView]
    mentors: Sequence[MentorView]

    @classmethod
    def of(cls, detail: Detail) -> Self:
        labeled = [LabeledTermView.of(term, label) for term, label in detail.terms]
        mentors = [MentorView.model_validate(mentor) for mentor in detail.mentors]
        return cls.model_validate({**detail.project.model_dump(), "terms": labeled, "mentors": mentors})


class InvitationView(View):
    id: MentorInvitationId
    project_id: ProjectId
    status: InvitationStatus
    expires_at: Instant
    version: int


@projects.get("", response_model=Page[ProjectView])
async def list_projects(
    data: Data,
    reader: Reader,
    paging: Paging,
    q: Annotated[Line | None, Query(description="Words of name, description or skills")] = None,
    skill: Annotated[Line | None, Query()] = None,
    status: Annotated[ProjectStatus | None, Query()] = None,
) -> Page[Project]:
    wanted = {"skills": skill, "status": status}
    return await data.projects.listed_for(reader, {k: v for k, v in wanted.items() if v is not None}, q, paging)


@projects.get("/{id}", response_model=ProjectDetailView)
async def read_project(id: Id, data: Data, reader: Reader, now: Now) -> ProjectDetailView:
    project = await data.projects.visible_to(reader, id)
    return ProjectDetailView.of(await data.detail(project, at=now))


@projects.post("", response_model=ProjectView, status_code=201)
async def draft_project(command: DraftProject, data: Data, by: By, now: Now, id: NewId) -> Project:
    return await data.draft(id, command.model_dump(), by=by, at=now)


@projects.patch("/{id}", response_model=ProjectView)
async def edit_project(id: Id, command: EditProject, data: Data, by: By, now: Now) -> Project:
    return await data.edit(id, command.model_dump(exclude_unset=True), by=by, at=now)


@projects.post("/{id}/submit", response_model=ProjectView)
async def submit_project(id: Id, command: SubmitProject, data: Data, by: By, now: Now) -> Project:
    return await data.submit(id, terms_version=command.accepted_terms_version, by=by, at=now)


@projects.post("/{id}/publish", response_model=ProjectView)
async def publish_project(id: Id, data: Data, by: By, now: Now) -> Project:
    return await data.projects.change(id, domain.publish, by=by, at=now)


@projects.post("/{id}/reject", response_model=ProjectView)
async def reject_project(id: Id, command: RejectProject, data: Data, by: By, now: Now) -> Project:
    return await data.projects.change(id, domain.reject, command.reason, by=by, at=now)


@projects.post("/{id}/terms", response_model=TermView, status_code=201)
async def plan_term(id: Id, command: PlanTerm, data: Data, by: By, now: Now, term_id: NewId) -> Term:
    return await data.plan_term(Term(id=TermId(term_id), project_id=id, **command.model_dump()), by=by, at=now)


@projects.post("/{id}/mentor-invitations", response_model=InvitationView, status_code=201)
async def invite_mentor(
    id: Id, command: InviteMentor, data: Data, by: By, now: Now, invitation_id: NewId, request: Request
) -> MentorInvitation:
    token = secrets.token_urlsafe(16)
    project = await data.projects.visible_to(by, id)
    link = f"{request.app.state.settings.public_url}/mentor-invitation?token={token}"
    letter = LETTERS.write("mentor_invitation", command.email.lower(), project=project, link=link)
    return await data.invite(invitation_id, id, letter, token_hash=hash_of(token), by=by, at=now)


@invitations.post("/accept", response_model=InvitationView)
async def accept_invitation(command: AcceptInvitation, data: Data, by: By, now: Now) -> MentorInvitation:
    return await data.accept_invitation(hash_of(command.token), by=by, at=now)


def hash_of(token: str) -> str:
    """What is kept of a token; it is random enough to need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
