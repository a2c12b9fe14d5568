"""What stays of somebody who erased themself: what was decided and when, under an id that means nobody.

Every text goes, for it may say who they are: what they wrote, and what others wrote about them.
"""

from collections.abc import Iterable

from services.applications.domain.application import Application
from services.applications.domain.evaluation import Evaluation, Feedback
from services.applications.domain.review import Review
from services.applications.domain.step import Step
from services.applications.domain.task import Task
from services.chassis.domain import Change


def forget_applicant(application: Application) -> Change[Application]:
    agreement = application.agreement and application.agreement.model_copy(update={"signature": ""})
    verdict = application.verdict and application.verdict.model_copy(update={"case": ""})
    written = {"statement": "", "answers": (), "availability": "", "ai_use": "", "message": ""}
    history = _wordless(application.history)
    return Change(application.evolve(**written, agreement=agreement, verdict=verdict, history=history))


def forget_submission(task: Task) -> Change[Task]:
    """Leave nothing of what was handed in; its file is to be let go with it."""
    submission = task.submission and task.submission.model_copy(update={"text": "", "links": ()})
    changes = {"submission": submission, "file": None, "comment": "", "history": _wordless(task.history)}
    return Change(task.evolve(**changes))


def forget_words(evaluation: Evaluation) -> Change[Evaluation]:
    """Leave the verdict alone."""
    feedback = evaluation.feedback and Feedback(on_mentor="", on_project="", at=evaluation.feedback.at)
    answers = tuple(answer.model_copy(update={"text": ""}) for answer in evaluation.answers)
    return Change(evaluation.evolve(summary="", private_note="", answers=answers, feedback=feedback))


def forget_note(review: Review) -> Change[Review]:
    return Change(review.evolve(note=""))


def _wordless(history: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(step.model_copy(update={"why": ""}) for step in history)
