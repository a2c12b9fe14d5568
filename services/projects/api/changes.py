"""Proposed changes of what staff approved before, decided by staff; and a past project enrolled once more."""

from services.chassis.http import Body, By, NewId, Now, router
from services.chassis.text import Line, Prose
from services.projects.api.data import Data, Id
from services.projects.api.projects import EnrollmentView
from services.projects.domain.project import Project

routes = router("/v1/projects", "projects")


class RejectChanges(Body):
    reason: Prose


class CloneProject(Body):
    name: Line


@routes.post("/{id}/changes/approve", response_model=EnrollmentView)
async def approve_changes(id: Id, data: Data, by: By, now: Now) -> Project:
    return await data.approve_changes(id, by=by, at=now)


@routes.post("/{id}/changes/reject", response_model=EnrollmentView)
async def reject_changes(id: Id, command: RejectChanges, data: Data, by: By, now: Now) -> Project:
    return await data.reject_changes(id, command.reason, by=by, at=now)


@routes.post("/{id}/clone", response_model=EnrollmentView, status_code=201)
async def clone_project(id: Id, command: CloneProject, data: Data, by: By, now: Now, new_id: NewId) -> Project:
    return await data.clone(id, new_id, command.name, by=by, at=now)
