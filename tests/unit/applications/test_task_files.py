"""Files with tasks, tasks that change, and the reminders of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.applications import ApplicationStatus, TaskAssigned, TaskEdited, TaskStatus
from contracts.projects import PrerequisiteTemplate
from services.applications.domain import task as domain
from services.applications.domain.reminder import Notice
from services.applications.domain.task import (
    WITH_THE_MENTEE,
    FileMissing,
    NoFile,
    SubmissionEmpty,
    Task,
    TaskUnknown,
)
from services.chassis.domain import Actor, Change, NotAllowed, NotInThisState
from services.chassis.kinds import File
from tests.unit.applications.examples import ADA, AT, DAY, EVE, MIRA, MO, application, project, task

FILE = File.model_validate({"id": "f-1", "name": "patch.pdf", "kind": "application/pdf", "size": 9, "at": AT})
NEWER = FILE.model_copy(update={"id": "f-2"})
DUE = date(2026, 3, 20)
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


def attach(subject: Task, *, by: Actor = MIRA, of: Any = None, file: File = FILE) -> Change[Task]:
    return domain.attach(subject, of or application(), project(), file=file, by=by)


def submit(subject: Task, *, text: str = "", links: tuple[str, ...] = ()) -> Change[Task]:
    return domain.submit(subject, application(), project(), text=text, links=links, by=MIRA, at=AT)


def edit(subject: Task, *, by: Actor = MO, of: Any = None, **said: Any) -> Change[Task]:
    return domain.edit(subject, of or application(), project(), said=said, by=by, at=AT)


@pytest.mark.parametrize("status", TaskStatus)
def test_the_file_changes_while_it_is_the_mentees_turn(status: TaskStatus):
    subject = task(status=status, file=FILE)
    if status in WITH_THE_MENTEE:
        assert attach(subject, file=NEWER) == Change(subject.evolve(file=NEWER))
        assert domain.detach(subject, application(), project(), by=MIRA).state.file is None
    else:
        with pytest.raises(NotInThisState, match="keeps its file"):
            attach(subject, file=NEWER)
        with pytest.raises(NotInThisState):
            domain.detach(subject, application(), project(), by=MIRA)


@pytest.mark.parametrize("by", [ADA, MO, MIRA, EVE], ids=lambda actor: actor.id)
def test_the_mentee_alone_sends_the_file_and_the_projects_people_read_it(by: Actor):
    subject = task(file=FILE)
    if by is MIRA:
        assert attach(task(), by=by).state.file == FILE
    else:
        with pytest.raises(TaskUnknown if by is EVE else NotAllowed):
            attach(task(), by=by)
    if by is EVE:
        with pytest.raises(TaskUnknown):
            subject.file_for(by, application(), project())
    else:
        assert subject.file_for(by, application(), project()) == FILE


def test_where_there_is_no_file_none_is_read_or_taken_away():
    with pytest.raises(NoFile):
        task().file_for(MIRA, application(), project())
    with pytest.raises(NoFile):
        domain.detach(task(), application(), project(), by=MIRA)


@pytest.mark.parametrize("status", [status for status in ApplicationStatus if application(status=status).is_over])
def test_no_file_is_sent_once_the_application_is_over(status: ApplicationStatus):
    with pytest.raises(NotInThisState):
        attach(task(), of=application(status=status))


def test_a_required_file_is_there_before_the_task_is_submitted():
    subject = task(status="in_progress", file_required=True)
    with pytest.raises(FileMissing, match="PUT /v1/tasks/k-1/file"):
        submit(subject, text="Done.", links=("https://example.org",))
    assert submit(attach(subject).state).state.status is TaskStatus.SUBMITTED


def test_a_file_is_enough_to_hand_in_and_nothing_is_not():
    assert submit(task(status="in_progress", file=FILE)).state.status is TaskStatus.SUBMITTED
    with pytest.raises(SubmissionEmpty):
        submit(task(status="in_progress"))


def test_whether_a_file_is_required_is_copied_from_the_template():
    template = PrerequisiteTemplate(name="Build", description="Build it.", file_required=True)
    change = domain.assign("k-1", template, application(), by=MIRA, at=AT)
    assert (change.state.file_required, type(change.event)) == (True, TaskAssigned)


def test_a_task_is_worded_differently_and_that_is_told():
    change = edit(task(due_on=DUE), name="Build twice")
    assert (change.state.name, change.state.description, change.state.due_on) == ("Build twice", "Build it.", DUE)
    assert isinstance(change.event, TaskEdited)
    assert edit(task(due_on=DUE), due_on=None).state.due_on is None


def test_the_same_words_again_change_nothing():
    subject = task(due_on=DUE)
    assert edit(subject, name="Build", due_on=DUE) == Change(subject)


@pytest.mark.parametrize("by", [ADA, MO, MIRA, EVE], ids=lambda actor: actor.id)
def test_mentors_and_administrators_edit_the_assignee_never_does(by: Actor):
    if by in {ADA, MO}:
        assert edit(task(), by=by, name="Other").state.name == "Other"
    else:
        with pytest.raises(TaskUnknown if by is EVE else NotAllowed):
            edit(task(), by=by, name="Other")


@pytest.mark.parametrize("status", TaskStatus)
def test_a_completed_task_stays_as_it_is(status: TaskStatus):
    subject = task(status=status)
    if status is TaskStatus.COMPLETED:
        with pytest.raises(NotInThisState, match="completed"):
            edit(subject, name="Other")
    else:
        assert edit(subject, name="Other").state.name == "Other"


@pytest.mark.parametrize("status", TaskStatus)
def test_the_mentee_is_reminded_while_it_is_their_turn(status: TaskStatus):
    subject = task(status=status, due_on=DUE)
    assert subject.reminds_at == (NOON - 3 * DAY if status in WITH_THE_MENTEE else None)
    assert task(status=status).reminds_at is None


def test_a_reminder_is_noted_once_and_the_next_one_follows():
    subject = task(due_on=DUE)
    ahead = domain.remind(subject, at=NOON - 2 * DAY)
    assert (ahead.state.reminded, ahead.state.reminds_at, ahead.event) == (Notice.AHEAD, NOON, None)
    with pytest.raises(NotInThisState):
        domain.remind(ahead.state, at=NOON - DAY)
    assert domain.remind(ahead.state, at=NOON).state.reminds_at is None


def test_who_is_given_a_task_for_tomorrow_is_not_reminded_of_it_at_once():
    template = PrerequisiteTemplate(name="Build", description="Build it.", due_on=(AT + DAY).date())
    given = domain.assign("k-1", template, application(), by=MIRA, at=AT).state
    assert (given.reminded, given.reminds_at) == (Notice.AHEAD, (AT + DAY).replace(hour=12))


def test_reminders_follow_the_day_that_was_moved():
    subject = task(due_on=DUE, reminded=Notice.TODAY)
    later = DUE + timedelta(weeks=2)
    edited = edit(subject, due_on=later).state
    postponed = domain.postpone(subject, days=14, by=ADA, at=AT)
    assert edited.reminds_at == NOON + 11 * DAY
    assert (postponed.state.due_on, postponed.state.reminds_at) == (later, NOON + 11 * DAY)
    assert isinstance(postponed.event, TaskEdited)
    with pytest.raises(NotInThisState):
        domain.postpone(task(), days=14, by=ADA, at=AT)
