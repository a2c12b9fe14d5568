"""Enrollment, its review, and what becomes of a project afterwards."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import Query

from contracts.ids import AccountId, ProjectId
from contracts.projects import ApplicationQuestion, EvaluationQuestion, PrerequisiteTemplate, ProjectStatus
from services.chassis.http import Body, By, Composite, NewId, Now, Reader, View, router
from services.chassis.paging import Page, Paging
from services.chassis.text import Line, Prose
from services.projects.api.data import Data, Id
from services.projects.api.enrollments import DraftProject, EditProject
from services.projects.api.terms import LabeledTermView
from services.projects.domain import project as domain
from services.projects.domain.project import Project
from services.projects.store import Detail

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
    technologies: Sequence[str]
    skills: Sequence[str]
    desirable_skills: Sequence[str]
    prerequisites: Sequence[PrerequisiteTemplate]
    ai_use_policy: str
    application_questions: Sequence[ApplicationQuestion]
    evaluation_questions: Sequence[EvaluationQuestion]
    blind_review: bool
    rejection: str | None
    version: int


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


@routes.get("", response_model=Page[ProjectView])
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


@routes.get("/{id}", response_model=ProjectDetailView, response_class=Composite)
async def read_project(id: Id, data: Data, reader: Reader, now: Now) -> ProjectDetailView:
    project = await data.projects.visible_to(reader, id)
    return ProjectDetailView.of(await data.detail(project, at=now))


@routes.post("", response_model=ProjectView, status_code=201)
async def draft_project(command: DraftProject, data: Data, by: By, now: Now, id: NewId) -> Project:
    return await data.draft(id, command.said(), by=by, at=now)


@routes.patch("/{id}", response_model=ProjectView)
async def edit_project(id: Id, command: EditProject, data: Data, by: By, now: Now) -> Project:
    return await data.edit(id, command.said(), by=by, at=now)


@routes.post("/{id}/submit", response_model=ProjectView)
async def submit_project(id: Id, command: SubmitProject, data: Data, by: By, now: Now) -> Project:
    return await data.submit(id, terms_version=command.accepted_terms_version, by=by, at=now)


@routes.post("/{id}/publish", response_model=ProjectView)
async def publish_project(id: Id, data: Data, by: By, now: Now) -> Project:
    return await data.publish(id, by=by, at=now)


@routes.post("/{id}/reject", response_model=ProjectView)
async def reject_project(id: Id, command: RejectProject, data: Data, by: By, now: Now) -> Project:
    return await data.reject(id, command.reason, by=by, at=now)


@routes.post("/{id}/hide", response_model=ProjectView)
async def hide_project(id: Id, data: Data, by: By, now: Now) -> Project:
    return await data.decide_with_applications(id, domain.hide, by=by, at=now)


@routes.post("/{id}/unhide", response_model=ProjectView)
async def unhide_project(id: Id, data: Data, by: By, now: Now) -> Project:
    return await data.projects.change(id, domain.unhide, by=by, at=now)


@routes.post("/{id}/archive", response_model=ProjectView)
async def archive_project(id: Id, data: Data, by: By, now: Now) -> Project:
    return await data.decide_with_applications(id, domain.archive, by=by, at=now)
