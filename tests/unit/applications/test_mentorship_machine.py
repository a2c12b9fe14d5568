"""A mentorship under way, driven at random: its tasks, evaluations, extensions and ends together, against a model.

Every step is tried, legal or not, and the model says whether it must be refused; a refusal leaves all as it was.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from contracts.applications import ApplicationStatus, Milestone, TaskStatus, Verdict
from contracts.ids import EvaluationId
from services.applications.domain import evaluation as evaluations
from services.applications.domain import mentorship
from services.applications.domain import task as tasks
from services.applications.domain.application import Application
from services.applications.domain.evaluation import Evaluation
from services.applications.domain.task import NEXT, Task
from services.chassis.domain import Actor, Change, Refusal
from services.chassis.kinds import File
from tests.unit.applications.examples import ADA, AT, EVE, MIRA, MO, application, offered, project, term

ANYBODY: Final = (ADA, MO, MIRA, EVE)
MENTEE, MENTOR, ADMINISTRATOR = (st.sampled_from([who] * 8 + list(ANYBODY)) for who in (MIRA, MO, ADA))
"""Mostly whom a step belongs to, so that mentorships get somewhere, and now and then anybody."""
MILESTONES: Final = st.sampled_from([Milestone.FINAL, Milestone.FINAL, *Milestone])
VERDICTS: Final = st.sampled_from([Verdict.SATISFACTORY] * 3 + [Verdict.UNSATISFACTORY])
REASONS: Final = st.sampled_from([""] * 9 + ["Was never there."])
PROJECT: Final = project()
FILE: Final = File.model_validate({"id": "f", "name": "a.pdf", "kind": "application/pdf", "size": 1, "at": AT})


class Mentorship(RuleBasedStateMachine):
    given = Bundle("given")

    def __init__(self) -> None:
        super().__init__()
        self.now = term().starts_at
        self.application: Application = application(status="active", attendance="full_time", open_prerequisites=0)
        ids = (f"e-{n}" for n in count(1))
        plan = evaluations.schedule(offered(attendance="full_time"), term(), ids, by=MIRA, at=AT)
        self.evaluations: dict[Milestone | str, Evaluation] = {each.state.milestone: each.state for each in plan}
        self.tasks: dict[str, Task] = {}
        self.numbers = count(1)

    @property
    def active(self) -> bool:
        return self.application.status is ApplicationStatus.ACTIVE

    def attempt(self, allowed: bool, decision: Callable[[], Change[Any]]) -> Any:
        """Decide; gives the new state where the model allows it, and None where it must be and was refused."""
        try:
            change = decision()
        except Refusal:
            assert not allowed
            return None
        assert allowed
        return change.state

    @rule(pause=st.integers(0, 20))
    def wait(self, pause: int) -> None:
        self.now += timedelta(days=pause)

    @rule(target=given, by=MENTOR, required=st.booleans(), ahead=st.integers(-3, 30) | st.none())
    def give(self, by: Actor, required: bool, ahead: int | None) -> str:
        id = f"k-{next(self.numbers)}"
        due = None if ahead is None else (self.now + timedelta(days=ahead)).date()
        said: dict[str, Any] = {"name": "Port", "description": "Port it.", "due_on": due, "file_required": required}
        added = self.attempt(
            self.active and by in {ADA, MO},
            lambda: tasks.give(id, self.application, PROJECT, **said, by=by, at=self.now),
        )
        if added:
            self.tasks[id] = added
            self.application = mentorship.count_milestone(self.application).state
        return id

    def on_task(self, id: str, allowed: Callable[[Task], bool], decide: Callable[[Task], Change[Task]]) -> Task | None:
        before = self.tasks.get(id)
        if before is None:
            return None
        after: Task | None = self.attempt(self.active and allowed(before), lambda: decide(before))
        self.tasks[id] = after or before
        return after

    @rule(id=given, by=MENTEE)
    def start(self, id: str, by: Actor) -> None:
        self.on_task(
            id,
            lambda task: by is MIRA and TaskStatus.IN_PROGRESS in NEXT.get(task.status, ()),
            lambda task: tasks.start(task, self.application, PROJECT, by=by, at=self.now),
        )

    @rule(id=given, by=MENTEE)
    def attach(self, id: str, by: Actor) -> None:
        self.on_task(
            id,
            lambda task: by is MIRA and task.status not in {TaskStatus.SUBMITTED, TaskStatus.COMPLETED},
            lambda task: tasks.attach(task, self.application, PROJECT, file=FILE, by=by),
        )

    @rule(id=given, by=MENTEE, text=st.sampled_from(["", "Done."]))
    def submit(self, id: str, by: Actor, text: str) -> None:
        def allowed(task: Task) -> bool:
            enough = task.file is not None or bool(text and not task.file_required)
            return by is MIRA and task.status is TaskStatus.IN_PROGRESS and enough

        self.on_task(
            id,
            allowed,
            lambda task: tasks.submit(task, self.application, PROJECT, text=text, links=(), by=by, at=self.now),
        )

    @rule(id=given, by=MENTOR)
    def complete(self, id: str, by: Actor) -> None:
        completed = self.on_task(
            id,
            lambda task: by in {ADA, MO} and task.status is TaskStatus.SUBMITTED,
            lambda task: tasks.complete(task, self.application, PROJECT, by=by, at=self.now),
        )
        if completed:
            self.application = mentorship.complete_milestone(self.application).state

    @rule(id=given, by=MENTOR)
    def give_back(self, id: str, by: Actor) -> None:
        self.on_task(
            id,
            lambda task: by in {ADA, MO} and task.status is TaskStatus.SUBMITTED,
            lambda task: tasks.give_back(task, self.application, PROJECT, comment="More.", by=by, at=self.now),
        )

    @rule(which=MILESTONES, by=MENTOR, verdict=VERDICTS)
    def record(self, which: Milestone, by: Actor, verdict: Verdict) -> None:
        before = self.evaluations[which]
        again = before.verdict is verdict and not before.summary
        said: dict[str, Any] = {"verdict": verdict, "summary": "", "private_note": "", "answers": {}}
        after = self.attempt(
            by in {ADA, MO} and (again or (self.active and before.verdict is None)),
            lambda: evaluations.record(before, self.application, PROJECT, **said, by=by, at=self.now),
        )
        self.evaluations[which] = after or before

    @rule(which=MILESTONES, by=MENTEE)
    def give_feedback(self, which: Milestone, by: Actor) -> None:
        before = self.evaluations[which]
        said = {"on_mentor": "Good.", "on_project": "Good."}
        with_feedback = which in {Milestone.MIDTERM, Milestone.FINAL}
        after = self.attempt(
            by is MIRA and with_feedback and (self.active or before.feedback is not None),
            lambda: evaluations.give_feedback(before, self.application, PROJECT, **said, by=by, at=self.now),
        )
        self.evaluations[which] = after or before

    @rule(which=MILESTONES, by=ADMINISTRATOR)
    def give_second_chance(self, which: Milestone, by: Actor) -> None:
        before = self.evaluations[which]
        midterm = (which, before.verdict, before.reevaluated_by) == (Milestone.MIDTERM, Verdict.UNSATISFACTORY, None)
        after = self.attempt(
            self.active and by is ADA and midterm,
            lambda: evaluations.give_second_chance(before, self.application, PROJECT, again=EvaluationId("e-9"), by=by),
        )
        if after:
            due_on = (self.now + timedelta(days=14)).date()
            self.evaluations[which] = after
            self.evaluations["again"] = evaluations.reevaluate("e-9", before, due_on=due_on, by=by, at=self.now).state

    @rule(by=ADMINISTRATOR, weeks=st.integers(0, 6))
    def extend(self, by: Actor, weeks: int) -> None:
        left = 5 - self.application.extended_weeks
        extended = self.attempt(
            self.active and by is ADA and 1 <= weeks <= left,
            lambda: mentorship.extend(self.application, PROJECT, weeks=weeks, by=by, at=self.now),
        )
        if extended:
            self.application = extended
            for which, each in self.evaluations.items():
                if each.is_open and each.due_on > self.now.date():
                    later = evaluations.postpone(each, days=7 * weeks, by=by, at=self.now).state
                    self.evaluations[which] = later

    @rule()
    def remind(self) -> None:
        """Look once, as the job does: afterwards nothing is due any more."""
        for which, each in self.evaluations.items():
            if _is_due(each.reminds_at, self.now):
                self.evaluations[which] = evaluations.remind(each, self.application, by=ADA, at=self.now).state
            assert not _is_due(self.evaluations[which].reminds_at, self.now)

    @rule()
    def go_the_straight_way(self) -> None:
        """Do all that is missing, each by whom it belongs to; chance alone seldom gets there."""
        for id in self.tasks:
            self.attach(id, MIRA)
            self.start(id, MIRA)
            self.submit(id, MIRA, "Done.")
            self.complete(id, MO)
        self.record(Milestone.FINAL, MO, Verdict.SATISFACTORY)
        self.give_feedback(Milestone.FINAL, MIRA)

    @rule(by=ADMINISTRATOR)
    def graduate(self, by: Actor) -> None:
        final = self.evaluations[Milestone.FINAL]
        gates = (
            all(task.status is TaskStatus.COMPLETED for task in self.tasks.values()),
            final.verdict is Verdict.SATISFACTORY,
            final.feedback is not None,
        )
        after = self.attempt(
            self.active and by is ADA and all(gates),
            lambda: mentorship.graduate(self.application, PROJECT, list(self.evaluations.values()), by=by, at=self.now),
        )
        self.application = after or self.application

    @rule(by=ADMINISTRATOR, reason=REASONS)
    def fail(self, by: Actor, reason: str) -> None:
        short = any(each.verdict is Verdict.UNSATISFACTORY for each in self.evaluations.values())
        after = self.attempt(
            self.active and by is ADA and bool(reason or short),
            lambda: mentorship.fail(
                self.application, PROJECT, list(self.evaluations.values()), reason=reason, by=by, at=self.now
            ),
        )
        self.application = after or self.application

    def teardown(self) -> None:
        event(f"ends {self.application.status}, {'some' if self.tasks else 'no'} tasks")

    @invariant()
    def the_application_counts_its_open_tasks(self) -> None:
        open_tasks = [task for task in self.tasks.values() if task.status is not TaskStatus.COMPLETED]
        assert self.application.open_milestones == len(open_tasks)

    @invariant()
    def nobody_graduates_with_a_gate_closed(self) -> None:
        if self.application.status is ApplicationStatus.GRADUATED:
            assert self.application.open_milestones == 0
            assert self.evaluations[Milestone.FINAL].verdict is Verdict.SATISFACTORY

    @invariant()
    def a_file_that_is_required_is_there(self) -> None:
        handed_in = {TaskStatus.SUBMITTED, TaskStatus.COMPLETED}
        assert all(t.file for t in self.tasks.values() if t.status in handed_in and t.file_required)

    @invariant()
    def the_extension_has_an_end(self) -> None:
        assert 0 <= self.application.extended_weeks <= 5


def _is_due(instant: datetime | None, at: datetime) -> bool:
    return instant is not None and instant <= at


TestMentorship = Mentorship.TestCase
TestMentorship.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
