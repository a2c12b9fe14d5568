"""A route for each decision, by noun: projects, terms, members, mentor invitations."""

from typing import Final

from fastapi import APIRouter

from services.projects.api import invitations, members, projects, terms

ROUTERS: Final[tuple[APIRouter, ...]] = (
    projects.routes,
    terms.of_project,
    terms.routes,
    members.routes,
    invitations.of_project,
    invitations.routes,
)
