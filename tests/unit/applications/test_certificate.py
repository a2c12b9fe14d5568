"""The rules of certificates, the directory and referrals; and what the letter says."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.applications import (
    CertificateIssued,
    CertificateListed,
    CertificateRevoked,
    CertificateUnlisted,
    ReferralAccepted,
    ReferralDeclined,
    ReferralRequested,
    ReferralStatus,
)
from contracts.ids import AccountId
from services.applications.domain import certificate as domain
from services.applications.domain import referral as referrals
from services.applications.domain.certificate import ALPHABET, GROUPS, Certificate, CertificateVoid, code_of
from services.applications.domain.known import Person
from services.applications.domain.referral import (
    NEXT,
    GraduateUnknown,
    OwnReferral,
    Referral,
    ReferralUnknown,
    Sender,
)
from services.applications.letter import letter_of, written
from services.chassis.domain import Actor, Change, NotAllowed, NotInThisState, NotYetKnown
from tests.unit.applications.examples import ADA, AT, DAY, EVE, MIRA, application, project, term

STAFF = Actor(EVE.id, frozenset({"staff"}))
MIRA_IN_STAFF = Actor(MIRA.id, frozenset({"staff"}))
PERSON = Person(id=AccountId(MIRA.id), name="Mira Diaz")
CODE = code_of(range(25))
AGREEMENT = {"version": "1", "signature": "Mira", "at": AT}
GRADUATED = application(status="graduated", attendance="full_time", agreement=AGREEMENT)
END = AT + 100 * DAY


def issue(*, person: Person | None = PERSON, at: Any = END, of: Any = GRADUATED) -> Change[Certificate]:
    return domain.issue("c-1", of, project(), term(), person, code=CODE, by=ADA, at=at)


def certificate(**changes: Any) -> Certificate:
    return issue().state.model_copy(update=changes)


def test_a_certificate_keeps_the_words_of_its_day():
    change = issue()
    assert isinstance(change.event, CertificateIssued)
    state = change.state
    assert (state.name, state.project_name, state.term_name, state.code) == ("Mira Diaz", "Kernel", "Spring", CODE)
    assert (state.began_on, state.ended_on) == (term().starts_at.date(), END.date())
    assert CODE not in change.event.model_dump_json()
    assert "Mira Diaz" not in change.event.model_dump_json()


@pytest.mark.parametrize("person", [None, PERSON.model_copy(update={"name": ""})], ids=["unheard", "nameless"])
def test_nobody_is_certified_without_a_name(person: Person | None):
    with pytest.raises(NotYetKnown, match="name"):
        issue(person=person)


def test_only_a_signed_mentorship_is_certified():
    with pytest.raises(NotInThisState):
        issue(of=application(status="graduated"))


@given(st.lists(st.integers(0, 10**6), min_size=sum(GROUPS), max_size=sum(GROUPS)))
def test_a_code_is_groups_of_letters_that_nobody_confuses(drawn: list[int]):
    groups = code_of(drawn).split("-")
    assert tuple(len(group) for group in groups) == GROUPS
    assert set("".join(groups)) <= set(ALPHABET)
    assert not set(ALPHABET) & set("01ILO")


@pytest.mark.parametrize("by", [STAFF, ADA, MIRA, MIRA_IN_STAFF], ids=["staff", "administrator", "graduate", "self"])
def test_staff_alone_revoke_and_not_their_own(by: Actor):
    def revoke() -> Change[Certificate]:
        return domain.revoke(certificate(listed=True), reason="A mistake.", by=by, at=END)

    if by is STAFF:
        change = revoke()
        assert isinstance(change.event, CertificateRevoked)
        assert (change.state.valid, change.state.reason, change.state.listed) == (False, "A mistake.", False)
        assert "mistake" not in change.event.model_dump_json()
    else:
        with pytest.raises(NotAllowed):
            revoke()


def test_a_void_certificate_is_not_revoked_or_listed_again():
    void = certificate(revoked_at=END)
    with pytest.raises(CertificateVoid, match="revoked on 2026-06-09"):
        domain.revoke(void, reason="Again.", by=STAFF, at=END)
    with pytest.raises(CertificateVoid):
        domain.enlist(void, headline="C.", by=MIRA, at=END)


def test_a_graduate_goes_into_the_directory_and_out_of_it():
    listed = domain.enlist(certificate(), headline="I mend kernels.", by=MIRA, at=END)
    assert isinstance(listed.event, CertificateListed)
    assert (listed.state.listed, listed.state.headline) == (True, "I mend kernels.")
    assert domain.enlist(listed.state, headline="I mend kernels.", by=MIRA, at=END) == Change(listed.state)
    unlisted = domain.unlist(listed.state, by=MIRA, at=END)
    assert isinstance(unlisted.event, CertificateUnlisted)
    assert (unlisted.state.listed, unlisted.state.headline) == (False, "")
    assert domain.unlist(unlisted.state, by=MIRA, at=END) == Change(unlisted.state)


@pytest.mark.parametrize("by", [ADA, STAFF], ids=["administrator", "staff"])
def test_nobody_else_lists_or_unlists_a_graduate(by: Actor):
    with pytest.raises(NotAllowed):
        domain.enlist(certificate(), headline="C.", by=by, at=END)
    with pytest.raises(NotAllowed):
        domain.unlist(certificate(listed=True), by=by, at=END)


def test_who_erased_themself_leaves_no_name():
    forgotten = domain.forget_name(certificate(listed=True, headline="C.")).state
    assert (forgotten.name, forgotten.headline, forgotten.listed) == ("", "", False)


def request(of: Certificate, *, by: Actor = EVE) -> Change[Referral]:
    said = {"sender_name": "Eve", "company": "ACME", "message": "Join us."}
    return referrals.request("r-1", of, **said, by=by, at=END)


def referral(**changes: Any) -> Referral:
    return request(certificate(listed=True)).state.model_copy(update=changes)


def test_a_graduate_of_the_directory_is_asked():
    change = request(certificate(listed=True))
    assert isinstance(change.event, ReferralRequested)
    assert (change.event.graduate_id, change.event.sender_id) == ("mira", "eve")
    assert "Join us" not in change.event.model_dump_json()
    with pytest.raises(GraduateUnknown):
        request(certificate(listed=False))
    with pytest.raises(OwnReferral):
        request(certificate(listed=True), by=MIRA)


@pytest.mark.parametrize("before", ReferralStatus)
@pytest.mark.parametrize("after", ReferralStatus)
def test_every_move_is_either_listed_or_refused(before: ReferralStatus, after: ReferralStatus):
    subject = referral(status=before)
    if after in NEXT.get(before, ()):
        assert subject.move(after, by=MIRA, at=END).status is after
    else:
        with pytest.raises(NotInThisState):
            subject.move(after, by=MIRA, at=END)


@pytest.mark.parametrize(
    ("answer", "event"), [(referrals.accept, ReferralAccepted), (referrals.decline, ReferralDeclined)]
)
@pytest.mark.parametrize("by", [MIRA, EVE, ADA], ids=["graduate", "sender", "stranger"])
def test_the_graduate_alone_answers(answer: Any, event: type, by: Actor):
    if by is MIRA:
        change = answer(referral(), by=by, at=END)
        assert (type(change.event), change.state.answered_at) == (event, END)
    else:
        with pytest.raises(NotAllowed if by is EVE else ReferralUnknown):
            answer(referral(), by=by, at=END)


@pytest.mark.parametrize("status", ReferralStatus)
def test_contact_is_shared_on_yes_alone(status: ReferralStatus):
    subject, yes = referral(status=status), status is ReferralStatus.ACCEPTED
    assert subject.contact_for(MIRA) == ("eve" if yes else None)
    assert subject.contact_for(EVE) == ("mira" if yes else None)


@given(st.lists(st.integers(0, 100), max_size=30))
def test_from_an_address_no_more_go_out_in_a_day_than_are_allowed(pauses: list[int]):
    sender, sent, at = Sender(id="x"), [], AT
    for pause in pauses:
        at += timedelta(hours=pause)
        if sender.may_send(3, at):
            sender = referrals.send(sender, at=at).state
            sent.append(at)
        assert len([one for one in sent if one > at - timedelta(hours=24)]) <= 3
        assert sender.may_send(3, at + DAY)
        assert len(sender.recent) <= 3


def test_the_letter_has_the_same_bytes_whenever_it_is_written():
    one, two = (letter_of(certificate(), address=f"https://example.org/certificates/{CODE}") for _ in range(2))
    assert one == two
    assert one.startswith(b"%PDF-")
    assert letter_of(certificate(name="Mo"), address="https://example.org") != one


@pytest.mark.parametrize("name", ["José Núñez", "Мария Дуриш", "Ελένη", "Łęcka-Ďuriš", "Գայանե"])
def test_the_font_writes_many_scripts(name: str):
    assert written(name) == name


@pytest.mark.parametrize("name", ["陈伟", "محمد", "नमस्ते", "דוד"])
def test_a_name_that_would_come_out_wrong_is_left_to_the_page(name: str):
    assert written(name) == ""
    assert letter_of(certificate(name=name, project_name=name, term_name=name), address="https://example.org")
