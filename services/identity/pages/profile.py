"""One's profile: the name, what one tells as a mentor and as a mentee, and what everybody sees of it."""

from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from services.chassis.http import Body, Now, anyone
from services.chassis.text import Line
from services.identity import parameters
from services.identity.dependencies import Data
from services.identity.domain.account import myself
from services.identity.domain.profile import SHOWN_BY, Kind, MenteeProfile, MentorProfile, Profile, Shown
from services.identity.domain.session import Session
from services.identity.languages import _, say
from services.identity.pages import browser
from services.identity.pages.rendering import page, safe_headers
from services.identity.pages.submitted import submitted, to_sign_in
from services.identity.store import Identity
from services.identity.telling import COUNTRIES, ZONES, SaveMenteeProfile, SaveMentorProfile

PLACE: Final = "/account/profile"
LARGEST: Final = 200 * 1024
"""Bytes of a form: an introduction of 10,000 characters, each of which may take nine bytes on the wire."""
LABELS: Final = {
    "name": _("Name"),
    "introduction": _("Introduction"),
    "skills": _("Skills"),
    "skills_to_improve": _("Skills you want to improve"),
    "links": _("Links"),
    "country": _("Country"),
    "availability": _("Availability"),
    "hours_per_week": _("Hours a week"),
    "starting_on": _("From"),
    "time_zone": _("Time zone"),
    "avatar": _("Picture"),
}
RIGHT: Final = {
    "name": _("write a name of at most 200 characters"),
    "introduction": _("write at most 10,000 characters"),
    "skills": _("write at most 50, of at most 50 characters each"),
    "skills_to_improve": _("write at most 50, of at most 50 characters each"),
    "links": _("write at most 10 whole addresses, such as https://example.org"),
    "country": _("choose one of the list"),
    "hours_per_week": _("write a whole number from 1 to 80"),
    "starting_on": _("write a date, such as 2026-06-01"),
    "time_zone": _("choose one of the list"),
}
"""How to put it right."""
LISTS: Final = ("skills", "skills_to_improve", "links")
PLAIN: Final = ("introduction", "country")
AVAILABILITY: Final = ("hours_per_week", "starting_on", "time_zone")
DECLARED: Final = ("of_age", "may_work", "listed")

router = APIRouter(prefix=PLACE, include_in_schema=False, dependencies=[Depends(anyone)])


class Rename(Body):
    name: Line


@router.get("")
async def show_profile(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    return await _overview(request, session, identity) if session else to_sign_in(request)


@router.post("")
async def rename(request: Request, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str], session: Session) -> Response:
        id = session.account_id
        try:
            told = Rename.model_validate({"name": form.get("name", "")})
        except ValidationError as error:
            words = wrong_in(error)[1]
            return await _overview(request, session, identity, 422, typed=form.get("name", ""), wrong=words)
        await identity.profiles.rename(id, name=told.name, by=myself(id), at=now)
        return RedirectResponse(PLACE, 303, safe_headers(request))

    return await submitted(request, identity, now, work)


@router.get("/mentor")
async def show_mentor(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    known = await identity.profiles.mentors.find_one({"_id": session.account_id})
    return _about(request, Kind.MENTOR, _typed(known or MentorProfile(id=session.account_id)))


@router.post("/mentor")
async def save_mentor(request: Request, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str], session: Session) -> Response:
        id = session.account_id
        try:
            told = SaveMentorProfile.model_validate(_told(form, Kind.MENTOR), strict=False)
        except ValidationError as error:
            return _about(request, Kind.MENTOR, _again(form), error)
        await identity.profiles.save_mentor(id, told.about(), by=myself(id), at=now)
        return RedirectResponse(PLACE, 303, safe_headers(request))

    return await submitted(request, identity, now, work, _read)


@router.get("/mentee")
async def show_mentee(request: Request, identity: Data, now: Now) -> Response:
    session = await browser.session(request, identity, now)
    if session is None:
        return to_sign_in(request)
    known = await identity.profiles.mentees.find_one({"_id": session.account_id})
    return _about(request, Kind.MENTEE, _typed(known or MenteeProfile(id=session.account_id)))


