"""The rules of enrollment."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import AccountId, ActorId
from contracts.projects import (
    ProjectDrafted,
    ProjectPublished,
    ProjectRejected,
    ProjectStatus,
    ProjectSubmitted,
)
from services.chassis.domain import Actor, NotAllowed, NotInThisState
from services.chassis.versioned import VersionedText
from services.projects.domain import project as domain
from services.projects.domain.conditions import ConditionsNotInForce
from services.projects.domain.project import (
    NEXT,
    RESERVED,
    UUID,
    EnrollmentIncomplete,
    OwnProject,
    Project,
    ProjectUnknown,
    slug_of,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)


def somebody(id: str, *roles: str) -> Actor:
    return Actor(ActorId(id), frozenset(roles))


ADA, STAFF, STRANGER, MO = somebody("ada"), somebody("sam", "staff"), somebody("eve"), somebody("mo")
MENTOR = AccountId(MO.id)
CONDITIONS = (VersionedText(version="2026-01", effective_from=datetime(2026, 1, 1, tzinfo=UTC), text="Be fair."),)


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
    change = domain.submit(subject, terms_version="2026-01", versions=CONDITIONS, planned_terms=terms, by=by, at=AT)
    assert isinstance(change.event, ProjectSubmitted)
    return change.state


def test_submitting_accepts_the_terms_and_conditions():
    accepted = submitted(project()).terms_accepted
    assert accepted is not None
    assert (accepted.by, accepted.at, accepted.version) == ("ada", AT, "2026-01")


def test_another_version_than_the_one_in_force_is_not_accepted():
    with pytest.raises(ConditionsNotInForce, match="2026-01"):
        domain.submit(project(), terms_version="2025-01", versions=CONDITIONS, planned_terms=1, by=ADA, at=AT)


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


def test_staff_who_submitted_a_project_do_not_review_it_after_leaving_it():
    own = submitted(project(administrators=("sam", "ada")), by=STAFF)
    with pytest.raises(OwnProject):
        domain.publish(own.evolve(administrators=("ada",)), by=STAFF, at=AT)


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


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Linux Kernel", "linux-kernel"), ("  C++ & Zoë!  ", "c-zoe"), ("日本", "project"), ("--", "project")],
)
def test_a_slug_is_derived_from_the_name(name: str, slug: str):
    assert slug_of(name) == slug


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_slug_is_never_a_word_that_stands_elsewhere_in_a_path(word: str):
    assert slug_of(word.replace("-", " ").title()) == f"{word}-project"


@given(st.text(max_size=200))
def test_a_slug_is_short_plain_and_no_id(name: str):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug_of(name))
    assert len(slug_of(name)) <= 110
    assert not UUID.fullmatch(slug_of(name))
