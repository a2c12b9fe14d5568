"""The commands about evaluations and the reminders of them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Concatenate, Final, ParamSpec

from contracts.applications import ApplicationStatus, Verdict
from contracts.ids import EvaluationId
from services.applications.domain import evaluation
from services.applications.domain.application import Application
from services.applications.domain.evaluation import Evaluation
from services.applications.domain.known import Project
from services.applications.domain.reminder import Notice
from services.applications.store.kept import Kept
from services.chassis.domain import Actor, Change, system

P = ParamSpec("P")
BY_ITSELF: Final = system("applications")


class EvaluationCommands(Kept):
    async def evaluation_seen_by(self, reader: Actor, id: EvaluationId) -> Evaluation:
        """What you may not see is not there."""
        known = await self.evaluations.get(id)
        application, project = await self.around(known.application_id)
        known.must_be_seen_by(reader, application, project)
        return known.shown_to(reader, application, project)

    async def record_evaluation(
        self,
        id: EvaluationId,
        *,
        verdict: Verdict,
        summary: str,
        private_note: str,
        answers: Mapping[str, str],
        by: Actor,
        at: datetime,
    ) -> Evaluation:
        """Record it and tell the mentee, once."""
        said = {"summary": summary, "private_note": private_note}

        async def work() -> Evaluation:
            before = await self.evaluations.get(id)
            recorded = await self._advance_evaluation(
                by, id, evaluation.record, verdict=verdict, **said, answers=answers, by=by, at=at
            )
            if before.verdict is None:
                await self._share(recorded)
            return recorded

        return await self._store.transaction(work)

    async def _share(self, recorded: Evaluation) -> None:
        application, project = await self.around(recorded.application_id)
        await self.write_to([application.mentee_id], "evaluation_shared", evaluation=recorded, project=project)

    async def give_feedback(
        self, id: EvaluationId, *, on_mentor: str, on_project: str, by: Actor, at: datetime
    ) -> Evaluation:
        said = {"on_mentor": on_mentor, "on_project": on_project}
        return await self._advance_evaluation(by, id, evaluation.give_feedback, **said, by=by, at=at)

    async def reevaluate(self, id: EvaluationId, new_id: str, *, due_on: date, by: Actor, at: datetime) -> Evaluation:
        """Give an unsatisfactory midterm one more chance, and tell the mentee and whoever evaluates."""

        async def work() -> Evaluation:
            await self._advance_evaluation(by, id, evaluation.give_second_chance, again=EvaluationId(new_id), by=by)
            first = await self.evaluations.get(id)
            again = await self.evaluations.add(evaluation.reevaluate(new_id, first, due_on=due_on, by=by, at=at))
            application, project = await self.around(again.application_id)
            people = [application.mentee_id, *project.evaluators_of(application.mentee_id)]
            await self.write_to(people, "reevaluation_set", evaluation=again, project=project)
            return again

        return await self._store.transaction(work)

    async def remind_of_evaluation(self, at: datetime) -> bool:
        """Remind whoever's turn it is with the one whose reminder is due for longest; says whether there was one."""

        async def work() -> bool:
            due = await self.evaluations.next_to_remind(at)
            if due is None:
                return False
            application, project = await self.around(due.application_id)
            reminded = await self.evaluations.change(due.id, evaluation.remind, application, by=BY_ITSELF, at=at)
            if application.status is ApplicationStatus.ACTIVE:
                await self._remind(reminded, application, project)
            return True

        return await self._store.transaction(work)

    async def _remind(self, due: Evaluation, application: Application, project: Project) -> None:
        mentee_id = application.mentee_id
        mentee = await self.people.get(mentee_id)
        about: dict[str, Any] = {
            "evaluation": due,
            "project": project,
            "mentee": mentee.name if mentee else "your mentee",
        }
        if due.verdict is None and due.reminded is Notice.ESCALATED:
            await self.write_to(project.administrators, "evaluation_escalated", **about)
        elif due.verdict is None:
            await self.write_to(project.evaluators_of(mentee_id), "evaluation_due", **about)
        if due.awaits_feedback and due.reminded is not Notice.ESCALATED:
            await self.write_to([mentee_id], "feedback_due", **about)

    async def _advance_evaluation(
        self,
        reader: Actor,
        id: EvaluationId,
        decision: Callable[Concatenate[Evaluation, Application, Project, P], Change[Evaluation]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Evaluation:
        """Change it, and give it as the reader may see it."""

        async def work() -> Evaluation:
            known = await self.evaluations.get(id)
            application, project = await self.around(known.application_id)
            changed = await self.evaluations.change(id, decision, application, project, *args, **kwargs)
            return changed.shown_to(reader, application, project)

        return await self._store.transaction(work)
