"""What becomes of a project after its review: hidden, shown again, archived."""

from typing import Any

import pytest

from contracts.applications import ApplicationStatus
from contracts.projects import ProjectArchived, ProjectHidden, ProjectStatus, ProjectUnhidden
from services.chassis.domain import NotAllowed, NotInThisState
from services.projects.domain import changes
from services.projects.domain import invitation as invitations
from services.projects.domain import project as domain
from services.projects.domain import term as terms
from services.projects.domain.project import ApplicationsOpen, Project, ProjectUnknown
from tests.unit.projects.test_project import ADA, AT, STAFF, STRANGER, project
from tests.unit.projects.test_term import term

NONE: dict[ApplicationStatus, int] = {}
ANYWHERE = {status: {ProjectStatus.HIDDEN, ProjectStatus.ARCHIVED} for status in ApplicationStatus}
"""What a project may become that has one application of this status."""
ANYWHERE |= {
    ApplicationStatus.PENDING: {ProjectStatus.ARCHIVED},
    ApplicationStatus.WAITLISTED: {ProjectStatus.ARCHIVED},
    ApplicationStatus.ACCEPTED: set(),
    ApplicationStatus.ACTIVE: set(),
}


def decided(verb: str, subject: Project, by: Any = ADA, tally: Any = NONE) -> Any:
    if verb == "unhide":
        return domain.unhide(subject, by=by, at=AT)
    return getattr(domain, verb)(subject, tally, by=by, at=AT)


STEPS = {
    "hide": ({ProjectStatus.PUBLISHED}, ProjectStatus.HIDDEN, ProjectHidden),
    "unhide": ({ProjectStatus.HIDDEN}, ProjectStatus.PUBLISHED, ProjectUnhidden),
    "archive": ({ProjectStatus.PUBLISHED, ProjectStatus.HIDDEN}, ProjectStatus.ARCHIVED, ProjectArchived),
}


@pytest.mark.parametrize("verb", STEPS)
@pytest.mark.parametrize("status", ProjectStatus)
def test_every_step_is_possible_from_its_states_and_no_other(verb: str, status: ProjectStatus):
    before, after, event = STEPS[verb]
    if status in before:
        change = decided(verb, project(status=status))
        assert (change.state.status, type(change.event), change.event.status) == (after, event, after)
    else:
        with pytest.raises(NotInThisState):
            decided(verb, project(status=status))


@pytest.mark.parametrize("application", ApplicationStatus)
@pytest.mark.parametrize(("verb", "after"), [("hide", ProjectStatus.HIDDEN), ("archive", ProjectStatus.ARCHIVED)])
def test_applications_that_are_not_at_their_end_keep_a_project_where_it_is(
    verb: str, after: ProjectStatus, application: ApplicationStatus
):
    tally = {application: 1}
    if after in ANYWHERE[application]:
        assert decided(verb, project(status="published"), tally=tally).state.status is after
    else:
        with pytest.raises(ApplicationsOpen, match=f"1 {application}"):
            decided(verb, project(status="published"), tally=tally)


@pytest.mark.parametrize("verb", STEPS)
def test_an_administrator_alone_decides(verb: str):
    before = next(iter(STEPS[verb][0]))
    with pytest.raises((NotAllowed, ProjectUnknown)):
        decided(verb, project(status=before), by=STRANGER)
    with pytest.raises(NotAllowed):
        decided(verb, project(status=before), by=STAFF)


def test_a_hidden_project_comes_back_by_its_administrators_not_by_a_review():
    with pytest.raises(NotInThisState, match="unhide"):
        domain.publish(project(status="hidden"), by=STAFF, at=AT)


def test_nothing_changes_in_an_archived_project():
    archived = project(status="archived")
    for change in (
        lambda: changes.edit(archived, {"skills": ("Rust",)}, by=ADA, at=AT),
        lambda: terms.plan(term(), archived, (), by=ADA, at=AT),
        lambda: invitations.invite("i-1", archived, email="mo@example.org", token_hash="x", by=ADA, at=AT),
    ):
        with pytest.raises(NotInThisState, match="archived"):
            change()
