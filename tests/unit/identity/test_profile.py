"""Profiles: complete when everything is there; what of them the others are told, and what everybody sees."""

from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import Availability, Card, MenteeProfileSaved, MentorProfileSaved
from contracts.ids import ActorId
from services.chassis.domain import Actor
from services.identity.domain import profile as profiles
from services.identity.domain.account import account_id
from services.identity.domain.profile import About, AboutMentee, MenteeProfile, MentorProfile, Shown
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
    about = AboutMentee(introduction=introduction, skills=skills, country=country, of_age=of_age, may_work=may_work)
    change = profiles.save_mentee(MenteeProfile(id=ID), about, by=WANDA, at=NOW)
    complete = bool(introduction and skills and country and of_age and may_work)
    assert change.state.version == 1
    assert change.event == MenteeProfileSaved(
        id=ID, complete=complete, country=country, of_age=of_age, may_work=may_work, sequence=1, at=NOW, by=WANDA.id
    )


@pytest.mark.parametrize(("introduction", "skills"), list(product(("", "I teach."), ((), ("C",)))))
def test_a_mentor_profile_is_complete_when_all_of_it_is_there(introduction: str, skills: tuple[str, ...]):
    change = profiles.save_mentor(
        MentorProfile(id=ID), About(introduction=introduction, skills=skills), by=WANDA, at=NOW
    )
    complete = bool(introduction and skills)
    assert change.event == MentorProfileSaved(id=ID, complete=complete, sequence=1, at=NOW, by=WANDA.id)


FULL = AboutMentee(
    introduction="I write kernels.",
    skills=("C",),
    skills_to_improve=("Rust",),
    links=("https://example.org/wanda",),
    country="DE",
    availability=Availability(hours_per_week=20, time_zone="Europe/Berlin"),
    of_age=True,
    may_work=True,
    listed=True,
    shown=tuple(Shown),
)
PICTURE = "0" * 64


def saved(about: AboutMentee = FULL, before: MenteeProfile | None = None, at: datetime = NOW) -> MenteeProfile:
    return profiles.save_mentee(before or MenteeProfile(id=ID), about, by=WANDA, at=at).state


def test_the_others_are_told_only_what_eligibility_needs():
    change = profiles.save_mentee(MenteeProfile(id=ID), FULL, by=WANDA, at=NOW)
    assert change.event is not None
    envelope = {"type", "id", "sequence", "at", "by"}
    assert set(change.event.model_dump()) - envelope == {"complete", "country", "of_age", "may_work"}


@given(shown=st.sets(st.sampled_from(Shown)), listed=st.booleans())
def test_a_card_shows_what_was_chosen_field_by_field_and_nothing_else(shown: set[Shown], listed: bool):
    card = saved(FULL.model_copy(update={"shown": tuple(shown), "listed": listed})).card(PICTURE)

    if not listed:
        assert card is None
        return
    assert card is not None
    full = saved().card(PICTURE)
    for field in Shown:
        assert getattr(card, field) == getattr(full if field in shown else Card(), field), field


def test_every_field_that_can_be_shown_is_shown_when_chosen():
    card, nothing = saved().card(PICTURE), Card()
    assert [field for field in Shown if getattr(card, field) == getattr(nothing, field)] == []
    assert {*Shown} == set(Card.model_fields)


def test_declarations_are_on_no_card():
    assert {"of_age", "may_work", "complete"}.isdisjoint(Card.model_fields)


def test_whoever_stays_listed_keeps_their_place_and_whoever_comes_back_is_new():
    later, much_later = NOW + timedelta(days=1), NOW + timedelta(days=2)
    first = saved()
    edited = saved(FULL.model_copy(update={"introduction": "Else."}), first, later)
    hidden = saved(FULL.model_copy(update={"listed": False}), edited, later)
    back = saved(FULL, hidden, much_later)
    assert [profile.listed_since for profile in (first, edited, hidden, back)] == [NOW, NOW, None, much_later]
