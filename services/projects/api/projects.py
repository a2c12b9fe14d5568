"""Enrollment, its review, and what becomes of a project afterwards."""

from collections.abc import Sequence

from contracts.ids import ProjectId
from contracts.projects import ApplicationQuestion, EvaluationQuestion, PrerequisiteTemplate, ProjectStatus
from services.chassis.http import Body, By, NewId, Now, View, router
from services.chassis.text import Line, Prose
from services.projects.api.data import Data, Id
from services.projects.api.enrollments import DraftProject, EditProject
from services.projects.domain import project as domain
from services.projects.domain.project import Mentees, Project, ProposedChanges, TermsAcceptance

routes = router("/v1/projects", "projects")


class SubmitProject(Body):
    accepted_terms_version: Line


class RejectProject(Body):
    reason: Prose


class ProjectView(View):
    id: ProjectId
    slug: str
    name: str
    status: ProjectStatus
    description: str
    repository_url: str | None
    website_url: str | None
    code_of_conduct_url: str
    best_practices_id: int | None
    accent_color: str | None
    logo: str | None
    """The picture's hash: `/v1/projects/{id}/logo?v={logo}`."""
    technologies: Sequence[str]
    skills: Sequence[str]
    desirable_skills: Sequence[str]
    prerequisites: Sequence[PrerequisiteTemplate]
    ai_use_policy: str
    application_questions: Sequence[ApplicationQuestion]
    evaluation_questions: Sequence[EvaluationQuestion]
    blind_review: bool
    mentees: Mentees
    rejection: str | None
    version: int


class EnrollmentView(ProjectView):
    """What its people and staff see of it, beside what everybody may."""

    terms_accepted: TermsAcceptance | None
    proposed: ProposedChanges | None


@routes.post("", response_model=EnrollmentView, status_code=201)
async def draft_project(command: DraftProject, data: Data, by: By, now: Now, id: NewId) -> Project:
    return await data.draft(id, command.said(), by=by, at=now)


@routes.patch("/{id}", response_model=EnrollmentView)
async def edit_project(id: Id, command: EditProject, data: Data, by: By, now: Now) -> Project:
    return await data.edit(id, command.said(), by=by, at=now)


@routes.post("/{id}/submit", response_model=EnrollmentView)
async def submit_project(id: Id, command: SubmitProject, data: Data, by: By, now: Now) -> Project:
    return await data.submit(id, terms_version=command.accepted_terms_version, by=by, at=now)


@routes.post("/{id}/publish", response_model=EnrollmentView)
async def publish_project(id: Id, data: Data, by: By, now: Now) -> Project:
    return await data.publish(id, by=by, at=now)


@routes.post("/{id}/reject", response_model=EnrollmentView)
async def reject_project(id: Id, command: RejectProject, data: Data, by: By, now: Now) -> Project:
    return await data.reject(id, command.reason, by=by, at=now)


@routes.post("/{id}/hide", response_model=EnrollmentView)
async def hide_project(id: Id, data: Data, by: By, now: Now) -> Project:
    return await data.decide_with_applications(id, domain.hide, by=by, at=now)


@routes.post("/{id}/unhide", response_model=EnrollmentView)
async def unhide_project(id: Id, data: Data, by: By, now: Now) -> Project:
    return await data.projects.change(id, domain.unhide, by=by, at=now)


@routes.post("/{id}/archive", response_model=EnrollmentView)
async def archive_project(id: Id, data: Data, by: By, now: Now) -> Project:
    return await data.decide_with_applications(id, domain.archive, by=by, at=now)
