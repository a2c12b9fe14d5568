"""What may be looked for in the catalog, said in the words of the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from contracts.projects import ProjectStatus
from services.chassis.domain import Actor
from services.chassis.mongo import Document
from services.chassis.search import Group, Order, by_fit, fold
from services.projects.domain.project import STAFF
from services.projects.domain.term import Label

PUBLIC: Final = "public"
"""Stands among the readers of what everybody sees."""


class Sort(StrEnum):
    RELEVANCE = "relevance"
    """Found in name, skills and technologies by whole words, then there by beginnings, then anywhere; else newest."""
    NEWEST = "newest"
    """Published last, first; what never was, by when it was begun."""
    NAME = "name"
    ACCEPTING_FIRST = "accepting_first"
    CLOSING_SOON = "closing_soon"
    """The soonest end of an open window first, then the rest."""
    WAITING = "waiting"
    """What waits for staff the longest, first; nothing else."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for; all of it must hold, and what is said of terms for one and the same term."""

    text: str | None = None
    skills: Sequence[str] = ()
    technologies: Sequence[str] = ()
    label: Label | None = None
    starts_from: datetime | None = None
    ends_by: datetime | None = None
    paid: bool | None = None
    status: ProjectStatus | None = None
    mine: bool = False
    waiting: bool = False
    """For staff to review: submitted, or with proposed changes."""


NEWEST: Final = Order("newest", -1)
NAME: Final = Order("name_key", 1)
WAITING: Final = {"waiting": {"$gt": ""}}
"""Says since when, where something waits."""


def during(label: Label, at: datetime) -> Document:
    """Bounds between which the instants of a term lie while it has the label (`Term.label`)."""
    return {
        Label.COMING_SOON: {"opens": {"$gt": at}},
        Label.APPLY_NOW: {"opens": {"$lte": at}, "closes": {"$gt": at}},
        Label.IN_PROGRESS: {"closes": {"$lte": at}, "ends": {"$gt": at}},
        Label.COMPLETED: {"closes": {"$lte": at}, "ends": {"$lte": at}},
    }[label]


def groups_of(sort: Sort, known: Sequence[str], at: datetime) -> list[Group]:
    """Say in which groups and orders; `known` are those words of the text that are no slips."""
    accepting = {"terms": {"$elemMatch": during(Label.APPLY_NOW, at)}}
    rest = Group({"$nor": [accepting]}, NEWEST)
    if sort is Sort.ACCEPTING_FIRST:
        return [Group(accepting, NEWEST), rest]
    if sort is Sort.WAITING:
        return [Group(WAITING, Order("waiting", 1))]
    if sort is Sort.CLOSING_SOON:
        return [Group(accepting, _closing(at)), rest]
    if sort is Sort.RELEVANCE:
        return [Group({}, by_fit(known, NEWEST))]
    return [Group({}, NAME if sort is Sort.NAME else NEWEST)]


def _closing(at: datetime) -> Order:
    """By the soonest end of a window that is open; as text, with the id, so that no two are alike."""
    closes = {"$min": {"$map": {"input": terms_that_are(Label.APPLY_NOW, at), "as": "term", "in": "$$term.closes"}}}
    return Order("closing", 1, {"$concat": [{"$dateToString": {"date": closes}}, "/", "$_id"]})


def terms_that_are(label: Label, at: datetime) -> Document:
    bounds = during(label, at).items()
    conditions = [{way: [f"$$this.{name}", limit]} for name, bound in bounds for way, limit in bound.items()]
    return {"$filter": {"input": "$terms", "as": "this", "cond": {"$and": conditions}}}


def conditions(reader: Actor | None, wanted: Wanted, at: datetime) -> list[Document]:
    """All that must hold but the text; first, who asks."""
    clauses: list[Document] = [{"seen_by": _eyes(reader, mine=wanted.mine, inside=wanted.waiting)}]
    if wanted.waiting:
        clauses.append(WAITING)
    for name, values in (("skills", wanted.skills), ("technologies", wanted.technologies)):
        clauses += [{f"{name}.key": fold(value)} for value in values]
    if wanted.status is not None:
        clauses.append({"status": wanted.status})
    if wanted.paid is not None:
        clauses.append({"paid": wanted.paid})
    if term := _of_term(wanted, at):
        clauses.append({"terms": {"$elemMatch": term}})
    return clauses


def _of_term(wanted: Wanted, at: datetime) -> Document:
    term = during(wanted.label, at) if wanted.label else {}
    if wanted.starts_from:
        term = {**term, "starts": {"$gte": wanted.starts_from}}
    if wanted.ends_by:
        term = {**term, "ends": {**term.get("ends", {}), "$lt": wanted.ends_by}}
    return term


def _eyes(reader: Actor | None, *, mine: bool, inside: bool) -> Any:
    """Say among whose projects to look; what is between a project's people and staff is not looked for elsewhere."""
    if reader is None:
        return PUBLIC
    if mine or (inside and not reader.has(STAFF)):
        return reader.id
    return STAFF if reader.has(STAFF) else {"$in": [PUBLIC, reader.id]}
