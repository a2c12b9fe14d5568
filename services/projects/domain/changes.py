"""What a project says of itself, changed: at once, or proposed and reviewed; and said again by a clone.

        edit             edit again
none ──────────→ proposed ⇄         approve, reject, archive → none
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from contracts.ids import AccountId, ProjectId
from contracts.projects import (
    ProjectChangeApproved,
    ProjectChangeProposed,
    ProjectChangeRejected,
    ProjectDrafted,
    ProjectEdited,
    ProjectStatus,
)
from services.chassis.domain import Actor, Change, Conflict, NotInThisState
from services.projects.domain.project import APPROVED, EnrollmentIncomplete, Project, ProposedChanges

REVIEWED: Final = frozenset({"name", "description", "repository_url"})
"""What staff looked at: it does not change behind their back."""
OWN: Final = frozenset(
    {
        "description",
        "repository_url",
        "website_url",
        "code_of_conduct_url",
        "best_practices_id",
        "accent_color",
        "logo",
        "technologies",
        "skills",
        "desirable_skills",
        "ai_use_policy",
        "application_questions",
        "evaluation_questions",
        "blind_review",
    }
)
"""What a clone says as its model does; its name is new, and so are the due dates of its prerequisites."""


class UnderReview(Conflict):
    """What staff review does not change while they look at it."""


class NothingProposed(NotInThisState):
    """There is no change that waits for a review."""


def edit(project: Project, changes: Mapping[str, Any], *, by: Actor, at: datetime) -> Change[Project]:
    """Change what the project says of itself; what staff approved before is only proposed to be changed.

    Raises `EnrollmentIncomplete` when that would take away what its review asked for.
    """
    project.must_be_administered_by(by)
    project.must_not_be_archived()
    if project.status is ProjectStatus.SUBMITTED:
        raise UnderReview("The project is under review. Wait for the review, then edit and submit again.")
    if project.status not in APPROVED:
        return project.evolve(**changes).tell(ProjectEdited, by=by, at=at)
    if lacking := project.evolve(**changes).lacks:
        raise EnrollmentIncomplete(f"A project that was published keeps {', '.join(lacking)}.")
    at_once = {name: value for name, value in changes.items() if name not in REVIEWED}
    proposed = {name: value for name, value in changes.items() if name in REVIEWED}
    if not proposed:
        return project.evolve(**at_once).tell(ProjectEdited, by=by, at=at)
    waiting = _merged(project, proposed)
    kept = ProposedChanges(changes=waiting, by=by.id, at=at) if waiting else None
    edited = project.evolve(**at_once, proposed=kept)
    return edited.tell(ProjectChangeProposed if kept else ProjectEdited, by=by, at=at)


def approve(project: Project, *, by: Actor, at: datetime) -> Change[Project]:
    """Let the public see what was proposed."""
    proposed = _proposed_to(project, by)
    return project.evolve(**proposed.changes, proposed=None).tell(ProjectChangeApproved, by=by, at=at)


def reject(project: Project, reason: str, *, by: Actor, at: datetime) -> Change[Project]:
    """Leave what the public sees as it is."""
    _proposed_to(project, by)
    return project.evolve(proposed=None).tell(ProjectChangeRejected, by=by, at=at, reason=reason)


def show_logo(project: Project, digest: str | None, *, by: Actor, at: datetime) -> Change[Project]:
    """Show this picture, or none; the same one again changes nothing."""
    edited = edit(project, {"logo": digest}, by=by, at=at)
    return Change(project) if project.logo == digest else edited


def clone(project: Project, id: str, *, name: str, slug: str, by: Actor, at: datetime) -> Change[Project]:
    """Begin an enrollment that says what this one does; whoever does so administers it, alone."""
    project.must_be_administered_by(by)
    said = {field: getattr(project, field) for field in OWN}
    undated = tuple(template.model_copy(update={"due_on": None}) for template in project.prerequisites)
    administrators = (AccountId(by.id),)
    draft = Project(
        id=ProjectId(id), name=name, slug=slug, prerequisites=undated, administrators=administrators, **said
    )
    return draft.tell(ProjectDrafted, by=by, at=at)


def _merged(project: Project, changes: Mapping[str, str]) -> dict[str, str]:
    """Give all that is proposed now; what the public sees already is no change."""
    before = project.proposed.changes if project.proposed else {}
    return {name: value for name, value in {**before, **changes}.items() if value != getattr(project, name)}


def _proposed_to(project: Project, by: Actor) -> ProposedChanges:
    project.must_be_reviewed_by_another(by)
    if project.proposed is None:
        raise NothingProposed("No change of this project waits for a review.")
    return project.proposed
