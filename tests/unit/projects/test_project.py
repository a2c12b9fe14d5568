"""The rules of enrollment."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.ids import AccountId, ActorId
from contracts.projects import (
    ProjectDrafted,
    ProjectEdited,
    ProjectPublished,
    ProjectRejected,
    ProjectStatus,
    ProjectSubmitted,
)
from services.chassis.domain import Actor, NotAllowed, NotInThisState
from services.projects.domain import project as domain
from services.projects.domain.project import (
    NEXT,
    EnrollmentIncomplete,
    OwnProject,
    Project,
    ProjectUnknown,
    UnderReview,
    slug_of,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)


def somebody(id: str, *roles: str) -> Actor:
    return Actor(ActorId(id), frozenset(roles))


ADA, STAFF, STRANGER, MO = somebody("ada"), somebody("sam", "staff"), somebody("eve"), somebody("mo")
MENTOR = AccountId(MO.id)


def project(**changes: Any) -> Project:
    complete = {"description": "Learn.", "repository_url": "https://example.org/k", "skills": ("C",)}
    return Project.model_validate(
        {"id": "p-1", "slug": "kernel", "name": "Kernel", "administrators": ("ada",), **complete, **changes}
    )


@pytest.mark.parametrize("before", ProjectStatus)
@pytest.mark.parametrize("after", ProjectStatus)
def test_every_move_is_either_listed_or_refused(before: ProjectStatus, after: ProjectStatus):
    subject = project(status=before)
    if after in NEXT.get(before, ()):
        assert subject.move(after).status is after
    else:
        with pytest.raises(NotInThisState, match=f"{before} cannot become {after}"):
            subject.move(after)


def test_whoever_drafts_a_project_administers_it():
    change = domain.draft("p-1", name="Kernel", slug="kernel", by=ADA, at=AT)
    assert (change.state.administrators, change.state.status) == (("ada",), ProjectStatus.DRAFT)
    assert change.event == ProjectDrafted.model_validate(
        {**change.state.model_dump(), "sequence": 1, "at": AT, "by": "ada"}
    )


def submitted(subject: Project, *, terms: int = 1, by: Actor = ADA) -> Project:
    change = domain.submit(subject, terms_version="1", planned_terms=terms, by=by, at=AT)
    assert isinstance(change.event, ProjectSubmitted)
    return change.state


def test_submitting_accepts_the_terms_and_conditions():
    accepted = submitted(project()).terms_accepted
    assert accepted is not None
    assert (accepted.by, accepted.at, accepted.version) == ("ada", AT, "1")


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"description": ""}, "a description"),
        ({"repository_url": None}, "a repository URL"),
        ({"skills": ()}, "at least one skill"),
    ],
)
def test_what_a_review_needs_must_be_there(lacking: dict[str, Any], said: str):
    with pytest.raises(EnrollmentIncomplete, match=said):
        submitted(project(**lacking))


def test_a_review_needs_a_term():
    with pytest.raises(EnrollmentIncomplete, match="at least one term"):
        submitted(project(), terms=0)


def test_staff_publish_and_the_public_sees_it():
    change = domain.publish(project(status="submitted"), by=STAFF, at=AT)
    assert isinstance(change.event, ProjectPublished)
    assert change.state.is_seen_by(None)


def test_a_rejection_carries_its_reason_and_resubmission_forgets_it():
    change = domain.reject(project(status="submitted"), "Say more.", by=STAFF, at=AT)
    assert isinstance(change.event, ProjectRejected)
    assert (change.event.reason, change.state.rejection) == ("Say more.", "Say more.")
    assert submitted(change.state).rejection is None


@pytest.mark.parametrize("review", [domain.publish, lambda p, **by: domain.reject(p, "No.", **by)])
def test_nobody_reviews_a_project_that_they_administer(review: Any):
    with pytest.raises(OwnProject):
        review(project(status="submitted", administrators=("sam",)), by=STAFF, at=AT)


@pytest.mark.parametrize("review", [domain.publish, lambda p, **by: domain.reject(p, "No.", **by)])
def test_only_staff_review(review: Any):
    with pytest.raises(NotAllowed):
        review(project(status="submitted"), by=ADA, at=AT)
    with pytest.raises(ProjectUnknown):
        review(project(status="submitted"), by=STRANGER, at=AT)


@pytest.mark.parametrize("status", ProjectStatus)
def test_a_stranger_is_told_of_published_projects_alone(status: ProjectStatus):
    refusal = NotAllowed if status is ProjectStatus.PUBLISHED else ProjectUnknown
    with pytest.raises(refusal):
        project(status=status).must_be_administered_by(STRANGER)


def test_an_edit_is_told_with_the_whole_picture():
    change = domain.edit(project(), {"name": "Linux"}, by=ADA, at=AT)
    assert isinstance(change.event, ProjectEdited)
    assert (change.event.name, change.event.skills, change.event.administrators) == ("Linux", ("C",), ("ada",))


@pytest.mark.parametrize("status", ["published", "hidden"])
@pytest.mark.parametrize("field", ["name", "description", "repository_url"])
def test_what_staff_approved_stays(field: str, status: str):
    with pytest.raises(UnderReview, match=field):
        domain.edit(project(status=status), {field: "other"}, by=ADA, at=AT)


def test_a_published_project_may_still_change_its_skills():
    assert domain.edit(project(status="published"), {"skills": ("Rust",)}, by=ADA, at=AT).state.skills == ("Rust",)


def test_nothing_changes_under_review():
    with pytest.raises(UnderReview, match="under review"):
        domain.edit(project(status="submitted"), {"skills": ("Rust",)}, by=ADA, at=AT)


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Linux Kernel", "linux-kernel"), ("  C++ & Zoë!  ", "c-zoe"), ("日本", "project"), ("--", "project")],
)
def test_a_slug_is_derived_from_the_name(name: str, slug: str):
    assert slug_of(name) == slug