@router.post("/mentee")
async def save_mentee(request: Request, identity: Data, now: Now) -> Response:
    async def work(form: dict[str, str], session: Session) -> Response:
        id = session.account_id
        try:
            told = SaveMenteeProfile.model_validate(_told(form, Kind.MENTEE), strict=False)
        except ValidationError as error:
            return _about(request, Kind.MENTEE, _again(form), error)
        await identity.profiles.save_mentee(id, told.about(), by=myself(id), at=now)
        return RedirectResponse(PLACE, 303, safe_headers(request))

    return await submitted(request, identity, now, work, _read)


def wrong_in(error: ValidationError) -> tuple[str, str]:
    """Name the first field that is wrong, and say for a person how to put it right."""
    first = error.errors()[0]
    names = [part for part in first["loc"] if isinstance(part, str) and part in LABELS]
    field = names[-1] if names else ""
    number = next((str(part + 1) for part in first["loc"] if isinstance(part, int)), "")
    said = str(first["msg"]).removeprefix("Value error, ") if first["type"] == "value_error" else ""
    control = "control character" in said
    label, right = say(LABELS.get(field, _("Form"))), say(RIGHT.get(field, _("open the page again")))
    place = say(_("{label}, line {number}", label=label, number=number)) if number else label
    return field, f"{place}: {said if control else right}"


async def _read(request: Request) -> dict[str, str]:
    return await parameters.of_form(request, LARGEST, lines=True)


async def _overview(
    request: Request, session: Session, identity: Identity, status: int = 200, *, typed: str = "", wrong: str = ""
) -> Response:
    id, kept = session.account_id, identity.profiles
    person = await identity.people.get(id)
    return page(
        request,
        "profile",
        status,
        person=person,
        name=typed if wrong else person.name,
        wrong=wrong,
        mentor=await kept.mentors.find_one({"_id": id}),
        mentee=await kept.mentees.find_one({"_id": id}),
        portfolio=await kept.portfolio_of(id),
        cards=[(kind, person.card(kind)) for kind in Kind],
        countries=COUNTRIES,
    )


def _about(request: Request, kind: Kind, typed: dict[str, Any], error: ValidationError | None = None) -> Response:
    field, wrong = wrong_in(error) if error else ("", "")
    fields = [(shown, LABELS[shown]) for shown in SHOWN_BY[kind]]
    words: dict[str, Any] = {"kind": kind, "typed": typed, "fields": fields, "wrong_field": field, "wrong": wrong}
    return page(request, "profile-about", 422 if error else 200, countries=COUNTRIES, zones=ZONES, **words)


def _told(form: dict[str, str], kind: Kind) -> dict[str, Any]:
    """Lay a form out as the JSON interface takes it."""
    told: dict[str, Any] = {name: form.get(name) for name in PLAIN}
    told |= {name: [line for line in form.get(name, "").splitlines() if line.strip()] for name in LISTS}
    told |= {name: form.get(name) == "yes" for name in DECLARED}
    told["availability"] = {name: form.get(name) for name in AVAILABILITY}
    told["shown"] = [field for field in SHOWN_BY[kind] if form.get(f"show_{field}") == "yes"]
    of_mentees = () if kind is Kind.MENTEE else ("skills_to_improve", "of_age", "may_work")
    return {name: value for name, value in told.items() if name not in of_mentees}


def _again(form: dict[str, str]) -> dict[str, Any]:
    """Show what was typed, as it was typed."""
    names = (*PLAIN, *LISTS, *AVAILABILITY, *DECLARED, *(f"show_{field}" for field in Shown))
    return {name: form.get(name, "") for name in names}


def _typed(profile: Profile) -> dict[str, Any]:
    """Show what was saved, as it would be typed."""
    saved = profile.model_dump(mode="json")
    typed = {name: saved.get(name) or "" for name in (*PLAIN, *DECLARED)}
    typed |= {name: "\n".join(saved.get(name, ())) for name in LISTS}
    typed |= {name: saved["availability"][name] or "" for name in AVAILABILITY}
    return typed | {f"show_{field}": field in profile.shown for field in Shown}
