"""What may be told in a profile: bounded, known countries and zones, whole addresses; the page reads it the same."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.identity import parameters
from services.identity.domain.profile import SHOWN_BY, Kind, MenteeProfile, Shown
from services.identity.pages.profile import LARGEST, _told, _typed, wrong_in
from services.identity.telling import COUNTRIES, ZONES, SaveMenteeProfile, SaveMentorProfile


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"introduction": "x" * 10_001}, "introduction"),
        ({"introduction": "a\x00b"}, "introduction"),
        ({"skills": ["x" * 51]}, "skills"),
        ({"skills": ["C"] * 51}, "skills"),
        ({"skills_to_improve": [""]}, "skills_to_improve"),
        ({"links": ["javascript:alert(1)"]}, "links"),
        ({"links": ["example.org"]}, "links"),
        ({"links": ["https://example.org"] * 11}, "links"),
        ({"country": "XX"}, "country"),
        ({"country": "de"}, "country"),
        ({"availability": {"hours_per_week": 0}}, "availability"),
        ({"availability": {"hours_per_week": 81}}, "availability"),
        ({"availability": {"time_zone": "Mars/Base"}}, "availability"),
        ({"availability": {"time_zone": "../../etc/passwd"}}, "availability"),
        ({"availability": {"starting_on": "soon"}}, "availability"),
        ({"shown": ["emails"]}, "shown"),
        ({"demographics": {}}, "demographics"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_its_name(said: dict[str, Any], field: str):
    with pytest.raises(ValidationError) as refused:
        SaveMenteeProfile.model_validate(said)
    assert refused.value.errors()[0]["loc"][0] == field


def test_what_is_just_within_bounds_is_taken():
    said = {
        "introduction": "x" * 10_000,
        "skills": ["x" * 50] * 50,
        "links": ["https://example.org?x=1"] * 10,
        "country": "DE",
        "availability": {"hours_per_week": 80, "time_zone": "Europe/Berlin", "starting_on": "2026-06-01"},
        "shown": list(Shown),
    }
    assert SaveMenteeProfile.model_validate(said).about().country == "DE"


@pytest.mark.parametrize("field", Shown)
def test_a_mentors_card_shows_what_a_mentor_tells(field: Shown):
    if field in SHOWN_BY[Kind.MENTOR]:
        assert SaveMentorProfile(shown=(field,)).about().shown == (field,)
    else:
        with pytest.raises(ValidationError, match="skills_to_improve"):
            SaveMentorProfile(shown=(field,))


def test_what_is_told_is_kept_as_the_domain_has_it():
    about = SaveMenteeProfile.model_validate({"availability": {"hours_per_week": 5}}).about()
    assert type(about.availability).__name__ == "Availability"


line = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=10)
told = st.fixed_dictionaries(
    {
        "introduction": st.one_of(st.none(), line),
        "skills": st.lists(line, max_size=5),
        "skills_to_improve": st.lists(line, max_size=5),
        "links": st.lists(st.sampled_from(["https://example.org/a", "http://x.test"]), max_size=3),
        "country": st.one_of(st.none(), st.sampled_from(sorted(COUNTRIES))),
        "availability": st.fixed_dictionaries(
            {
                "hours_per_week": st.one_of(st.none(), st.integers(1, 80)),
                "starting_on": st.one_of(st.none(), st.dates().map(str)),
                "time_zone": st.one_of(st.none(), st.sampled_from(ZONES)),
            }
        ),
        "listed": st.booleans(),
        "shown": st.lists(st.sampled_from(Shown), unique=True).map(sorted),
        "of_age": st.booleans(),
        "may_work": st.booleans(),
    }
)


@given(told)
def test_a_form_that_is_sent_back_as_it_was_shown_changes_nothing(said: dict[str, Any]):
    about = SaveMenteeProfile.model_validate(said).about()
    shown = _typed(MenteeProfile.model_validate({"id": "account-1", **dict(about)}))
    sent = {name: "yes" if value is True else value for name, value in shown.items() if value}
    form = parameters.read(urlencode(sent).encode(), LARGEST, lines=True)
    again = SaveMenteeProfile.model_validate(_told(form, Kind.MENTEE), strict=False).about()
    assert {**again.model_dump(), "shown": {*again.shown}} == {**about.model_dump(), "shown": {*about.shown}}


typed = st.one_of(
    st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=20),
    st.dictionaries(st.sampled_from(["introduction", "skills", "links", "country", "time_zone"]), st.text()),
)


def refusal(form: dict[str, str], kind: Kind) -> str | None:
    """Say what the page says of a form; None where it is taken."""
    model = SaveMenteeProfile if kind is Kind.MENTEE else SaveMentorProfile
    try:
        model.model_validate(_told(form, kind), strict=False).about()
    except ValidationError as error:
        return wrong_in(error)[1]
    return None


@given(typed, st.sampled_from(Kind))
def test_whatever_is_typed_into_a_form_is_taken_or_refused_in_words(form: dict[str, str], kind: Kind):
    assert refusal(form, kind) != ""


def test_the_line_that_is_wrong_is_named():
    assert (refusal({"links": "https://example.org\n\nnowhere"}, Kind.MENTOR) or "").startswith("Links, line 2: ")


@pytest.mark.parametrize("lines", [True, False])
def test_lines_are_read_where_text_of_several_is_asked_for_and_nowhere_else(lines: bool):
    raw = b"introduction=one%0D%0Atwo"
    if lines:
        assert parameters.read(raw, lines=True) == {"introduction": "one\r\ntwo"}
    else:
        with pytest.raises(parameters.NotReadable, match="control character"):
            parameters.read(raw)


def test_other_control_characters_are_read_nowhere():
    with pytest.raises(parameters.NotReadable):
        parameters.read(b"introduction=a%00b", lines=True)
