"""Dates as calendars (RFC 5545): a project's for everybody, a person's own under a secret address."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import Depends, Path, Request, Response
from icalendar import Calendar, Event

from contracts.time import Instant
from services.chassis.http import SHOWN_ONCE, By, Reader, View, anyone, router
from services.projects.api.data import Data, Id
from services.projects.domain.term import Term
from services.projects.store.dates import Dates

of_project = router("/v1/projects", "calendars")
routes = router("/v1/terms", "calendars")

SAID: Final[Mapping[str, str]] = {
    "window_opens_at": "applications open",
    "window_closes_at": "applications close",
    "starts_at": "mentorships begin",
    "ends_at": "mentorships end",
}
MINUTES: Final = 15
"""For which a calendar may be kept before it is asked for again."""


class CalendarFile(Response):
    """A calendar, with an ETag that tells whether anything in it has changed."""

    media_type = "text/calendar"

    def __init__(self, content: bytes, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        tag = hashlib.sha256(content).hexdigest()[:16]
        super().__init__(content, status_code, {**(headers or {}), "ETag": f'"{tag}"'})


class CalendarAddressView(View):
    url: str
    """Whoever knows it reads the dates; it is shown this once."""


@of_project.get("/{id}/calendar.ics", response_class=CalendarFile)
async def read_project_calendar(id: Id, data: Data, reader: Reader, request: Request) -> Response:
    project = await data.projects.visible_to(reader, id)
    who = "public" if reader is None else "private"
    return _answer(f"Dates of {project.name}", [await data.dates_of_project(project)], request, who)


@routes.post("/calendar", response_model=CalendarAddressView, status_code=201, dependencies=[SHOWN_ONCE])
async def open_calendar(data: Data, by: By) -> CalendarAddressView:
    """Give a secret address for calendar programs, which send no token; the address before it ends."""
    return CalendarAddressView(url=await data.open_calendar(secrets.token_urlsafe(32), by=by))


@routes.delete("/calendar", status_code=204)
async def end_calendar(data: Data, by: By) -> None:
    await data.end_calendar(by=by)


@routes.get("/calendar/{token}.ics", response_class=CalendarFile, dependencies=[Depends(anyone)])
async def read_calendar(token: Annotated[str, Path(max_length=100)], data: Data, request: Request) -> Response:
    return _answer("My mentorship dates", await data.dates_at(token), request, "private")


def _answer(name: str, dates: Sequence[Dates], request: Request, who: str) -> Response:
    content = written(name, dates, request.app.state.settings.public_url)
    return CalendarFile(content, headers={"Cache-Control": f"{who}, max-age={MINUTES * 60}"})


def written(name: str, dates: Sequence[Dates], public_url: str) -> bytes:
    """Write the calendar; the same dates give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//Mentorship//Dates//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for each in dates:
        for term in each.terms:
            for instant, what in SAID.items():
                place = f"{public_url}/v1/projects/{each.project.slug}"
                calendar.add_component(_event(term, instant, f"{each.project.name}, {term.name}: {what}", place))
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content


def _event(term: Term, instant: str, summary: str, place: str) -> Event:
    """One instant of a term under an id that stays, numbered and dated by the term's last change."""
    changed, zone = datetime.fromtimestamp(term.pos // 1_000_000, UTC), _zone(term)
    at: Instant = getattr(term, instant)
    event = Event()
    event.add("uid", f"{term.id}.{instant}@mentorship")
    event.add("sequence", term.version)
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("dtstart", at.astimezone(zone).replace(microsecond=0))
    event.add("summary", summary)
    event.add("url", place)
    return event


def _zone(term: Term) -> tzinfo:
    return UTC if term.time_zone == "UTC" else ZoneInfo(term.time_zone)
