"""What everybody may see of people: cards and directories of mentors and of mentees, of whoever wants to be seen."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Response

from contracts.ids import AccountId
from contracts.money import Country
from services.chassis.answers import PUBLICLY
from services.chassis.http import SEARCHED, Cached, View, router
from services.chassis.paging import Page, Paging
from services.chassis.showing import PICTURES, shown
from services.chassis.text import Line
from services.identity.api.profiles import AvailabilityView
from services.identity.dependencies import Data
from services.identity.domain.person import Person
from services.identity.domain.profile import Kind

Several = Annotated[list[Line], Query(max_length=10, description="All of them; more than one may be given")]
Text = Annotated[Line | None, Query(description="Words, or their beginnings, of name, skills or introduction")]


class MentorCardView(View):
    """The name, and what the person chose to show beside it; the rest is empty."""

    id: AccountId
    version: int
    name: str
    introduction: str | None
    skills: tuple[str, ...]
    links: tuple[str, ...]
    country: Country | None
    availability: AvailabilityView | None
    avatar: str | None

    @classmethod
    def of(cls, person: Person, kind: Kind) -> Self:
        return cls.model_validate({**dict(person.card(kind) or {}), **_named(person)})


class MenteeCardView(MentorCardView):
    skills_to_improve: tuple[str, ...]


def _named(person: Person) -> dict[str, Any]:
    return person.model_dump(include={"id", "version", "name"})


def _of(kind: Kind, view: type[MentorCardView]) -> APIRouter:
    routes = router(f"/v1/{kind}s", f"{kind}s")

    @routes.get("", name=f"find_{kind}s", response_model=Page[view], dependencies=[SEARCHED, Cached])  # type: ignore[valid-type]
    async def find(identity: Data, paging: Paging, q: Text = None, skill: Several = []) -> Page[Any]:  # noqa: B006 - read only
        """Find people, best fitting and then listed last first."""
        found = await identity.profiles.page(kind, q, skill, paging)
        return Page(items=[view.of(person, kind) for person in found.items], next_cursor=found.next_cursor)

    @routes.get("/{id}", name=f"read_{kind}", response_model=view, dependencies=[Cached])
    async def read(id: str, identity: Data) -> MentorCardView:
        return view.of(await identity.profiles.listed(kind, id), kind)

    @routes.get(
        "/{id}/avatar", name=f"read_{kind}_avatar", response_class=Response, responses=PICTURES, dependencies=[Cached]
    )
    async def read_avatar(id: str, identity: Data) -> Response:
        """Show the picture, if the card does; caches keep it no longer than a card."""
        return shown(await identity.profiles.picture_shown(kind, id), cache=PUBLICLY)

    return routes


mentors = _of(Kind.MENTOR, MentorCardView)
mentees = _of(Kind.MENTEE, MenteeCardView)
