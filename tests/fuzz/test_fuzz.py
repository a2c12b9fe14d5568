"""Every document, as schemathesis asks about it: no fault, no status and no body that the document does not tell of.

`REQUESTS` says how many, over all documents; `SEED` repeats a run. `make test` begins with the same each time,
`make fuzz` asks a million times with one of its own, and draws what each service holds of memory meanwhile.
"""

import asyncio
import multiprocessing
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor

import httpx
import pytest

from contracts.catalog import SERVICES
from deploy.local import seed
from deploy.local.journey.play import Journey
from deploy.local.platform import Platform
from tests.fuzz.fuzzing import Place, fuzz
from tests.fuzz.memory import GROWTH, Memory

REQUESTS = int(os.environ.get("REQUESTS", "20000"))
SEED = int(os.environ.get("SEED", "387259207"))
AT_A_TIME = 6000
"""Requests between two sign-ins: fewer than are made in the life of a token."""
ASKING = 3
"""Processes that ask at the same time."""


@pytest.fixture(scope="module")
async def people(whole: Platform) -> AsyncIterator[Journey]:
    """Give everybody who takes part in a mentorship that was played to its end."""
    async with httpx.AsyncClient(timeout=60) as http:
        journey = seed.journey(whole, http)
        for step in journey.steps:
            await step.take()
        yield journey


@pytest.fixture(scope="module")
def asking() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(ASKING, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def memory(whole: Platform) -> Iterator[Memory]:
    memory = Memory(whole)
    yield memory
    memory.draw()


@pytest.mark.parametrize("service", SERVICES)
async def test_every_answer_is_as_the_document_says(
    whole: Platform, people: Journey, asking: ProcessPoolExecutor, memory: Memory, service: str
):
    document = (await people.http.get(f"{whole.addresses.gateway}/openapi/{service}.json")).json()
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith("/v1/")}
    wanted, chosen, before = REQUESTS // len(SERVICES), SEED, memory.asked
    statuses: Counter[int] = Counter()
    failures: dict[str, str] = {}
    while (remaining := wanted - statuses.total()) > 0:
        place = Place(whole.addresses.gateway, await signed_in(people), await there(people))
        each = min(AT_A_TIME, remaining) // ASKING
        begun = [asking.submit(fuzz, document, place, each, chosen + number) for number in range(ASKING)]
        rounds = await asyncio.gather(*map(asyncio.wrap_future, begun))
        new: dict[str, str] = {}
        for found in rounds:
            statuses += found.statuses
            new |= {name: example for name, example in found.failures.items() if name not in failures}
        failures |= new
        print(f"SEED={SEED}: {service} answered {statuses.total()} of {wanted}", *new.items(), sep="\n  ")  # noqa: T201 - how far
        chosen += ASKING
        memory.look(sum(found.statuses.total() for found in rounds))
    print(f"SEED={SEED}: {service} answered {statuses.total()}: {dict(sorted(statuses.items()))}")  # noqa: T201 - repeats the run
    assert memory.growth(service, before) < GROWTH
    assert not failures, f"SEED={SEED}\n" + "\n".join(f"{name}\n  {example}" for name, example in failures.items())


async def signed_in(people: Journey) -> dict[str, str]:
    """Sign everybody in, anew where that was a while ago; gives their tokens by name."""
    everybody = ("staff", "finance", "administrator", "mentor", "mentee")
    for name in everybody:
        await getattr(people, name).be_signed_in()
    return {name: getattr(people, name).token for name in everybody}


async def there(people: Journey) -> dict[str, str]:
    """Give what half of the requests are about: the mentorship that was played."""
    project, application = people.project, people.application
    tasks = (await people.mentor.get(f"/v1/applications/{application}/tasks"))["items"]
    evaluations = (await people.mentor.get(f"/v1/applications/{application}/evaluations"))["items"]
    ids = {"projects": project, "terms": people.term, "applications": application, "stipends": application}
    ids |= {"tasks": tasks[0]["id"], "evaluations": evaluations[0]["id"]}
    known = {f"/v1/{noun}/{{id}}": f"/v1/{noun}/{id}" for noun, id in ids.items()}
    return known | {f"/v1/{noun}/{{project_id}}": f"/v1/{noun}/{project}" for noun in ("stipend-policies", "budgets")}
