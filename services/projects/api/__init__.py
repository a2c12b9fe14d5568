"""A route for each decision, by noun: the catalog, projects, their terms and dates, their people."""

from typing import Final

from fastapi import APIRouter

from services.chassis.own_notes import own_notes
from services.projects.api import (
    calendars,
    catalog,
    changes,
    conditions,
    invitations,
    logos,
    members,
    projects,
    requests,
    terms,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    conditions.routes,
    own_notes("/v1/projects", "audit"),
    catalog.routes,
    projects.routes,
    changes.routes,
    logos.routes,
    terms.of_project,
    calendars.of_project,
    calendars.routes,
    terms.routes,
    members.routes,
    invitations.of_project,
    invitations.routes,
    requests.routes,
)
