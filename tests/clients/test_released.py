"""Whoever wrote against the last release is not broken by this one: oasdiff judges, which Go builds once (a minute)."""

import asyncio
from copy import deepcopy
from typing import Any

import pytest

from contracts.catalog import SERVICES
from tests.clients.released import PLACE, breaks, released, today


@pytest.mark.parametrize("service", SERVICES)
async def test_nothing_that_the_last_release_promised_is_broken(service: str):
    assert await asyncio.to_thread(breaks, released(service), today(service)) == []


def drop_a_call(document: dict[str, Any]) -> None:
    del document["paths"]["/v1/stipends"]["get"]


def drop_a_field(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["StipendView"]["properties"]["status"]


def demand_a_field(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["DepositMoney"]
    schema["properties"]["memo"] = {"type": "string"}
    schema["required"].append("memo")


def take_less(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["DepositMoney"]["properties"]["reference"]["maxLength"] = 3


def demand_a_header(document: dict[str, Any]) -> None:
    asked = document["paths"]["/v1/stipends/{id}/installments/{number}/request"]["post"]["parameters"]
    next(said for said in asked if said["name"] == "Idempotency-Key")["required"] = True


@pytest.mark.parametrize("break_it", [drop_a_call, drop_a_field, demand_a_field, take_less, demand_a_header])
async def test_what_breaks_somebody_is_found(break_it: Any):
    broken = deepcopy(released("stipends"))
    break_it(broken)
    assert await asyncio.to_thread(breaks, released("stipends"), broken)


async def test_what_is_added_breaks_nobody():
    more = deepcopy(released("stipends"))
    more["components"]["schemas"]["StipendView"]["properties"]["memo"] = {"type": "string"}
    more["components"]["schemas"]["DepositMoney"]["properties"]["memo"] = {"type": "string"}
    more["paths"]["/v1/stipends/rumors"] = deepcopy(more["paths"]["/v1/stipends"])
    assert await asyncio.to_thread(breaks, released("stipends"), more) == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_changelog_tells_of_the_last_release(service: str):
    version = released(service)["info"]["version"]
    assert f"\n## {version}\n" in (PLACE.parent / "api-changelog.md").read_text()
