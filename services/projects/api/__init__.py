"""A route for each decision, by noun: catalog, projects, terms, members, mentor invitations, requests to mentor."""

from typing import Final

from fastapi import APIRouter

from services.projects.api import catalog, changes, conditions, invitations, logos, members, projects, requests, terms

ROUTERS: Final[tuple[APIRouter, ...]] = (
    conditions.routes,
    catalog.routes,
    projects.routes,
    changes.routes,
    logos.routes,
    terms.of_project,
    terms.routes,
    members.routes,
    invitations.of_project,
    invitations.routes,
    requests.routes,
)
