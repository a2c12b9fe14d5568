"""The rules of tasks: the mentee brings them up to submitted, others complete or return them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import (
    ApplicationStatus,
    TaskAssigned,
    TaskCompleted,
    TaskKind,
    TaskReturned,
    TaskStarted,
    TaskStatus,
    TaskSubmitted,
)
from contracts.projects import PrerequisiteTemplate
from services.applications.domain import task as domain
from services.applications.domain.application import ApplicationUnknown
from services.applications.domain.mentorship import complete_milestone, count_milestone
from services.applications.domain.task import NEXT, SubmissionEmpty, Task, TaskUnknown
from services.chassis.domain import Actor, Change, NotAllowed, NotInThisState
from tests.unit.applications.examples import ADA, AT, EVE, MIRA, MO, application, project, task


def start(subject: Task, *, by: Actor = MIRA, of: Any = None) -> Change[Task]:
    return domain.start(subject, of or application(), project(), by=by, at=AT)


def submit(subject: Task, *, by: Actor = MIRA, of: Any = None, text: str = "Done.", links: Any = ()) -> Change[Task]:
    return domain.submit(subject, of or application(), project(), text=text, links=links, by=by, at=AT)


def complete(subject: Task, *, by: Actor = MO, of: Any = None) -> Change[Task]:
    return domain.complete(subject, of or application(), project(), by=by, at=AT)


def give_back(subject: Task, *, by: Actor = MO, of: Any = None) -> Change[Task]:
    return domain.give_back(subject, of or application(), project(), comment="Say more.", by=by, at=AT)


MOVES: dict[str, tuple[Callable[..., Change[Task]], TaskStatus, type, set[str]]] = {
    "start": (start, TaskStatus.IN_PROGRESS, TaskStarted, {"mira"}),
    "submit": (submit, TaskStatus.SUBMITTED, TaskSubmitted, {"mira"}),
    "complete": (complete, TaskStatus.COMPLETED, TaskCompleted, {"mo", "ada"}),
    "return": (give_back, TaskStatus.RETURNED, TaskReturned, {"mo", "ada"}),
}
BEFORE = {"start": "assigned", "submit": "in_progress", "complete": "submitted", "return": "submitted"}


@pytest.mark.parametrize("before", TaskStatus)
@pytest.mark.parametrize("after", TaskStatus)
def test_every_move_is_either_listed_or_refused(before: TaskStatus, after: TaskStatus):
    subject = task(status=before)
    if after in NEXT.get(before, ()):
        assert subject.move(after, by=MIRA, at=AT).status is after
    else:
        with pytest.raises(NotInThisState, match=f"{before} cannot become {after}"):
            subject.move(after, by=MIRA, at=AT)


@pytest.mark.parametrize("before", TaskStatus)
@pytest.mark.parametrize("name", MOVES)
def test_every_decision_goes_through_the_table_and_is_told(before: TaskStatus, name: str):
    move, after, event, _ = MOVES[name]
    if after in NEXT.get(before, ()):
        change = move(task(status=before))
        assert (change.state.status, type(change.event)) == (after, event)
        assert (change.state.history[-1].status, change.state.history[-1].at) == (after, AT)
    else:
        with pytest.raises(NotInThisState):
            move(task(status=before))


@pytest.mark.parametrize("by", [ADA, MO, MIRA, EVE], ids=lambda actor: actor.id)
@pytest.mark.parametrize("name", MOVES)
def test_the_mentee_works_and_the_projects_people_look_at_it(name: str, by: Actor):
    move, after, _, allowed = MOVES[name]
    subject = task(status=BEFORE[name])
    if by.id in allowed:
        assert move(subject, by=by).state.status is after
    else:
        with pytest.raises(TaskUnknown if by is EVE else NotAllowed):
            move(subject, by=by)


@pytest.mark.parametrize("review", [complete, give_back])
def test_nobody_reviews_a_task_of_their_own(review: Callable[..., Change[Task]]):
    own = application(mentee_id="mo")
    with pytest.raises(NotAllowed, match="your own"):
        review(task(status="submitted", mentee_id="mo"), by=MO, of=own)


@pytest.mark.parametrize("status", ApplicationStatus)
@pytest.mark.parametrize("name", MOVES)
def test_work_goes_on_until_the_application_is_over(status: ApplicationStatus, name: str):
    move, after, _, _ = MOVES[name]
    of, subject = application(status=status), task(status=BEFORE[name])
    if of.is_over:
        with pytest.raises(NotInThisState, match=f"application is {status}"):
            move(subject, of=of)
    else:
        assert move(subject, of=of).state.status is after


def test_a_template_is_copied():
    template = PrerequisiteTemplate.model_validate({"name": "Build", "description": "It.", "due_on": "2026-03-09"})
    change = domain.assign("k-1", template, application(), by=MIRA, at=AT)
    copied = change.state
    assert (copied.name, copied.description, str(copied.due_on)) == ("Build", "It.", "2026-03-09")
    assert (copied.mentee_id, copied.application_id, copied.status) == ("mira", "a-1", "assigned")
    assert change.event == TaskAssigned.model_validate({**copied.model_dump(), "at": AT, "by": "mira"})


def give(*, by: Actor = MO, **changes: Any) -> Change[Task]:
    of = application(**{"status": "active", **changes})
    said = {"name": "Port", "description": "Port it.", "due_on": date(2026, 5, 9), "file_required": False}
    return domain.give("k-2", of, project(), **said, by=by, at=AT)  # type: ignore[arg-type]


def test_a_milestone_task_is_given_and_told_as_one():
    change = give()
    given = change.state
    assert (given.kind, given.name, given.description, given.due_on) == (
        TaskKind.MILESTONE,
        "Port",
        "Port it.",
        date(2026, 5, 9),
    )
    assert (given.mentee_id, given.application_id, given.status) == ("mira", "a-1", "assigned")
    assert (given.history[-1].by, given.history[-1].at) == ("mo", AT)
    assert change.event == TaskAssigned.model_validate({**given.model_dump(), "at": AT, "by": "mo"})
    assert change.event.kind is TaskKind.MILESTONE


@pytest.mark.parametrize("by", [ADA, MO, MIRA, EVE], ids=lambda actor: actor.id)
def test_mentors_and_administrators_give_milestone_tasks(by: Actor):
    if by in {ADA, MO}:
        assert give(by=by).state.history[-1].by == by.id
    else:
        with pytest.raises(ApplicationUnknown if by is EVE else NotAllowed):
            give(by=by)


def test_nobody_gives_themself_a_task():
    with pytest.raises(NotAllowed, match="your own"):
        give(mentee_id="mo")


@pytest.mark.parametrize("status", ApplicationStatus)
def test_only_an_active_mentee_is_given_milestone_tasks(status: ApplicationStatus):
    if status is ApplicationStatus.ACTIVE:
        assert give(status=status).state.status == "assigned"
    else:
        with pytest.raises(NotInThisState, match=f"application is {status}"):
            give(status=status)


def test_what_was_stored_before_there_were_kinds_is_a_prerequisite():
    assert task().kind is TaskKind.PREREQUISITE


@given(st.lists(st.booleans()))
def test_milestones_are_counted_by_themselves(gives: list[bool]):
    subject, open_ = application(open_prerequisites=2), 0
    for one in gives:
        if one or open_:
            open_ += 1 if one else -1
            change = (count_milestone if one else complete_milestone)(subject)
            assert change.event is None
            subject = change.state
    assert (subject.open_milestones, subject.open_prerequisites) == (open_, 2)


@pytest.mark.parametrize(("text", "links"), [("Done.", ()), ("", ("https://example.org/pr",))])
def test_a_text_or_a_link_is_handed_in(text: str, links: tuple[str, ...]):
    handed = submit(task(status="in_progress"), text=text, links=links).state.submission
    assert handed is not None
    assert (handed.text, handed.links, handed.at) == (text, links, AT)


def test_nothing_is_not_handed_in():
    with pytest.raises(SubmissionEmpty):
        submit(task(status="in_progress"), text="")


def test_a_return_carries_a_comment_which_the_next_submission_answers():
    returned = give_back(task(status="submitted")).state
    assert returned.comment == "Say more."
    assert submit(start(returned).state).state.comment == ""


@given(st.lists(st.sampled_from(sorted(MOVES))))
def test_however_often_it_goes_back_and_forth_completed_is_the_end(names: list[str]):
    subject = task()
    for name in names:
        try:
            subject = MOVES[name][0](subject).state
        except NotInThisState:
            continue
    assert subject.sequence == subject.version == 1 + len(subject.history)
    assert all(step.status != "completed" for step in subject.history[:-1])
