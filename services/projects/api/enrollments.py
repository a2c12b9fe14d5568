"""What a project says of itself, as it is sent: by form, by patch, by file."""

import hashlib
from datetime import date
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, Field, model_validator

from services.chassis.http import Body
from services.chassis.said import Whole, YesOrNo
from services.chassis.text import Line, Prose, WebAddress
from services.projects.domain.project import Project

MOST_QUESTIONS: Final = 10


def _calendar_day(text: str) -> str:
    date.fromisoformat(text)
    return text


class Prerequisite(Body):
    """A task that every applicant does before the decision."""

    name: Line
    description: Prose
    due_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_calendar_day)] | None = None
    file_required: YesOrNo = False


class Question(Body):
    """A question; left out, its id is made of its words, so that the same question sent again stays the same one."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")] = ""
    text: Annotated[Prose, Field(max_length=1000)]

    @model_validator(mode="after")
    def with_id(self) -> Self:
        return self if self.id else self.model_copy(update={"id": hashlib.sha256(self.text.encode()).hexdigest()[:12]})


class QuestionOfEvaluation(Question):
    shown: YesOrNo = False
    """Whether the mentee sees the answer."""


def _told_apart(questions: tuple[Any, ...]) -> tuple[Any, ...]:
    ids = [question.id for question in questions]
    for id in ids:
        if ids.count(id) > 1:
            raise ValueError(f"Two questions have the id {id!r}. Give each its own id and words.")
    return questions


Words = Annotated[tuple[Line, ...], Field(max_length=30)]
Prerequisites = Annotated[tuple[Prerequisite, ...], Field(max_length=10)]
ApplicationQuestions = Annotated[tuple[Question, ...], Field(max_length=MOST_QUESTIONS), AfterValidator(_told_apart)]
EvaluationQuestions = Annotated[
    tuple[QuestionOfEvaluation, ...], Field(max_length=MOST_QUESTIONS), AfterValidator(_told_apart)
]
BadgeNumber = Annotated[Whole, Field(ge=1, le=1_000_000_000)]
Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$"), AfterValidator(str.lower)]


class Described(Body):
    """What a project may say of itself; null stands for what holds where nothing is said."""

    website_url: WebAddress | None = None
    code_of_conduct_url: WebAddress | None = None
    best_practices_id: BadgeNumber | None = None
    accent_color: Color | None = None
    technologies: Words | None = None
    skills: Words | None = None
    desirable_skills: Words | None = None
    prerequisites: Prerequisites | None = None
    ai_use_policy: Prose | None = None
    application_questions: ApplicationQuestions | None = None
    evaluation_questions: EvaluationQuestions | None = None
    blind_review: YesOrNo | None = None

    def said(self) -> dict[str, Any]:
        """Give what was sent, with null replaced by what it stands for."""
        sent, fields = self.model_dump(exclude_unset=True), Project.model_fields
        return {name: fields[name].default if value is None else value for name, value in sent.items()}


class DraftProject(Described):
    name: Line
    description: Prose = ""
    repository_url: WebAddress | None = None


class EditProject(Described):
    """A merge patch: what is left out stays."""

    name: Line = ""
    description: Prose = ""
    repository_url: WebAddress = ""
