"""What an applicant writes: why they want to join, and what the project asks of everybody."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from services.applications.domain.known import Project
from services.chassis.domain import RuleBroken

MOST_ANSWERS: Final = 50


class AnswersDoNotFit(RuleBroken):
    """Every question of the project is answered, and no other."""


class AiUseMissing(RuleBroken):
    """The project has a policy on the use of AI, so every applicant says what they used it for."""


class Answer(BaseModel):
    """To a question of the project's, as it was asked then."""

    model_config = ConfigDict(frozen=True)

    question_id: str
    question: str
    text: str


class Wish(BaseModel):
    """As it was written, finished or not."""

    model_config = ConfigDict(frozen=True)

    statement: str = ""
    answers: Mapping[str, str] = Field(default_factory=dict, max_length=MOST_ANSWERS)
    """By the id of the question."""
    availability: str = ""
    ai_use: str = ""

    def must_fit(self, project: Project) -> None:
        asked = {question.id: question.text for question in project.application_questions}
        if missing := [text for id, text in asked.items() if not self.answers.get(id)]:
            raise AnswersDoNotFit(f"Answer also: {' '.join(missing)}")
        if unknown := self.answers.keys() - asked.keys():
            raise AnswersDoNotFit(f"The project does not ask: {', '.join(sorted(unknown))}.")
        if project.ai_use_policy and not self.ai_use:
            raise AiUseMissing(
                "Say in ai_use what you used AI for, or that you did not: the project has a policy on it."
            )

    def answered(self, project: Project) -> tuple[Answer, ...]:
        """Give the answers in the order of the questions, each with what was asked."""
        return tuple(
            Answer(question_id=each.id, question=each.text, text=self.answers[each.id])
            for each in project.application_questions
        )
