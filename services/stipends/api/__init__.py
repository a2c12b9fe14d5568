"""A route for each decision, by noun: schedules, policies, budgets, stipends, payees, payments, batches."""

from typing import Final

from fastapi import APIRouter

from services.stipends.api import batches, budgets, payees, payments, policies, schedules, stipends

ROUTERS: Final[tuple[APIRouter, ...]] = (
    schedules.routes,
    policies.routes,
    budgets.routes,
    stipends.routes,
    payees.routes,
    payments.routes,
    batches.routes,
)
