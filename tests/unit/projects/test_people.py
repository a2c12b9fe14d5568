"""The rules of who belongs to a project, and of invitations that are not simply accepted."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.ids import AccountId, ActorId
from contracts.projects import (
    AdministratorJoined,
    AdministratorLeft,
    InvitationStatus,
    MemberRole,
    MentorInvitationDeclined,
    MentorInvitationExpired,
    MentorInvitationRevoked,
    MentorInvitationSent,
    MentorJoined,
    MentorLeft,
)
from services.chassis.domain import NotAllowed, NotInThisState, system
from services.projects.domain import invitation as invitations
from services.projects.domain import members as domain
from services.projects.domain.invitation import InvitationExpired, InvitationUsed, MentorInvitation, NotInvited
from services.projects.domain.members import (
    AlreadyMember,
    EvaluationsOpen,
    LastAdministrator,
    MemberUnknown,
    MenteeOfProject,
    NoReplacement,
)
from services.projects.domain.project import ProjectUnknown
from tests.unit.projects.test_project import ADA, AT, MENTOR, MO, STAFF, STRANGER, project

FIELD = {MemberRole.MENTOR: "mentors", MemberRole.ADMINISTRATOR: "administrators"}
ADA_ID = AccountId(ADA.id)
CLOCK = system("projects")


def welcomed(subject: Any, role: MemberRole, *, applying: bool = False) -> Any:
    return domain.welcome(subject, MENTOR, role, applying=applying, by=MO, at=AT)


@pytest.mark.parametrize(
    ("role", "event"), [(MemberRole.MENTOR, MentorJoined), (MemberRole.ADMINISTRATOR, AdministratorJoined)]
)
def test_a_person_joins_once(role: MemberRole, event: type):
    joined = welcomed(project(), role)
    again = welcomed(joined.state, role)
    assert isinstance(joined.event, event)
    assert MENTOR in getattr(joined.event, FIELD[role])
    assert (getattr(joined.state, FIELD[role])[-1], again.event, again.state) == (MENTOR, None, joined.state)


@pytest.mark.parametrize("role", MemberRole)
def test_nobody_joins_a_project_that_they_apply_to_or_that_is_archived(role: MemberRole):
    with pytest.raises(MenteeOfProject):
        welcomed(project(), role, applying=True)
    with pytest.raises(NotInThisState):
        welcomed(project(status="archived"), role)


@pytest.mark.parametrize("by", [MO, ADA])
def test_a_mentor_leaves_or_is_removed_by_an_administrator(by: Any):
    change = domain.part(project(mentors=("mo", "max")), MENTOR, by=by, at=AT)
    assert isinstance(change.event, MentorLeft)
    assert (change.event.mentor_id, change.event.mentors, change.event.by) == (MENTOR, ("max",), by.id)


def test_an_administrator_leaves_while_another_stays_and_mentors_no_longer():
    change = domain.part(project(administrators=("ada", "mo"), mentors=("mo",)), MENTOR, by=MO, at=AT)
    assert isinstance(change.event, AdministratorLeft)
    assert (change.event.administrators, change.event.mentors) == (("ada",), ())


def test_the_last_administrator_stays():
    with pytest.raises(LastAdministrator):
        domain.part(project(mentors=("ada", "mo")), ADA_ID, by=ADA, at=AT)


def test_nobody_else_removes_a_member():
    visible = project(status="published", administrators=("ada", "al"), mentors=("mo", "max"))
    for by in (STRANGER, STAFF, MO):
        with pytest.raises(NotAllowed):
            domain.part(visible, AccountId(ActorId("max")), by=by, at=AT)
    with pytest.raises(ProjectUnknown):
        domain.part(project(mentors=("mo",)), MENTOR, by=STRANGER, at=AT)


def test_who_is_no_member_cannot_leave():
    with pytest.raises(MemberUnknown):
        domain.part(project(), MENTOR, by=ADA, at=AT)
    with pytest.raises(MemberUnknown):
        domain.part(project(status="published"), MENTOR, by=MO, at=AT)
    with pytest.raises(ProjectUnknown):
        domain.part(project(), MENTOR, by=MO, at=AT)


def invited(**changes: Any) -> MentorInvitation:
    change = invitations.invite("i-1", project(), email="mo@example.org", token_hash="x", by=ADA, at=AT)
    return change.state.model_copy(update=changes)


def answered(decide: Any, subject: MentorInvitation, at: Any = AT, address: str = "mo@example.org") -> Any:
    return decide(subject, addresses=(address,), by=MO, at=at)


def test_an_invitation_is_declined():
    change = answered(invitations.decline, invited())
    assert isinstance(change.event, MentorInvitationDeclined)
    assert (change.state.status, change.event.account_id) == (InvitationStatus.DECLINED, "mo")


def test_a_no_is_the_invited_persons_alone_and_in_time():
    with pytest.raises(NotInvited):
        answered(invitations.decline, invited(), address="eve@example.org")
    with pytest.raises(InvitationExpired):
        answered(invitations.decline, invited(), at=AT + timedelta(days=7))


def test_an_invitation_is_taken_back():
    change = invitations.revoke(invited(), project(), by=ADA, at=AT)
    assert isinstance(change.event, MentorInvitationRevoked)
    assert change.state.status is InvitationStatus.REVOKED


def test_an_invitation_sent_again_is_good_for_seven_days_more_under_a_new_token():
    later = AT + timedelta(days=30)
    change = invitations.resend(invited(), project(), token_hash="y", by=ADA, at=later)
    assert isinstance(change.event, MentorInvitationSent)
    assert (change.state.token_hash, change.event.expires_at) == ("y", later + timedelta(days=7))
    assert answered(invitations.accept, change.state, at=later).state.status is InvitationStatus.ACCEPTED


@pytest.mark.parametrize("status", InvitationStatus)
def test_only_an_unanswered_invitation_expires_and_not_before_seven_days(status: InvitationStatus):
    subject, late = invited(status=status), AT + timedelta(days=7)
    if status is InvitationStatus.INVITED:
        change = invitations.expire(subject, by=CLOCK, at=late)
        assert (type(change.event), change.state.status) == (MentorInvitationExpired, InvitationStatus.EXPIRED)
        with pytest.raises(NotInThisState):
            invitations.expire(subject, by=CLOCK, at=late - timedelta(milliseconds=1))
    else:
        with pytest.raises(NotInThisState):
            invitations.expire(subject, by=CLOCK, at=late)


def test_an_expired_invitation_is_sent_again_by_whoever_hears_of_the_next_silence():
    expired = invited(status=InvitationStatus.EXPIRED)
    both = project(administrators=("ada", "mo"))
    again = invitations.resend(expired, both, token_hash="y", by=MO, at=AT + timedelta(days=9)).state
    assert (again.status, again.expires_at, again.invited_by) == ("invited", AT + timedelta(days=16), "mo")
    assert invited().invited_by == "ada"


def test_who_is_a_member_already_is_not_invited_to_become_that():
    mentored = project(mentors=("mo",))

    def asked(role: MemberRole) -> Any:
        return invitations.invite(
            "i-1", mentored, email="mo@example.org", token_hash="x", role=role, known_as=[MENTOR], by=ADA, at=AT
        )

    assert asked(MemberRole.ADMINISTRATOR).event is not None
    with pytest.raises(AlreadyMember, match="mentor"):
        asked(MemberRole.MENTOR)


def test_an_archived_project_keeps_its_people_as_they_are():
    archived = project(status="archived", administrators=("ada", "al"), mentors=("mo",))
    with pytest.raises(NotInThisState):
        domain.part(archived, MENTOR, by=ADA, at=AT)
    with pytest.raises(NotInThisState):
        invitations.invite("i-1", archived, email="x@example.org", token_hash="x", by=ADA, at=AT)


def test_the_last_mentor_goes_with_open_evaluations_only_if_somebody_takes_over():
    alone = project(administrators=("ada", "al"), mentors=("mo",))
    with pytest.raises(EvaluationsOpen, match="2 evaluations"):
        domain.part(alone, MENTOR, open_evaluations=2, by=ADA, at=AT)
    assert domain.part(alone, MENTOR, open_evaluations=0, by=ADA, at=AT).state.mentors == ()
    change = domain.part(alone, MENTOR, replaced_by=ADA_ID, open_evaluations=2, by=MO, at=AT)
    assert isinstance(change.event, MentorLeft)
    assert (change.event.mentors, change.event.replaced_by, change.event.mentor_id) == (("ada",), "ada", "mo")


def test_where_other_mentors_stay_they_answer_for_the_open_evaluations():
    two = project(mentors=("mo", "max"))
    assert domain.part(two, MENTOR, open_evaluations=2, by=MO, at=AT).state.mentors == ("max",)
    named = domain.part(two, MENTOR, replaced_by=AccountId(ActorId("max")), open_evaluations=2, by=MO, at=AT)
    assert named.state.mentors == ("max",)


def test_an_administrator_who_is_the_last_mentor_is_held_by_open_evaluations_too():
    both = project(administrators=("ada", "mo"), mentors=("mo",))
    with pytest.raises(EvaluationsOpen):
        domain.part(both, MENTOR, open_evaluations=1, by=MO, at=AT)
    change = domain.part(both, MENTOR, replaced_by=ADA_ID, open_evaluations=1, by=MO, at=AT)
    assert isinstance(change.event, AdministratorLeft)
    assert (change.event.replaced_by, change.state.mentors) == ("ada", ("ada",))
    assert domain.part(both, ADA_ID, open_evaluations=1, by=MO, at=AT).state.administrators == ("mo",)


@pytest.mark.parametrize("replacement", ["mo", "eve"])
def test_only_another_member_takes_over(replacement: str):
    with pytest.raises(NoReplacement):
        domain.part(project(mentors=("mo",)), MENTOR, replaced_by=AccountId(ActorId(replacement)), by=ADA, at=AT)


def test_nobody_takes_over_from_who_does_not_mentor():
    with pytest.raises(NoReplacement):
        domain.part(project(administrators=("ada", "mo"), mentors=("max",)), MENTOR, replaced_by=ADA_ID, by=MO, at=AT)


STEPS: dict[str, Any] = {
    "accept": lambda subject: answered(invitations.accept, subject),
    "decline": lambda subject: answered(invitations.decline, subject),
    "resend": lambda subject: invitations.resend(subject, project(), token_hash="y", by=ADA, at=AT),
    "revoke": lambda subject: invitations.revoke(subject, project(), by=ADA, at=AT),
}


@pytest.mark.parametrize("status", InvitationStatus)
@pytest.mark.parametrize("step", STEPS)
def test_an_invitation_moves_while_it_is_open_and_never_again(step: str, status: InvitationStatus):
    if status is InvitationStatus.INVITED or (status, step) == (InvitationStatus.EXPIRED, "resend"):
        assert STEPS[step](invited(status=status)).state.status is not status or step == "resend"
    elif status is InvitationStatus.EXPIRED:
        with pytest.raises(InvitationExpired):
            STEPS[step](invited(status=status))
    else:
        with pytest.raises(InvitationUsed, match=status):
            STEPS[step](invited(status=status))


def test_only_an_administrator_sends_again_or_takes_back():
    with pytest.raises(ProjectUnknown):
        invitations.resend(invited(), project(), token_hash="y", by=STRANGER, at=AT)
    with pytest.raises(ProjectUnknown):
        invitations.revoke(invited(), project(), by=STRANGER, at=AT)


def test_an_invitation_says_what_somebody_is_to_become():
    role = MemberRole.ADMINISTRATOR
    change = invitations.invite("i-1", project(), email="mo@example.org", token_hash="x", role=role, by=ADA, at=AT)
    assert isinstance(change.event, MentorInvitationSent)
    assert (change.event.role, invited().role) == (role, MemberRole.MENTOR)
