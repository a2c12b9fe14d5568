"""Projects alone: all that a project says of itself, sent, patched, shown and told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from uuid6 import uuid7

from contracts.projects import CONTRIBUTOR_COVENANT, ProjectEvent, TermEvent
from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.projects.scene import problem
from tests.component.projects.test_enrollment import enrollment, term
from tests.support.issuer import Issuer
from tests.support.served import Served, serving

WHOLE: dict[str, Any] = {
    "website_url": "https://kernel.example",
    "code_of_conduct_url": "https://kernel.example/conduct",
    "best_practices_id": 34,
    "accent_color": "#00aaff",
    "technologies": ["Git", "make"],
    "skills": ["C"],
    "desirable_skills": ["Rust"],
    "prerequisites": [{"name": "Patch", "description": "Send one.", "due_on": "2026-05-01", "file_required": True}],
    "ai_use_policy": "Say where a model helped you.",
    "application_questions": [{"id": "why", "text": "Why the kernel?"}],
    "evaluation_questions": [{"id": "pace", "text": "How is the pace?", "shown": True}],
    "blind_review": True,
}
NOTHING: dict[str, Any] = {
    "website_url": None,
    "code_of_conduct_url": CONTRIBUTOR_COVENANT,
    "best_practices_id": None,
    "accent_color": None,
    "technologies": [],
    "skills": [],
    "desirable_skills": [],
    "prerequisites": [],
    "ai_use_policy": "",
    "application_questions": [],
    "evaluation_questions": [],
    "blind_review": False,
}


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


@pytest.fixture
async def owner(projects: Served) -> httpx.AsyncClient:
    return await projects.caller(str(uuid7()))


async def told(projects: Served, id: str) -> dict[str, Any]:
    event = (await projects.told(id))[-1]
    assert isinstance(event, ProjectEvent)
    return event.model_dump(mode="json")


async def test_all_that_a_project_says_is_shown_and_told(projects: Served, owner: httpx.AsyncClient):
    drafted = await owner.post("/v1/projects", json=enrollment(**WHOLE))
    id = drafted.json()["id"]

    assert {name: drafted.json()[name] for name in WHOLE} == WHOLE
    assert {name: (await owner.get(f"/v1/projects/{id}")).json()[name] for name in WHOLE} == WHOLE
    event = await told(projects, id)
    assert {name: event[name] for name in WHOLE} == WHOLE
    assert event["repository_url"] == "https://example.org/kernel"


async def test_where_a_project_says_nothing_the_defaults_hold(owner: httpx.AsyncClient):
    drafted = (await owner.post("/v1/projects", json={"name": f"Kernel {uuid7()}"})).json()
    assert {name: drafted[name] for name in NOTHING} == NOTHING


@pytest.mark.parametrize("field", WHOLE)
async def test_null_takes_back_what_was_said_and_leaves_the_rest(
    projects: Served, owner: httpx.AsyncClient, field: str
):
    id = (await owner.post("/v1/projects", json=enrollment(**WHOLE))).json()["id"]
    patched = await owner.patch(f"/v1/projects/{id}", json={field: None})
    event = await told(projects, id)

    wanted = WHOLE | {field: NOTHING[field]}
    assert {name: patched.json()[name] for name in WHOLE} == wanted
    assert {name: event[name] for name in WHOLE} == wanted


@pytest.mark.parametrize("field", ["name", "description", "repository_url"])
async def test_what_a_review_needs_cannot_be_taken_back(owner: httpx.AsyncClient, field: str):
    id = (await owner.post("/v1/projects", json=enrollment())).json()["id"]
    assert problem(await owner.patch(f"/v1/projects/{id}", json={field: None})) == (422, "invalid")


QUESTION = {"text": "Why?"}
TOO_MUCH: dict[str, dict[str, Any]] = {
    "a color by name": {"accent_color": "red"},
    "a color with transparency": {"accent_color": "#00aaff80"},
    "a badge number below one": {"best_practices_id": 0},
    "a badge number that no store keeps": {"best_practices_id": 10**30},
    "a day that is none": {"prerequisites": [{"name": "P", "description": "D", "due_on": "2026-02-30"}]},
    "a script as code of conduct": {"code_of_conduct_url": "javascript:alert(1)"},
    "31 technologies": {"technologies": [f"t{n}" for n in range(31)]},
    "31 desirable skills": {"desirable_skills": [f"t{n}" for n in range(31)]},
    "11 prerequisites": {"prerequisites": [{"name": f"P{n}", "description": "D"} for n in range(11)]},
    "11 application questions": {"application_questions": [{"text": f"{n}?"} for n in range(11)]},
    "11 evaluation questions": {"evaluation_questions": [{"text": f"{n}?"} for n in range(11)]},
    "an endless question": {"application_questions": [{"text": "x" * 1001}]},
    "a question twice": {"application_questions": [QUESTION, QUESTION]},
    "an id twice": {"evaluation_questions": [{"id": "a", "text": "A?"}, {"id": "a", "text": "B?"}]},
    "an id with blanks": {"evaluation_questions": [{"id": "a b", "text": "A?"}]},
    "an endless policy": {"ai_use_policy": "x" * 10_001},
}


@pytest.mark.parametrize("case", TOO_MUCH, ids=TOO_MUCH)
async def test_what_goes_over_a_bound_is_refused_by_field(owner: httpx.AsyncClient, case: str):
    answer = await owner.post("/v1/projects", json=enrollment(**TOO_MUCH[case]))
    (field,) = TOO_MUCH[case]
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{field}")


async def test_a_question_keeps_its_id_when_it_is_sent_again_or_reworded(owner: httpx.AsyncClient):
    wanted = enrollment(application_questions=[QUESTION, {"text": "How?"}])
    drafted = (await owner.post("/v1/projects", json=wanted)).json()
    why, how = (question["id"] for question in drafted["application_questions"])
    place = f"/v1/projects/{drafted['id']}"

    again = await owner.patch(place, json={"application_questions": [{"text": "How?"}, QUESTION]})
    reworded = await owner.patch(place, json={"application_questions": [{"id": why, "text": "Why us?"}]})

    assert [question["id"] for question in again.json()["application_questions"]] == [how, why]
    assert reworded.json()["application_questions"] == [{"id": why, "text": "Why us?"}]


@pytest.mark.parametrize("name", ["Stream", "facets", "Terms and Conditions", "0190a5b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"])
async def test_a_slug_is_never_taken_for_another_part_of_a_path(owner: httpx.AsyncClient, name: str):
    drafted = (await owner.post("/v1/projects", json={"name": name})).json()
    found = await owner.get(f"/v1/projects/{drafted['slug']}")
    assert (found.status_code, found.json().get("id")) == (200, drafted["id"])


async def test_the_instant_of_results_is_kept_shown_and_told(projects: Served, owner: httpx.AsyncClient):
    id = (await owner.post("/v1/projects", json=enrollment())).json()["id"]
    results_at = datetime.now(UTC) + timedelta(days=15)

    planned = await owner.post(f"/v1/projects/{id}/terms", json=term(results_at=results_at.isoformat()))
    early = await owner.post(f"/v1/projects/{id}/terms", json=term(name="Early", results_at=term()["window_opens_at"]))

    event = (await projects.told(planned.json()["id"]))[0]
    assert isinstance(event, TermEvent)
    assert planned.json()["results_at"] == event.model_dump(mode="json")["results_at"]
    assert event.results_at is not None
    assert problem(early) == (422, "term-out-of-order")
    dropped = await owner.patch(f"/v1/terms/{planned.json()['id']}", json={"results_at": None})
    assert (dropped.status_code, dropped.json()["results_at"]) == (200, None)
