"""What a project says of itself, changed at once or proposed, and said again by a clone."""

from typing import Any

import pytest

from contracts.projects import (
    ProjectArchived,
    ProjectChangeApproved,
    ProjectChangeProposed,
    ProjectChangeRejected,
    ProjectDrafted,
    ProjectEdited,
    ProjectEvent,
    ProjectStatus,
)
from services.chassis.domain import Change, NotAllowed, NotInThisState
from services.projects.domain import changes as domain
from services.projects.domain import project as projects
from services.projects.domain.changes import OWN, REVIEWED, NothingProposed, UnderReview
from services.projects.domain.project import (
    APPROVED,
    NEXT,
    EnrollmentIncomplete,
    OwnProject,
    Project,
    ProjectUnknown,
    ProposedChanges,
)
from tests.unit.projects.test_project import ADA, AT, MO, STAFF, STRANGER, project, somebody

PROPOSAL = ProposedChanges(changes={"name": "Linux"}, by=ADA.id, at=AT)


def edited(subject: Project, **changes: Any) -> Change[Project]:
    return domain.edit(subject, changes, by=ADA, at=AT)


def proposed(**changes: Any) -> Project:
    return project(status="published", proposed=PROPOSAL, **changes)


@pytest.mark.parametrize("status", ["draft", "rejected"])
def test_before_its_approval_a_project_changes_at_once(status: str):
    change = edited(project(status=status), name="Linux", skills=("Rust",))
    assert isinstance(change.event, ProjectEdited)
    assert (change.event.name, change.event.skills, change.event.administrators) == ("Linux", ("Rust",), ("ada",))
    assert change.state.proposed is None


def test_nothing_changes_under_review():
    with pytest.raises(UnderReview, match="under review"):
        edited(project(status="submitted"), skills=("Rust",))


@pytest.mark.parametrize("status", sorted(APPROVED))
@pytest.mark.parametrize("field", sorted(REVIEWED))
def test_what_staff_approved_is_only_proposed_to_be_changed(field: str, status: str):
    before = project(status=status)
    change = edited(before, **{field: "other"})

    assert isinstance(change.event, ProjectChangeProposed)
    assert getattr(change.event, field) == getattr(before, field) == getattr(change.state, field)
    assert change.state.proposed == ProposedChanges(changes={field: "other"}, by=ADA.id, at=AT)


@pytest.mark.parametrize("status", sorted(APPROVED))
def test_the_rest_of_an_edit_holds_at_once(status: str):
    change = edited(project(status=status), name="Linux", skills=("Rust",))
    assert isinstance(change.event, ProjectChangeProposed)
    assert (change.event.name, change.event.skills) == ("Kernel", ("Rust",))
    assert isinstance(edited(project(status=status), skills=("Rust",)).event, ProjectEdited)


@pytest.mark.parametrize("status", sorted(APPROVED))
@pytest.mark.parametrize(
    ("field", "nothing", "kept"),
    [("description", "", "a description"), ("repository_url", "", "a repository URL"), ("skills", (), "one skill")],
)
def test_what_a_review_asks_for_is_not_taken_away_after_it(status: str, field: str, nothing: Any, kept: str):
    with pytest.raises(EnrollmentIncomplete, match=kept):
        edited(project(status=status), **{field: nothing})
    assert getattr(edited(project(), **{field: nothing}).state, field) == nothing


def test_a_second_proposal_joins_the_first():
    second = edited(proposed(), description="More.").state
    third = edited(second, name="GNU").state
    assert third.proposed is not None
    assert third.proposed.changes == {"name": "GNU", "description": "More."}


def test_proposing_what_the_public_sees_takes_a_proposal_back():
    change = edited(proposed(), name="Kernel")
    assert isinstance(change.event, ProjectEdited)
    assert change.state.proposed is None


def test_approved_changes_are_shown_and_keep_the_slug():
    change = domain.approve(proposed(), by=STAFF, at=AT)
    assert isinstance(change.event, ProjectChangeApproved)
    assert (change.event.name, change.event.slug, change.state.proposed) == ("Linux", "kernel", None)


def test_rejected_changes_leave_all_as_it_was():
    change = domain.reject(proposed(), "Too short.", by=STAFF, at=AT)
    assert isinstance(change.event, ProjectChangeRejected)
    assert (change.event.name, change.event.reason) == ("Kernel", "Too short.")
    assert change.state.proposed is None


DECISIONS = {"approve": domain.approve, "reject": lambda subject, **by: domain.reject(subject, "No.", **by)}


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_there_must_be_something_to_decide(decide: Any):
    with pytest.raises(NothingProposed):
        decide(project(status="published"), by=STAFF, at=AT)


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_only_staff_decide_and_nobody_on_their_own(decide: Any):
    with pytest.raises(NotAllowed):
        decide(proposed(), by=ADA, at=AT)
    with pytest.raises(ProjectUnknown):
        decide(proposed().evolve(status="hidden"), by=STRANGER, at=AT)
    with pytest.raises(OwnProject):
        decide(proposed(administrators=("sam",)), by=STAFF, at=AT)
    with pytest.raises(OwnProject):
        decide(proposed(), by=somebody("ada", "staff"), at=AT)


def test_whoever_proposed_does_not_approve_after_leaving_the_project():
    left = proposed(administrators=("olga",))
    with pytest.raises(OwnProject):
        domain.approve(left, by=somebody("ada", "staff"), at=AT)
    assert domain.approve(left, by=STAFF, at=AT).state.name == "Linux"


