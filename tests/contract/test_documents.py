"""What once lay in a store is read by this release: two releases beside each other share it, and so does a rollback."""

from typing import Any

import pytest

from contracts.catalog import SERVICES
from tests.contract.documents import PLACE, kept, place_of, repositories

NONE_YET: dict[str, set[str]] = {
    "identity": {
        "consents",
        "demographics",
        "ended_sessions",
        "erasures",
        "exports",
        "key_rotations",
        "mentor_profiles",
        "portfolios",
        "providers",
        "sign_in_links",
    },
    "projects": {"mentor_requests"},
    "applications": {"drafts", "referrals", "reviews", "senders"},
    "stipends": {"batches", "stipend_schedules"},
}
"""Kinds of which one mentorship leaves no document; who writes a test of theirs may record one."""
BESIDE = {"stipends/budgets": ["/reckoned_with"]}
"""Fields that somebody else than the repository keeps in a document."""


@pytest.fixture(params=sorted(PLACE.glob("*/*.json")), ids=lambda place: f"{place.parent.name}/{place.stem}")
async def place(request: pytest.FixtureRequest) -> Any:
    return request.param


async def test_a_kept_document_is_read_and_loses_nothing_when_it_is_written_again(place: Any):
    repository = repositories(place.parent.name)[place.stem]
    document = kept(place)
    state = repository.read(document)
    beside = BESIDE.get(f"{place.parent.name}/{place.stem}", [])
    assert missing(document, repository.write(state)) == beside


def missing(before: Any, after: Any, at: str = "") -> list[str]:
    """Name the fields that were there and are gone: whoever drops one reads it for two more releases."""
    if isinstance(before, dict) and isinstance(after, dict):
        gone = [f"{at}/{name}" for name in before if name not in after]
        return gone + [
            one for name in before if name in after for one in missing(before[name], after[name], f"{at}/{name}")
        ]
    return []


@pytest.mark.parametrize("service", SERVICES)
async def test_there_is_an_example_of_every_kind(service: str):
    lacking = {name for name in repositories(service) if not place_of(service, name).exists()}
    assert lacking == NONE_YET[service]
