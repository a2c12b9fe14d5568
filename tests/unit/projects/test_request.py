"""The rules of requests to mentor."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.projects import (
    MentorRequestApproved,
    MentorRequestDeclined,
    MentorRequestSent,
    MentorRequestWithdrawn,
    ProjectStatus,
    RequestStatus,
)
from services.chassis.domain import NotAllowed, NotInThisState
from services.projects.domain import request as domain
from services.projects.domain.members import AlreadyMember, MenteeOfProject
from services.projects.domain.project import Project, ProjectUnknown
from services.projects.domain.request import (
    AskedTooSoon,
    MentorProfileIncomplete,
    MentorRequest,
    NotPublished,
    ProjectPast,
    RequestAnswered,
    RequestOpen,
    RequestUnknown,
)
from tests.unit.projects.test_project import ADA, AT, MO, STAFF, STRANGER, project

DAYS = timedelta(days=1)


def request(**changes: Any) -> MentorRequest:
    fields = {"id": "r-1", "project_id": "p-1", "account_id": "mo", "message": "I know C.", "asked_at": AT}
    return MentorRequest.model_validate({**fields, **changes})


def published(**changes: Any) -> Project:
    return project(status="published", **changes)


def asked(subject: Project | None = None, last: MentorRequest | None = None, at: datetime = AT, **facts: bool) -> Any:
    known = {"complete": True, "applying": False, "past": False, **facts}
    return domain.ask(request(), subject or published(), last, by=MO, at=at, **known)


def test_a_person_with_a_complete_profile_asks_and_what_they_write_is_not_told():
    change = asked()
    assert isinstance(change.event, MentorRequestSent)
    assert (change.event.account_id, change.event.status) == ("mo", "requested")
    assert "I know C." not in change.event.model_dump_json()


def test_without_a_complete_profile_nobody_asks():
    with pytest.raises(MentorProfileIncomplete):
        asked(complete=False)


def test_a_mentee_of_the_project_does_not_ask():
    with pytest.raises(MenteeOfProject):
        asked(applying=True)


def test_a_mentor_does_not_ask_but_an_administrator_may():
    with pytest.raises(AlreadyMember):
        asked(published(mentors=("mo",)))
    assert asked(published(administrators=("ada", "mo"))).event is not None


@pytest.mark.parametrize("status", ProjectStatus)
def test_only_a_published_project_is_asked_and_the_others_are_not_there(status: ProjectStatus):
    if status is ProjectStatus.PUBLISHED:
        assert asked(project(status=status)).event is not None
    else:
        with pytest.raises(ProjectUnknown):
            asked(project(status=status))
        with pytest.raises(NotPublished):
            asked(project(status=status, administrators=("ada", "mo")))


def test_a_project_whose_terms_are_over_is_not_asked():
    with pytest.raises(ProjectPast):
        asked(past=True)


def test_one_request_is_open_at_a_time():
    with pytest.raises(RequestOpen):
        asked(last=request())


def test_who_was_declined_asks_again_after_thirty_days_and_who_withdrew_at_once():
    declined = request(status="declined", answered_at=AT)
    with pytest.raises(AskedTooSoon, match="2026-03-31"):
        asked(last=declined, at=AT + 30 * DAYS - timedelta(milliseconds=1))
    assert asked(last=declined, at=AT + 30 * DAYS).event is not None
    assert asked(last=request(status="withdrawn", answered_at=AT)).event is not None
    assert asked(last=request(status="approved", answered_at=AT)).event is not None


STEPS: dict[str, Any] = {
    "approve": (lambda subject, by: domain.approve(subject, published(), by=by, at=AT), ADA, MentorRequestApproved),
    "decline": (lambda subject, by: domain.decline(subject, published(), by=by, at=AT), ADA, MentorRequestDeclined),
    "withdraw": (lambda subject, by: domain.withdraw(subject, published(), by=by, at=AT), MO, MentorRequestWithdrawn),
}
ENDS = {"approve": "approved", "decline": "declined", "withdraw": "withdrawn"}


@pytest.mark.parametrize("status", RequestStatus)
@pytest.mark.parametrize("step", STEPS)
def test_a_request_is_ended_once(step: str, status: RequestStatus):
    decide, who, event = STEPS[step]
    if status is RequestStatus.REQUESTED:
        change = decide(request(status=status), who)
        assert (type(change.event), change.state.status, change.state.answered_at) == (event, ENDS[step], AT)
    else:
        with pytest.raises(RequestAnswered, match=status):
            decide(request(status=status), who)


@pytest.mark.parametrize(("by", "refusal"), [(MO, NotAllowed), (STRANGER, RequestUnknown), (STAFF, RequestUnknown)])
@pytest.mark.parametrize("step", ["approve", "decline"])
def test_only_an_administrator_answers_and_who_did_not_ask_is_not_told(step: str, by: Any, refusal: type[Exception]):
    with pytest.raises(refusal):
        STEPS[step][0](request(), by)


@pytest.mark.parametrize(("by", "refusal"), [(ADA, NotAllowed), (STRANGER, RequestUnknown)])
def test_only_the_person_withdraws(by: Any, refusal: type[Exception]):
    with pytest.raises(refusal):
        STEPS["withdraw"][0](request(), by)


def test_a_mentor_of_the_project_answers_nobody():
    with pytest.raises(RequestUnknown):
        domain.approve(request(account_id="max"), published(mentors=("mo",)), by=MO, at=AT)


def test_once_archived_nobody_is_answered_but_the_person_may_still_withdraw():
    archived = project(status="archived")
    for decide in (domain.approve, domain.decline):
        with pytest.raises(NotInThisState):
            decide(request(), archived, by=ADA, at=AT)
    assert domain.withdraw(request(), archived, by=MO, at=AT).state.status is RequestStatus.WITHDRAWN


def test_a_decline_carries_words_to_the_person():
    change = domain.decline(request(), published(), answer="Not this year.", by=ADA, at=AT)
    assert change.state.answer == "Not this year."
    assert change.event is not None
    assert "Not this year." not in change.event.model_dump_json()
