"""The rules of tasks: the mentee brings them up to submitted, others complete or return them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import (
    ApplicationStatus,
    TaskAssigned,
    TaskCompleted,
    TaskReturned,
    TaskStarted,
    TaskStatus,
    TaskSubmitted,
)
from contracts.projects import PrerequisiteTemplate
from services.applications.domain import task as domain
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
