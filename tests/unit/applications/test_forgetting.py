"""What stays of somebody who erased themself: no text of theirs or about them, and every decision."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import TaskStatus
from services.applications.domain import forgetting
from services.applications.domain.agreement import Agreement
from services.applications.domain.evaluation import Answer, Feedback
from services.applications.domain.review import Review
from services.applications.domain.step import Step
from services.applications.domain.task import Submission
from services.applications.domain.wish import Answer as Said
from tests.unit.applications.examples import AT, application, evaluation, task

WORDS = st.text(min_size=12, alphabet="ÄÖÜXYZ")


@given(WORDS)
def test_no_text_of_an_application_is_left(text: str):
    written = application(
        statement=text,
        answers=(Said(question_id="q", question="Why?", text=text),),
        availability=text,
        ai_use=text,
        message=text,
        agreement=Agreement(version="1", signature=text, at=AT),
        history=(Step(status="pending", by="mira", at=AT, why=text),),
    )
    left = forgetting.forget_applicant(written).state
    assert text not in left.model_dump_json()
    assert (left.status, left.mentee_id, left.agreement and left.agreement.version) == (written.status, "mira", "1")
    assert [(step.status, step.by, step.at) for step in left.history] == [("pending", "mira", AT)]


@given(WORDS)
def test_of_a_task_its_state_alone_is_left(text: str):
    handed_in = task(status=TaskStatus.SUBMITTED, submission=Submission(text=text, links=(text,), at=AT), comment=text)
    left = forgetting.forget_submission(handed_in).state
    assert text not in left.model_dump_json()
    assert (left.status, left.file, left.submission and left.submission.at) == (TaskStatus.SUBMITTED, None, AT)


@given(WORDS)
def test_of_an_evaluation_its_verdict_alone_is_left(text: str):
    written = evaluation(
        verdict="satisfactory",
        summary=text,
        private_note=text,
        answers=(Answer(question_id="q", question="Pace?", shown=True, text=text),),
        feedback=Feedback(on_mentor=text, on_project=text, at=AT),
    )
    left = forgetting.forget_words(written).state
    assert text not in left.model_dump_json()
    assert (left.verdict, left.feedback and left.feedback.at) == ("satisfactory", AT)


@given(WORDS)
def test_of_a_review_its_rating_alone_is_left(text: str):
    given_ = Review.model_validate(
        {"id": "a/mo", "application_id": "a", "reviewer_id": "mo", "rating": 4, "note": text, "given_at": AT}
    )
    left = forgetting.forget_note(given_).state
    assert (left.rating, left.note) == (4, "")