MOVES: dict[str, Any] = {
    "hide": lambda subject: projects.hide(subject, {}, by=ADA, at=AT),
    "unhide": lambda subject: projects.unhide(subject, by=ADA, at=AT),
    "archive": lambda subject: projects.archive(subject, {}, by=ADA, at=AT),
    "propose": lambda subject: edited(subject, name="GNU"),
    "approve": lambda subject: domain.approve(subject, by=STAFF, at=AT),
    "reject": lambda subject: domain.reject(subject, "No.", by=STAFF, at=AT),
}
WITH_PROPOSAL = {
    ("published", "hide"): ("hidden", True),
    ("published", "archive"): ("archived", False),
    ("published", "propose"): ("published", True),
    ("published", "approve"): ("published", False),
    ("published", "reject"): ("published", False),
    ("hidden", "unhide"): ("published", True),
    ("hidden", "archive"): ("archived", False),
    ("hidden", "propose"): ("hidden", True),
    ("hidden", "approve"): ("hidden", False),
    ("hidden", "reject"): ("hidden", False),
}
"""From a project with a proposal, by each move: the state then, and whether there still is a proposal."""


@pytest.mark.parametrize("status", sorted(APPROVED))
@pytest.mark.parametrize("move", MOVES)
def test_every_move_of_a_project_with_a_proposal_is_listed_or_refused(status: str, move: str):
    subject = project(status=status, proposed=PROPOSAL)
    if (status, move) in WITH_PROPOSAL:
        after = MOVES[move](subject).state
        assert (after.status, after.proposed is not None) == WITH_PROPOSAL[status, move]
    else:
        with pytest.raises(NotInThisState):
            MOVES[move](subject)


@pytest.mark.parametrize("status", sorted(ProjectStatus))
def test_a_proposal_is_made_where_there_is_an_approved_picture_alone(status: str):
    subject = project(status=status)
    if status in APPROVED:
        assert MOVES["propose"](subject).state.proposed is not None
    elif status in {"draft", "rejected"}:
        assert MOVES["propose"](subject).state.proposed is None
    else:
        with pytest.raises((UnderReview, NotInThisState)):
            MOVES["propose"](subject)


def test_archiving_tells_the_approved_picture():
    event = MOVES["archive"](proposed()).event
    assert isinstance(event, ProjectArchived)
    assert (event.name, NEXT.get(ProjectStatus.ARCHIVED)) == ("Kernel", None)


def test_the_public_the_mentors_and_the_administrators_see_what_is_theirs():
    accepted = {"by": "ada", "at": AT, "version": "2026-01"}
    subject = proposed(mentors=("mo",), terms_accepted=accepted)
    seen = {
        by and by.id: (shown.proposed is not None, shown.terms_accepted is not None)
        for by in (ADA, STAFF, MO, STRANGER, None)
        for shown in [subject.as_seen_by(by)]
    }
    assert seen == {
        "ada": (True, True),
        "sam": (True, True),
        "mo": (False, True),
        "eve": (False, False),
        None: (False, False),
    }


WHOLE = {
    "website_url": "https://example.org",
    "best_practices_id": 34,
    "accent_color": "#00aaff",
    "logo": "abc",
    "technologies": ("Git",),
    "desirable_skills": ("Rust",),
    "prerequisites": ({"name": "Patch", "description": "One.", "due_on": "2026-05-01", "file_required": True},),
    "ai_use_policy": "Say so.",
    "application_questions": ({"id": "q", "text": "Why?"},),
    "evaluation_questions": ({"id": "e", "text": "How?", "shown": True},),
    "blind_review": True,
    "code_of_conduct_url": "https://example.org/conduct",
}


def test_a_clone_says_what_the_past_project_said_and_begins_anew():
    accepted = {"by": "ada", "at": AT, "version": "2026-01"}
    past = project(status="archived", **WHOLE, mentors=("mo",), administrators=("ada", "olga"), terms_accepted=accepted)
    change = domain.clone(past, "p-2", name="Kernel 2", slug="kernel-2", by=ADA, at=AT)
    cloned = change.state

    assert isinstance(change.event, ProjectDrafted)
    assert {field: getattr(cloned, field) for field in OWN} == {field: getattr(past, field) for field in OWN}
    assert (cloned.id, cloned.name, cloned.slug, cloned.status) == ("p-2", "Kernel 2", "kernel-2", ProjectStatus.DRAFT)
    assert (cloned.administrators, cloned.mentors) == (("ada",), ())
    assert (cloned.terms_accepted, cloned.proposed, cloned.sequence, cloned.version) == (None, None, 1, 1)
    assert [template.due_on for template in cloned.prerequisites] == [None]


def test_all_that_a_project_says_is_cloned():
    """Whoever adds a field to what is told decides whether a clone says it too."""
    common = {"id", "slug", "name", "status", "administrators", "mentors", "type", "sequence", "at", "by"}
    assert OWN | {"prerequisites"} == ProjectEvent.model_fields.keys() - common


def test_only_an_administrator_clones():
    with pytest.raises(NotAllowed):
        domain.clone(project(status="published"), "p-2", name="K", slug="k", by=STRANGER, at=AT)


def test_the_same_logo_again_changes_nothing():
    shown = domain.show_logo(project(), "abc", by=ADA, at=AT)
    assert isinstance(shown.event, ProjectEdited)
    assert shown.event.logo == "abc"
    assert domain.show_logo(shown.state, "abc", by=ADA, at=AT) == Change(shown.state)
    assert domain.show_logo(shown.state, None, by=ADA, at=AT).state.logo is None
