"""What `/metrics` says of applications is what the store holds."""

from prometheus_client import REGISTRY

from contracts.applications import ApplicationStatus
from tests.component.applications.scene import Scene
from tests.support.explained import explained
from tests.support.served import Served


def said() -> dict[str, float | None]:
    return {
        status: REGISTRY.get_sample_value("mentorship_applications", {"status": status}) for status in ApplicationStatus
    }


async def test_applications_are_told_by_status_and_counted_from_the_index_alone(served: Served):
    scene = await Scene.of(served, capacity=1)
    await scene.applied()
    assert (await scene.accept(await scene.applied())).status_code == 200
    (job,) = (job for job in served.service.jobs if job.name == "figures")
    async with explained(served.service.store.database):
        job.lost()
        assert set(said().values()) == {None}
        await job.work()
        told = said()
    stored = [row["status"] for row in await served.service.data.applications.documents.find({})]
    assert told == {status: stored.count(status) for status in ApplicationStatus}
    assert (told["pending"] or 0) >= 1
    assert (told["accepted"] or 0) >= 1
