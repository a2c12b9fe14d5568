"""Profiles: complete when everything is there, and what of them the others are told."""

from itertools import product

import pytest

from contracts.identity import MenteeProfileSaved, MentorProfileSaved
from contracts.ids import ActorId
from services.chassis.domain import Actor
from services.identity.domain import profile as profiles
from services.identity.domain.account import account_id
from services.identity.domain.profile import MenteeProfile, MentorProfile
from tests.unit.identity.examples import NOW

WANDA = Actor(ActorId("account-1"))
ID = account_id("account-1")


@pytest.mark.parametrize(
    ("introduction", "skills", "country", "of_age", "may_work"),
    list(product(("", "I write kernels."), ((), ("C",)), (None, "DE"), (False, True), (False, True))),
)
def test_a_mentee_profile_is_complete_when_all_of_it_is_there(
    introduction: str, skills: tuple[str, ...], country: str | None, of_age: bool, may_work: bool
):
    change = profiles.save_mentee(
        MenteeProfile(id=ID),
        introduction=introduction,
        skills=skills,
        country=country,
        of_age=of_age,
        may_work=may_work,
        by=WANDA,
        at=NOW,
    )
    complete = bool(introduction and skills and country and of_age and may_work)
    assert change.state.version == 1
    assert change.event == MenteeProfileSaved(
        id=ID, complete=complete, country=country, of_age=of_age, may_work=may_work, sequence=1, at=NOW, by=WANDA.id
    )


@pytest.mark.parametrize(("introduction", "skills"), list(product(("", "I teach."), ((), ("C",)))))
def test_a_mentor_profile_is_complete_when_all_of_it_is_there(introduction: str, skills: tuple[str, ...]):
    change = profiles.save_mentor(MentorProfile(id=ID), introduction=introduction, skills=skills, by=WANDA, at=NOW)
    complete = bool(introduction and skills)
    assert change.event == MentorProfileSaved(id=ID, complete=complete, sequence=1, at=NOW, by=WANDA.id)


def test_the_others_are_not_told_what_a_person_wrote():
    change = profiles.save_mentor(MentorProfile(id=ID), introduction="I teach.", skills=("C",), by=WANDA, at=NOW)
    assert change.event is not None
    assert "teach" not in change.event.model_dump_json()
