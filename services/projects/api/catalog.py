"""What everybody may look at: the catalog, its facets, a project's page, changes as they happen, a feed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Self

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel

from contracts.ids import AccountId, ProjectId
from contracts.projects import ProjectStatus
from contracts.time import Instant
from services.chassis.http import SEARCHED, Cached, Now, Reader, View, router
from services.chassis.live import StreamResponse
from services.chassis.paging import Page, Paging
from services.chassis.said import Day
from services.chassis.text import Line
from services.chassis.tokens import Unauthenticated
from services.projects.api import feed
from services.projects.api.data import Data, Id
from services.projects.api.projects import EnrollmentView
from services.projects.api.terms import LabeledTermView
from services.projects.domain.project import Mentees
from services.projects.domain.term import Label
from services.projects.store.shown import Detail
from services.projects.store.wanted import Sort, Wanted

routes = router("/v1/projects", "catalog")

Several = Annotated[list[Line], Query(max_length=10, description="All of them; more than one may be given")]


class MentorView(View):
    id: AccountId
    name: str


class CardView(View):
    """A project in a list."""

    id: ProjectId
    slug: str
    name: str
    status: ProjectStatus
    description: str
    repository_url: str | None
    website_url: str | None
    accent_color: str | None
    logo: str | None
    skills: Sequence[str]
    desirable_skills: Sequence[str]
    technologies: Sequence[str]
    mentees: Mentees
    published_at: Instant | None
    version: int
    terms: Sequence[LabeledTermView]
    mentors: Sequence[MentorView]
    paid: bool | None

    @classmethod
    def of(cls, detail: Detail) -> Self:
        return cls.model_validate(_shown(detail))


class ProjectDetailView(EnrollmentView):
    published_at: Instant | None
    terms: Sequence[LabeledTermView]
    mentors: Sequence[MentorView]
    paid: bool | None

    @classmethod
    def of(cls, detail: Detail) -> Self:
        return cls.model_validate(_shown(detail))


class ValueCount(BaseModel):
    name: str
    count: int


class LabelCount(BaseModel):
    label: Label
    count: int


class FacetsView(BaseModel):
    """How many projects there are of each kind; one with several terms may count under several labels."""

    skills: Sequence[ValueCount]
    technologies: Sequence[ValueCount]
    labels: Sequence[LabelCount]
    paid: int
    unpaid: int


def _wanted(
    reader: Reader,
    skill: Several = [],  # noqa: B006 - read only
    technology: Several = [],  # noqa: B006 - read only
    q: Annotated[Line | None, Query(description="Words, or their beginnings, of name, skills or description")] = None,
    label: Annotated[Label | None, Query(description="Has a term with this label")] = None,
    starts_from: Annotated[Day | None, Query(description="Has a term that starts on this day or later, UTC")] = None,
    ends_by: Annotated[Day | None, Query(description="Has a term that ends on this day or earlier, UTC")] = None,
    paid: Annotated[bool | None, Query(description="Pays a stipend, or does not")] = None,
    status: Annotated[ProjectStatus | None, Query()] = None,
    mine: Annotated[bool, Query(description="Those that the signed-in person administers or mentors")] = False,
    waiting: Annotated[bool, Query(description="Those that wait for staff: submitted, or with changes")] = False,
) -> Wanted:
    if (mine or waiting) and reader is None:
        raise Unauthenticated("Whose projects? Send an access token: Authorization: Bearer ...")
    return Wanted(
        text=q,
        skills=skill,
        technologies=technology,
        label=label,
        starts_from=_midnight(starts_from) if starts_from else None,
        ends_by=_midnight(ends_by) + timedelta(days=1) if ends_by else None,
        paid=paid,
        status=status,
        mine=mine,
        waiting=waiting,
    )


Filters = Annotated[Wanted, Depends(_wanted)]


@routes.get("", response_model=Page[CardView], dependencies=[SEARCHED, Cached])
async def list_projects(
    data: Data,
    reader: Reader,
    paging: Paging,
    wanted: Filters,
    now: Now,
    sort: Annotated[Sort | None, Query(description="`waiting` with it, `relevance` with a `q`, else `newest`")] = None,
) -> Page[CardView]:
    usual = Sort.WAITING if wanted.waiting else Sort.RELEVANCE if wanted.text else Sort.NEWEST
    chosen = sort or usual
    page = await data.listed(reader, wanted, chosen, paging, at=now)
    return Page(items=[CardView.of(detail) for detail in page.items], next_cursor=page.next_cursor)


@routes.get("/facets", response_model=FacetsView, dependencies=[Cached])
async def count_facets(data: Data, reader: Reader, wanted: Filters, now: Now) -> FacetsView:
    found = await data.facets(reader, wanted, at=now)
    labels = found["labels"][0] if found["labels"] else {}
    pay = {row["_id"]: row["count"] for row in found["paid"]}
    return FacetsView(
        skills=found["skills"],
        technologies=found["technologies"],
        labels=[LabelCount(label=label, count=labels.get(label.name, 0)) for label in Label],
        paid=pay.get(True, 0),
        unpaid=pay.get(False, 0),
    )


@routes.get("/stream", status_code=200, response_class=StreamResponse)
async def stream_changes(
    request: Request, reader: Reader, last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None
) -> StreamResponse:
    """Tell of changes of what the reader may see: `{id, kind, sequence, at}`, and `gone` where it is out of sight."""
    stream: StreamResponse = await request.app.state.live.stream(reader, last_event_id)
    return stream


@routes.get("/feed.atom", response_class=feed.Atom, dependencies=[Cached])
async def read_feed(data: Data, now: Now, request: Request, response: Response) -> feed.Atom:
    """Show the fifty projects that were published last (RFC 4287)."""
    newest = await data.newly_published(at=now)
    return feed.Atom(feed.written(newest, request.app.state.settings.public_url), headers=dict(response.headers))


@routes.get("/{id}", response_model=ProjectDetailView, dependencies=[Cached])
async def read_project(id: Id, data: Data, reader: Reader, now: Now) -> ProjectDetailView:
    project = await data.projects.visible_to(reader, id)
    return ProjectDetailView.of(await data.detail(project.as_seen_by(reader), at=now))


def _shown(detail: Detail) -> dict[str, Any]:
    labeled = [LabeledTermView.of(term, label) for term, label in detail.terms]
    mentors = [MentorView.model_validate(mentor) for mentor in detail.mentors]
    return {**detail.project.model_dump(), "terms": labeled, "mentors": mentors, "paid": detail.paid}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
